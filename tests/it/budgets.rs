//! What one may cause the campus to spend in a day, however it is asked for.

use axum::http::Method;
use campus_pass::actions::budgets::book_from;
use campus_pass::store::budgets::Budget;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{App, Visit, json_body};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

#[tokio::test]
async fn messages_under_way_at_once_keep_to_the_budget_of_one_number() {
    let app = App::with(&[("SMS__DAILY_PER_NUMBER", "3")]).await;
    for name in [
        "张小雨",
        "李四",
        "赵六",
        "钱七",
        "孙八",
        "周九",
        "吴十",
        "郑一",
    ] {
        app.guest(name).await.book("刘明", FROM, UNTIL).await;
    }
    app.deliver().await;
    assert_eq!(app.approver("陈静").sms().len(), 3);
    let spent = "approval_waiting/1: the day's budget of this channel is spent";
    app.finish_owing(&[spent; 5]).await;
}

#[tokio::test]
async fn what_the_gateway_refuses_is_not_counted() {
    let app = App::with(&[("SMS__DAILY_PER_NUMBER", "1")]).await;
    app.refusal("sms", "InternalError.Timeout", Some(1));
    let guest = app.guest("张小雨").await;
    guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    assert_eq!(app.approver("陈静").sms().len(), 0);
    app.later(120);
    app.deliver().await;
    assert_eq!(app.approver("陈静").sms().len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn one_person_submits_twenty_in_a_day_whatever_becomes_of_them() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let form = guest.form("刘明", FROM, UNTIL).await;
    for _ in 0..20 {
        let booked = guest.post("/api/visits", &form).await.expect(201);
        guest.withdraw(&Visit::of(&booked)).await.expect(200);
    }
    let refused = guest.post("/api/visits", &form).await;
    assert_snapshot!(refused.problem(), @"409 too_many_today 您今天提交的申请已达20份，请明天再提交");
    app.guest("李四").await.book("刘明", FROM, UNTIL).await;
    app.it_is("2026-03-03 00:00");
    let tomorrow = ("2026-03-03 14:00", "2026-03-03 16:00");
    app.guest("张小雨")
        .await
        .book("刘明", tomorrow.0, tomorrow.1)
        .await;
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn one_address_books_a_thousand_times_a_day_and_another_is_not_held_up() {
    let app = App::start().await;
    let (here, there) = ([127, 0, 0, 1].into(), [10, 0, 0, 2].into());
    for _ in 0..1000 {
        assert_eq!(book_from(&app.ctx, here).await.unwrap(), Budget::Left);
    }
    let guest = app.guest("张小雨").await;
    let form = guest.form("刘明", FROM, UNTIL).await;
    let refused = guest.post("/api/visits", &form).await;
    assert_snapshot!(refused.problem(), @"429 too_often 操作过于频繁，请稍后再试");
    let host = app.approver("刘明");
    let invited = json!({
        "area": form["area"], "reason": form["reason"], "starts_at": form["starts_at"],
        "ends_at": form["ends_at"], "capacity": 2, "minutes": 60,
    });
    let request = host.request(Method::POST, "/api/staff/invitations").await;
    let refused = app.send(json_body(request, &invited)).await;
    assert_snapshot!(refused.problem(), @"429 too_often 操作过于频繁，请稍后再试");
    assert_eq!(book_from(&app.ctx, there).await.unwrap(), Budget::Left);
    app.it_is("2026-03-03 00:00");
    guest
        .book("刘明", "2026-03-03 14:00", "2026-03-03 16:00")
        .await;
    app.deliver().await;
    app.finish().await;
}
