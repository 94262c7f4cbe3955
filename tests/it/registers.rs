//! The registers as administrators keep them: what is saved, what is written down of it, and two at once.

use campus_pass::store::audit::{self, AuditFilter};
use campus_pass::store::{begin, commit, staff};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{App, Approver, json_body};

async fn first(by: &Approver<'_>, path: &str) -> Value {
    by.get(&format!("/api/admin/{path}")).await.expect(200)["items"][0].clone()
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap()
}

/// Every line of the audit that an administrator has written, oldest first.
async fn audited(app: &App) -> String {
    let all = AuditFilter::default();
    let mut lines = audit::list(&app.ctx.db.read, &all, None, 100)
        .await
        .unwrap();
    lines.retain(|line| line.who.starts_with("staff:"));
    lines.reverse();
    let line = |line: &audit::Kept| format!("{} {} {}", line.what, line.subject, line.detail);
    app.plain(&lines.iter().map(line).collect::<Vec<_>>().join("\n"))
}

#[tokio::test]
async fn what_an_administrator_changes_is_read_back_and_written_down() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let post =
        async |path: &str, form: Value| admin.post(&format!("/api/admin/{path}"), &form).await;
    let put = async |path: &str, row: &Value, form: Value| {
        let mut form = form;
        form["revision"] = row["revision"].clone();
        admin
            .put(&format!("/api/admin/{path}/{}", id(row)), &form)
            .await
            .expect(200)
    };
    let area = post("areas", json!({ "name": " 体育馆 " }))
        .await
        .expect(201);
    let form = json!({
        "name": "体育中心", "open": false, "days_ahead": 7, "days_long": 2, "a_day": 3, "overlap": "refuse",
    });
    let area = put("areas", &area, form).await;
    assert_snapshot!(app.plain(&area.to_string()), @r#"{"a_day":3,"days_ahead":7,"days_long":2,"gates":[],"id":"[id]","name":"体育中心","open":false,"overlap":"refuse","revision":"67faa38c61339484","rules":{"entries_a_day":null,"exits":"refuse","hours":"always","outage":"refuse","passback":"off","reentry_minutes":null}}"#);
    let reason = post("reasons", json!({ "name": "参加会议" }))
        .await
        .expect(201);
    put(
        "reasons",
        &reason,
        json!({ "name": "参加会议", "open": false }),
    )
    .await;
    let department = post("departments", json!({ "name": "体育部" }))
        .await
        .expect(201);
    let department = put("departments", &department, json!({ "name": "体育教学部" })).await;
    let new = json!({
        "name": "韩梅", "department": department["id"], "userid": "hanmei", "phone": "13900000010",
        "roles": ["approver", "host"],
    });
    let member = post("staff", new).await.expect(201);
    let changed = json!({
        "name": "韩梅梅", "department": department["id"], "phone": "13900000011", "roles": ["host"],
    });
    let member = put("staff", &member, changed).await;
    assert_snapshot!(app.plain(&member.to_string()), @r#"{"department":"体育教学部","department_id":"[id]","id":"[id]","left":false,"name":"韩梅梅","phone":"139****0011","revision":"548080809e583f2e","roles":["host"],"userid":"hanmei"}"#);
    let gate = json!({ "name": "体育馆门", "area": area["id"] });
    let gate = post("gates", gate).await.expect(201);
    let device = json!({ "id": "G77", "gate": gate["id"], "direction": "both" });
    let device = post("devices", device).await;
    assert_eq!(device.header("cache-control"), "no-store");
    assert_eq!(device.expect(201)["key"].as_str().unwrap().len(), 64);
    let resident = json!({ "name": "赵铁柱", "phone": "13900000103", "house": "1栋1单元101" });
    let resident = post("residents", resident).await.expect(201);
    let gone = format!("residents/{}/remove", id(&resident));
    assert_eq!(post(&gone, json!({})).await.status.as_u16(), 204);
    assert_eq!(post(&gone, json!({})).await.status.as_u16(), 404);

    // As the lists and the pages of visitors read them now.
    let areas = app.get("/api/areas").await.expect(200).to_string();
    assert!(!areas.contains("体育中心"), "it is closed: {areas}");
    let reasons = app.get("/api/reasons").await.expect(200).to_string();
    assert!(!reasons.contains("参加会议"), "it is closed: {reasons}");
    assert_eq!(first(&admin, "staff").await, member);
    let gates = admin.get("/api/admin/gates").await.expect(200);
    assert_eq!(gates["items"][5]["devices"][0]["id"], "G77");
    assert_snapshot!(audited(&app).await, @"
    area.add area:[id] 体育馆 open=true days_ahead=366 days_long=31 a_day=none overlap=allow hours= entries_a_day=none passback=off reentry_minutes=none exits=refuse outage=refuse
    area.set area:[id] 体育馆 open=true days_ahead=366 days_long=31 a_day=none overlap=allow hours= entries_a_day=none passback=off reentry_minutes=none exits=refuse outage=refuse → 体育中心 open=false days_ahead=7 days_long=2 a_day=3 overlap=refuse hours= entries_a_day=none passback=off reentry_minutes=none exits=refuse outage=refuse
    reason.add reason:[id] 参加会议 open=true
    reason.set reason:[id] 参加会议 open=true → 参加会议 open=false
    department.add department:[id] 体育部
    department.set department:[id] 体育部 → 体育教学部
    staff.add staff:[id] 韩* 139****0010 体育教学部 hanmei roles=host,approver
    staff.set staff:[id] 韩* 139****0010 体育教学部 hanmei roles=host,approver → 韩** 139****0011 体育教学部 hanmei roles=host
    gate.add gate:[id] 体育馆门 area=体育中心
    device.add device:G77 gate=体育馆门 direction=both
    resident.add resident:[id] 赵** 139****0103 1-1-101
    resident.remove resident:[id] 赵** 139****0103 1-1-101
    ");
    app.finish().await;
}

#[tokio::test]
async fn an_area_s_rules_its_gates_and_their_devices_are_the_console_s_too() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let visit = guest
        .book("刘明", "2026-03-02 08:00", "2026-03-02 20:00")
        .await;
    app.deliver().await;
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    let (admin, code) = (app.approver("吴敏"), guest.code(&visit).await);
    // The campus opens at ten, and it is nine.
    let area = first(&admin, "areas").await;
    assert_eq!(area["rules"]["hours"], "always");
    let mut form = json!({ "name": "校园区域", "open": true, "days_ahead": 366, "days_long": 31,
        "overlap": "allow", "revision": area["revision"],
        "rules": { "hours": "mon-sun 10:00-18:00", "entries_a_day": 2, "passback": "soft",
            "reentry_minutes": 30, "exits": "refuse", "outage": "signed" } });
    let path = format!("/api/admin/areas/{}", id(&area));
    let saved = admin.put(&path, &form).await.expect(200);
    assert_snapshot!(saved["rules"], @r#"{"entries_a_day":2,"exits":"refuse","hours":"daily 10:00-18:00","outage":"signed","passback":"soft","reentry_minutes":30}"#);
    assert!(app.gate("G01").scan(&code).await.contains(r#""r":"area""#));
    form["revision"] = saved["revision"].clone();
    form["rules"] = json!({ "hours": "someday", "entries_a_day": 0, "passback": "odd",
        "reentry_minutes": 1441, "exits": "odd", "outage": "odd" });
    assert_snapshot!(admin.put(&path, &form).await.problem(), @"
    422 invalid 请检查填写的内容
      rules.hours hours_invalid 开放时间格式应为 mon-fri 06:00-23:00, sat-sun 08:00-20:00
      rules.passback passback_unknown passback 应为 off、soft 或 hard
      rules.exits exits_unknown exits 应为 refuse 或 open
      rules.outage outage_unknown outage 应为 refuse 或 signed
      rules.entries_a_day entries_a_day_invalid 每日进入次数应为1到100，或不限
      rules.reentry_minutes reentry_minutes_invalid 重新进入的间隔应为1到1440分钟，或不限
    ");
    // Left out, they stay; given as always, they go.
    form.as_object_mut().unwrap().remove("rules");
    let saved = admin.put(&path, &form).await.expect(200);
    assert_eq!(saved["rules"]["entries_a_day"], 2);
    form["revision"] = saved["revision"].clone();
    form["rules"] = json!({ "hours": "always", "entries_a_day": null, "passback": "off",
        "reentry_minutes": null, "exits": "refuse", "outage": "refuse" });
    admin.put(&path, &form).await.expect(200);

    // The east gate is closed for a while.
    let gate = first(&admin, "gates").await;
    let path = format!("/api/admin/gates/{}", id(&gate));
    let closed = json!({ "name": "东大门", "open": false, "revision": gate["revision"] });
    let saved = admin.put(&path, &closed).await.expect(200);
    assert_snapshot!(admin.put(&path, &closed).await.problem(), @"409 changed_meanwhile 该记录已被其他管理员修改，请刷新后再保存");
    assert!(app.gate("G01").scan(&code).await.contains("此门暂停通行"));
    let open = json!({ "name": "东门", "open": true, "revision": saved["revision"] });
    admin.put(&path, &open).await.expect(200);
    assert!(app.gate("G01").scan(&code).await.contains(r#""r":"ok""#));

    // Its device gets another key, and then none.
    let rotate = "/api/admin/devices/G01/rotate";
    let answer = admin.post(rotate, &json!({ "overlap_hours": 1 })).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.expect(200)["key"].as_str().unwrap().len(), 64);
    let never = admin.post(rotate, &json!({ "overlap_hours": 721 })).await;
    assert_snapshot!(never.problem(), @"
    422 invalid 请检查填写的内容
      overlap_hours overlap_invalid 旧密钥的保留时间应为0到720小时
    ");
    let unknown = admin
        .post("/api/admin/devices/G99/revoke", &json!({}))
        .await;
    assert_eq!(unknown.status.as_u16(), 404);
    let revoked = admin
        .post("/api/admin/devices/G01/revoke", &json!({}))
        .await;
    assert_eq!(revoked.status.as_u16(), 204);
    assert!(app.gate("G01").scan(&code).await.starts_with("401"));
    assert_snapshot!(audited(&app).await, @"
    visit.approve visit:[id] 
    area.set area:[id] 校园区域 open=true days_ahead=366 days_long=31 a_day=none overlap=allow hours= entries_a_day=none passback=off reentry_minutes=none exits=refuse outage=refuse → 校园区域 open=true days_ahead=366 days_long=31 a_day=none overlap=allow hours=daily 10:00-18:00 entries_a_day=2 passback=soft reentry_minutes=30 exits=refuse outage=signed
    area.set area:[id] 校园区域 open=true days_ahead=366 days_long=31 a_day=none overlap=allow hours=daily 10:00-18:00 entries_a_day=2 passback=soft reentry_minutes=30 exits=refuse outage=signed → 校园区域 open=true days_ahead=366 days_long=31 a_day=none overlap=allow hours=daily 10:00-18:00 entries_a_day=2 passback=soft reentry_minutes=30 exits=refuse outage=signed
    area.set area:[id] 校园区域 open=true days_ahead=366 days_long=31 a_day=none overlap=allow hours=daily 10:00-18:00 entries_a_day=2 passback=soft reentry_minutes=30 exits=refuse outage=signed → 校园区域 open=true days_ahead=366 days_long=31 a_day=none overlap=allow hours= entries_a_day=none passback=off reentry_minutes=none exits=refuse outage=refuse
    gate.set gate:[id] 东门 open=true → 东大门 open=false
    gate.set gate:[id] 东大门 open=false → 东门 open=true
    device.rotate device:G01 old_key_until=2026-03-02 10:00:00
    device.revoke device:G01
    ");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn whoever_loses_every_role_is_out_at_once_by_whatever_way() {
    let app = App::start().await;
    let chen = app.approver("陈静");
    chen.get("/api/staff/approvals/counts").await.expect(200);
    let txn = begin(&app.ctx.db).await.unwrap();
    let member = staff::find_by_userid(&txn, chen.userid).await.unwrap();
    let mut member = member.unwrap();
    // As a list of the personnel office does.
    member.roles.clear();
    staff::update(&txn, &member).await.unwrap();
    commit(txn).await.unwrap();
    let gone = chen.get("/api/staff/approvals/counts").await;
    assert_snapshot!(gone.problem(), @"401 unauthorized 请先登录");
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_saved_is_told_and_changes_nothing() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let area = first(&admin, "areas").await;
    let (staff, department) = (
        first(&admin, "staff").await,
        first(&admin, "departments").await,
    );
    let area_form = |change: &str, value: Value| {
        let mut form = json!({
            "name": "校园区域", "open": true, "days_ahead": 366, "days_long": 31, "overlap": "allow",
            "revision": area["revision"],
        });
        form[change] = value;
        form
    };
    let staff_form = |change: &str, value: Value| {
        let mut form = json!({
            "name": "吴芳", "department": department["id"], "roles": ["approver"],
            "revision": staff["revision"],
        });
        form[change] = value;
        form
    };
    let new = json!({
        "name": "韩梅", "department": department["id"], "userid": "liuming", "phone": "13900000010",
        "roles": ["host"],
    });
    let area = format!("areas/{}", id(&area));
    let staff = format!("staff/{}", id(&staff));
    let mut table = Vec::new();
    for (method, path, form) in [
        ("POST", "areas", json!({ "name": "" })),
        ("POST", "areas", json!({ "name": "图书馆" })),
        ("PUT", &area, area_form("name", json!("图书馆"))),
        ("PUT", &area, area_form("days_ahead", json!(367))),
        ("PUT", &area, area_form("days_long", json!("x"))),
        ("PUT", &area, area_form("a_day", json!(0))),
        ("PUT", &area, area_form("overlap", json!("maybe"))),
        ("PUT", &area, area_form("revision", json!("0000"))),
        ("PUT", "areas/77", area_form("open", json!(true))),
        ("POST", "reasons", json!({ "name": "字".repeat(51) })),
        ("POST", "departments", json!({ "name": "信息中心" })),
        ("POST", "staff", new),
        ("PUT", &staff, staff_form("roles", json!([]))),
        ("PUT", &staff, staff_form("roles", json!(["king"]))),
        ("PUT", &staff, staff_form("department", json!("77"))),
        ("PUT", &staff, staff_form("department", json!(""))),
        ("PUT", &staff, staff_form("name", json!(""))),
        ("POST", "gates", json!({ "name": "东门", "area": "" })),
        ("POST", "gates", json!({ "name": "东门", "area": "77" })),
        (
            "POST",
            "devices",
            json!({ "id": "G 1", "gate": "", "direction": "up" }),
        ),
        (
            "POST",
            "devices",
            json!({ "id": "G99", "gate": "77", "direction": "in" }),
        ),
        (
            "POST",
            "residents",
            json!({ "name": "王建国", "phone": "13900000101", "house": "3-2-501" }),
        ),
        ("POST", "readers", json!({ "staff": "" })),
    ] {
        let request = admin
            .request(method.parse().unwrap(), &format!("/api/admin/{path}"))
            .await;
        let answer = app.send(json_body(request, &form)).await;
        let said = answer
            .problem()
            .replace("422 invalid 请检查填写的内容\n  ", "");
        table.push(format!("{method} {} → {said}", app.plain(path)));
    }
    assert_snapshot!(table.join("\n"), @"
    POST areas → name name_required 请填写名称
    POST areas → name taken 已有相同的记录
    PUT areas/[id] → name taken 已有相同的记录
    PUT areas/[id] → days_ahead days_ahead_invalid 可提前预约天数应为0到366
    PUT areas/[id] → days_long days_long_invalid 最长时长应为1到31天
    PUT areas/[id] → a_day a_day_invalid 每日申请上限应为1到20，或不限
    PUT areas/[id] → overlap overlap_unknown overlap 应为 allow 或 refuse
    PUT areas/[id] → 409 changed_meanwhile 该记录已被其他管理员修改，请刷新后再保存
    PUT areas/77 → 404 not_found 没有找到该记录
    POST reasons → name name_too_long 名称不能超过50个字
    POST departments → name taken 已有相同的记录
    POST staff → userid taken 已有相同的记录
    PUT staff/[id] → roles roles_required 请至少选择一个角色；离职请使用“离职”
    PUT staff/[id] → roles role_unknown 没有这个角色
    PUT staff/[id] → department department_unknown 该部门不存在
    PUT staff/[id] → department department_required 请选择部门
    PUT staff/[id] → name name_required 请填写姓名
    POST gates → area area_required 请选择到访区域
    POST gates → area area_unknown 该到访区域不存在
    POST devices → id device_id_invalid 设备编号应为1到32个字母、数字、_或-
      gate gate_required 请选择门禁
      direction direction_unknown direction 应为 in、out 或 both
    POST devices → gate gate_unknown 该门禁不存在
    POST residents → house taken 已有相同的记录
    POST readers → staff staff_required 请选择人员
      over over_required 请选择部门或到访区域之一
    ");
    assert_eq!(audited(&app).await, "");
    app.finish().await;
}

#[tokio::test]
async fn of_two_administrators_who_save_one_form_the_second_is_told() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let read = first(&admin, "reasons").await;
    let path = format!("/api/admin/reasons/{}", id(&read));
    let form = |name: &str| json!({ "name": name, "open": true, "revision": read["revision"] });
    let (ours, theirs) = (form("业务交流"), form("业务来访"));
    let (one, other) = tokio::join!(admin.put(&path, &ours), admin.put(&path, &theirs));
    let mut told = [one.status.as_u16(), other.status.as_u16()];
    told.sort_unstable();
    assert_eq!(told, [200, 409]);
    let late = if one.status.as_u16() == 409 {
        &one
    } else {
        &other
    };
    assert_snapshot!(late.problem(), @"409 changed_meanwhile 该记录已被其他管理员修改，请刷新后再保存");
    // Whoever reads it again saves it.
    let again = first(&admin, "reasons").await;
    let mut form = form("业务来访交流");
    form["revision"] = again["revision"].clone();
    admin.put(&path, &form).await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn who_leaves_is_out_at_once_and_one_administrator_stays() {
    let app = App::start().await;
    let (admin, leaving) = (app.approver("吴敏"), app.approver("刘明"));
    leaving.get("/api/staff/groups").await.expect(200);
    let member = first(&admin, "staff?name=%E5%88%98").await;
    let path = format!("/api/admin/staff/{}/leave", id(&member));
    let left = admin.post(&path, &json!({})).await.expect(200);
    assert_eq!((&left["left"], &left["roles"]), (&json!(true), &json!([])));
    let shut = leaving.get("/api/staff/groups").await;
    assert_eq!(shut.problem(), "401 unauthorized 请先登录");
    let again = campus_pass::actions::sessions::log_in_staff(&app.ctx, "liuming").await;
    assert!(again.is_err(), "nor do they come back by logging in");
    let last = first(&admin, "staff?role=administrator").await;
    let path = format!("/api/admin/staff/{}/leave", id(&last));
    let refused = admin.post(&path, &json!({})).await;
    assert_eq!(
        refused.problem(),
        "409 last_administrator 至少保留一名访客管理员"
    );
    admin.get("/api/admin/figures").await.expect(200);
    app.finish().await;
}
