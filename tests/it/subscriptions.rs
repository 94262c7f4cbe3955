//! Subscription messages: what a tap buys, what it is spent on, and what comes next when it is spent.

use axum::http::StatusCode;
use campus_pass::actions::subscriptions::{Answer, Asked, hear};
use campus_pass::sandbox::{Answered, App as Sender, FaultKind, SentMessage};
use campus_pass::store::receipts;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{App, Guest, Visit};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";
const RESULT: &str = "SUB-VISIT-RESULT";

fn answered(template: &str, accepts: bool) -> Answered {
    Answered {
        template_id: template.to_owned(),
        accepts,
    }
}

/// Taps 允许 for the result, in the mini-program.
async fn accept(app: &App, guest: &Guest<'_>) {
    let answers = [answered(RESULT, true)];
    let openid = &guest.person.openid;
    let told = app.sandbox.subscribe(openid, Sender::Mini, &answers).await;
    assert_eq!(told.unwrap().status, 200);
}

/// The page tells what was tapped.
async fn tell(guest: &Guest<'_>, template: &str, answer: &str) {
    let body = json!({"app": "mini", "answers": [{"template_id": template, "answer": answer}]});
    let told = guest.post("/api/subscriptions", &body).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT);
}

/// What the page is told of the result's template: how many are left, and whether to ask.
async fn offer(guest: &Guest<'_>) -> (i64, bool) {
    let offers = guest.get("/api/subscriptions").await.expect(200);
    let all = offers.as_array().unwrap().iter();
    let mine: Vec<&Value> = all.filter(|offer| offer["template_id"] == RESULT).collect();
    assert_eq!(mine.len(), 1);
    (
        mine[0]["left"].as_i64().unwrap(),
        mine[0]["ask"].as_bool().unwrap(),
    )
}

async fn decided(app: &App, guest: &Guest<'_>, decision: &str) -> Visit {
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    let approver = app.approver("陈静");
    approver.decide(&visit, decision, "请看").await.expect(200);
    visit
}

/// Which channels took the result, and how it went on.
async fn told(app: &App, visit: &Visit) -> Vec<String> {
    let id = visit.id.parse().unwrap();
    let all = receipts::of_visit(&app.ctx.db.read, id).await.unwrap();
    let lines = all
        .iter()
        .map(|receipt| format!("{} {}", receipt.channel, receipt.outcome));
    let by_chain = |line: &String| {
        ["subscription", "template", "sms"]
            .iter()
            .any(|channel| line.starts_with(channel))
    };
    let mut lines: Vec<_> = lines.filter(by_chain).collect();
    // The approver's own SMS about the application.
    for approvers in ["sms accepted", "sms delivered"] {
        let first = lines.iter().position(|line| line == approvers);
        lines.remove(first.unwrap());
    }
    lines.sort();
    lines
}

#[tokio::test]
async fn a_tap_buys_one_message_and_the_next_goes_by_template() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    assert_eq!(offer(&guest).await, (0, true));
    accept(&app, &guest).await;
    assert_eq!(offer(&guest).await, (1, false));

    let visit = decided(&app, &guest, "reject").await;
    app.deliver().await;
    let notices = app.sandbox.notices(&guest.person.openid);
    assert_eq!(
        (notices.len(), guest.templates().len(), guest.sms().len()),
        (1, 0, 0)
    );
    let data: Vec<_> = notices[0]
        .data
        .iter()
        .map(|line| line.value.as_str())
        .collect();
    assert_eq!(data, ["刘明", "校园区域", "2026年03月02日 14:00", "已拒绝"]);
    assert_eq!(
        notices[0].page.as_deref(),
        Some(format!("pages/visit/visit?id={}", visit.id).as_str())
    );
    // What WeChat says afterwards stands beside the message.
    assert_eq!(
        told(&app, &visit).await,
        ["subscription accepted", "subscription delivered"]
    );
    assert_eq!(offer(&guest).await, (0, true));

    let visit = decided(&app, &guest, "reject").await;
    app.deliver().await;
    assert_eq!(
        told(&app, &visit).await,
        ["template accepted", "template delivered"]
    );
    app.finish().await;
}

