//! Somebody stops being asked while a visit waits for them: they leave, or another office is theirs.

use campus_pass::store::staff;
use serde_json::{Value, json};

use crate::harness::{App, Guest, Visit};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

async fn id(app: &App, name: &'static str) -> String {
    let userid = app.approver(name).userid;
    let member = staff::find_by_userid(&app.ctx.db.read, userid).await;
    member.unwrap().unwrap().id.to_string()
}

async fn leaves(app: &App, name: &'static str) {
    let path = format!("/api/admin/staff/{}/leave", id(app, name).await);
    let admin = app.approver("吴敏");
    admin.post(&path, &json!({})).await.expect(200);
}

/// Both approvers of 机械工程学院 must agree to every visit.
async fn both_must_agree(app: &App) {
    let userid = app.approver("赵敏").userid;
    let zhao = staff::find_by_userid(&app.ctx.db.read, userid).await;
    let department = zhao.unwrap().unwrap().department.to_string();
    let route = json!({ "name": "会签", "place": 1, "open": true,
        "steps": [{ "who": "department", "department": department, "all": true }] });
    let admin = app.approver("吴敏");
    admin.post("/api/admin/routes", &route).await.expect(201);
}

async fn stage(guest: &Guest<'_>, visit: &Visit) -> Value {
    guest.look(visit).await["stage"].clone()
}

#[tokio::test]
async fn what_waits_for_nobody_but_whoever_leaves_is_settled_by_the_words_that_were_said() {
    let app = App::start().await;
    both_must_agree(&app).await;
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    let unsaid = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    let zhao = app.approver("赵敏");
    zhao.decide(&visit, "approve", "").await.expect(200);
    app.deliver().await;
    assert_eq!(stage(&guest, &visit).await, "pending");
    leaves(&app, "孙丽").await;
    app.deliver().await;
    assert_eq!(stage(&guest, &visit).await, "approved");
    assert!(!guest.sms().is_empty(), "the pass is there, and told of");
    assert_eq!(stage(&guest, &unsaid).await, "pending", "赵敏 is asked yet");
    zhao.decide(&unsaid, "reject", "不便").await.expect(200);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn what_waits_for_nobody_any_more_goes_to_the_administrators_at_once() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    let admin = app.approver("吴敏");
    let before = admin.sms().len();
    leaves(&app, "陈静").await;
    app.deliver().await;
    assert_eq!(admin.sms().len(), before + 1);
    let todo = admin.get("/api/staff/approvals?box=todo").await.expect(200);
    assert_eq!(todo["items"][0]["id"], visit.id.as_str());
    admin.decide(&visit, "approve", "").await.expect(200);
    app.deliver().await;
    assert_eq!(stage(&guest, &visit).await, "approved");
    app.finish().await;
}
