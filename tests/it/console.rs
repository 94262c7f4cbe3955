//! The console: what its lists show of whom, and what its forms change.

use campus_pass::store::audit;
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::harness::{App, Approver, KNOWN, Visit};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

/// JSON as a person reads it, without what differs from run to run.
fn pretty(app: &App, json: &Value) -> String {
    app.plain(&serde_json::to_string_pretty(json).unwrap())
}

/// One field of every line.
fn column(page: &Value, field: &str) -> Vec<String> {
    let word = |row: &Value| match &row[field] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    page["items"].as_array().unwrap().iter().map(word).collect()
}

async fn listed(by: &Approver<'_>, path: &str) -> Value {
    by.get(&format!("/api/admin/{path}")).await.expect(200)
}

/// What the audit says about one thing, with its ids taken out.
async fn told(app: &App, subject: &str) -> String {
    let lines = audit::about(&app.ctx.db.read, subject).await.unwrap();
    app.plain(&lines.join("\n"))
}

async fn applied_group(by: &Approver<'_>) -> Visit {
    let mut form = by.wanted().await;
    form["headcount"] = 14.into();
    form["contact"] = json!({ "name": "李四", "phone": "13800000777" });
    form["plates"] = json!(["渝A12345", "渝AD12345"]);
    Visit::of(&by.post("/api/staff/groups", &form).await.expect(201))
}

