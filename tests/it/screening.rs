//! 访客黑名单, told by those who keep it, those who are on it, and those who stand at the gate.

use axum::http::Request;
use campus_pass::store::audit;
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::harness::{App, Approver, Guest, ID_NUMBER, Visit, json_body, rfc3339};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";
const PLATE: &str = "渝AD12345";

/// Somebody who follows the account, and is known by it.
async fn arrived<'a>(app: &'a App, name: &str) -> Guest<'a> {
    let guest = app.guest(name).await;
    app.deliver().await;
    guest
}

/// The booking of somebody who comes by car.
async fn form(guest: &Guest<'_>) -> Value {
    let mut form = guest.form("刘明", FROM, UNTIL).await;
    form["visitor"]["plate"] = PLATE.into();
    form
}

async fn booked(guest: &Guest<'_>, form: &Value) -> Visit {
    Visit::of(&guest.post("/api/visits", form).await.expect(201))
}

/// The same, approved; gives its code too.
async fn approved(app: &App, guest: &Guest<'_>, form: &Value) -> (Visit, String) {
    let visit = booked(guest, form).await;
    let decided = app.approver("陈静").decide(&visit, "approve", "").await;
    decided.expect(200);
    let code = guest.code(&visit).await;
    (visit, code)
}

/// What the gate says, in a word.
async fn scanned(app: &App, device: &'static str, code: &str) -> String {
    let told = app.gate(device).scan(code).await;
    let word = told.split(r#""r":""#).nth(1).unwrap();
    word.split('"').next().unwrap().to_owned()
}

/// A proxy of the host for somebody of no account and for `visitor`.
async fn proxy(host: &Approver<'_>, visitor: &Value) -> Value {
    let photo = host.give_picture("id_card").await;
    let mut form = host.wanted().await;
    let mut listed = visitor.clone();
    listed["id_photo"] = photo.clone().into();
    let other = json!({
        "name": "赵六", "phone": "13800000999", "id_number": "E99999999", "id_photo": photo,
    });
    form["visitors"] = json!([other, listed]);
    form
}

#[tokio::test]
async fn who_is_refused_gets_in_by_no_door_however_they_are_typed() {
    // As an administrator may type what a visitor types otherwise.
    for (kind, value) in [
        ("id_number", "１１０１０５４９１２３１００２"),
        ("phone", "+86 138-0000-0001"),
        ("plate", " 渝ａ·Ｄ12345"),
        ("name", "张\u{3000}小 雨"),
    ] {
        let app = App::start().await;
        let (host, approver) = (app.approver("刘明"), app.approver("陈静"));
        let guest = arrived(&app, "张小雨").await;
        let form = form(&guest).await;
        let (_, code) = approved(&app, &guest, &form).await;
        let (waits, returned) = (booked(&guest, &form).await, booked(&guest, &form).await);
        let sent_back = approver.decide(&returned, "return", "请补充").await;
        sent_back.expect(200);
        let (_, link) = host.invite(2).await;
        let by_proxy = proxy(&host, &form["visitor"]).await;

        let entry = app.approver("吴敏").list(kind, value, "refuse").await;
        assert_eq!(entry["revoked"], 1, "{kind}");
        // Applying, by every way in.
        let answer = guest.post("/api/visits", &form).await;
        assert_eq!(
            answer.problem(),
            "409 visitor_screened 暂时无法为该访客办理预约，请联系被访人或保卫处",
            "{kind}"
        );
        let answer = guest
            .put(&format!("/api/visits/{}", returned.id), &form)
            .await;
        assert!(
            answer.problem().starts_with("409 visitor_screened"),
            "{kind}"
        );
        let joining = json!({ "visitor": form["visitor"] });
        let answer = guest.accept_with(&link, &joining).await;
        assert!(
            answer.problem().starts_with("409 visitor_screened"),
            "{kind}"
        );
        let answer = host.post("/api/staff/proxies", &by_proxy).await;
        assert_eq!(
            answer.problem(),
            "409 visitor_screened 暂时无法为第2位访客办理预约，请联系被访人或保卫处",
            "{kind}"
        );
        // Somebody else is somebody else.
        let other = arrived(&app, "李四").await;
        other.accept(&link).await.expect(201);
        // Being approved, and going in with what was approved before.
        let answer = approver.decide(&waits, "approve", "").await;
        assert_eq!(
            answer.problem(),
            "409 visitor_blocked 第1位访客（张**）暂不能通过审批，请拒绝或退回该申请，或联系保卫处",
            "{kind}"
        );
        assert_eq!(guest.look(&waits).await["stage"], "pending");
        app.it_is("2026-03-02 14:05");
        assert_eq!(scanned(&app, "G01", &code).await, "blocked", "{kind}");
        assert_eq!(
            scanned(&app, "G03", &code).await,
            "ok",
            "out, always: {kind}"
        );
        app.deliver().await;
        app.finish_owing(&[]).await;
    }
}

#[tokio::test]
async fn each_effect_does_what_it_says_and_the_strictest_wins() {
    let mut table = Vec::new();
    for effects in [
        &["notify"][..],
        &["review"],
        &["refuse"],
        &["review", "notify"],
        &["notify", "refuse", "review"],
    ] {
        let app = App::start().await;
        let (approver, admin) = (app.approver("陈静"), app.approver("吴敏"));
        let guest = arrived(&app, "张小雨").await;
        let form = form(&guest).await;
        let (_, code) = approved(&app, &guest, &form).await;
        let before = booked(&guest, &form).await;
        app.deliver().await;
        // Each by another of their marks.
        let marks = [
            ("phone", guest.phone.as_str()),
            ("plate", PLATE),
            ("name", "张小雨"),
        ];
        for (effect, (kind, value)) in effects.iter().zip(marks) {
            admin.list(kind, value, effect).await;
        }
        let applied = guest.post("/api/visits", &form).await.status.as_u16();
        let path = format!("/api/staff/approvals/{}", before.id);
        let seen = approver.get(&path).await.expect(200);
        let alert = seen["visitors"][0]["alert"]
            .as_str()
            .unwrap_or("-")
            .to_owned();
        let card = approver.tap_approve(&before).await.unwrap();
        let page = approver.decide(&before, "approve", "").await;
        let page = match page.status.as_u16() {
            200 => "approved".to_owned(),
            _ => page.problem().split(' ').nth(1).unwrap().to_owned(),
        };
        app.it_is("2026-03-02 14:05");
        let gate = scanned(&app, "G01", &code).await;
        app.deliver().await;
        let told = app.approver("周岚").texts().len();
        assert_eq!(admin.texts().len(), told, "guards and administrators alike");
        table.push(format!(
            "{}: applying {applied} | approver {alert} | card {card} | page {page} | gate {gate} | told {told}",
            effects.join("+")
        ));
        app.finish().await;
    }
    assert_snapshot!(table.join("\n"), @"
    notify: applying 201 | approver - | card 已通过 | page visit_decided | gate ok | told 2
    review: applying 201 | approver 需重点核查，请与保卫处核实后再审批 | card 请打开页面处理 | page step_answered | gate ok | told 2
    refuse: applying 409 | approver 暂不能通过审批，请联系保卫处 | card 请打开页面处理 | page step_answered | gate blocked | told 1
    review+notify: applying 201 | approver 需重点核查，请与保卫处核实后再审批 | card 请打开页面处理 | page step_answered | gate ok | told 2
    notify+refuse+review: applying 409 | approver 暂不能通过审批，请联系保卫处 | card 请打开页面处理 | page step_answered | gate blocked | told 1
    ");
}

#[tokio::test]
async fn guards_and_administrators_hear_once_of_each_visitor_at_each_place() {
    let app = App::start().await;
    let (guard, admin) = (app.approver("周岚"), app.approver("吴敏"));
    let guest = arrived(&app, "张小雨").await;
    let first = guest.form("刘明", FROM, UNTIL).await;
    let entry = admin.list("phone", &guest.phone, "notify").await;
    let (_, code) = approved(&app, &guest, &first).await;
    app.deliver().await;
    app.it_is("2026-03-02 14:05");
    for _ in 0..3 {
        assert_eq!(scanned(&app, "G01", &code).await, "ok");
    }
    app.deliver().await;
    assert_snapshot!(guard.texts().join("\n"), @"
    黑名单提醒：张小雨（到访提醒，手机号 138****0001）09:00 申请来访。被访人 刘明，到访 校园区域（2026年03月02日 14:00 起）。列入原因：扰乱秩序。单据号 [id]
    黑名单提醒：张小雨（到访提醒，手机号 138****0001）14:05 在东门刷码。被访人 刘明，到访 校园区域（2026年03月02日 14:00 起）。列入原因：扰乱秩序。单据号 [id]
    ");
    assert_eq!(admin.texts(), guard.texts());
    assert_eq!(
        app.approver("陈静").texts(),
        [""; 0],
        "approvers are not told of a reminder"
    );

    // What was lifted before it was told is not told.
    let other = booked(&guest, &first).await;
    admin.lift(&entry).await.expect(200);
    app.deliver().await;
    assert_eq!(guard.texts().len(), 2);
    assert!(
        app.owed("overtaken")
            .await
            .contains(&"blacklist_hit/0".to_owned())
    );
    app.approver("陈静")
        .decide(&other, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_blocked_holder_is_refused_before_anything_else_about_the_pass_is_said() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let guest = arrived(&app, "张小雨").await;
    let form = form(&guest).await;
    let (visit, code) = approved(&app, &guest, &form).await;
    let entry = admin.list("name", "张小雨", "refuse").await;
    assert_snapshot!(app.gate("G01").scan(&code).await, @r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"blocked","say":"暂不能通行，请联系门岗"}"#);
    app.it_is("2026-03-02 17:00");
    assert_eq!(scanned(&app, "G01", &code).await, "blocked", "not expired");
    assert_eq!(
        scanned(&app, "G02", &code).await,
        "blocked",
        "not the wrong area"
    );
    assert_eq!(
        scanned(&app, "G01", "FORGED").await,
        "bad_code",
        "but not before that"
    );
    // A refusal that nothing can change is told before it is kept.
    let mut kept: Vec<String> = Vec::new();
    while kept.len() < 4 {
        let passages = "select reason as line from passages order by id";
        let asked = Statement::from_string(app.ctx.db.read.get_database_backend(), passages);
        let rows = app.ctx.db.read.query_all_raw(asked).await.unwrap();
        let reason = |row: &QueryResult| row.try_get("", "line").unwrap();
        kept = rows.iter().map(reason).collect();
    }
    assert_eq!(kept, ["blocked", "blocked", "blocked", "bad_code"]);
    // Lifted, the pass is still the one that was revoked, and a new one is good.
    admin.lift(&entry).await.expect(200);
    assert_eq!(scanned(&app, "G01", &code).await, "revoked");
    app.it_is("2026-03-02 13:00");
    guest.withdraw(&visit).await.expect(200);
    let (_, code) = approved(&app, &guest, &form).await;
    app.it_is("2026-03-02 14:05");
    assert_eq!(scanned(&app, "G01", &code).await, "ok");
    app.deliver().await;
    app.finish().await;
}

/// An entry with a scope and a term of its own.
async fn listed(app: &App, more: &Value) -> Value {
    let mut form = json!({
        "kind": "id_number", "value": ID_NUMBER, "effect": "refuse", "cause": "扰乱秩序",
    });
    for (field, value) in more.as_object().unwrap() {
        form[field] = value.clone();
    }
    let admin = app.approver("吴敏");
    admin.post("/api/admin/blacklist", &form).await.expect(201)
}

#[tokio::test]
async fn an_entry_counts_in_its_area_and_in_its_time_only() {
    let app = App::start().await;
    let guest = arrived(&app, "张小雨").await;
    let areas = app.get("/api/areas").await.expect(200);
    let campus = form(&guest).await;
    let mut library = campus.clone();
    library["area"] = areas[1]["id"].clone();
    let (_, on_campus) = approved(&app, &guest, &campus).await;
    let (_, in_library) = approved(&app, &guest, &library).await;
    let until = rfc3339("2026-03-02 15:00");
    let entry = listed(&app, &json!({ "area": areas[1]["id"], "until": until })).await;
    assert_eq!(
        [
            &entry["area"],
            &entry["revoked"],
            &entry["until"],
            &entry["state"]
        ],
        [&json!("图书馆"), &json!(1), &json!(until), &json!("active")]
    );
    app.it_is("2026-03-02 14:05");
    assert_eq!(scanned(&app, "G01", &on_campus).await, "ok");
    assert_eq!(scanned(&app, "G02", &in_library).await, "blocked");
    assert_eq!(
        scanned(&app, "G02", &on_campus).await,
        "blocked",
        "whatever pass it is"
    );
    assert_eq!(scanned(&app, "G01", &in_library).await, "revoked");
    booked(&guest, &campus).await;
    let refused = guest.post("/api/visits", &library).await;
    assert!(refused.problem().starts_with("409 visitor_screened"));

    app.it_is("2026-03-02 14:59");
    let refused = guest.post("/api/visits", &library).await;
    assert!(refused.problem().starts_with("409 visitor_screened"));
    app.it_is("2026-03-02 15:00");
    booked(&guest, &library).await;
    let list = app.approver("吴敏").get("/api/admin/blacklist").await;
    assert_eq!(list.expect(200)["items"][0]["state"], "over");
    // Over, it can be listed again.
    listed(&app, &json!({ "area": areas[1]["id"] })).await;
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn adding_somebody_takes_their_passes_and_says_how_many() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let guest = arrived(&app, "张小雨").await;
    let form = form(&guest).await;
    let mut past = form.clone();
    past["starts_at"] = rfc3339("2026-03-02 09:00").into();
    past["ends_at"] = rfc3339("2026-03-02 09:30").into();
    approved(&app, &guest, &past).await;
    let (withdrawn, _) = approved(&app, &guest, &form).await;
    guest.withdraw(&withdrawn).await.expect(200);
    let (first, _) = approved(&app, &guest, &form).await;
    // A companion of somebody else, by another spelling of the name.
    let other = arrived(&app, "李四").await;
    let (second, link) = other.invite("刘明", 2).await;
    let mut joining = guest.joining();
    joining["visitor"]["name"] = "张·小雨".into();
    guest.accept_with(&link, &joining).await.expect(201);
    app.approver("陈静")
        .decide(&second, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    app.it_is("2026-03-02 10:00");

    let mild = admin.list("plate", PLATE, "review").await;
    assert_eq!(mild["revoked"], 0, "only who is refused loses a pass");
    let entry = admin.list("name", "张小雨", "refuse").await;
    assert_eq!(
        entry["revoked"], 2,
        "neither what is over nor what is revoked counts"
    );
    assert_snapshot!(app.plain(&entry.to_string()), @r#"{"added_at":"2026-03-02T10:00:00+08:00","added_by":"吴*","area":null,"area_id":null,"cause":"扰乱秩序","effect":"refuse","effect_text":"禁止入校","id":"[id]","kind":"name","kind_text":"姓名","lifted_at":null,"mask":"张**","revoked":2,"state":"active","until":null}"#);
    assert_eq!(other.look(&second).await["stage"], "approved");
    let link = other.look(&second).await["visitors"][0]["pass"]["link"].clone();
    let path = link.as_str().unwrap().replace("/p/", "/api/passes/");
    assert_eq!(
        app.get(&path).await.expect(200)["state"],
        "not_yet",
        "the others' stand"
    );
    let link = guest.look(&first).await["visitors"][0]["pass"]["link"].clone();
    let path = link.as_str().unwrap().replace("/p/", "/api/passes/");
    let shown = app.get(&path).await.expect(200);
    assert_eq!(
        (&shown["state"], &shown["code"]),
        (&json!("revoked"), &Value::Null)
    );

    let again = json!({ "kind": "name", "value": "张 小雨", "effect": "notify", "cause": "x" });
    let again = admin.post("/api/admin/blacklist", &again).await;
    assert_snapshot!(again.problem(), @"409 already_listed 该信息已在同一范围的黑名单中，请先移出再添加");
    let id = entry["id"].as_str().unwrap();
    admin.lift(&entry).await.expect(200);
    assert_snapshot!(admin.lift(&entry).await.problem(), @"409 already_lifted 该记录已移出黑名单");
    let done = audit::about(&app.ctx.db.read, &format!("blacklist:{id}")).await;
    assert_snapshot!(app.plain(&done.unwrap().join("\n")), @"
    staff:[id] blacklist.add kind=name mark=张** effect=refuse revoked=2
    staff:[id] blacklist.lift kind=name mark=张**
    ");
    // The list has it all, newest first, page by page.
    let page = admin.get("/api/admin/blacklist?limit=1").await.expect(200);
    assert_eq!(page["items"][0]["state"], "lifted");
    let next = page["next"].as_str().unwrap();
    let page = admin
        .get(&format!("/api/admin/blacklist?limit=1&after={next}"))
        .await;
    let page = page.expect(200);
    assert_eq!(page["items"][0]["id"], mild["id"]);
    let next = page["next"].as_str().unwrap();
    let page = admin
        .get(&format!("/api/admin/blacklist?after={next}"))
        .await
        .expect(200);
    assert_eq!(page, json!({ "items": [], "next": null }));
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn only_administrators_keep_the_list() {
    let app = App::start().await;
    let entry = app.approver("吴敏").list("name", "张小雨", "refuse").await;
    let guest = arrived(&app, "李四").await;
    let path = "/api/admin/blacklist";
    let form = json!({ "kind": "name", "value": "王五", "effect": "refuse", "cause": "x" });
    for name in ["刘明", "陈静", "周岚"] {
        let staff = app.approver(name);
        for answer in [
            staff.get(path).await,
            staff.post(path, &form).await,
            staff.lift(&entry).await,
        ] {
            assert_eq!(answer.problem(), "403 forbidden 您没有此权限", "{name}");
        }
    }
    assert_eq!(
        guest.get(path).await.problem(),
        "403 forbidden 您没有此权限"
    );
    assert_eq!(
        guest.post(path, &form).await.problem(),
        "403 forbidden 您没有此权限"
    );
    assert_eq!(app.get(path).await.problem(), "401 unauthorized 请先登录");
    let stranger = app.send(json_body(Request::post(path), &form)).await;
    assert_eq!(stranger.problem(), "401 unauthorized 请先登录");
    let list = app.approver("吴敏").get(path).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["state"], "active");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_wrong_with_an_entry_is_told() {
    let app = App::start().await;
    let admin = app.approver("吴敏");
    let right =
        json!({ "kind": "phone", "value": "13800000001", "effect": "refuse", "cause": "x" });
    let mut table = Vec::new();
    for (field, value) in [
        ("kind", json!("face")),
        ("kind", Value::Null),
        ("value", json!("")),
        ("value", json!("12345")),
        ("effect", json!("forbid")),
        ("cause", json!("  ")),
        ("cause", json!("字".repeat(201))),
        ("area", json!("77")),
        ("area", json!("图书馆")),
        ("until", json!("明天")),
        ("until", json!(rfc3339("2026-03-02 09:00"))),
        ("hash", json!("00")),
    ] {
        let mut form = right.clone();
        form[field] = value;
        let answer = admin.post("/api/admin/blacklist", &form).await;
        let told = answer.problem().replace("\n  ", " | ");
        table.push(told.replace("422 invalid 请检查填写的内容 | ", ""));
    }
    let empty = admin.post("/api/admin/blacklist", &json!({})).await;
    table.push(empty.problem().replace("\n  ", " | "));
    let unknown = json!({ "id": "77" });
    table.push(admin.lift(&unknown).await.problem());
    assert_snapshot!(table.join("\n"), @"
    kind kind_unknown kind 应为 id_number、phone、plate 或 name
    kind field_type 字段类型不正确
    value phone_required 请填写手机号
    value phone_invalid 手机号应为11位大陆手机号码
    effect effect_unknown effect 应为 refuse、review 或 notify
    cause cause_required 请填写列入原因
    cause cause_too_long 列入原因不能超过200个字
    area area_unknown 该到访区域不存在
    area area_unknown 该到访区域不存在
    until time_invalid 时间格式应为 2026-03-02T14:00:00+08:00
    until until_past 截止时间必须晚于现在
    hash field_type 没有这个字段：hash
    422 invalid 请检查填写的内容 | kind kind_unknown kind 应为 id_number、phone、plate 或 name | effect effect_unknown effect 应为 refuse、review 或 notify | cause cause_required 请填写列入原因
    404 not_found 没有找到该黑名单记录
    ");
    let list = admin.get("/api/admin/blacklist").await.expect(200);
    assert_eq!(list["items"], json!([]), "nothing of it is kept");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_companion_is_looked_at_again_when_the_visit_goes_elsewhere() {
    let app = App::start().await;
    let areas = app.get("/api/areas").await.expect(200);
    let (guest, companion) = (arrived(&app, "张小雨").await, arrived(&app, "李四").await);
    let (visit, link) = guest.invite("刘明", 2).await;
    companion.accept(&link).await.expect(201);
    app.approver("陈静")
        .decide(&visit, "return", "请改区域")
        .await
        .expect(200);
    let phone = json!({ "kind": "phone", "value": companion.phone, "area": areas[1]["id"] });
    listed(&app, &phone).await;
    let mut form = form(&guest).await;
    form["area"] = areas[1]["id"].clone();
    let path = format!("/api/visits/{}", visit.id);
    assert_snapshot!(guest.put(&path, &form).await.problem(), @"409 visitor_screened 暂时无法为第2位访客办理预约，请联系被访人或保卫处");
    form["area"] = areas[0]["id"].clone();
    guest.put(&path, &form).await.expect(200);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_is_listed_while_they_are_approved_has_no_pass() {
    let app = App::start().await;
    let (approver, admin) = (app.approver("陈静"), app.approver("吴敏"));
    for staff in [&approver, &admin] {
        staff.session().await;
    }
    let guest = arrived(&app, "张小雨").await;
    let mut form = form(&guest).await;
    let mut came = [0, 0];
    for round in 0..60 {
        // Somebody applies twenty times a day at most.
        let day = format!("2026-03-{:02}", 2 + round / 15);
        app.it_is(&format!("{day} 09:00"));
        form["starts_at"] = rfc3339(&format!("{day} 14:00")).into();
        form["ends_at"] = rfc3339(&format!("{day} 16:00")).into();
        let visit = booked(&guest, &form).await;
        let start = Barrier::new(2);
        let approving = async {
            start.wait().await;
            for _ in 0..round % 12 {
                tokio::task::yield_now().await;
            }
            approver.decide(&visit, "approve", "").await.status.as_u16()
        };
        let listing = async {
            start.wait().await;
            admin.list("phone", &guest.phone, "refuse").await
        };
        let (decided, entry) = tokio::join!(approving, listing);
        match (decided, entry["revoked"].as_i64().unwrap()) {
            (200, 1) => came[0] += 1,
            (409, 0) => came[1] += 1,
            other => panic!("round {round}: a pass slipped through: {other:?}"),
        }
        admin.lift(&entry).await.expect(200);
        guest.withdraw(&visit).await.expect(200);
    }
    assert!(
        came.iter().all(|n| *n > 0),
        "each came first sometimes: {came:?}"
    );
    app.ctx.db.clone().close().await;
    app.finish_without_a_database().await;
}
