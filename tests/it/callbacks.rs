//! What comes to `/wechat` and `/wecom` and is not from there: refused before any work, and never echoed.

use axum::http::Request;
use campus_pass::tencent::signature::sign;
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, Statement};

use crate::harness::{Answer, App, Delivery, body};

/// What every forged delivery says; none of it may come back.
const SAID: &str = "CANARY";

fn text(app: &App) -> String {
    let to = &app.settings.official_account.original_id;
    let at = app.ctx.clock.now().timestamp();
    format!(
        "<xml><ToUserName>{to}</ToUserName><FromUserName>oFORGED</FromUserName>\
         <CreateTime>{at}</CreateTime><MsgType>text</MsgType><Content>{SAID}</Content>\
         <MsgId>1</MsgId></xml>"
    )
}

async fn people(app: &App) -> i64 {
    let db = &app.ctx.db.read;
    let count = Statement::from_string(
        db.get_database_backend(),
        "select count(*) as n from people",
    );
    let row = db.query_one_raw(count).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

#[track_caller]
fn line(what: &str, answer: &Answer) -> String {
    assert!(
        !answer.text().contains(SAID),
        "{what} is echoed: {}",
        answer.text()
    );
    format!("{what} | {}", answer.problem())
}

#[tokio::test]
async fn a_delivery_that_is_not_wechats_is_refused_and_leaves_nothing() {
    let app = App::start().await;
    let right = Delivery::to_account(&app, &text(&app));
    let now = right.timestamp;
    let mut table = Vec::new();
    for (what, forged) in [
        (
            "five minutes and a second old",
            Delivery {
                timestamp: now - 301,
                ..right.clone()
            },
        ),
        (
            "as much early",
            Delivery {
                timestamp: now + 301,
                ..right.clone()
            },
        ),
        (
            "another token",
            Delivery {
                token: "guessed".into(),
                ..right.clone()
            },
        ),
        (
            "another app id",
            Delivery {
                receive_id: "wxanother".into(),
                ..right.clone()
            },
        ),
        (
            "another key",
            Delivery {
                key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
                    .parse()
                    .unwrap(),
                ..right.clone()
            },
        ),
        (
            "another addressee",
            Delivery {
                plain: text(&app).replace("gh_", "gx_"),
                ..right.clone()
            },
        ),
        (
            "a DOCTYPE inside",
            Delivery {
                plain: format!("<!DOCTYPE x [<!ENTITY e \"{SAID}\">]>{}", text(&app)),
                ..right.clone()
            },
        ),
        (
            "no XML inside",
            Delivery {
                plain: SAID.into(),
                ..right.clone()
            },
        ),
    ] {
        table.push(line(what, &forged.send(&app).await));
    }
    let sealed = right.sealed();
    let other = Delivery {
        plain: text(&app).replace('1', "2"),
        ..right.clone()
    }
    .sealed();
    let wrap = |sealed: &str| format!("<xml><Encrypt>{sealed}</Encrypt></xml>");
    for (what, covered, sent) in [
        ("a body that is not signed", sealed.as_str(), wrap(&other)),
        ("plaintext", "", text(&app)),
        (
            "plaintext beside the envelope only signed",
            &sealed,
            text(&app),
        ),
        (
            "a DOCTYPE outside",
            &sealed,
            format!("<!DOCTYPE x>{}", wrap(&sealed)),
        ),
        ("no XML", &sealed, SAID.to_owned()),
        ("nothing", "", String::new()),
    ] {
        table.push(line(what, &right.send_body(&app, covered, sent).await));
    }
    let large = format!(
        "<xml><Encrypt>{sealed}</Encrypt><X>{}</X></xml>",
        SAID.repeat(11_000)
    );
    table.push(line(
        "more than 64 KiB",
        &right.send_body(&app, &sealed, large).await,
    ));
    let unsigned = app.send(body(Request::post("/wechat"), text(&app))).await;
    table.push(line("no signature", &unsigned));
    assert_snapshot!(table.join("\n"), @"
    five minutes and a second old | 403 stale refused
    as much early | 403 stale refused
    another token | 403 signature refused
    another app id | 403 envelope refused
    another key | 403 envelope refused
    another addressee | 403 addressee refused
    a DOCTYPE inside | 403 unreadable refused
    no XML inside | 403 unreadable refused
    a body that is not signed | 403 signature refused
    plaintext | 403 mode refused
    plaintext beside the envelope only signed | 403 mode refused
    a DOCTYPE outside | 403 unreadable refused
    no XML | 403 unreadable refused
    nothing | 403 unreadable refused
    more than 64 KiB | 413 too_large 请求内容过大
    no signature | 403 mode refused
    ");
    assert_eq!(people(&app).await, 0);

    let answer = right.send(&app).await;
    assert_eq!(
        answer.status,
        200,
        "the right one is answered: {}",
        answer.text()
    );
    assert_eq!(people(&app).await, 1);
    // The forged follower is nobody whom the sandbox knows.
    app.deliver().await;
    app.finish_owing(&["follower_seen/0: refused with 40003: invalid openid"])
        .await;
}

#[tokio::test]
async fn a_delivery_that_is_not_wecoms_is_refused() {
    let app = App::start().await;
    let right = Delivery::of_card(&app, "chenjing", "1", SAID);
    let now = right.timestamp;
    let mut table = Vec::new();
    for (what, forged) in [
        (
            "stale",
            Delivery {
                timestamp: now - 301,
                ..right.clone()
            },
        ),
        (
            "another token",
            Delivery {
                token: "guessed".into(),
                ..right.clone()
            },
        ),
        (
            "another corp",
            Delivery {
                receive_id: "wwanother".into(),
                ..right.clone()
            },
        ),
        (
            "to another corp",
            Delivery {
                plain: right.plain.replace("wwsand", "wwother"),
                ..right.clone()
            },
        ),
    ] {
        table.push(line(what, &forged.send(&app).await));
    }
    let plaintext = right.send_body(&app, "", right.plain.clone()).await;
    table.push(line("plaintext", &plaintext));
    assert_snapshot!(table.join("\n"), @"
    stale | 403 stale refused
    another token | 403 signature refused
    another corp | 403 envelope refused
    to another corp | 403 addressee refused
    plaintext | 403 mode refused
    ");
    assert_eq!(right.send(&app).await.text(), "success");
    app.finish().await;
}

#[tokio::test]
async fn the_consoles_test_of_the_address_is_answered_and_a_forged_one_is_not() {
    let app = App::start().await;
    // 公众号: the echo goes back as it came, when the signature over token, time and nonce fits.
    let account = Delivery::to_account(&app, "");
    let path = |given: &Delivery, echo: &str, covered: &str| {
        format!(
            "{}&echostr={}",
            given.address(covered),
            campus_pass::tencent::call::percent_encoded(echo)
        )
    };
    let echoed = app.get(&path(&account, "5927782489", "")).await;
    assert_eq!((echoed.status.as_u16(), echoed.text()), (200, "5927782489"));
    let forged = Delivery {
        token: "guessed".into(),
        ..account.clone()
    };
    assert_snapshot!(line("wechat", &app.get(&path(&forged, SAID, "")).await), @"wechat | 403 signature refused");
    let stale = Delivery {
        timestamp: account.timestamp - 301,
        ..account
    };
    assert_snapshot!(line("wechat", &app.get(&path(&stale, SAID, "")).await), @"wechat | 403 stale refused");

    // 企业微信: the echo is sealed, and is opened, with no quotes and no line end.
    let wecom = Delivery::to_wecom(&app, "1616140317555161061");
    let sealed = wecom.sealed();
    let echoed = app.get(&path(&wecom, &sealed, &sealed)).await;
    assert_eq!(
        (echoed.status.as_u16(), echoed.text()),
        (200, "1616140317555161061")
    );
    let unsigned = app.get(&path(&wecom, &sealed, "something else")).await;
    assert_snapshot!(line("wecom", &unsigned), @"wecom | 403 signature refused");
    let timestamp = wecom.timestamp.to_string();
    let signed = sign(&[&wecom.token, &timestamp, "42", SAID]);
    let open =
        format!("/wecom?timestamp={timestamp}&nonce=42&msg_signature={signed}&echostr={SAID}");
    assert_snapshot!(line("wecom", &app.get(&open).await), @"wecom | 403 envelope refused");
    assert_snapshot!(line("nothing", &app.get("/wecom").await), @"nothing | 403 unsigned refused");
    app.finish().await;
}

#[tokio::test]
async fn the_same_delivery_again_gets_an_answer_and_makes_nobody_twice() {
    let app = App::start().await;
    let guest = app.stranger("张小雨").await;
    let followed = app.sandbox.follow(&guest.person.openid).await.unwrap();
    assert!(followed.text.unwrap().contains("欢迎关注"));
    let path = followed.request.signed_url.strip_prefix(&app.base).unwrap();
    for _ in 0..2 {
        let again = body(Request::post(path), followed.request.body.clone());
        let answer = app.send(again).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("<Encrypt>"));
    }
    app.deliver().await;
    assert_eq!(people(&app).await, 1, "follower and mini-program are one");
    app.finish().await;
}