#[tokio::test]
async fn the_lists_have_the_handbooks_columns_and_show_only_masks() {
    let app = App::start().await;
    let (admin, host) = (app.approver("吴敏"), app.approver("刘明"));
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let mut form = guest.form("刘明", FROM, UNTIL).await;
    form["visitor"]["plate"] = "渝B12345".into();
    let visit = Visit::of(&guest.post("/api/visits", &form).await.expect(201));
    applied_group(&host).await;
    guest.register(KNOWN).await;
    let visits = listed(&admin, "visits").await;
    assert_eq!(
        column(&visits, "mode_text"),
        ["小区登记", "团体通行", "访客预约"]
    );
    assert_snapshot!(pretty(&app, &visits["items"][2]), @r#"
    {
      "area": "校园区域",
      "days": 1,
      "department": "信息中心",
      "ends_at": "2026-03-02T16:00:00+08:00",
      "host": "刘*",
      "id": "[id]",
      "initiator": "张**",
      "mode": "booking",
      "mode_text": "访客预约",
      "phone": "138****0001",
      "reason": "业务洽谈",
      "stage": "pending",
      "stage_text": "审批中",
      "starts_at": "2026-03-02T14:00:00+08:00",
      "submitted_at": "2026-03-02T09:00:00+08:00",
      "visitors": 1
    }
    "#);
    assert_snapshot!(pretty(&app, &listed(&admin, "groups").await), @r#"
    {
      "items": [
        {
          "area": "校园区域",
          "days": 1,
          "department": "信息中心",
          "ends_at": "2026-03-02T16:00:00+08:00",
          "headcount": 14,
          "host": "刘*",
          "host_phone": "139****0001",
          "id": "[id]",
          "initiator": "刘*",
          "initiator_phone": "139****0001",
          "reason": "业务洽谈",
          "stage": "pending",
          "stage_text": "审批中",
          "starts_at": "2026-03-02T14:00:00+08:00",
          "submitted_at": "2026-03-02T09:00:00+08:00"
        }
      ],
      "next": null
    }
    "#);
    assert_snapshot!(pretty(&app, &listed(&admin, "registrations").await), @r#"
    {
      "items": [
        {
          "ends_at": "2026-03-03T23:59:59+08:00",
          "house": "3-2-501",
          "id": "[id]",
          "known": true,
          "phone": "138****0001",
          "plate": "渝AD12345",
          "resident": "王**",
          "resident_phone": "139****0101",
          "stage": "approved",
          "stage_text": "已通过",
          "starts_at": "2026-03-02T00:00:00+08:00",
          "submitted_at": "2026-03-02T09:00:00+08:00",
          "visitor": "张**"
        }
      ],
      "next": null
    }
    "#);
    assert_snapshot!(pretty(&app, &listed(&admin, "people").await["items"][0]), @r#"
    {
      "document": null,
      "id": "[id]",
      "id_number": null,
      "last_visit": "[id]",
      "last_visit_at": "2026-03-02T00:00:00+08:00",
      "name": "张**",
      "phone": "138****0001",
      "visits": 2
    }
    "#);
    assert_snapshot!(pretty(&app, &listed(&admin, "vehicles").await["items"][3]), @r#"
    {
      "area": "校园区域",
      "ends_at": "2026-03-02T16:00:00+08:00",
      "group": false,
      "holder": "张**",
      "phone": "138****0001",
      "plate": "渝B12345",
      "stage": "pending",
      "stage_text": "审批中",
      "starts_at": "2026-03-02T14:00:00+08:00",
      "visit": "[id]"
    }
    "#);
    let detail = listed(&admin, &format!("visits/{}", visit.id)).await;
    assert_snapshot!(pretty(&app, &detail["visitors"][0]), @r#"
    {
      "document": "citizen",
      "has_face": false,
      "id": "[id]",
      "id_number": "110****002X",
      "items": null,
      "name": "张**",
      "phone": "138****0001",
      "plate": "渝B12345"
    }
    "#);

    // Nothing of anybody stands in full in any list.
    app.deliver().await;
    admin.list("phone", &guest.phone, "notify").await;
    for path in [
        "visits",
        "groups",
        "registrations",
        "people",
        "vehicles",
        "residents",
        "messages",
        "audit",
        "passages",
        "gates",
        "blacklist",
    ] {
        let text = listed(&admin, path).await.to_string();
        let phone = guest.phone.as_str();
        for plain in [
            "张小雨",
            "吴敏",
            "刘明",
            "李四",
            "王建国",
            phone,
            "13900000001",
            "13900000101",
            "11010519491231002X",
        ] {
            assert!(!text.contains(plain), "{plain} in {path}: {text}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn everybody_sees_as_much_of_the_visits_as_is_theirs() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    guest.book("刘明", FROM, UNTIL).await;
    guest.book("王强", FROM, UNTIL).await;
    app.approver("陈静").invite(2).await;
    let mut table = Vec::new();
    for name in ["吴敏", "陈静", "刘明", "王强", "赵敏", "周岚"] {
        let seen = listed(&app.approver(name), "visits").await;
        table.push(format!("{name}: {}", column(&seen, "host").join(" ")));
    }
    assert_snapshot!(table.join("\n"), @"
    吴敏: 陈* 王* 刘*
    陈静: 陈* 刘*
    刘明: 刘*
    王强: 王*
    赵敏: 王*
    周岚:
    ");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_query_that_means_nothing_names_its_field() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let mut table = Vec::new();
    for query in [
        "visits?stage=open",
        "visits?area=x",
        "visits?starts_from=2026-02-30",
        "visits?hosts=x",
        "visits?after=01",
        "visits?mode=",
        "people?phone=138",
        "vehicles?plate=x",
        "vehicles?after=1",
        "vehicles?after=1.%E6%B8%9DA12345",
        "passages?reason=maybe",
        "passages?gate=1",
        "messages?state=lost",
        "messages?kind=x",
        "audit?from=x",
        "blacklist?kind=x",
        "staff?role=king",
        "residents?house=x",
        "figures",
    ] {
        let answer = admin.get(&format!("/api/admin/{query}")).await;
        let told = match answer.status.as_u16() {
            200 => "200".to_owned(),
            _ => answer
                .problem()
                .replace("422 invalid 请检查填写的内容\n  ", ""),
        };
        table.push(format!("{query} → {told}"));
    }
    assert_snapshot!(table.join("\n"), @"
    visits?stage=open → stage query_invalid 查询参数格式不正确
    visits?area=x → area query_invalid 查询参数格式不正确
    visits?starts_from=2026-02-30 → starts_from date_invalid 日期格式应为 2026-03-02
    visits?hosts=x → hosts query_invalid 没有这个查询参数
    visits?after=01 → after query_invalid 查询参数格式不正确
    visits?mode= → 200
    people?phone=138 → phone phone_invalid 手机号应为11位大陆手机号码
    vehicles?plate=x → plate plate_invalid 车牌号格式不正确，例如 渝A12345 或 渝AD12345
    vehicles?after=1 → after query_invalid 查询参数格式不正确
    vehicles?after=1.%E6%B8%9DA12345 → 200
    passages?reason=maybe → reason query_invalid 查询参数格式不正确
    passages?gate=1 → 200
    messages?state=lost → state query_invalid 查询参数格式不正确
    messages?kind=x → kind query_invalid 查询参数格式不正确
    audit?from=x → from date_invalid 日期格式应为 2026-03-02
    blacklist?kind=x → kind query_invalid 查询参数格式不正确
    staff?role=king → role query_invalid 查询参数格式不正确
    residents?house=x → house house_invalid 门牌号格式不正确，例如 3栋2单元501 或 3-2-501
    figures → 200
    ");
    app.finish().await;
}

#[tokio::test]
async fn pages_join_without_a_gap_and_filters_hold() {
    let app = App::start().await;
    let (admin, host) = (app.approver("吴敏"), app.approver("刘明"));
    let (zhang, li) = (app.guest("张小雨").await, app.guest("李四").await);
    app.deliver().await;
    for guest in [&zhang, &li, &zhang] {
        let mut form = guest.form("刘明", FROM, UNTIL).await;
        form["visitor"]["plate"] = "渝B12345".into();
        guest.post("/api/visits", &form).await.expect(201);
    }
    applied_group(&host).await;
    for (list, field, whole) in [
        ("visits", "id", 4),
        ("people", "name", 3),
        ("vehicles", "visit", 5),
        ("staff", "userid", 8),
        ("residents", "house", 2),
    ] {
        let every = column(&listed(&admin, list).await, field);
        assert_eq!(every.len(), whole, "{list}");
        let (mut joined, mut after) = (Vec::new(), String::new());
        loop {
            let page = listed(&admin, &format!("{list}?limit=2{after}")).await;
            joined.extend(column(&page, field));
            match page["next"].as_str() {
                Some(next) => {
                    after = format!(
                        "&after={}",
                        campus_pass::tencent::call::percent_encoded(next)
                    );
                }
                None => break,
            }
        }
        assert_eq!(joined, every, "{list}");
    }
    let of = async |path: &str, field: &str| column(&listed(&admin, path).await, field).join(" ");
    assert_eq!(of("people", "visits").await, "1 2 1");
    assert_eq!(of("people?name=%E5%BC%A0", "visits").await, "2");
    assert_eq!(
        of(&format!("people?phone={}", li.phone), "name").await,
        "李*"
    );
    assert_eq!(of("vehicles?plate=%E6%B8%9Da12345", "holder").await, "李*");
    assert_eq!(
        of("vehicles?plate=%E6%B8%9DB12345", "group").await,
        "false false false"
    );
    assert_eq!(
        of("staff?role=approver&name=%E9%99%88", "userid").await,
        "chenjing"
    );
    assert_eq!(of("residents?house=5%E6%A0%8B1-302", "name").await, "李**");
    assert_eq!(of("visits?q=%E6%B8%9DA12345", "mode").await, "group");
    assert_eq!(of("groups?stage=approved", "id").await, "");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_masked_value_is_shown_to_an_administrator_and_written_down() {
    let app = App::start().await;
    let (admin, approver) = (app.approver("吴敏"), app.approver("陈静"));
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    guest.book("刘明", FROM, UNTIL).await;
    let person = listed(&admin, "people").await["items"][0].clone();
    let member = listed(&admin, "staff?name=%E5%88%98").await["items"][0].clone();
    let wanted = |what: &str, of: &Value| json!({ "what": what, "id": of["id"] });
    for (what, of, plain) in [
        ("visitor_phone", &person, guest.phone.as_str()),
        ("visitor_document", &person, "11010519491231002X"),
        ("staff_phone", &member, "13900000001"),
    ] {
        let refused = approver.post("/api/admin/reveal", &wanted(what, of)).await;
        assert_eq!(refused.problem(), "403 forbidden 您没有此权限");
        let shown = admin.post("/api/admin/reveal", &wanted(what, of)).await;
        assert_eq!(shown.expect(200), json!({ "value": plain }));
        assert_eq!(shown.header("cache-control"), "no-store");
    }
    let visitor = format!("visitor:{}", person["id"].as_str().unwrap());
    let staff = format!("staff:{}", member["id"].as_str().unwrap());
    assert_snapshot!(format!("{}\n{}", told(&app, &visitor).await, told(&app, &staff).await), @"
    staff:[id] reveal.visitor_phone 138****0001
    staff:[id] reveal.visitor_document 110****002X
    staff:[id] reveal.staff_phone 139****0001
    ");
    let nobody = json!({ "what": "staff_phone", "id": "77" });
    let nobody = admin.post("/api/admin/reveal", &nobody).await;
    assert_eq!(nobody.problem(), "404 not_found 没有找到");
    let nonsense = json!({ "what": "visitor_face", "id": "77" });
    assert_snapshot!(admin.post("/api/admin/reveal", &nonsense).await.problem(), @"
    422 invalid 请检查填写的内容
      what what_unknown what 应为 visitor_phone、visitor_document 或 staff_phone
    ");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_dead_message_is_seen_with_its_reason_and_sent_again() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    kill_messages(&app).await;
    let dead = listed(&admin, "messages?state=dead&kind=pass_issued").await;
    let id = dead["items"][0]["id"].as_str().unwrap().to_owned();
    assert_snapshot!(pretty(&app, &dead["items"][0]), @r#"
    {
      "attempts": 0,
      "channel": "subscription",
      "created_at": "2026-03-02T09:00:00+08:00",
      "done_at": null,
      "doubtful": false,
      "due_at": "2026-03-02T09:00:00+08:00",
      "error": "every channel refused",
      "id": "[id]",
      "kind": "pass_issued",
      "receipts": [],
      "state": "dead",
      "to": "张**",
      "to_kind": "visitor",
      "visit": "[id]"
    }
    "#);
    let resend = format!("/api/admin/messages/{id}/resend");
    let again = admin.post(&resend, &json!({})).await.expect(200);
    assert_eq!(again["state"], "due");
    assert_eq!(
        admin.post(&resend, &json!({})).await.problem(),
        "409 message_not_dead 只有发送失败的消息可以重发"
    );
    assert_snapshot!(told(&app, &format!("message:{id}")).await, @"staff:[id] message.resend message=pass_issued");
    app.deliver().await;
    let sent = listed(&admin, &format!("messages?visit={}&state=sent", visit.id)).await;
    assert!(column(&sent, "id").contains(&id));
    assert_eq!(sent["items"][0]["receipts"][0]["outcome"], "accepted");
    revive_messages(&app).await;
    app.deliver().await;
    app.finish().await;
}

/// As if every channel had refused for good.
async fn kill_messages(app: &App) {
    run(
        app,
        "update outbox set state = 'dead', why = 'every channel refused' where state = 'due'",
    )
    .await;
}

async fn revive_messages(app: &App) {
    run(
        app,
        "update outbox set state = 'due', why = null where state = 'dead'",
    )
    .await;
}

async fn run(app: &App, text: &str) {
    let txn = campus_pass::store::begin(&app.ctx.db).await.unwrap();
    let backend = txn.get_database_backend();
    txn.execute_raw(Statement::from_string(backend, text))
        .await
        .unwrap();
    campus_pass::store::commit(txn).await.unwrap();
}

#[tokio::test]
async fn today_is_counted_in_one_call() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    guest.book("王强", "2026-03-02 15:00", UNTIL).await;
    guest
        .book("王强", "2026-03-03 15:00", "2026-03-03 16:00")
        .await;
    let host = app.approver("刘明");
    host.invite(2).await;
    let group = applied_group(&host).await;
    app.approver("陈静")
        .decide(&group, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    app.it_is("2026-03-02 14:30");
    let code = guest.code(&visit).await;
    let shared = format!("/api/staff/groups/{}/pass", group.id);
    let shared = host.get(&shared).await.expect(200)["pass"]["code"].clone();
    app.gate("G01").scan(&code).await;
    app.gate("G01").scan(&code).await;
    for _ in 0..3 {
        app.gate("G01").scan(shared.as_str().unwrap()).await;
    }
    app.gate("G03").scan(shared.as_str().unwrap()).await;
    let figures = listed(&admin, "figures").await;
    let stages: Vec<_> = figures["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| {
            format!(
                "{} {}",
                stage["stage_text"].as_str().unwrap(),
                stage["visits"]
            )
        })
        .collect();
    assert_eq!(
        stages.join(" "),
        "邀请中 0 审批中 1 已通过 2 已拒绝 0 已退回 0 已撤销 0 已失效 1 已完成 0",
        "an invitation that ran out empty has lapsed, though nobody has written it down"
    );
    let areas: Vec<_> = figures["areas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|area| format!("{} {}", area["name"].as_str().unwrap(), area["visits"]))
        .collect();
    assert_eq!(areas.join(" "), "校园区域 4 图书馆 0 丁香水榭小区 0");
    assert_eq!([&figures["hours"][14], &figures["hours"][15]], [3, 1]);
    assert_eq!(
        figures["on_campus"], 3,
        "one by their own pass, two of the group"
    );
    assert_eq!(
        [&figures["waiting"], &figures["longest"]["minutes"]],
        [2, 330]
    );
    assert_eq!(figures["failed_messages"], 0);
    app.gate("G03").scan(&code).await;
    assert_eq!(listed(&admin, "figures").await["on_campus"], 2);
    app.deliver().await;
    run(
        &app,
        "update outbox set state = 'dead' where message = 'visit_approved'",
    )
    .await;
    let figures = listed(&admin, "figures").await;
    assert_eq!(figures["failed_messages"], figures["failed_messages_today"]);
    assert_eq!(figures["failed_messages"], 3);
    run(
        &app,
        "update outbox set state = 'sent' where state = 'dead'",
    )
    .await;
    app.finish().await;
}

#[tokio::test]
async fn staff_are_told_who_they_are_and_nobody_else_is() {
    let app = App::start().await;
    let me = app.approver("陈静").get("/api/staff/me").await.expect(200);
    assert_eq!(
        (&me["name"], &me["department"], &me["roles"]),
        (
            &json!("陈静"),
            &json!("信息中心"),
            &json!(["host", "approver"])
        )
    );
    let guest = app.guest("张小雨").await;
    guest.get("/api/staff/me").await.expect(403);
    app.deliver().await;
    app.finish().await;
}
