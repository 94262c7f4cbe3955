//! An outside that says everything three times, or in another order.

use campus_pass::sandbox::Deliveries;
use campus_pass::store::receipts;
use insta::assert_snapshot;

use crate::harness::{App, Guest, Visit};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

async fn waiting(app: &App, guest: &Guest<'_>) -> Visit {
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    visit
}

/// What WeChat said of the templates of a visit.
async fn reports(app: &App, visit: &Visit) -> Vec<String> {
    let id = visit.id.parse().unwrap();
    let all = receipts::of_visit(&app.ctx.db.read, id).await.unwrap();
    let by_template = all.iter().filter(|receipt| receipt.channel == "template");
    let mut outcomes: Vec<_> = by_template.map(|receipt| receipt.outcome.clone()).collect();
    outcomes.sort();
    outcomes
}

#[tokio::test]
async fn what_is_told_three_times_happens_once_and_is_answered_alike() {
    let app = App::start().await;
    app.sandbox.deliver_as(Deliveries {
        repeats: 2,
        ..Deliveries::default()
    });
    let guest = app.guest("张小雨").await;
    let pushed = app.sandbox.say(&guest.person.openid, "预约").await.unwrap();
    assert_eq!(pushed.fault, None, "{:?}", pushed.text);
    let visit = waiting(&app, &guest).await;
    let approver = app.approver("陈静");
    let task = approver.card(&visit).task_id;
    let (pushed, card) = app
        .sandbox
        .tap_card("chenjing", &task, "approve")
        .await
        .unwrap();
    assert_eq!(
        (pushed.fault, card.replaced.as_deref()),
        (None, Some("已通过"))
    );
    app.deliver().await;
    let seen = approver
        .get(&format!("/api/staff/approvals/{}", visit.id))
        .await;
    assert_eq!(seen.expect(200)["steps"].as_array().unwrap().len(), 1);
    assert_eq!((guest.templates().len(), guest.sms().len()), (2, 1));
    assert_eq!(
        reports(&app, &visit).await,
        ["accepted", "accepted", "delivered", "delivered"]
    );
    app.finish().await;
}

#[tokio::test]
async fn reports_that_come_late_and_in_another_order_find_their_messages() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.sandbox.deliver_as(Deliveries {
        held: true,
        ..Deliveries::default()
    });
    let mut visits = Vec::new();
    for (n, blocked) in [false, true].into_iter().enumerate() {
        let visit = waiting(&app, &guest).await;
        app.sandbox.block(&guest.person.openid, blocked).unwrap();
        let approver = app.approver("陈静");
        approver.decide(&visit, "reject", "不便").await.expect(200);
        app.deliver().await;
        assert_eq!(reports(&app, &visit).await, ["accepted"], "{n}");
        visits.push(visit);
    }
    app.sandbox.deliver_as(Deliveries {
        reversed: true,
        ..Deliveries::default()
    });
    app.deliver().await;
    let told = [
        reports(&app, &visits[0]).await,
        reports(&app, &visits[1]).await,
    ];
    assert_snapshot!(told.map(|lines| lines.join(" ")).join("\n"), @"
    accepted delivered
    accepted failed: user block
    ");
    app.finish().await;
}
