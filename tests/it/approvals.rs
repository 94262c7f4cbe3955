//! The host's department decides.

use std::sync::Arc;

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::json;
use tokio::sync::Barrier;

use crate::harness::{App, Delivery, Guest, Visit};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

/// A visit that waits, with the cards on the desks.
async fn waiting(app: &App, guest: &Guest<'_>, host: &str) -> Visit {
    let visit = guest.book(host, FROM, UNTIL).await;
    app.deliver().await;
    visit
}

#[tokio::test]
async fn the_page_shows_what_the_handbook_shows_and_takes_the_decision() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = waiting(&app, &guest, "刘明").await;
    let approver = app.approver("陈静");
    let todo = approver.get("/api/staff/approvals?box=todo").await;
    assert_snapshot!(app.plain(&todo.expect(200).to_string()), @r#"{"items":[{"area":"校园区域","host":"刘明","id":"[id]","reason":"业务洽谈","stage":"pending","stage_text":"审批中","starts_at":"2026-03-02T14:00:00+08:00","submitted_at":"2026-03-02T09:00:00+08:00","submitter":"张小雨"}],"next":null}"#);
    let path = format!("/api/staff/approvals/{}", visit.id);
    assert_snapshot!(app.plain(&approver.get(&path).await.expect(200).to_string()), @r#"{"area":"校园区域","area_note":null,"can_decide":true,"department":"信息中心","ends_at":"2026-03-02T16:00:00+08:00","group":null,"history":[{"at":"2026-03-02T09:00:00+08:00","comment":null,"for":null,"what":"提交","who":"张小雨","who_as":null}],"host":"刘明","host_phone":"139****0001","id":"[id]","known":null,"mode":"booking","note":null,"readers":[],"reason":"业务洽谈","resident":null,"stage":"pending","stage_text":"审批中","starts_at":"2026-03-02T14:00:00+08:00","step":"[id]","steps":[{"all":false,"approver":null,"approver_as":null,"asked":"信息中心 审批负责人","asked_as":"department","asked_at":"2026-03-02T09:00:00+08:00","asked_name":"信息中心","comment":null,"decided_at":null,"decision":null,"ends_at":null,"id":"[id]","round":1}],"submitted_at":"2026-03-02T09:00:00+08:00","submitter":"张小雨","visitors":[{"alert":null,"face_photo":null,"id_number":"110****002X","id_photo":"[id]","items":null,"name":"张小雨","phone":"138****0001","plate":null}]}"#);

    let decided = approver
        .decide(&visit, "approve", "请走东门")
        .await
        .expect(200);
    assert_eq!(decided["can_decide"], false);
    assert_snapshot!(app.plain(&decided["steps"].to_string()), @r#"[{"all":false,"approver":"陈静","approver_as":null,"asked":"信息中心 审批负责人","asked_as":"department","asked_at":"2026-03-02T09:00:00+08:00","asked_name":"信息中心","comment":"请走东门","decided_at":"2026-03-02T09:00:00+08:00","decision":"approve","ends_at":null,"id":"[id]","round":1}]"#);
    let seen = guest.look(&visit).await;
    assert_eq!(
        (&seen["stage"], &seen["comment"]),
        (&json!("approved"), &json!("请走东门"))
    );
    let todo = approver
        .get("/api/staff/approvals?box=todo")
        .await
        .expect(200);
    assert_eq!(todo["items"], json!([]));
    let done = approver
        .get("/api/staff/approvals?box=done")
        .await
        .expect(200);
    assert_eq!(done["items"][0]["id"], visit.id.as_str());
    app.deliver().await;
    assert_eq!(approver.card(&visit).replaced.as_deref(), Some("已通过"));
    app.finish().await;
}

#[tokio::test]
async fn a_rejection_needs_a_comment_and_is_told() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = waiting(&app, &guest, "刘明").await;
    let approver = app.approver("陈静");
    assert_snapshot!(approver.decide(&visit, "reject", "  ").await.problem(), @"
    422 invalid 请检查填写的内容
      comment comment_required 请填写审批意见
    ");
    assert_snapshot!(approver.decide(&visit, "return", "").await.problem(), @"
    422 invalid 请检查填写的内容
      comment comment_required 请填写审批意见
    ");
    let long = "字".repeat(201);
    assert_snapshot!(approver.decide(&visit, "reject", &long).await.problem(), @"
    422 invalid 请检查填写的内容
      comment comment_too_long 审批意见不能超过200个字
    ");
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    approver
        .decide(&visit, "reject", "当天有考试")
        .await
        .expect(200);
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["comment"], "当天有考试");
    assert_eq!(guest.templates()[0].data[3].value, "已拒绝");
    assert_eq!(guest.sms(), [""; 0], "whoever follows hears it in WeChat");
    assert_snapshot!(app.approver("刘明").texts().join("\n"), @"张小雨 到访 校园区域（2026年03月02日 14:00 起）的申请已拒绝。单据号 [id]");
    app.finish().await;
}

#[tokio::test]
async fn a_returned_visit_is_corrected_and_asked_again() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = waiting(&app, &guest, "刘明").await;
    let approver = app.approver("陈静");
    let path = format!("/api/visits/{}", visit.id);
    let form = guest
        .form("王强", "2026-03-03 09:00", "2026-03-03 10:00")
        .await;
    assert_snapshot!(guest.put(&path, &form).await.problem(), @"409 visit_not_returned 只有已退回的申请可以修改，该申请审批中");

    approver
        .decide(&visit, "return", "请改约王强")
        .await
        .expect(200);
    app.deliver().await;
    assert_eq!(guest.templates()[0].data[3].value, "已退回");
    let corrected = guest.put(&path, &form).await.expect(200);
    assert_eq!(
        [
            &corrected["stage"],
            &corrected["host"]["name"],
            &corrected["starts_at"]
        ],
        ["pending", "王强", "2026-03-03T09:00:00+08:00"]
    );
    app.deliver().await;
    // Now it is the other department's, and the first sees how it went.
    let zhao = app.approver("赵敏");
    assert_eq!(zhao.card(&visit).buttons.len(), 3);
    assert_snapshot!(approver.decide(&visit, "approve", "").await.problem(), @"409 step_answered 该环节已由陈静处理，请等待后续审批");
    let seen = approver
        .get(&format!("/api/staff/approvals/{}", visit.id))
        .await;
    assert_eq!(seen.expect(200)["can_decide"], false);
    assert_eq!(zhao.tap_approve(&visit).await.as_deref(), Some("已通过"));
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    app.finish().await;
}

#[tokio::test]
async fn the_other_approvers_card_is_settled_and_a_late_tap_is_harmless() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = waiting(&app, &guest, "王强").await;
    let (zhao, sun) = (app.approver("赵敏"), app.approver("孙丽"));
    zhao.decide(&visit, "reject", "不方便").await.expect(200);
    // 孙丽's card is not settled yet, and she taps.
    assert_eq!(sun.tap_approve(&visit).await.as_deref(), Some("已拒绝"));
    assert_eq!(guest.look(&visit).await["stage"], "rejected");
    app.deliver().await;
    assert_eq!(zhao.card(&visit).replaced.as_deref(), Some("已拒绝"));
    assert_eq!(sun.card(&visit).replaced.as_deref(), Some("已拒绝"));
    assert_eq!(
        app.owed("overtaken").await,
        ["card_settled/0"],
        "the tap had settled it"
    );

    let other = waiting(&app, &guest, "王强").await;
    assert_eq!(zhao.tap_approve(&other).await.as_deref(), Some("已通过"));
    assert_eq!(sun.card(&other).buttons.len(), 3);
    app.deliver().await;
    assert_eq!(sun.card(&other).replaced.as_deref(), Some("已通过"));
    assert_snapshot!(sun.decide(&other, "reject", "晚了").await.problem(), @"409 visit_decided 该申请已通过，不能再审批");
    app.finish().await;
}

#[tokio::test]
async fn a_tap_at_somebody_elses_card_does_nothing() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = waiting(&app, &guest, "刘明").await;
    let task = app.approver("陈静").card(&visit).task_id;
    for (who, key) in [
        ("zhaomin", "approve"),
        ("liuming", "approve"),
        ("chenjing", "burn"),
    ] {
        let answer = Delivery::of_card(&app, who, &task, key).send(&app).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (200, "success"),
            "{who} {key}"
        );
    }
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    app.finish().await;
}

