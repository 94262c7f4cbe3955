//! 丁香水榭小区访客登记, told by visitors, residents and the desk: who comes in, and who says no.

use campus_pass::actions::campus::{NewLimits, set_limits};
use campus_pass::domain::limits::Overlap;
use campus_pass::store::audit;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{App, Guest, KNOWN, Resident, UNKNOWN, Visit};

const WANG: &str = "13900000101";

fn wang(app: &App) -> Resident<'_> {
    Resident { app, phone: WANG }
}

/// What the gate of the quarter says to the pass behind the last SMS.
async fn enter(app: &App, guest: &Guest<'_>) -> String {
    let pass = app.get(&guest.link().replace("/p/", "/api/passes/")).await;
    match pass.expect(200)["code"].as_str() {
        Some(code) => app.gate("G05").scan(code).await,
        None => format!("no code: {}", pass.json()["state"]),
    }
}

/// Who did what to a visit.
async fn history(app: &App, visit: &Visit) -> String {
    let lines = audit::about(&app.ctx.db.read, &format!("visit:{}", visit.id)).await;
    app.plain(&lines.unwrap().join("\n"))
}

#[tokio::test]
async fn whom_the_register_knows_is_visited_at_once_and_told_of_it() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.register(KNOWN).await;
    app.deliver().await;

    assert_snapshot!(guest.sms().join("\n"), @"【重工校园通】您的访客申请已通过，通行凭证：http://campus.test/p/[token] 凭二维码入校。");
    assert_snapshot!(enter(&app, &guest).await, @r#"200 {"act":{"ms":3000,"relay":0},"did":"[id]","disp":["张**","丁香水榭小区"],"lv":0,"ok":1,"r":"ok","say":"欢迎，丁香水榭小区至03月03日23:59"}"#);
    // The quarter, and nothing but the quarter.
    let pass = app.get(&guest.link().replace("/p/", "/api/passes/")).await;
    let code = pass.expect(200)["code"].as_str().unwrap().to_owned();
    assert!(app.gate("G01").scan(&code).await.contains(r#""r":"area""#));

    // The resident hears who comes, and no more of them than a mask; nobody else does.
    let wang = wang(&app);
    assert_snapshot!(wang.sms().join("\n"), @"【重工校园通】张**登记于03-02至03-03到访您家，请打开http://campus.test/r/[token] 查看，如不认识此人请在页面上告知。");
    let html = app.get(&wang.link()).await;
    assert_eq!(html.status.as_u16(), 200);
    assert_eq!(html.header("cache-control"), "no-store");
    assert_eq!(html.header("referrer-policy"), "no-referrer");
    let shown = wang.look(&wang.link()).await;
    assert_eq!(shown.header("cache-control"), "no-store");
    assert_snapshot!(format!("{:#}", shown.expect(200)), @r#"
    {
      "area": "丁香水榭小区",
      "arrived": true,
      "can_disown": true,
      "can_expect": false,
      "ends_at": "2026-03-03T23:59:59+08:00",
      "house": "3-2-501",
      "phone": "138****0001",
      "plate": "渝AD12345",
      "stage": "approved",
      "stage_text": "已通过",
      "starts_at": "2026-03-02T00:00:00+08:00",
      "visitor": "张**"
    }
    "#);
    assert!(guest.templates().is_empty(), "the phone was not proven");
    let desk = app.approver("吴芳");
    assert_eq!((desk.sms().len(), desk.texts().len()), (0, 0));

    // It lies among what the desk has decided, and the register stands in an approver's place.
    let done = desk.get("/api/staff/approvals?box=done").await.expect(200);
    assert_eq!(done["items"][0]["id"], visit.id);
    let page = desk
        .get(&format!("/api/staff/approvals/{}", visit.id))
        .await;
    let page = page.expect(200);
    let told = [
        "host",
        "host_phone",
        "department",
        "known",
        "visitors",
        "steps",
    ];
    let told = told.map(|field| format!("{field}: {}", page[field]));
    assert_snapshot!(told.join("\n"), @r#"
    host: "王建国 3-2-501"
    host_phone: "139****0101"
    department: "丁香水榭社区"
    known: true
    visitors: [{"alert":null,"face_photo":null,"id_number":null,"id_photo":null,"items":null,"name":"张小雨","phone":"138****0001","plate":"渝AD12345"}]
    steps: [{"all":false,"approver":"住户","approver_as":"resident","asked":"丁香水榭社区 审批负责人","asked_as":"department","asked_at":"2026-03-02T09:00:00+08:00","asked_name":"丁香水榭社区","comment":null,"decided_at":"2026-03-02T09:00:00+08:00","decision":"approve","ends_at":null,"id":"2028274084869046311","round":1}]
    "#);
    assert_snapshot!(history(&app, &visit).await, @"
    person:[id] visit.register 
    rule visit.approve
    ");
    app.finish().await;
}

#[tokio::test]
async fn what_the_register_does_not_know_waits_for_the_desk() {
    let app = App::start().await;
    let (guest, desk) = (app.guest("张小雨").await, app.approver("吴芳"));
    let visit = guest.register(UNKNOWN).await;
    app.deliver().await;
    assert_eq!((guest.sms().len(), wang(&app).sms().len()), (0, 0));
    let card = desk.card(&visit);
    let rows = card
        .details
        .iter()
        .map(|row| format!("{} {}", row.keyname, row.value));
    assert_snapshot!(app.plain(&rows.collect::<Vec<_>>().join("\n")), @"
    被访人 王建国 5-1-302
    到访区域 丁香水榭小区
    来访事由 亲友来访
    开始时间 2026年03月02日 00:00
    结束时间 2026年03月03日 23:59
    单据号 [id]
    ");
    assert_eq!(desk.sms().len(), 1);
    let page = desk
        .get(&format!("/api/staff/approvals/{}", visit.id))
        .await;
    assert_snapshot!(format!("{} {}", page.expect(200)["resident"], page.json()["known"]), @r#"{"house":"5-1-302","name":"王建国","phone":"139****0101"} false"#);
    assert_eq!(desk.tap_approve(&visit).await.unwrap(), "已通过");
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "approved", "by the desk");
    assert!(enter(&app, &guest).await.contains(r#""r":"ok""#));
    // Whoever answers the phone that was typed is told too, and may say no.
    assert_eq!(wang(&app).sms().len(), 1);
    let link = wang(&app).link();
    wang(&app).say(&link, "disown").await.expect(200);
    app.deliver().await;
    assert!(enter(&app, &guest).await.contains("revoked"));
    let page = app.get(&guest.link().replace("/p/", "/api/passes/")).await;
    assert_eq!(page.expect(200)["stage"], "rejected", "which says why");
    app.finish().await;
}

#[tokio::test]
async fn the_desk_rejects_and_returns_as_any_department_does() {
    let app = App::start().await;
    let (guest, desk) = (app.guest("张小雨").await, app.approver("吴芳"));
    let visit = guest.register(UNKNOWN).await;
    app.deliver().await;
    desk.decide(&visit, "reject", "查无此住户")
        .await
        .expect(200);
    app.deliver().await;
    let seen = guest.look(&visit).await;
    assert_eq!(
        (&seen["stage"], &seen["comment"]),
        (&json!("rejected"), &json!("查无此住户"))
    );
    assert_eq!(guest.templates().len(), 1);
    // Other departments have nothing to do with it.
    let stranger = app.approver("陈静");
    let second = guest.register(UNKNOWN).await;
    assert_eq!(
        stranger
            .decide(&second, "approve", "")
            .await
            .status
            .as_u16(),
        404
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_resident_who_knows_no_such_visitor_keeps_them_out() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.register(KNOWN).await;
    app.deliver().await;
    let (wang, link) = (wang(&app), wang(&app).link());
    let code = {
        let pass = app.get(&guest.link().replace("/p/", "/api/passes/")).await;
        pass.expect(200)["code"].as_str().unwrap().to_owned()
    };
    let said = wang.say(&link, "disown").await;
    assert_eq!(said.header("cache-control"), "no-store");
    assert_snapshot!(format!("{} {}", said.expect(200)["stage_text"], said.json()["can_disown"]), @r#""已拒绝" false"#);
    assert_snapshot!(app.gate("G05").scan(&code).await, @r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"revoked","say":"该凭证已撤销"}"#);
    let after = history(&app, &visit).await;
    assert_snapshot!(after, @"
    person:[id] visit.register 
    rule visit.approve 
    rule visit.reject 
    resident:[id] registration.disown
    ");
    app.deliver().await;
    assert_snapshot!(format!("{}", guest.look(&visit).await["comment"]), @r#""未获被访方确认""#);
    let told = guest.templates();
    assert_eq!(told.last().unwrap().data[3].value, "已拒绝");

    // Said again it changes nothing, and nobody is told again.
    wang.say(&link, "disown").await.expect(200);
    app.deliver().await;
    assert_eq!(history(&app, &visit).await, after);
    assert_eq!(guest.templates().len(), told.len());
    // And there is no way back but another registration.
    assert_snapshot!(wang.say(&link, "expect").await.problem(), @"409 visit_decided 该申请已拒绝，不能再审批");
    app.finish().await;
}

#[tokio::test]
async fn a_resident_may_say_so_after_the_visitor_came_in_and_not_after_the_visit() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.register(KNOWN).await;
    app.deliver().await;
    assert!(enter(&app, &guest).await.contains(r#""r":"ok""#));
    let (wang, link) = (wang(&app), wang(&app).link());
    assert_eq!(wang.look(&link).await.expect(200)["arrived"], true);
    wang.say(&link, "disown").await.expect(200);
    assert!(enter(&app, &guest).await.contains("revoked"));
    assert_eq!(guest.look(&visit).await["stage"], "rejected");
    app.deliver().await;

    let second = guest.register(KNOWN).await;
    app.deliver().await;
    let link = wang.link();
    app.it_is("2026-03-04 09:00");
    assert_eq!(wang.look(&link).await.expect(200)["stage"], "lapsed");
    assert_snapshot!(wang.say(&link, "disown").await.problem(), @"409 visit_decided 该申请已失效，不能再审批");
    // A withdrawn one needs no word either.
    assert_eq!(guest.look(&second).await["stage"], "lapsed");
    assert_snapshot!(wang.say("/r/AAAAAAAAAAAAAAAAAAAAAA", "disown").await.problem(), @"404 not_found 没有找到该申请");
    app.finish().await;
}

#[tokio::test]
async fn where_residents_are_asked_first_a_match_waits_for_their_word() {
    let app = App::with(&[("RESIDENTIAL__ASK_FIRST", "true")]).await;
    let (guest, wang, desk) = (app.guest("张小雨").await, wang(&app), app.approver("吴芳"));
    let visit = guest.register(KNOWN).await;
    app.deliver().await;
    assert_eq!(
        (guest.sms().len(), wang.sms().len(), desk.sms().len()),
        (0, 1, 0)
    );
    let link = wang.link();
    let seen = wang.look(&link).await.expect(200);
    assert_snapshot!(format!("{} {} {}", seen["stage_text"], seen["can_expect"], seen["can_disown"]), @r#""审批中" true true"#);
    let said = wang.say(&link, "expect").await.expect(200);
    assert_eq!(said["stage"], "approved");
    wang.say(&link, "expect").await.expect(200);
    app.deliver().await;
    assert!(enter(&app, &guest).await.contains(r#""r":"ok""#));
    assert_eq!((guest.sms().len(), wang.sms().len()), (1, 1));
    assert_snapshot!(history(&app, &visit).await, @"
    person:[id] visit.register 
    rule visit.approve 
    resident:[id] registration.expect
    ");
    // Who said yes may still say no.
    wang.say(&link, "disown").await.expect(200);
    assert!(enter(&app, &guest).await.contains("revoked"));

    // Who says no at once is asked nothing more.
    app.later(1);
    let second = guest.register(KNOWN).await;
    app.deliver().await;
    wang.say(&wang.link(), "disown").await.expect(200);
    app.deliver().await;
    assert_eq!(guest.look(&second).await["stage"], "rejected");

    // A resident who does not answer is spoken for by the desk, which is not called for it.
    app.later(1);
    let third = guest.register(KNOWN).await;
    app.deliver().await;
    let todo = desk.get("/api/staff/approvals?box=todo").await.expect(200);
    assert_eq!(
        (
            todo["items"].as_array().unwrap().len(),
            &todo["items"][0]["id"]
        ),
        (1, &json!(third.id))
    );
    desk.decide(&third, "approve", "已电话确认")
        .await
        .expect(200);
    app.deliver().await;
    assert!(enter(&app, &guest).await.contains(r#""r":"ok""#));
    assert_eq!(desk.sms().len(), 0);
    app.finish().await;
}

#[tokio::test]
async fn what_the_desk_returned_is_corrected_and_may_be_known_then() {
    let app = App::with(&[("RESIDENTIAL__ASK_FIRST", "true")]).await;
    let (guest, desk, wang) = (app.guest("张小雨").await, app.approver("吴芳"), wang(&app));
    let visit = guest.register(KNOWN).await;
    app.deliver().await;
    let old = wang.link();
    desk.decide(&visit, "return", "请核对住户")
        .await
        .expect(200);
    let mut form = guest.registering(("李秀英", "13900000102", "5栋1单元302"));
    form["ends_on"] = "2026-03-02".into();
    let path = format!("/api/registrations/{}", visit.id);
    let again = guest.put(&path, &form).await.expect(200);
    assert_snapshot!(format!("{} {} {}", again["stage_text"], again["resident"], again["days"]), @r#""已提交" {"house":"5-1-302","name":"李秀英","phone":"139****0102"} 1"#);
    // The link of the one who was named first speaks for nobody any more.
    assert_eq!(wang.look(&old).await.status.as_u16(), 404);
    assert_eq!(wang.say(&old, "disown").await.status.as_u16(), 404);
    app.deliver().await;
    let li = Resident {
        app: &app,
        phone: "13900000102",
    };
    li.say(&li.link(), "expect").await.expect(200);
    app.deliver().await;
    assert!(enter(&app, &guest).await.contains(r#""r":"ok""#));
    app.finish().await;
}

#[tokio::test]
async fn who_is_on_the_blacklist_is_not_let_in_by_the_register() {
    let app = App::start().await;
    let (guest, desk, admin) = (
        app.guest("张小雨").await,
        app.approver("吴芳"),
        app.approver("吴敏"),
    );
    // Whom somebody must look at waits for the desk, though the register knows the resident.
    admin.list("phone", &guest.phone, "review").await;
    let visit = guest.register(KNOWN).await;
    app.deliver().await;
    assert_eq!((guest.sms().len(), wang(&app).sms().len()), (0, 0));
    assert_eq!(guest.look(&visit).await["stage"], "submitted");
    desk.decide(&visit, "approve", "").await.expect(200);
    app.deliver().await;
    assert!(enter(&app, &guest).await.contains(r#""r":"ok""#));
    // Who is refused is told the same whatever the register knows, and loses what they had.
    admin.list("name", "张小雨", "refuse").await;
    assert!(!enter(&app, &guest).await.contains(r#""r":"ok""#));
    for resident in [KNOWN, UNKNOWN] {
        let form = guest.registering(resident);
        let refused = guest.post("/api/registrations", &form).await.problem();
        assert_eq!(
            refused,
            "409 visitor_screened 暂时无法为该访客办理预约，请联系被访人或保卫处"
        );
    }
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn the_quarter_s_own_limits_bound_a_registration() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let limits = NewLimits {
        days_long: Some(1),
        a_day: Some(Some(1)),
        overlap: Some(Overlap::Refuse),
        ..NewLimits::default()
    };
    set_limits(&app.ctx, "丁香水榭小区", limits).await.unwrap();
    let mut form = guest.registering(KNOWN);
    let refused = guest.post("/api/registrations", &form).await;
    assert_snapshot!(refused.problem(), @"
    422 invalid 请检查填写的内容
      ends_on area_too_long 该区域一次到访最多1天
    ");
    form["ends_on"] = "2026-03-02".into();
    guest.post("/api/registrations", &form).await.expect(201);
    let refused = guest.post("/api/registrations", &form).await;
    assert_snapshot!(refused.problem(), @"409 area_too_many_today 您今天到该区域的申请已达1份，请明天再提交");
    app.deliver().await;
    app.finish().await;
}
