//! 待处理, 已处理, 抄送我, 我发起: what lies before whom, counted, looked for, and read by others.

use axum::body::Body;
use axum::http::Method;
use campus_pass::store::staff;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{App, Approver, Visit, rfc3339};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

async fn counts(by: &Approver<'_>) -> String {
    let counts = by.get("/api/staff/approvals/counts").await.expect(200);
    let of = |tray: &str| format!("{tray} {}", counts[tray]);
    ["todo", "done", "cc", "mine"].map(of).join(", ")
}

/// The ids in a tray, by what is looked for.
async fn found(by: &Approver<'_>, query: &str) -> Vec<String> {
    let path = format!("/api/staff/approvals?{query}");
    let items = by.get(&path).await.expect(200)["items"].clone();
    let ids = items.as_array().unwrap().iter();
    ids.map(|card| card["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn id(app: &App, name: &'static str) -> String {
    let userid = app.approver(name).userid;
    let member = staff::find_by_userid(&app.ctx.db.read, userid).await;
    member.unwrap().unwrap().id.to_string()
}

async fn delete(app: &App, by: &Approver<'_>, path: &str) -> u16 {
    let request = by.request(Method::DELETE, path).await;
    app.send(request.body(Body::empty()).unwrap())
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn each_tray_holds_what_it_says_and_counts_it() {
    let app = App::start().await;
    let chen = app.approver("陈静");
    let guest = app.guest("张小雨").await;
    let first = guest.book("刘明", FROM, UNTIL).await;
    let second = guest.book("刘明", FROM, UNTIL).await;
    let (own, _) = chen.invite(2).await;
    app.deliver().await;
    assert_eq!(counts(&chen).await, "todo 2, done 0, cc 0, mine 1");
    chen.decide(&first, "approve", "").await.expect(200);
    assert_eq!(found(&chen, "box=todo").await, [second.id.as_str()]);
    assert_eq!(found(&chen, "box=done").await, [first.id.as_str()]);
    assert_eq!(found(&chen, "box=mine").await, [own.id.as_str()]);
    // What is returned was answered, and waits again once it is corrected.
    chen.decide(&second, "return", "请补充").await.expect(200);
    assert_eq!(counts(&chen).await, "todo 0, done 2, cc 0, mine 1");
    let form = guest.form("刘明", FROM, UNTIL).await;
    guest
        .put(&format!("/api/visits/{}", second.id), &form)
        .await
        .expect(200);
    assert_eq!(counts(&chen).await, "todo 1, done 2, cc 0, mine 1");
    chen.change(&own, "withdraw", &json!({})).await.expect(200);
    // What is over waits no longer.
    app.it_is("2026-03-02 16:01");
    assert_eq!(counts(&chen).await, "todo 0, done 2, cc 0, mine 1");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_tray_is_searched_by_name_phone_number_and_plate_and_filtered() {
    let app = App::start().await;
    let chen = app.approver("陈静");
    let zhang = app.guest("张小雨").await;
    let li = app.guest("李四").await;
    let first = zhang.book("刘明", FROM, UNTIL).await;
    let mut form = li.form("刘明", FROM, UNTIL).await;
    form["visitor"]["plate"] = "渝A12345".into();
    let areas = app.get("/api/areas").await.expect(200);
    form["area"] = areas[1]["id"].clone();
    let second = li.post("/api/visits", &form).await.expect(201)["id"].clone();
    let second = second.as_str().unwrap();
    app.deliver().await;
    let area = areas[1]["id"].as_str().unwrap();
    for (query, expected) in [
        ("q=%E5%BC%A0".to_owned(), &first.id[..]),
        (format!("q={}", li.phone), second),
        (format!("q={}", first.id), &first.id),
        ("q=%E6%B8%9Da12345".to_owned(), second),
        (format!("area={area}"), second),
    ] {
        let ids = found(&chen, &format!("box=todo&{query}")).await;
        assert_eq!(ids, [expected], "{query}");
    }
    for query in [
        "q=%E7%8E%8B",
        "q=13800009999",
        "mode=group",
        "q=1628957678243860481",
    ] {
        let ids = found(&chen, &format!("box=todo&{query}")).await;
        assert_eq!(ids, [""; 0], "{query}");
    }
    assert_eq!(
        found(&chen, "box=todo&q=").await.len(),
        2,
        "an empty box asks for all"
    );
    let mut told = Vec::new();
    for query in [
        "box=all",
        "stage=pending",
        "box=done&stage=odd&mode=odd&starts_from=2026&submitted_until=morning",
        "box=todo&area=odd&after=last",
    ] {
        let answer = chen.get(&format!("/api/staff/approvals?{query}")).await;
        told.push(
            answer
                .problem()
                .replace("422 invalid 请检查填写的内容\n  ", ""),
        );
    }
    assert_snapshot!(told.join("\n"), @"
    box box_unknown box 应为 todo、done、cc 或 mine
    box box_unknown box 应为 todo、done、cc 或 mine
    mode query_invalid 查询参数格式不正确
      stage query_invalid 查询参数格式不正确
      starts_from date_invalid 日期格式应为 2026-03-02
      submitted_until date_invalid 日期格式应为 2026-03-02
    after query_invalid 查询参数格式不正确
      area query_invalid 查询参数格式不正确
    ");
    app.finish().await;
}

#[tokio::test]
async fn every_tray_is_narrowed_by_area_reason_way_in_status_and_days() {
    let app = App::start().await;
    let (chen, guest) = (app.approver("陈静"), app.guest("张小雨").await);
    let book = async |from, until, reason: &Value| {
        let mut form = guest.form("刘明", from, until).await;
        form["reason"] = reason["id"].clone();
        let booked = guest.post("/api/visits", &form).await.expect(201);
        app.deliver().await;
        Visit {
            id: booked["id"].as_str().unwrap().to_owned(),
        }
    };
    let reasons = app.get("/api/reasons").await.expect(200);
    let soon = book("2026-03-03 14:00", "2026-03-03 16:00", &reasons[0]).await;
    chen.decide(&soon, "approve", "").await.expect(200);
    app.it_is("2026-03-03 08:00");
    let later = book("2026-03-09 00:00", "2026-03-09 23:59", &reasons[1]).await;
    chen.decide(&later, "reject", "当日封闭").await.expect(200);
    let reason = reasons[1]["id"].as_str().unwrap();
    let expect = async |query: &str, expected: &[&Visit]| {
        let ids = found(&chen, query).await;
        let expected: Vec<_> = expected.iter().map(|visit| visit.id.clone()).collect();
        assert_eq!(ids, expected, "{query}");
    };
    expect("box=done", &[&later, &soon]).await;
    expect("box=done&stage=approved", &[&soon]).await;
    expect("box=done&stage=rejected", &[&later]).await;
    expect("box=done&stage=returned", &[]).await;
    expect(&format!("box=done&reason={reason}"), &[&later]).await;
    expect("box=done&mode=booking", &[&later, &soon]).await;
    expect("box=done&mode=invitation", &[]).await;
    // Days of the campus, both in.
    expect("box=done&starts_from=2026-03-09", &[&later]).await;
    expect("box=done&starts_until=2026-03-08", &[&soon]).await;
    let both = "box=done&starts_from=2026-03-03&starts_until=2026-03-09";
    expect(both, &[&later, &soon]).await;
    expect("box=done&submitted_from=2026-03-03", &[&later]).await;
    expect("box=done&submitted_until=2026-03-02&stage=rejected", &[]).await;
    // What one has begun is narrowed by the same.
    let on = json!({ "capacity": 2, "starts_at": rfc3339("2026-03-03 14:00"), "ends_at": rfc3339("2026-03-03 16:00") });
    let (own, _) = chen.invite_with(on).await;
    expect("box=mine&stage=inviting&mode=invitation", &[&own]).await;
    expect("box=mine&stage=pending", &[]).await;
    let waiting = book("2026-03-04 09:00", "2026-03-04 10:00", &reasons[0]).await;
    expect("box=todo&stage=pending&starts_from=2026-03-04", &[&waiting]).await;
    expect("box=todo&starts_from=2026-03-05", &[]).await;
    // Nothing that waits has been decided.
    expect("box=todo&stage=approved", &[]).await;
    chen.change(&own, "withdraw", &json!({})).await.expect(200);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_reader_by_rule_sees_those_visits_and_decides_nothing() {
    let app = App::start().await;
    let (admin, reader) = (app.approver("吴敏"), app.approver("王强"));
    let guest = app.guest("张小雨").await;
    let before = guest.book("刘明", FROM, UNTIL).await;
    let department = {
        let chen = staff::find_by_userid(&app.ctx.db.read, "chenjing").await;
        chen.unwrap().unwrap().department.to_string()
    };
    let rule = json!({ "staff": id(&app, "王强").await, "department": department });
    let rule_id = admin.post("/api/admin/readers", &rule).await.expect(201)["id"].clone();
    assert_snapshot!(admin.post("/api/admin/readers", &rule).await.problem(), @"409 already_granted 该抄送规则已存在");
    let rules = admin.get("/api/admin/readers").await.expect(200);
    assert_eq!(rules["members"][0]["name"], "王强");
    let after = guest.book("刘明", FROM, UNTIL).await;
    guest.book("王强", FROM, UNTIL).await;
    app.deliver().await;
    let both = [after.id.clone(), before.id.clone()];
    assert_eq!(found(&reader, "box=cc").await, both);
    let path = format!("/api/staff/approvals/{}", after.id);
    let seen = reader.get(&path).await.expect(200);
    assert_eq!(seen["can_decide"], false);
    assert_eq!(seen["visitors"][0]["id_photo"], Value::Null, "no pictures");
    assert_eq!(seen["readers"][0]["name"], "王强");
    assert_eq!(
        reader.decide(&after, "approve", "").await.status.as_u16(),
        404
    );
    let photo = app.approver("陈静").get(&path).await.expect(200);
    let photo = photo["visitors"][0]["id_photo"]
        .as_str()
        .unwrap()
        .to_owned();
    let picture = reader.get(&format!("{path}/photos/{photo}")).await;
    assert_eq!(picture.status.as_u16(), 404);
    let rule = format!("/api/admin/readers/{}", rule_id.as_str().unwrap());
    assert_eq!(delete(&app, &admin, &rule).await, 204);
    assert_eq!(delete(&app, &admin, &rule).await, 404);
    assert_eq!(found(&reader, "box=cc").await, [""; 0]);
    assert_eq!(reader.get(&path).await.status.as_u16(), 404);
    app.finish().await;
}

#[tokio::test]
async fn whoever_is_asked_lets_others_read_and_takes_it_back() {
    let app = App::start().await;
    let (chen, wang) = (app.approver("陈静"), app.approver("王强"));
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    let readers = format!("/api/staff/approvals/{}/readers", visit.id);
    let wang_id = id(&app, "王强").await;
    let share = json!({ "staff": wang_id });
    assert_eq!(wang.post(&readers, &share).await.status.as_u16(), 404);
    for _ in 0..2 {
        assert_eq!(chen.post(&readers, &share).await.status.as_u16(), 204);
    }
    assert_eq!(found(&wang, "box=cc").await, [visit.id.as_str()]);
    assert_eq!(counts(&wang).await, "todo 0, done 0, cc 1, mine 0");
    // A reader reads, and shares with nobody.
    assert_eq!(wang.post(&readers, &share).await.status.as_u16(), 404);
    assert_snapshot!(chen.post(&readers, &json!({ "staff": "77" })).await.problem(), @"
    422 invalid 请检查填写的内容
      staff staff_unknown 没有找到该教职工
    ");
    let theirs = format!("{readers}/{wang_id}");
    assert_eq!(delete(&app, &chen, &theirs).await, 204);
    assert_eq!(found(&wang, "box=cc").await, [""; 0]);
    let subject = format!("visit:{}", visit.id);
    let audit = campus_pass::store::audit::about(&app.ctx.db.read, &subject).await;
    assert_snapshot!(app.plain(&audit.unwrap().join("\n")), @"
    person:[id] visit.book 
    staff:[id] visit.share reader=staff:[id]
    staff:[id] visit.share reader=staff:[id]
    staff:[id] visit.unshare reader=staff:[id]
    ");
    app.finish().await;
}