#[tokio::test]
async fn nobody_decides_what_is_not_theirs() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = waiting(&app, &guest, "刘明").await;
    let path = format!("/api/staff/approvals/{}", visit.id);
    let other = app.approver("赵敏");
    assert_snapshot!(other.decide(&visit, "approve", "").await.problem(), @"404 not_found 没有找到该申请");
    assert_snapshot!(other.get(&path).await.problem(), @"404 not_found 没有找到该申请");
    let todo = other.get("/api/staff/approvals?box=todo").await.expect(200);
    assert_eq!(todo["items"], json!([]));
    // The host is no approver, a guard is none, and a visitor is no member of staff.
    for name in ["刘明", "周岚"] {
        let host = app.approver(name);
        let decided = host.decide(&visit, "approve", "").await;
        assert_eq!(decided.problem(), "404 not_found 没有找到该申请");
    }
    let guard = app.approver("周岚");
    assert_eq!(
        guard.get(&path).await.problem(),
        "404 not_found 没有找到该申请"
    );
    // The host sees who comes to them.
    let host = app.approver("刘明").get(&path).await.expect(200);
    assert_eq!(host["can_decide"], false);
    let as_guest = guest.post(&format!("{path}/approve"), &json!({})).await;
    assert_snapshot!(as_guest.problem(), @"403 forbidden 您没有此权限");
    assert_snapshot!(app.get(&path).await.problem(), @"401 unauthorized 请先登录");
    let unknown = app.approver("陈静").get("/api/staff/approvals/77").await;
    assert_snapshot!(unknown.problem(), @"404 not_found 没有找到该申请");
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    app.finish().await;
}

