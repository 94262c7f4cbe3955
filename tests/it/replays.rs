//! WeChat delivers again when it has waited five seconds: the handler runs once, and everybody gets
//! the same bytes, at whichever replica they ask.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use campus_pass::entropy::Entropy;
use campus_pass::{app, http, store};
use futures::FutureExt;
use tower::ServiceExt;

use crate::harness::{Answer, App, Delivery};

/// Another process on the same database.
async fn replica(of: &App) -> Router {
    let clock = of.ctx.clock.clone();
    let mut settings = of.settings.clone();
    // Two replicas must not share a number: their ids would be the same.
    settings.server.node = 1;
    let parts = app::assemble(&settings, clock, Entropy::seeded(8))
        .await
        .unwrap();
    http::router(parts.site, None)
}

async fn send(router: &Router, delivery: &Delivery) -> Answer {
    let sealed = delivery.sealed();
    let body = format!("<xml><ToUserName>x</ToUserName><Encrypt>{sealed}</Encrypt></xml>");
    let request = Request::post(delivery.address(&sealed))
        .body(Body::from(body))
        .unwrap();
    Answer::read(router.clone().oneshot(request).await.unwrap()).await
}

/// How often the visit was approved.
async fn approvals(app: &App, visit: &str) -> usize {
    let lines = store::audit::about(&app.ctx.db.read, &format!("visit:{visit}"))
        .await
        .unwrap();
    lines
        .iter()
        .filter(|line| line.contains("visit.approve"))
        .count()
}

/// A tap on 同意 that waits for the visit, which somebody holds.
async fn tap_of_a_held_visit(app: &App) -> (Delivery, String) {
    let guest = app.guest("张小雨").await;
    let visit = guest
        .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    app.deliver().await;
    let task = app.approver("陈静").card(&visit).task_id;
    (
        Delivery::of_card(app, "chenjing", &task, "approve"),
        visit.id,
    )
}

#[tokio::test]
async fn three_deliveries_of_a_slow_tap_run_once_and_get_the_same_bytes() {
    let app = App::start().await;
    let (tap, visit) = tap_of_a_held_visit(&app).await;
    let held = store::begin(&app.ctx.db).await.unwrap();
    store::visits::lock(&held, visit.parse().unwrap())
        .await
        .unwrap();

    // WeCom hangs up on the first and delivers again: the handler goes on without its connection.
    let mut first = Box::pin(tap.send(&app));
    assert!(
        (&mut first).now_or_never().is_none(),
        "it waits for the visit"
    );
    drop(first);
    let (second, third, ()) = tokio::join!(tap.send(&app), tap.send(&app), async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        drop(held);
    });
    assert!(second.status == 200 && third.status == 200);
    assert!(second.text().contains("<Encrypt>"));
    assert_eq!(second.text(), third.text());
    assert_eq!(
        tap.send(&app).await.text(),
        third.text(),
        "and so does a fourth, later"
    );
    assert_eq!(approvals(&app, &visit).await, 1);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_tap_at_two_replicas_is_one_tap_with_one_answer() {
    let app = App::start().await;
    let (tap, visit) = tap_of_a_held_visit(&app).await;
    let other = replica(&app).await;
    let held = store::begin(&app.ctx.db).await.unwrap();
    store::visits::lock(&held, visit.parse().unwrap())
        .await
        .unwrap();
    let (here, there, ()) = tokio::join!(tap.send(&app), send(&other, &tap), async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        drop(held);
    });
    assert!(
        here.status == 200 && there.status == 200,
        "{} {}",
        here.text(),
        there.text()
    );
    assert!(here.text().contains("<Encrypt>"));
    assert_eq!(here.text(), there.text());
    assert_eq!(approvals(&app, &visit).await, 1);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_pure_answer_is_the_same_at_two_replicas_and_keeps_no_row() {
    let app = App::start().await;
    let other = replica(&app).await;
    let guest = app.guest("张小雨").await;
    let openid = &guest.person.openid;
    let oa = &app.settings.official_account.original_id;
    let at = app.ctx.clock.now().timestamp();
    let click = format!(
        "<xml><ToUserName>{oa}</ToUserName><FromUserName>{openid}</FromUserName>\
         <CreateTime>{at}</CreateTime><MsgType>event</MsgType><Event>CLICK</Event>\
         <EventKey>CAMPUS_PASS</EventKey></xml>"
    );
    let click = Delivery::to_account(&app, &click);
    let (here, there) = (click.send(&app).await, send(&other, &click).await);
    assert!(here.text().contains("<Encrypt>"));
    assert_eq!(here.text(), there.text());
    let txn = store::begin(&app.ctx.db).await.unwrap();
    let later = app.ctx.clock.now() + chrono::Duration::days(1);
    assert_eq!(
        store::deliveries::forget(&txn, later).await.unwrap(),
        0,
        "there was no row"
    );
    drop(txn);
    app.deliver().await;
    app.finish().await;
}