#[tokio::test]
async fn who_neither_granted_nor_follows_gets_an_sms() {
    let app = App::start().await;
    let guest = app.stranger("张小雨").await;
    let visit = decided(&app, &guest, "return").await;
    app.deliver().await;
    assert_eq!(told(&app, &visit).await, ["sms accepted", "sms delivered"]);
    // With a grant, and still without following.
    tell(&guest, RESULT, "accept").await;
    app.sandbox.grant(&guest.person.mini_openid, RESULT);
    let visit = decided(&app, &guest, "return").await;
    app.deliver().await;
    assert_eq!(
        told(&app, &visit).await,
        ["subscription accepted", "subscription delivered"]
    );
    app.finish().await;
}

#[tokio::test]
async fn the_push_and_the_page_tell_of_the_same_tap() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    accept(&app, &guest).await;
    tell(&guest, RESULT, "accept").await;
    assert_eq!(offer(&guest).await.0, 1);
    // The next push gets lost, and the page tells.
    tell(&guest, RESULT, "accept").await;
    assert_eq!(offer(&guest).await.0, 2);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_push_that_comes_twice_counts_once() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let answers = [answered(RESULT, true)];
    let openid = &guest.person.openid;
    let pushed = app
        .sandbox
        .subscribe(openid, Sender::Mini, &answers)
        .await
        .unwrap();
    let again = axum::http::Request::post(pushed.request.signed_url.replace(&app.base, ""))
        .header("content-type", "application/json")
        .body(pushed.request.body.clone().into())
        .unwrap();
    assert_eq!(app.send(again).await.status, StatusCode::OK);
    assert_eq!(offer(&guest).await.0, 1);
    // Two replicas share no memory but the database.
    let answers = [Answer {
        template_id: RESULT.to_owned(),
        accepted: true,
    }];
    let openid = &guest.person.mini_openid;
    for _ in 0..2 {
        let sender = campus_pass::domain::subscription::Sender::Mini;
        let heard = hear(
            &app.ctx,
            "delivery",
            sender,
            openid,
            Asked::OnScreen,
            &answers,
        );
        heard.await.unwrap();
    }
    assert_eq!(offer(&guest).await.0, 2);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn wechat_has_the_last_word_on_what_is_left() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    for _ in 0..3 {
        tell(&guest, RESULT, "accept").await;
    }
    // It knows of none of them: 43101.
    let visit = decided(&app, &guest, "reject").await;
    assert_eq!(offer(&guest).await.0, 3);
    app.deliver().await;
    assert_eq!(
        told(&app, &visit).await,
        ["template accepted", "template delivered"]
    );
    assert_eq!(offer(&guest).await, (0, true));
    app.finish().await;
}

#[tokio::test]
async fn who_said_no_is_left_in_peace_for_a_week_and_keeps_what_was_granted() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    accept(&app, &guest).await;
    tell(&guest, RESULT, "reject").await;
    assert_eq!(offer(&guest).await, (1, false));
    decided(&app, &guest, "reject").await;
    app.deliver().await;
    assert_eq!(app.sandbox.notices(&guest.person.openid).len(), 1);
    assert_eq!(offer(&guest).await, (0, false));
    app.later(7 * 24 * 3600 - 1);
    assert_eq!(offer(&guest).await, (0, false));
    app.finish().await;
}

#[tokio::test]
async fn a_switch_in_the_settings_voids_what_was_granted() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    accept(&app, &guest).await;
    let openid = &guest.person.openid;
    let change = async |accepts| {
        let list = [answered(RESULT, accepts)];
        app.sandbox
            .change_subscriptions(openid, Sender::Mini, &list)
            .await
            .unwrap();
    };
    change(false).await;
    assert_eq!(offer(&guest).await, (0, false));
    app.later(1);
    change(true).await;
    assert_eq!(
        offer(&guest).await,
        (0, true),
        "welcome again, but nothing is bought"
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_lost_answer_is_doubtful_and_goes_on_by_the_next_channel() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    accept(&app, &guest).await;
    decided(&app, &guest, "reject").await;
    app.fault("message/subscribe/send", FaultKind::LostAnswer, Some(1));
    app.deliver().await;
    assert_eq!(
        app.sandbox.notices(&guest.person.openid).len(),
        1,
        "WeChat has it"
    );
    app.later(10);
    app.deliver().await;
    // The grant was spent by the first, so WeChat refuses the second, and the template takes over.
    assert_eq!(guest.templates().len(), 1);
    let sent = app.owed("sent").await;
    assert!(
        sent.contains(&"visit_rejected/0 doubtful".to_owned()),
        "{sent:?}"
    );
    assert_eq!(offer(&guest).await.0, 0);
    app.finish().await;
}