#[tokio::test]
async fn a_visit_whose_time_has_passed_is_not_approved() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = waiting(&app, &guest, "刘明").await;
    app.it_is("2026-03-02 16:01");
    let approver = app.approver("陈静");
    assert_snapshot!(approver.decide(&visit, "approve", "").await.problem(), @"409 visit_over 到访时间已过，不能再审批");
    assert_eq!(
        approver.tap_approve(&visit).await.as_deref(),
        Some("已失效")
    );
    assert_eq!(guest.look(&visit).await["stage"], "lapsed");
    campus_pass::actions::visits::settle_over(&app.ctx)
        .await
        .unwrap();
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "lapsed");
    app.finish().await;
}

#[tokio::test]
async fn a_withdrawal_settles_the_cards() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = waiting(&app, &guest, "王强").await;
    guest.withdraw(&visit).await.expect(200);
    app.deliver().await;
    for name in ["赵敏", "孙丽"] {
        assert_eq!(
            app.approver(name).card(&visit).replaced.as_deref(),
            Some("已撤销")
        );
    }
    assert_snapshot!(guest.withdraw(&visit).await.problem(), @"409 visit_not_withdrawable 该申请已撤销，不能撤销");
    app.finish().await;
}

#[tokio::test]
async fn one_person_has_at_most_three_waiting_with_one_host() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut visits = Vec::new();
    for _ in 0..3 {
        visits.push(guest.book("刘明", FROM, UNTIL).await);
    }
    let form = guest.form("刘明", FROM, UNTIL).await;
    assert_snapshot!(guest.post("/api/visits", &form).await.problem(), @"409 too_many_pending 您向该被访人提交的申请已有3条待审批，请等待审批后再提交");
    // Another host, and another person, are another matter.
    guest.book("王强", FROM, UNTIL).await;
    app.guest("李四").await.book("刘明", FROM, UNTIL).await;
    guest.withdraw(&visits[0]).await.expect(200);
    guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_bookings_at_once_no_more_than_three_are_taken() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let form = guest.form("刘明", FROM, UNTIL).await;
    let all = (0..8).map(|_| guest.post("/api/visits", &form));
    let answers = futures::future::join_all(all).await;
    let taken = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((taken, refused), (3, 5));
    app.deliver().await;
    app.finish().await;
}

/// Eight hands of two approvers at once, fifteen times, by page and card: one wins, the other is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_decisions_at_once_one_wins_and_the_other_is_told() {
    let app = Arc::new(App::start().await);
    for round in 0..15 {
        let guest = app.guest("张小雨").await;
        let visit = waiting(&app, &guest, "王强").await;
        let (zhao, sun) = (app.approver("赵敏"), app.approver("孙丽"));
        zhao.session().await;
        sun.session().await;
        let start = Barrier::new(8);
        // Eight hands: four pages say yes or no, four cards say yes.
        let page = async |by: &crate::harness::Approver<'_>, decision| {
            start.wait().await;
            by.decide(&visit, decision, "好").await.status.as_u16()
        };
        let card = async |by: &crate::harness::Approver<'_>| {
            let task = by.card(&visit).task_id;
            start.wait().await;
            let tapped = app.sandbox.tap_card(by.userid, &task, "approve").await;
            tapped.ok().and_then(|(_, card)| card.replaced)
        };
        let pages = futures::future::join_all([
            page(&zhao, "approve"),
            page(&sun, "reject"),
            page(&zhao, "return"),
            page(&sun, "approve"),
        ]);
        let cards = futures::future::join_all([card(&zhao), card(&sun), card(&zhao), card(&sun)]);
        let (pages, cards) = tokio::join!(pages, cards);
        let stage = guest.look(&visit).await["stage_text"].clone();
        let stage = stage.as_str().unwrap();
        let won = pages.iter().filter(|status| **status == 200).count();
        let told = pages.iter().filter(|status| **status == 409).count();
        assert_eq!(
            (won + told, won <= 1),
            (4, true),
            "round {round}: {pages:?}"
        );
        for words in cards.into_iter().flatten() {
            assert_eq!(words, stage, "round {round}: a card says what is true");
        }
        let path = format!("/api/staff/approvals/{}", visit.id);
        let seen = zhao.get(&path).await.expect(200);
        assert_eq!(seen["steps"].as_array().unwrap().len(), 1);
        assert!(seen["steps"][0]["decision"].is_string());
        app.deliver().await;
        for by in [&zhao, &sun] {
            assert_eq!(by.card(&visit).replaced.as_deref(), Some(stage));
        }
    }
    Arc::into_inner(app).unwrap().finish().await;
}

#[tokio::test]
async fn a_decision_from_somebody_elses_page_is_refused() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = waiting(&app, &guest, "刘明").await;
    let approver = app.approver("陈静");
    let path = format!("/api/staff/approvals/{}/approve", visit.id);
    let mut request = approver.request(Method::POST, &path).await;
    let headers = request.headers_mut().unwrap();
    headers.insert("origin", "https://evil.example".parse().unwrap());
    let answer = app
        .send(crate::harness::json_body(request, &json!({})))
        .await;
    assert_snapshot!(answer.problem(), @"403 foreign_origin 请从本站页面提交");
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    app.finish().await;
}
