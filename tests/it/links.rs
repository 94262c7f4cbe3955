//! The ways to a pass: the short code of an SMS, a link into the mini-program, the QR of a scene.

use std::fs;

use campus_pass::chat::{scene_of_invitation, scene_of_pass};
use campus_pass::sandbox::FaultKind;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Answer, App, Guest, Visit, json_body, read_qr, shipped_templates};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

async fn approved(app: &App, guest: &Guest<'_>) -> Visit {
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    visit
}

async fn by_code(app: &App, code: &str, last4: &str) -> Answer {
    let request = axum::http::Request::post("/api/passes/by-code");
    let body = json!({"code": code, "phone_last4": last4});
    app.send(json_body(request, &body)).await
}

/// The token of the visit's pass.
async fn token(guest: &Guest<'_>, visit: &Visit) -> String {
    let link = guest.look(visit).await["visitors"][0]["pass"]["link"].clone();
    link.as_str()
        .unwrap()
        .strip_prefix("/p/")
        .unwrap()
        .to_owned()
}

const REFUSED: &str = "404 pass_code 编码或手机号后四位不正确，或已多次输错";

#[tokio::test]
async fn where_a_token_does_not_fit_the_sms_carries_a_code() {
    let words = shipped_templates("code", "pass_issued", |text| {
        let text = text.replace(
            "params = [{ text = \"{pass_token}\"",
            "params = [{ text = \"{pass_code}\"",
        );
        text.replace(
            "[sms]\ntemplate = \"pass_issued\"",
            "[sms]\ntemplate = \"visit_result\"",
        )
    });
    // An invitation and a registration have no such code yet: their SMS must do without the link.
    for (kind, token) in [
        ("invited", "invitation_token"),
        ("registered", "registration_token"),
    ] {
        let file = words.join(format!("{kind}.toml"));
        let text = fs::read_to_string(&file).unwrap();
        let asked = format!(r#"{{ text = "{{{token}}}", policy = "refuse" }}"#);
        let without = text.replace(&asked, r#"{ text = "{area}", policy = "cut" }"#);
        fs::write(&file, without).unwrap();
    }
    // The registered text with the constant link.
    let app = App::with(&[
        ("SERVER__MESSAGE_TEMPLATES", words.to_str().unwrap()),
        ("SMS__VARIABLE_CHARS", "12"),
        ("SMS__TENCENT__TEMPLATES__VISIT_RESULT", "1000004"),
    ])
    .await;
    let guest = app.guest("张小雨").await;
    let visit = approved(&app, &guest).await;
    let text = guest.sms().pop().unwrap();
    let (_, rest) = text.split_once("/p，输入").unwrap();
    let (code, _) = rest.split_once('和').unwrap();
    assert_eq!(code.len(), 6, "{text}");
    let last4 = &guest.phone[7..];

    // As people type.
    let typed = format!(" {} {}", code[..3].to_lowercase(), &code[3..]);
    let found = by_code(&app, &typed, last4).await.expect(200);
    let link = found["link"].as_str().unwrap();
    assert_eq!(link, format!("/p/{}", token(&guest, &visit).await));
    app.get(&format!("/api{}", link.replace("/p/", "/passes/")))
        .await
        .expect(200);
    let page = app.get("/p").await;
    assert_eq!(
        (page.status.as_u16(), page.header("cache-control")),
        (200, "no-store")
    );
    app.finish().await;
    fs::remove_dir_all(words).unwrap();
}

#[tokio::test]
async fn five_wrong_tries_are_all_there_are_and_every_refusal_is_alike() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = approved(&app, &guest).await;
    let pass = token(&guest, &visit).await;
    let code = code_of(&app, &pass).await;
    let last4 = guest.phone[7..].to_owned();
    // Being right uses nothing up.
    for _ in 0..7 {
        by_code(&app, &code, &last4).await.expect(200);
    }
    for (code, last4) in [
        ("ZZZZZZ", last4.as_str()),
        ("O0O0O0", &last4),
        ("", ""),
        (&code, "12a4"),
    ] {
        assert_eq!(
            by_code(&app, code, last4).await.problem(),
            REFUSED,
            "{code} {last4}"
        );
    }
    for n in 0..5 {
        assert_eq!(by_code(&app, &code, "9999").await.problem(), REFUSED, "{n}");
        if n == 3 {
            by_code(&app, &code, &last4).await.expect(200);
        }
    }
    assert_eq!(
        by_code(&app, &code, &last4).await.problem(),
        REFUSED,
        "whoever is right now"
    );
    // Another pass is another matter.
    let other = approved(&app, &guest).await;
    let code = code_of(&app, &token(&guest, &other).await).await;
    by_code(&app, &code, &last4).await.expect(200);
    app.finish().await;
}

/// Eight at once: no more than five of them are looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tries_at_once_are_counted_each() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = approved(&app, &guest).await;
    let code = code_of(&app, &token(&guest, &visit).await).await;
    for round in 0..3 {
        let wrong = (0..8).map(|_| by_code(&app, &code, "9999"));
        for answer in futures::future::join_all(wrong).await {
            assert_eq!(answer.problem(), REFUSED, "{round}");
        }
    }
    let last4 = guest.phone[7..].to_owned();
    assert_eq!(by_code(&app, &code, &last4).await.problem(), REFUSED);
    app.finish().await;
}

