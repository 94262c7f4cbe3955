//! 委托: another decides in one's place for a while.

use axum::body::Body;
use axum::http::Method;
use campus_pass::store::staff;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{App, Approver, percent, rfc3339};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

async fn id(app: &App, name: &'static str) -> String {
    let userid = app.approver(name).userid;
    let member = staff::find_by_userid(&app.ctx.db.read, userid).await;
    member.unwrap().unwrap().id.to_string()
}

async fn delegation(app: &App, to: &'static str, from: &str, until: &str) -> Value {
    json!({ "to": id(app, to).await, "starts_at": rfc3339(from), "ends_at": rfc3339(until) })
}

async fn end(app: &App, by: &Approver<'_>, id: &str) -> u16 {
    let path = format!("/api/staff/delegations/{id}");
    let request = by.request(Method::DELETE, &path).await;
    let ended = app.send(request.body(Body::empty()).unwrap()).await;
    ended.status.as_u16()
}

#[tokio::test]
async fn whoever_is_put_in_a_place_is_told_and_decides_until_it_ends() {
    let app = App::start().await;
    let (chen, zhou) = (app.approver("陈静"), app.approver("周岚"));
    let away = delegation(&app, "周岚", "2026-03-02 09:00", "2026-03-02 12:00").await;
    let made = chen.post("/api/staff/delegations", &away).await.expect(201);
    assert_eq!(made["items"][0]["own"], true);
    let seen = zhou.get("/api/staff/delegations").await.expect(200);
    assert_eq!(
        (&seen["items"][0]["from"]["name"], &seen["items"][0]["own"]),
        (&json!("陈静"), &json!(false))
    );

    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    assert_eq!((chen.sms().len(), zhou.sms().len()), (0, 1));
    let todo = zhou.get("/api/staff/approvals?box=todo").await.expect(200);
    assert_eq!(todo["items"][0]["id"], visit.id.as_str());
    assert_eq!(zhou.tap_approve(&visit).await.as_deref(), Some("已通过"));
    app.deliver().await;
    let path = format!("/api/staff/approvals/{}", visit.id);
    let history = zhou.get(&path).await.expect(200)["history"].clone();
    assert_snapshot!(app.plain(&history.to_string()), @r#"[{"at":"2026-03-02T09:00:00+08:00","comment":null,"for":null,"what":"提交","who":"张小雨","who_as":null},{"at":"2026-03-02T09:00:00+08:00","comment":null,"for":"陈静","what":"同意","who":"周岚","who_as":null}]"#);

    // Afterwards it is hers again, and what he has decided stays before him.
    app.it_is("2026-03-02 12:00");
    let later = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    assert_eq!(
        zhou.decide(&later, "approve", "").await.status.as_u16(),
        404
    );
    let done = zhou.get("/api/staff/approvals?box=done").await.expect(200);
    assert_eq!(done["items"][0]["id"], visit.id.as_str());
    chen.decide(&later, "approve", "").await.expect(200);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_word_for_another_is_also_ones_own_where_all_must_agree() {
    let app = App::start().await;
    let (zhao, sun) = (app.approver("赵敏"), app.approver("孙丽"));
    let department = staff::find_by_userid(&app.ctx.db.read, zhao.userid).await;
    let department = department.unwrap().unwrap().department.to_string();
    let route = json!({ "name": "会签", "place": 1, "open": true,
        "steps": [{ "who": "department", "department": department, "all": true }] });
    app.approver("吴敏")
        .post("/api/admin/routes", &route)
        .await
        .expect(201);
    let away = delegation(&app, "孙丽", "2026-03-02 09:00", "2026-03-03 09:00").await;
    zhao.post("/api/staff/delegations", &away).await.expect(201);
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    sun.decide(&visit, "approve", "").await.expect(200);
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    app.finish().await;
}

#[tokio::test]
async fn nobody_decides_their_own_visit_in_anothers_place() {
    let app = App::start().await;
    let chen = app.approver("陈静");
    let away = delegation(&app, "刘明", "2026-03-02 09:00", "2026-03-03 09:00").await;
    chen.post("/api/staff/delegations", &away).await.expect(201);
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    assert_eq!(chen.sms().len(), 1, "she is asked herself");
    let liu = app.approver("刘明");
    assert_snapshot!(liu.decide(&visit, "approve", "").await.problem(), @"409 own_visit 不能审批本人发起或被访的申请");
    chen.decide(&visit, "approve", "").await.expect(200);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_delegation_that_makes_no_sense_is_refused_and_only_ones_own_is_ended() {
    let app = App::start().await;
    let (chen, zhou) = (app.approver("陈静"), app.approver("周岚"));
    let good = delegation(&app, "周岚", "2026-03-03 09:00", "2026-03-05 09:00").await;
    let made = chen.post("/api/staff/delegations", &good).await.expect(201);
    let mut told = Vec::new();
    for form in [
        delegation(&app, "陈静", "2026-03-08 09:00", "2026-03-09 09:00").await,
        delegation(&app, "周岚", "2026-03-02 07:00", "2026-03-02 08:00").await,
        delegation(&app, "周岚", "2026-03-09 09:00", "2026-03-08 09:00").await,
        delegation(&app, "周岚", "2026-03-08 09:00", "2026-06-30 09:00").await,
        delegation(&app, "刘明", "2026-03-04 09:00", "2026-03-06 09:00").await,
        json!({ "to": "77", "starts_at": rfc3339("2026-03-08 09:00"), "ends_at": rfc3339("2026-03-09 09:00") }),
    ] {
        let answer = chen.post("/api/staff/delegations", &form).await;
        told.push(
            answer
                .problem()
                .replace("422 invalid 请检查填写的内容\n  ", ""),
        );
    }
    assert_snapshot!(told.join("\n"), @"
    to delegation_to_oneself 不能委托给自己
    ends_at delegation_past 结束时间必须晚于开始时间和现在
    ends_at delegation_past 结束时间必须晚于开始时间和现在
    ends_at delegation_too_long 委托最长90天
    409 delegation_overlaps 该时段已有委托，请先结束
    to staff_unknown 没有找到该教职工
    ");
    let id = made["items"][0]["id"].as_str().unwrap();
    assert_eq!(end(&app, &zhou, id).await, 404);
    assert_eq!(end(&app, &chen, id).await, 200);
    assert_eq!(end(&app, &chen, id).await, 404);
    app.finish().await;
}

/// Gives somebody other roles, as the register's form does.
async fn give_roles(app: &App, name: &str, roles: &[&str]) {
    let admin = app.approver("吴敏");
    let path = format!("/api/admin/staff?name={}", percent(name));
    let member = admin.get(&path).await.expect(200)["items"][0].clone();
    let form = json!({ "name": name, "department": member["department_id"], "roles": roles,
        "revision": member["revision"] });
    let path = format!("/api/admin/staff/{}", member["id"].as_str().unwrap());
    admin.put(&path, &form).await.expect(200);
}

#[tokio::test]
async fn what_would_be_refused_in_anothers_place_is_not_offered() {
    let app = App::start().await;
    give_roles(&app, "刘明", &["host", "approver"]).await;
    let (chen, zhou, liu) = (
        app.approver("陈静"),
        app.approver("周岚"),
        app.approver("刘明"),
    );
    let away = delegation(&app, "周岚", "2026-03-02 09:00", "2026-03-03 09:00").await;
    chen.post("/api/staff/delegations", &away).await.expect(201);
    let guest = app.guest("张小雨").await;
    let to_chen = guest.book("陈静", FROM, UNTIL).await;
    let to_liu = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    // In 陈静's place he decides what she may, which is no visit to herself.
    for (visit, offered) in [(&to_chen, false), (&to_liu, true)] {
        let path = format!("/api/staff/approvals/{}", visit.id);
        let seen = zhou.get(&path).await.expect(200);
        assert_eq!(seen["can_decide"], offered);
        assert_eq!(seen["step"].is_null(), !offered);
        let todo = zhou.get("/api/staff/approvals?box=todo").await.expect(200);
        let mut todo = todo["items"].as_array().unwrap().iter();
        assert_eq!(todo.any(|card| card["id"] == visit.id.as_str()), offered);
        let answer = zhou.decide(visit, "approve", "").await;
        assert_eq!(answer.status.is_success(), offered, "{}", answer.text());
    }
    let path = format!("/api/staff/approvals/{}", to_chen.id);
    assert_eq!(liu.get(&path).await.expect(200)["can_decide"], true);
    liu.decide(&to_chen, "approve", "").await.expect(200);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_deputy_hears_of_what_waits_already_and_nobody_hears_twice() {
    let app = App::start().await;
    let (chen, zhou) = (app.approver("陈静"), app.approver("周岚"));
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    let gone = guest.book("刘明", FROM, UNTIL).await;
    guest.withdraw(&gone).await.expect(200);
    app.deliver().await;
    let before = chen.sms().len();
    let away = delegation(&app, "周岚", "2026-03-02 09:00", "2026-03-03 09:00").await;
    chen.post("/api/staff/delegations", &away).await.expect(201);
    app.deliver().await;
    assert_eq!((chen.sms().len(), zhou.sms().len()), (before, 1));
    assert_eq!(zhou.tap_approve(&visit).await.as_deref(), Some("已通过"));
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_colleague_is_found_by_their_whole_name_whatever_they_may_do() {
    let app = App::start().await;
    let chen = app.approver("陈静");
    let found = async |name: &str| {
        let path = format!("/api/staff/colleagues?name={}", percent(name));
        let found = chen.get(&path).await.expect(200);
        let found = found.as_array().unwrap().iter();
        let words = found.map(|one| format!("{} {}", one["name"], one["department"]));
        words.collect::<Vec<_>>().join(", ")
    };
    // A guard is no host, and no visitor's form knows her.
    let hosts = format!("/api/staff/hosts?q={}", percent("周岚"));
    assert_eq!(chen.get(&hosts).await.expect(200), json!([]));
    assert_eq!(found("周岚").await, r#""周岚" "保卫处""#);
    assert_eq!(found("周岚岚").await, "");
    let id = id(&app, "周岚").await;
    let leave = format!("/api/admin/staff/{id}/leave");
    let admin = app.approver("吴敏");
    admin.post(&leave, &json!({})).await.expect(200);
    assert_eq!(found("周岚").await, "", "whoever has left is no colleague");
    let nameless = chen.get("/api/staff/colleagues?name=").await;
    assert!(nameless.problem().contains("name "), "{}", nameless.text());
    app.finish().await;
}
