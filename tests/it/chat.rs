//! What people write to the account and to the application, and scan: answers are links and facts of the
//! one who asks.

use campus_pass::chat::{answer, scene_of_gate};
use campus_pass::store::{self, gates};
use campus_pass::wechat::event::Event;
use campus_pass::wechat::reply::Reply;
use futures::FutureExt;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{App, Delivery, Guest};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

async fn said(app: &App, guest: &Guest<'_>, text: &str) -> String {
    let pushed = app.sandbox.say(&guest.person.openid, text).await.unwrap();
    app.plain(&pushed.text.unwrap())
}

/// Somebody whose number WeChat vouches for.
async fn prove(app: &App, guest: &Guest<'_>, phone: &str) {
    let code = app.sandbox.phone_code(&guest.person.openid, phone).unwrap();
    let code = json!({"code": code});
    guest.post("/api/login/mini/phone", &code).await.expect(200);
}

#[tokio::test]
async fn an_approver_whose_number_is_proven_sees_what_waits_and_nobody_else_does() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    let elsewhere = guest.book("王强", FROM, UNTIL).await;
    app.deliver().await;
    let approver = app.guest("陈静").await;
    assert_snapshot!(said(&app, &approver, "审批").await, @r#"
    请在企业微信中打开：
    <a href="http://campus.test/h5/staff">访客审批</a>
    "#);
    assert_snapshot!(said(&app, &approver, &visit.id).await, @"没有找到您的这份申请，请核对单据号。");

    let phone = app.approver("陈静").phone;
    prove(&app, &approver, phone).await;
    app.deliver().await;
    assert_snapshot!(said(&app, &approver, "审批").await, @r#"
    待处理（请在企业微信中打开）：
    <a href="http://campus.test/h5/staff/approvals/[id]">校园区域 14:00 至 16:00</a>
    "#);
    assert_snapshot!(said(&app, &approver, &visit.id).await, @r#"
    访客申请单审批中。
    <a href="http://campus.test/h5/staff/approvals/[id]">查看</a>
    "#);
    assert_snapshot!(said(&app, &approver, &elsewhere.id).await, @"没有找到您的这份申请，请核对单据号。");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn the_application_answers_staff_by_their_userid() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    let write = async |userid: &str, text: &str| {
        app.sandbox.write(userid, text).await.unwrap();
        let last = app.sandbox.texts_of(userid).pop().unwrap();
        app.plain(&last.content)
    };
    assert_snapshot!(write("chenjing", "审批").await, @r#"
    待处理（请在企业微信中打开）：
    <a href="http://campus.test/h5/staff/approvals/[id]">校园区域 14:00 至 16:00</a>
    "#);
    assert_snapshot!(write("chenjing", &visit.id).await, @r#"
    访客申请单审批中。
    <a href="http://campus.test/h5/staff/approvals/[id]">查看</a>
    "#);
    assert_snapshot!(write("zhaomin", &visit.id).await, @"没有找到您的这份申请，请核对单据号。");
    assert_snapshot!(write("liuming", "审批").await, @r#"
    没有待处理的申请。
    <a href="http://campus.test/h5/staff">访客审批</a>
    "#);
    app.finish().await;
}

#[tokio::test]
async fn the_code_of_a_gate_shows_ones_own_passes_for_it() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let gate = gates::find_by_name(&app.ctx.db.read, "东门").await.unwrap();
    let scene = scene_of_gate(gate.unwrap().id);
    let scan = async |event: Event| {
        let openid = &guest.person.openid;
        match answer(&app.ctx, "scan", openid, &event).await.unwrap() {
            Some(Reply::Text(text)) => app.plain(&text),
            other => panic!("{other:?}"),
        }
    };
    let scanned = Event::Scan {
        scene: scene.clone(),
    };
    assert_snapshot!(scan(scanned.clone()).await, @r#"
    东门
    您没有可用的通行证。
    <a href="http://campus.test/h5/book">访客预约</a>
    "#);
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    app.approver("陈静").tap_approve(&visit).await;
    app.deliver().await;
    assert_snapshot!(scan(scanned).await, @r#"
    东门
    <a href="http://campus.test/p/[token]">校园区域 14:00 至 16:00</a>
    "#);
    let followed = Event::Subscribe { scene: Some(scene) };
    assert_snapshot!(scan(followed).await, @r#"
    东门
    <a href="http://campus.test/p/[token]">校园区域 14:00 至 16:00</a>

    欢迎关注重庆工业职业技术学院。来访请先预约：
    重工校园通
    <a href="http://campus.test/h5/book">访客预约</a>
    <a href="http://campus.test/h5/register">丁香水榭小区访客登记</a>
    <a href="http://campus.test/h5/book?tab=records">我的预约</a>
    "#);
    let strange = Event::Scan {
        scene: "gate-77".to_owned(),
    };
    assert_snapshot!(scan(strange).await, @r#"
    重工校园通
    <a href="http://campus.test/h5/book">访客预约</a>
    <a href="http://campus.test/h5/register">丁香水榭小区访客登记</a>
    <a href="http://campus.test/h5/book?tab=records">我的预约</a>
    "#);
    app.deliver().await;
    app.finish().await;
}

/// Writes to the account and hangs up before it has answered.
async fn ask_and_hang_up(app: &App, guest: &Guest<'_>, text: &str) {
    let to = &app.settings.official_account.original_id;
    let (from, at) = (&guest.person.openid, app.ctx.clock.now().timestamp());
    for id in 0.. {
        let question = format!(
            "<xml><ToUserName>{to}</ToUserName><FromUserName>{from}</FromUserName>\
             <CreateTime>{at}</CreateTime><MsgType>text</MsgType><Content>{text}</Content>\
             <MsgId>{id}</MsgId></xml>"
        );
        let question = Delivery::to_account(app, &question);
        // It asks the database, which may be quicker than we are: then once more.
        if Box::pin(question.send(app)).now_or_never().is_none() {
            break;
        }
    }
    app.handlers_done().await;
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_any_more_comes_as_a_message_of_its_own() {
    let app = App::with(&[("OFFICIAL_ACCOUNT__PATIENCE_SECONDS", "0")]).await;
    let guest = app.guest("张小雨").await;
    app.sandbox.say(&guest.person.openid, "你好").await.unwrap();
    let before = app.sandbox.chat(&guest.person.openid).len();
    ask_and_hang_up(&app, &guest, "我的通行证").await;
    let chat = app.sandbox.chat(&guest.person.openid);
    assert_snapshot!(app.plain(&format!("{:?}", &chat[before..])), @r#"[ChatLine { at: 2026-03-02T01:00:00Z, what: Custom { text: "您没有可用的通行证。\n<a href=\"http://campus.test/h5/book\">访客预约</a>", articles: [] } }]"#);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn where_the_chat_is_closed_a_late_answer_is_announced_by_template() {
    let app = App::with(&[("OFFICIAL_ACCOUNT__PATIENCE_SECONDS", "0")]).await;
    let guest = app.guest("张小雨").await;
    app.refusal("message/custom/send", 45015, Some(2));
    ask_and_hang_up(&app, &guest, "我的通行证").await;
    app.later(1);
    ask_and_hang_up(&app, &guest, "我的通行证").await;
    app.deliver().await;
    let told = guest.templates();
    let lines = told.iter().map(|told| {
        let url = told.url.as_deref().unwrap_or_default();
        format!("{} {}", told.data[0].value, app.plain(url))
    });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    您在公众号的提问已有结果 http://campus.test/h5/book?tab=records
    您在公众号的提问已有结果 http://campus.test/h5/book?tab=records
    ");
    app.finish().await;
}

#[tokio::test]
async fn a_card_whose_tap_was_answered_late_is_changed_by_its_code() {
    let app = App::with(&[("OFFICIAL_ACCOUNT__PATIENCE_SECONDS", "0")]).await;
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    let approver = app.approver("陈静");
    let task = approver.card(&visit).task_id;
    let mut tap = Delivery::of_card(&app, "chenjing", &task, "approve");
    let code = app.sandbox.response_code(&task);
    tap.plain = tap.plain.replace(">R<", &format!(">{code}<"));
    let held = store::begin(&app.ctx.db).await.unwrap();
    let id = visit.id.parse().unwrap();
    store::visits::lock(&held, id).await.unwrap();
    let mut tapped = Box::pin(tap.send(&app));
    assert!(
        (&mut tapped).now_or_never().is_none(),
        "it waits for the visit"
    );
    drop(tapped);
    drop(held);
    app.handlers_done().await;
    assert_eq!(approver.card(&visit).replaced.as_deref(), Some("已通过"));
    app.deliver().await;
    app.finish().await;
}