#[tokio::test]
async fn the_account_sends_to_its_followers_by_its_own_grants() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let openid = &guest.person.openid;
    let list = [
        answered("NTF-VISIT-RESULT", true),
        answered("NTF-OTHERS", true),
    ];
    let told_of = app
        .sandbox
        .subscribe(openid, Sender::Account, &list)
        .await
        .unwrap();
    assert_eq!((told_of.status, told_of.fault), (200, None));
    let visit = decided(&app, &guest, "reject").await;
    app.deliver().await;
    let notices = app.sandbox.notices(openid);
    assert_eq!(notices[0].template_id, "NTF-VISIT-RESULT");
    assert_eq!(
        told(&app, &visit).await,
        ["subscription accepted", "subscription delivered"]
    );
    // A later report of the same message is another line beside it.
    let failed = SentMessage {
        template_id: "NTF-VISIT-RESULT".into(),
        msgid: notices[0].msgid.clone(),
        error_code: 43101,
    };
    let list = [failed];
    app.later(1);
    let report = app
        .sandbox
        .report_subscriptions(openid, Sender::Account, &list);
    report.await.unwrap();
    assert_eq!(told(&app, &visit).await[2], "subscription failed: 43101");
    app.finish().await;
}

#[tokio::test]
async fn wallets_of_one_person_become_one() {
    let app = App::start().await;
    let guest = app.stranger("张小雨").await;
    accept(&app, &guest).await;
    // The follower is another row until WeChat tells who they are.
    app.sandbox.follow(&guest.person.openid).await.unwrap();
    tell(&guest, RESULT, "accept").await;
    app.deliver().await;
    assert_eq!(offer(&guest).await.0, 1);
    app.finish().await;
}

#[tokio::test]
async fn the_page_learns_what_to_ask_and_only_its_own_answers_count() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let offers = guest.get("/api/subscriptions").await.expect(200);
    let lines = offers.as_array().unwrap().iter().map(|offer| {
        format!(
            "{} {} {} {}",
            offer["app"], offer["name"], offer["template_id"], offer["ask"]
        )
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort();
    assert_snapshot!(lines.join("\n"), @r#"
    "account" "pass_issued" "NTF-PASS-ISSUED" true
    "account" "visit_result" "NTF-VISIT-RESULT" true
    "mini" "pass_issued" "SUB-PASS-ISSUED" true
    "mini" "visit_result" "SUB-VISIT-RESULT" true
    "#);
    let post = async |body: Value| guest.post("/api/subscriptions", &body).await;
    let wrong = post(json!({"app": "web", "answers": []})).await;
    assert_snapshot!(wrong.problem(), @"
    422 invalid 请检查填写的内容
      app app_unknown 应为 mini 或 account
    ");
    let answer = json!({"template_id": "X", "answer": "accept"});
    let many = post(json!({"app": "mini", "answers": vec![answer.clone(); 21]})).await;
    assert_snapshot!(many.problem(), @"
    422 invalid 请检查填写的内容
      answers answers_too_many 一次最多20条
    ");
    // A template that nobody sends has no wallet.
    let foreign = post(json!({"app": "mini", "answers": [answer]})).await;
    assert_eq!(foreign.status, StatusCode::NO_CONTENT);
    let after = guest.get("/api/subscriptions").await.expect(200);
    assert_eq!(after, offers);
    assert_snapshot!(app.get("/api/subscriptions").await.problem(), @"401 unauthorized 请先登录");
    // While one application waits for its result, one grant does not reach for another.
    tell(&guest, RESULT, "accept").await;
    assert_eq!(offer(&guest).await, (1, false));
    guest.book("刘明", FROM, UNTIL).await;
    assert_eq!(offer(&guest).await, (1, true));
    app.deliver().await;
    app.finish().await;
}