/// What an SMS would say of the pass.
async fn code_of(app: &App, token: &str) -> String {
    use campus_pass::domain::pass::PassCode;
    let shown = campus_pass::actions::passes::show(&app.ctx, token).await;
    let pass = shown.unwrap().unwrap().pass;
    PassCode::of(&app.ctx.keys, &pass).reveal().to_owned()
}

#[tokio::test]
async fn a_pass_is_shared_by_a_link_into_the_mini_program_where_it_has_such_a_page() {
    let page = [("MINI_PROGRAM__PASS_PAGE", "pages/pass/pass")];
    for (own, mini) in [(&[][..], false), (&page[..], true)] {
        let app = App::with(own).await;
        let guest = app.guest("张小雨").await;
        let visit = approved(&app, &guest).await;
        let token = token(&guest, &visit).await;
        let link = async || {
            app.get(&format!("/api/passes/{token}/link"))
                .await
                .expect(200)
        };
        let first = link().await;
        let url = first["url"].as_str().unwrap().to_owned();
        if mini {
            let opened = app.sandbox.open_link(&url);
            assert_eq!(opened, Some(format!("pages/pass/pass?token={token}")));
            assert_eq!(first["expires_at"], "2026-03-03T09:00:00+08:00");
            assert_eq!(link().await, first, "and is made once");
            app.later(24 * 3600);
            assert_ne!(link().await["url"], url, "until it has run out");
        } else {
            assert_eq!(url, format!("{}/p/{token}", app.base));
            assert_eq!(first["expires_at"], Value::Null);
        }
        let stranger = app.get("/api/passes/nobody/link").await;
        assert_eq!(stranger.problem(), "404 not_found 没有找到");
        app.finish().await;
    }
}

#[tokio::test]
async fn an_invitation_is_shared_by_the_mini_program_s_code_and_link_where_it_has_such_a_page() {
    let page = [(
        "MINI_PROGRAM__INVITATION_PAGE",
        "pages/invitation/invitation",
    )];
    for (own, mini) in [(&[][..], false), (&page[..], true)] {
        let app = App::with(own).await;
        let (_, link) = app.approver("刘明").invite(3).await;
        let token = link.strip_prefix("/i/").unwrap();
        let picture = async || {
            let shown = app.get(&format!("/api/invitations/{token}/qr.png")).await;
            assert_eq!(shown.header("content-type"), "image/png");
            shown.bytes
        };
        let shared = app.get(&format!("/api/invitations/{token}/link")).await;
        let shared = shared.expect(200);
        let url = shared["url"].as_str().unwrap();
        if mini {
            let opened = app.sandbox.open_link(url);
            assert_eq!(
                opened,
                Some(format!("pages/invitation/invitation?token={token}"))
            );
            // The sandbox draws what the code opens.
            let drawn = picture().await;
            let opens = format!("pages/invitation/invitation?scene={token}");
            assert!(drawn.ends_with(opens.as_bytes()));
            app.fault("wxa/getwxacodeunlimit", FaultKind::Http500, None);
        } else {
            assert_eq!(url, format!("{}/i/{token}", app.base));
        }
        // Without the mini-program, or while WeChat does not draw: the QR of the link.
        let read = read_qr(&picture().await);
        assert_eq!(read, format!("{}/i/{token}", app.base));
        let stranger = app.get("/api/invitations/nobody/link").await;
        assert_eq!(stranger.problem(), "404 not_found 没有找到");
        app.deliver().await;
        app.finish().await;
    }
}

#[tokio::test]
async fn when_wechat_makes_no_link_the_page_has_its_own() {
    let app = App::with(&[("MINI_PROGRAM__PASS_PAGE", "pages/pass/pass")]).await;
    let guest = app.guest("张小雨").await;
    let visit = approved(&app, &guest).await;
    let token = token(&guest, &visit).await;
    app.fault("wxa/generate_urllink", FaultKind::Http500, None);
    let link = app
        .get(&format!("/api/passes/{token}/link"))
        .await
        .expect(200);
    assert_eq!(link["url"], format!("{}/p/{token}", app.base));
    app.finish().await;
}

#[tokio::test]
async fn the_qr_of_a_scene_brings_a_stranger_and_a_follower_to_the_same_page() {
    let app = App::start().await;
    let guest = app.stranger("张小雨").await;
    let account = &app.clients.account;
    let hour = std::time::Duration::from_hours(1);
    let made = async |scene: &str| account.create_scene_code(scene, hour).await.unwrap().url;
    let invited = made(&scene_of_invitation("AAAAAAAAAAAAAAAAAAAAAA")).await;
    let openid = &guest.person.openid;
    let scan = async |url: &str| {
        let pushed = app.sandbox.scan_code(openid, url).await.unwrap();
        app.plain(&pushed.text.unwrap())
    };
    let first = scan(&invited).await;
    assert!(
        first.contains("\n\n欢迎关注"),
        "a stranger is welcome as well: {first}"
    );
    let later = scan(&invited).await;
    assert_snapshot!(later, @r#"<a href="http://campus.test/i/[token]">接受邀请</a>"#);
    assert!(first.starts_with(&later));
    let pass = scan(&made(&scene_of_pass("AAAAAAAAAAAAAAAAAAAAAA")).await).await;
    assert_snapshot!(pass, @r#"<a href="http://campus.test/p/[token]">打开通行证</a>"#);
    // A poster, and what somebody made up.
    for scene in ["poster-east", "invitation-\"><b>", "pass-"] {
        let said = scan(&made(scene).await).await;
        assert!(said.starts_with("重工校园通\n"), "{scene}: {said}");
    }
    app.deliver().await;
    app.finish().await;
}
