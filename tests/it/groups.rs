//! 团体通行, told by who applies for it, who is in charge, who decides, and whoever comes by it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use campus_pass::actions::campus::add_device;
use campus_pass::domain::actors::Reader;
use campus_pass::domain::campus::{DeviceId, DeviceKey, Direction};
use campus_pass::sandbox::Scan;
use campus_pass::store;
use campus_pass::store::StoreError;
use futures::future::join_all;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tower::ServiceExt;

use crate::harness::{
    Answer, App, Approver, GATE_KEY, Visit, body, json_body, read_qr, rfc3339, verify,
};

const CONTACT: &str = "13800000777";

/// A group of `headcount` this afternoon for which 刘明 of 信息中心 is in charge.
async fn form(by: &Approver<'_>, headcount: u32) -> Value {
    let hosts = by.get("/api/staff/hosts?q=%E5%88%98%E6%98%8E").await;
    let mut form = by.wanted().await;
    form["host"] = hosts.expect(200)[0]["id"].clone();
    form["headcount"] = headcount.into();
    form["contact"] = json!({ "name": "李四", "phone": "138 0000 0777" });
    form["plates"] = json!(["渝A12345", "渝a·d12345"]);
    form
}

async fn applied(by: &Approver<'_>, form: &Value) -> Visit {
    Visit::of(&by.post("/api/staff/groups", form).await.expect(201))
}

/// The same, approved; gives what the QR says too.
async fn approved(app: &App, by: &Approver<'_>, form: &Value) -> (Visit, String) {
    let visit = applied(by, form).await;
    let decided = app.approver("陈静").decide(&visit, "approve", "").await;
    decided.expect(200);
    app.deliver().await;
    (
        visit.clone(),
        pass(by, &visit).await["code"].as_str().unwrap().to_owned(),
    )
}

/// 通行凭证.
async fn pass(by: &Approver<'_>, visit: &Visit) -> Value {
    let path = format!("/api/staff/groups/{}/pass", visit.id);
    by.get(&path).await.expect(200)["pass"].clone()
}

/// What a gate says to a plate that its camera saw.
async fn drive(app: &App, device: &'static str, plate: &str) -> String {
    let scan = Scan {
        k: Some("plate".to_owned()),
        v: plate.to_owned(),
        ..Scan::default()
    };
    app.gate(device).scan_with(scan).await
}

/// The reason in it.
fn word(told: &str) -> &str {
    let word = told.split(r#""r":""#).nth(1).unwrap_or(told);
    word.split('"').next().unwrap()
}

fn sms(app: &App, phone: &str) -> Vec<String> {
    let inbox = app.sandbox.sms_to(phone);
    inbox.iter().map(|sms| app.plain(&sms.text)).collect()
}

#[tokio::test]
async fn a_group_is_applied_for_approved_and_comes_by_one_code() {
    let app = App::start().await;
    let (initiator, host, approver) = (
        app.approver("王强"),
        app.approver("刘明"),
        app.approver("陈静"),
    );
    let visit = applied(&initiator, &form(&initiator, 3).await).await;
    app.deliver().await;
    let path = format!("/api/staff/groups/{}", visit.id);
    let seen = initiator.get(&path).await.expect(200);
    assert_eq!(
        (
            &seen["mode"],
            &seen["stage"],
            &seen["host"]["name"],
            &seen["host"]["department"]
        ),
        (
            &json!("group"),
            &json!("pending"),
            &json!("刘明"),
            &json!("信息中心")
        )
    );
    let listed = initiator.get("/api/staff/groups").await.expect(200);
    assert_eq!(listed["items"], json!([seen]));
    let others = initiator.get("/api/staff/invitations").await.expect(200);
    assert_eq!(others["items"], json!([]), "it is no invitation");
    let none = initiator.get(&format!("{path}/pass")).await;
    assert!(
        none.problem().starts_with("404 not_found"),
        "there is no pass yet"
    );

    // The department of the one in charge decides, and sees how many and what they come in.
    let shown = approver
        .get(&format!("/api/staff/approvals/{}", visit.id))
        .await
        .expect(200);
    assert_snapshot!(shown["group"], @r#"{"contact":"李四","contact_phone":"138****0777","headcount":3,"plates":["渝A12345","渝AD12345"]}"#);
    assert_eq!(
        (&shown["host"], &shown["submitter"]),
        (&json!("刘明"), &json!("王强"))
    );
    assert_snapshot!(approver.card(&visit).desc, @"李四等3人 申请到访 校园区域");
    approver.tap_approve(&visit).await;
    app.deliver().await;
    assert_snapshot!(initiator.texts().join("\n"), @"李四等3人 到访 校园区域（2026年03月02日 14:00 起）的申请已通过。单据号 [id]");
    assert_snapshot!(host.texts().join("\n"), @"李四等3人 到访 校园区域（2026年03月02日 14:00 起）的申请已通过。单据号 [id]");
    assert_snapshot!(sms(&app, CONTACT).join("\n"), @"【重工校园通】您的访客申请已通过，通行凭证：http://campus.test/p/[token] 凭二维码入校。");

    // One pass, shown to the initiator and to whoever has its link.
    let whole = initiator.get(&format!("{path}/pass")).await.expect(200);
    let link = whole["link"]
        .as_str()
        .unwrap()
        .replace("/p/", "/api/passes/");
    let page = app.get(&link).await.expect(200);
    assert_eq!(page, whole["pass"]);
    assert_eq!(
        (&page["holder"], &page["host"], &page["entries_left"]),
        (&json!("团体通行 3人"), &json!("刘明"), &json!(3))
    );
    let sent = app.sandbox.sms_to(CONTACT).pop().unwrap().text;
    assert!(
        sent.contains(whole["link"].as_str().unwrap()),
        "the contact has the same link"
    );
    let code = page["code"].as_str().unwrap();
    let png = initiator.get(&format!("{path}/pass/qr.png")).await;
    assert_eq!(png.header("content-type"), "image/png");
    assert!(png.header("content-disposition").starts_with("attachment"));
    assert_eq!(read_qr(&png.bytes), code);
    let svg = initiator.get(&format!("{path}/pass/qr.svg")).await;
    assert_eq!(
        (svg.header("content-type"), svg.text()),
        ("image/svg+xml", page["qr_svg"].as_str().unwrap())
    );
    assert_eq!(
        initiator.get(&format!("{path}/pass/qr.gif")).await.status,
        404
    );

    let gate = app.gate("G01");
    assert_eq!(word(&gate.scan(code).await), "not_yet");
    app.it_is("2026-03-02 14:05");
    assert_eq!(word(&app.gate("G02").scan(code).await), "area");
    assert_snapshot!(gate.scan(code).await, @r#"200 {"act":{"ms":3000,"relay":0},"did":"[id]","disp":["团体通行","校园区域"],"lv":0,"ok":1,"r":"ok","say":"欢迎，校园区域至16:00"}"#);
    assert_eq!(word(&app.gate("G04").scan(code).await), "ok");
    // The same scan again is one scan, and takes one place.
    let t = app.ctx.clock.now().timestamp();
    let same = || Scan {
        v: code.to_owned(),
        n: Some("7".to_owned()),
        t: Some(t),
        ..Scan::default()
    };
    let first = gate.scan_with(same()).await;
    assert_eq!(
        (word(&first), &gate.scan_with(same()).await),
        ("ok", &first)
    );
    assert_snapshot!(gate.scan(code).await, @r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"used_up","say":"通行次数已用完"}"#);
    // Who leaves does not give their place back.
    assert_eq!(word(&app.gate("G03").scan(code).await), "ok");
    assert_eq!(word(&gate.scan(code).await), "used_up");
    app.deliver().await;
    assert_eq!(
        host.texts()
            .iter()
            .filter(|text| text.contains("进入"))
            .count(),
        1
    );
    app.finish().await;
}

#[tokio::test]
async fn the_listed_vehicles_come_by_their_plates_and_take_no_place() {
    let app = App::start().await;
    let initiator = app.approver("王强");
    let (visit, code) = approved(&app, &initiator, &form(&initiator, 1).await).await;
    assert_snapshot!(drive(&app, "G01", "渝A12345").await, @r#"200 {"did":"[id]","disp":[],"hint":"14:00 起可入","lv":0,"ok":0,"r":"not_yet","say":"未到预约时间"}"#);
    app.it_is("2026-03-02 14:05");
    assert_snapshot!(drive(&app, "G01", "渝A12345").await, @r#"200 {"act":{"ms":3000,"relay":0},"did":"[id]","disp":["渝A12345","校园区域"],"lv":0,"ok":1,"r":"ok","say":"欢迎，校园区域至16:00"}"#);
    for (plate, said) in [
        ("渝ad12345", "ok"),
        ("渝A12345", "ok"),
        ("渝A12346", "unknown"),
        ("_无_", "bad_code"),
        ("", "bad_code"),
    ] {
        assert_eq!(word(&drive(&app, "G01", plate).await), said, "{plate}");
    }
    assert_snapshot!(drive(&app, "G01", "_无_").await, @r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"bad_code","say":"未识别到车牌"}"#);
    assert_eq!(word(&drive(&app, "G02", "渝A12345").await), "area");
    // The only place is still there, and when it is taken the vehicles come and go all the same.
    assert_eq!(word(&app.gate("G01").scan(&code).await), "ok");
    assert_eq!(word(&app.gate("G01").scan(&code).await), "used_up");
    assert_eq!(word(&drive(&app, "G01", "渝A12345").await), "ok");
    assert_eq!(word(&drive(&app, "G03", "渝A12345").await), "ok");
    app.deliver().await;

    let withdrawn = initiator
        .post(
            &format!("/api/staff/groups/{}/withdraw", visit.id),
            &json!({}),
        )
        .await;
    assert_eq!(withdrawn.expect(200)["stage"], "withdrawn");
    assert_eq!(word(&app.gate("G01").scan(&code).await), "revoked");
    assert_eq!(word(&drive(&app, "G01", "渝A12345").await), "revoked");
    assert_eq!(
        word(&drive(&app, "G03", "渝A12345").await),
        "ok",
        "nobody is locked in"
    );
    let shown = pass(&initiator, &visit).await;
    assert_eq!(
        (&shown["state"], &shown["stage"], &shown["code"]),
        (&json!("revoked"), &json!("withdrawn"), &Value::Null)
    );
    let saved = initiator
        .get(&format!("/api/staff/groups/{}/pass/qr.png", visit.id))
        .await;
    assert_eq!(saved.status, 404);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_plate_of_several_passes_is_let_in_by_the_one_that_is_good() {
    let app = App::start().await;
    let initiator = app.approver("王强");
    let mut asked = form(&initiator, 5).await;
    approved(&app, &initiator, &asked).await;
    asked["starts_at"] = rfc3339("2026-03-03 14:00").into();
    asked["ends_at"] = rfc3339("2026-03-03 16:00").into();
    let (tomorrow, _) = approved(&app, &initiator, &asked).await;
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let mut own = guest
        .form("刘明", "2026-03-02 10:00", "2026-03-02 11:00")
        .await;
    own["visitor"]["plate"] = "渝AK12345".into();
    let visit = Visit::of(&guest.post("/api/visits", &own).await.expect(201));
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);

    // A visitor's own vehicle is known as well.
    assert_eq!(word(&drive(&app, "G01", "渝AK12345").await), "not_yet");
    app.it_is("2026-03-02 10:30");
    assert_eq!(word(&drive(&app, "G01", "渝AK12345").await), "ok");
    let wait = drive(&app, "G01", "渝A12345").await;
    assert!(
        wait.contains(r#""hint":"14:00 起可入""#),
        "today's and not tomorrow's: {wait}"
    );
    app.it_is("2026-03-02 14:05");
    assert_eq!(word(&drive(&app, "G01", "渝A12345").await), "ok");
    assert_eq!(word(&drive(&app, "G01", "渝AK12345").await), "expired");
    app.it_is("2026-03-02 17:00");
    let wait = drive(&app, "G01", "渝A12345").await;
    assert!(
        wait.contains(r#""r":"not_yet""#),
        "tomorrow's and not today's: {wait}"
    );
    let path = format!("/api/staff/groups/{}/withdraw", tomorrow.id);
    initiator.post(&path, &json!({})).await.expect(200);
    assert_eq!(word(&drive(&app, "G01", "渝A12345").await), "expired");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_returned_group_is_corrected_and_comes_with_what_it_says_now() {
    let app = App::start().await;
    let (initiator, approver) = (app.approver("王强"), app.approver("陈静"));
    let mut asked = form(&initiator, 100).await;
    let visit = applied(&initiator, &asked).await;
    let path = format!("/api/staff/groups/{}", visit.id);
    asked["headcount"] = 2.into();
    asked["plates"] = json!(["渝B12345"]);
    asked["contact"] = json!({ "name": "赵六", "phone": "13800000888" });
    let early = initiator.put(&path, &asked).await;
    assert_snapshot!(early.problem(), @"409 visit_not_returned 只有已退回的申请可以修改，该申请审批中");
    approver
        .decide(&visit, "return", "人数过多")
        .await
        .expect(200);
    let elsewhere = format!("/api/staff/invitations/{}", visit.id);
    let other = json!({
        "area": asked["area"], "reason": asked["reason"],
        "starts_at": asked["starts_at"], "ends_at": asked["ends_at"],
    });
    assert_eq!(
        initiator.put(&elsewhere, &other).await.status,
        404,
        "by its own form only"
    );
    let corrected = initiator.put(&path, &asked).await.expect(200);
    assert_snapshot!(corrected["group"], @r#"{"contact":"赵六","contact_phone":"138****0888","headcount":2,"plates":["渝B12345"]}"#);
    assert_eq!(corrected["stage"], "pending");
    approver.decide(&visit, "approve", "").await.expect(200);
    app.deliver().await;
    assert_eq!(
        sms(&app, CONTACT),
        [""; 0],
        "the first contact hears nothing"
    );
    assert_eq!(sms(&app, "13800000888").len(), 1);
    app.it_is("2026-03-02 14:05");
    assert_eq!(word(&drive(&app, "G01", "渝A12345").await), "unknown");
    assert_eq!(word(&drive(&app, "G01", "渝B12345").await), "ok");
    let code = pass(&initiator, &visit).await["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(word(&app.gate("G01").scan(&code).await).to_owned());
    }
    assert_eq!(said, ["ok", "ok", "used_up"]);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn every_field_of_a_group_tells_what_is_wrong_with_it() {
    let app = App::start().await;
    let initiator = app.approver("王强");
    let form = form(&initiator, 100).await;
    let many: Vec<_> = (0..501).map(|n| format!("渝A{n:05}")).collect();
    let quarter = app.get("/api/areas").await.expect(200);
    assert_eq!(quarter[1]["name"], "图书馆");
    let mut told = Vec::new();
    for (field, value) in [
        ("/host", json!("77")),
        ("/host", json!("刘明")),
        ("/area", json!("")),
        ("/reason", json!("77")),
        ("/ends_at", json!(rfc3339("2026-03-02 13:00"))),
        ("/headcount", json!(0)),
        ("/headcount", json!(5001)),
        ("/headcount", json!("100")),
        ("/headcount", Value::Null),
        ("/contact/name", json!("")),
        ("/contact/phone", json!("023-6887")),
        ("/contact", Value::Null),
        ("/plates/0", json!("_无_")),
        ("/plates/1", json!("渝Ａ12345")),
        ("/plates", json!(many)),
        ("/visitors", json!([])),
    ] {
        let mut wrong = form.clone();
        match wrong.pointer_mut(field) {
            Some(place) => *place = value.clone(),
            None => wrong[&field[1..]] = value.clone(),
        }
        let answer = initiator.post("/api/staff/groups", &wrong).await;
        let problem = answer.problem().replace('\n', " |");
        let value = if field == "/plates" {
            json!(501)
        } else {
            value
        };
        told.push(format!("{field} {value}: {problem}"));
    }
    assert_snapshot!(told.join("\n"), @r#"
    /host "77": 422 invalid 请检查填写的内容 |  host host_unknown 没有找到该被访人
    /host "刘明": 422 invalid 请检查填写的内容 |  host host_required 请选择被访人
    /area "": 422 invalid 请检查填写的内容 |  area area_required 请选择到访区域
    /reason "77": 422 invalid 请检查填写的内容 |  reason reason_unknown 该来访事由不存在或已停用
    /ends_at "2026-03-02T13:00:00+08:00": 422 invalid 请检查填写的内容 |  ends_at window_reversed 结束时间必须晚于开始时间
    /headcount 0: 422 invalid 请检查填写的内容 |  headcount headcount_range 总人数仅允许输入1~5000数字
    /headcount 5001: 422 invalid 请检查填写的内容 |  headcount headcount_range 总人数仅允许输入1~5000数字
    /headcount "100": 422 invalid 请检查填写的内容 |  headcount headcount_range 总人数仅允许输入1~5000数字
    /headcount null: 422 invalid 请检查填写的内容 |  headcount headcount_range 总人数仅允许输入1~5000数字
    /contact/name "": 422 invalid 请检查填写的内容 |  contact.name name_required 请填写姓名
    /contact/phone "023-6887": 422 invalid 请检查填写的内容 |  contact.phone phone_invalid 手机号应为11位大陆手机号码
    /contact null: 422 invalid 请检查填写的内容 |  contact field_type 字段类型不正确
    /plates/0 "_无_": 422 invalid 请检查填写的内容 |  plates[0] plate_invalid 车牌号格式不正确，例如 渝A12345 或 渝AD12345
    /plates/1 "渝Ａ12345": 422 invalid 请检查填写的内容 |  plates[1] plate_twice 该车牌号重复填写，请检查
    /plates 501: 422 invalid 请检查填写的内容 |  plates plates_too_many 来访车辆最多500辆
    /visitors []: 422 invalid 请检查填写的内容 |  visitors field_type 没有这个字段：visitors
    "#);
    let none = initiator.get("/api/staff/groups").await.expect(200);
    assert_eq!(none["items"], json!([]), "nothing of it is kept");
    // One key makes one group.
    let keyed = async || {
        let request = initiator.request(Method::POST, "/api/staff/groups").await;
        let answer = app
            .send(json_body(request.header("idempotency-key", "k"), &form))
            .await;
        answer.expect(201)["id"].clone()
    };
    assert_eq!(keyed().await, keyed().await);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_group_is_its_initiators_and_its_departments_and_nobody_elses() {
    let app = App::start().await;
    let initiator = app.approver("王强");
    let (visit, _) = approved(&app, &initiator, &form(&initiator, 5).await).await;
    let (invitation, _) = initiator.invite(2).await;
    // Neither a colleague nor the one in charge, who did not apply, nor another department.
    for name in ["孙丽", "刘明", "周岚"] {
        let other = app.approver(name);
        for door in ["", "/pass", "/pass/qr.png", "/pass/qr.svg"] {
            let answer = other
                .get(&format!("/api/staff/groups/{}{door}", visit.id))
                .await;
            assert_eq!(answer.status, 404, "{name} {door}");
        }
        let path = format!("/api/staff/groups/{}/withdraw", visit.id);
        assert_eq!(other.post(&path, &json!({})).await.status, 404, "{name}");
        let listed = other.get("/api/staff/groups").await.expect(200);
        assert_eq!(listed["items"], json!([]), "{name}");
    }
    let foreign = app
        .approver("孙丽")
        .get(&format!("/api/staff/approvals/{}", visit.id))
        .await;
    assert_eq!(
        foreign.status, 404,
        "it is decided by the department of the one in charge"
    );
    // What is no group is not found here.
    for door in ["", "/pass"] {
        let answer = initiator
            .get(&format!("/api/staff/groups/{}{door}", invitation.id))
            .await;
        assert_eq!(answer.status, 404, "{door}");
    }
    let path = format!("/api/staff/groups/{}/withdraw", invitation.id);
    assert_eq!(initiator.post(&path, &json!({})).await.status, 404);
    assert_eq!(initiator.look(&invitation).await["stage"], "inviting");
    for (method, path) in [
        (Method::GET, "/api/staff/groups"),
        (Method::POST, "/api/staff/groups/plates"),
        (Method::GET, "/api/staff/groups/plates/template"),
        (Method::GET, "/api/staff/hosts?q=x"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "text/csv");
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 401, "{path}");
    }
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn an_administrator_is_shown_any_groups_pass_and_stands_in_the_audit() {
    let app = App::start().await;
    let (initiator, admin) = (app.approver("王强"), app.approver("吴敏"));
    let waiting = applied(&initiator, &form(&initiator, 3).await).await;
    let door = |visit: &Visit, file: &str| format!("/api/admin/groups/{}/pass{file}", visit.id);
    let none = admin.get(&door(&waiting, "")).await;
    assert_eq!(none.problem(), "404 not_found 没有找到", "none yet");
    let (visit, code) = approved(&app, &initiator, &form(&initiator, 5).await).await;
    let own = format!("/api/staff/groups/{}/pass", visit.id);
    let shown = admin.get(&door(&visit, "")).await;
    assert_eq!(shown.header("cache-control"), "no-store");
    assert_eq!(shown.expect(200), initiator.get(&own).await.expect(200));
    let taken = admin.get(&door(&visit, "/qr.png")).await;
    assert_eq!(taken.header("cache-control"), "no-store");
    assert_eq!(read_qr(&taken.bytes), code);
    let odd = admin.get(&door(&visit, "/qr.gif")).await;
    assert_eq!(odd.status, 404);
    let (invitation, _) = initiator.invite(2).await;
    assert_eq!(admin.get(&door(&invitation, "")).await.status, 404);
    // Neither the one in charge, nor who approved it, nor who began it, by this door.
    for name in ["刘明", "陈静", "王强"] {
        for file in ["", "/qr.svg"] {
            let refused = app.approver(name).get(&door(&visit, file)).await;
            assert_eq!(refused.problem(), "403 forbidden 您没有此权限", "{name}");
        }
    }
    let subject = format!("visit:{}", visit.id);
    let lines = store::audit::about(&app.ctx.db.read, &subject).await;
    let lines = app.plain(&lines.unwrap().join("\n"));
    assert_snapshot!(lines, @"
    staff:[id] visit.group 
    staff:[id] visit.approve 
    staff:[id] group_pass.show 团体通行 5人
    staff:[id] group_pass.take 团体通行 5人
    ");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn an_import_tells_of_each_row_and_keeps_nothing() {
    let app = App::start().await;
    let initiator = app.approver("王强");
    let template = initiator
        .get("/api/staff/groups/plates/template?format=csv")
        .await;
    assert_eq!(template.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(template.text(), "\u{feff}车牌号\r\n");
    let import = async |file: &[u8]| {
        let request = initiator
            .request(Method::POST, "/api/staff/groups/plates")
            .await;
        let request = request.header("content-type", "text/csv");
        app.send(body(request, file.to_vec())).await
    };
    let file = format!(
        "{}渝A12345\r\n\"渝b·12345\"\r\n_无_\r\n渝Ａ12345\r\n\r\n渝A12345K,\r\n,备注\r\n",
        template.text()
    );
    let answer = import(file.as_bytes()).await.expect(200);
    let rows = answer["rows"].as_array().unwrap().iter();
    let rows: Vec<_> = rows.map(ToString::to_string).collect();
    assert_snapshot!(rows.join("\n"), @r#"
    {"code":null,"detail":null,"plate":"渝A12345","row":2}
    {"code":null,"detail":null,"plate":"渝B12345","row":3}
    {"code":"plate_invalid","detail":"车牌号格式不正确，例如 渝A12345 或 渝AD12345","plate":"_无_","row":4}
    {"code":"plate_twice","detail":"与第2行重复","plate":"渝Ａ12345","row":5}
    {"code":null,"detail":null,"plate":"渝A12345K","row":6}
    {"code":"cells_too_many","detail":"该行的内容超出了标题的列，请检查是否错位","plate":"","row":8}
    "#);
    // A browser sends it as a form.
    let form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{file}\r\n--x--\r\n"
    );
    let request = initiator
        .request(Method::POST, "/api/staff/groups/plates")
        .await;
    let request = request.header("content-type", "multipart/form-data; boundary=x");
    assert_eq!(app.send(body(request, form)).await.expect(200), answer);

    // As Excel saves it in China: the heading in GBK.
    let gbk = import(b"\xb3\xb5\xc5\xc6\xba\xc5\n").await.expect(200);
    assert_eq!((&gbk["form"], &gbk["rows"]), (&json!("gbk"), &json!([])));

    let many = format!("车牌号\n{}", "渝A12345\n".repeat(501));
    let mut told = Vec::new();
    for file in [
        "".as_bytes(),
        b"number\n1",
        b"\xff\xd8\xff\xe0\x00",
        many.as_bytes(),
    ] {
        told.push(import(file).await.problem());
    }
    assert_snapshot!(told.join("\n"), @"
    422 invalid 请检查填写的内容
      file sheet_empty 文件中没有内容
    422 invalid 请检查填写的内容
      file sheet_header 文件首行应有“车牌号”
    422 invalid 请检查填写的内容
      file sheet_unknown 文件不是Excel（.xlsx）或CSV，请使用导入模板
    422 invalid 请检查填写的内容
      file plates_too_many 来访车辆最多500辆
    ");
    let request = initiator
        .request(Method::POST, "/api/staff/groups/plates")
        .await;
    let json = app.send(json_body(request, &json!({}))).await;
    assert_eq!(json.status, 415);
    app.finish().await;
}

#[tokio::test]
async fn the_blacklist_is_asked_for_the_contact_and_for_every_vehicle() {
    let app = App::start().await;
    let initiator = app.approver("王强");
    let list = async |kind: &str, value: &str| {
        let entry =
            json!({ "kind": kind, "value": value, "effect": "refuse", "cause": "扰乱秩序" });
        app.approver("吴敏")
            .post("/api/admin/blacklist", &entry)
            .await
            .expect(201);
    };
    let asked = form(&initiator, 5).await;
    let waiting = applied(&initiator, &asked).await;
    let (visit, code) = approved(&app, &initiator, &asked).await;
    app.it_is("2026-03-02 14:05");
    assert_eq!(word(&drive(&app, "G01", "渝A12345").await), "ok");
    list("plate", "渝A12345").await;
    assert_eq!(word(&drive(&app, "G01", "渝A12345").await), "blocked");
    assert_eq!(
        word(&drive(&app, "G01", "渝AD12345").await),
        "ok",
        "the other vehicle"
    );
    assert_eq!(
        word(&app.gate("G01").scan(&code).await),
        "ok",
        "and the people"
    );
    let refused = initiator.post("/api/staff/groups", &asked).await;
    assert_snapshot!(refused.problem(), @"409 visitor_screened 暂时无法为该访客办理预约，请联系被访人或保卫处");
    let decided = app.approver("陈静").decide(&waiting, "approve", "").await;
    assert_snapshot!(decided.problem(), @"409 visitor_blocked 第1位访客（李*）暂不能通过审批，请拒绝或退回该申请，或联系保卫处");
    // The contact's phone takes the whole pass.
    list("phone", CONTACT).await;
    assert_eq!(word(&app.gate("G01").scan(&code).await), "blocked");
    assert_eq!(pass(&initiator, &visit).await["state"], "revoked");
    app.deliver().await;
    app.finish().await;
}

/// A gate's request, which this test signs with the key of every device in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_scans_at_eight_gates_a_pass_for_a_hundred_opens_a_hundred() {
    let app = App::start().await;
    let initiator = app.approver("王强");
    let (visit, code) = approved(&app, &initiator, &form(&initiator, 100).await).await;
    app.it_is("2026-03-02 14:05");
    let gates: Vec<_> = (0..8).map(|n| format!("G{}", 20 + n)).collect();
    for gate in &gates {
        let (id, key) = (DeviceId::parse(gate).unwrap(), DeviceKey::new(GATE_KEY));
        add_device(&app.ctx, id, "东门", Direction::In, &key)
            .await
            .unwrap();
    }
    // Another process on the same database, with a writer of its own.
    let replica = app.replica(1, |_| {}).await;
    let (other, there) = (replica.ctx.clone(), replica.router.clone());

    let (app_ref, code_ref, t) = (&app, &code, app.ctx.clock.now().timestamp());
    // A replica that has just begun opens its connections and learns its devices first.
    for gate in &gates {
        let id = DeviceId::parse(gate).unwrap();
        for ctx in [&app.ctx, &other] {
            let read = async || {
                let version = store::news::gates_version(&ctx.db.read).await?;
                let device = store::gates::find_device(&ctx.db.read, &id).await?;
                let device = Arc::new(device.unwrap());
                Ok::<_, StoreError>(Some(Arc::new(Reader { device, version })))
            };
            ctx.caches.gates.devices.get(&id, read).await.unwrap();
        }
    }
    let begin = Arc::new(Barrier::new(gates.len()));
    let scans = gates.iter().enumerate().map(|(number, gate)| {
        let (there, begin) = (there.clone(), begin.clone());
        // SQLite has one process; of PostgreSQL's two each serves every other gate.
        let away = app_ref.database().is_postgres() && number % 2 == 1;
        async move {
            begin.wait().await;
            let mut said = Vec::new();
            for n in 0..125 {
                let nonce = format!("{gate}-{n}");
                let ask = async || {
                    let request = verify(gate, &nonce, t, code_ref);
                    let answer = if away {
                        Answer::read(there.clone().oneshot(request).await.unwrap()).await
                    } else {
                        app_ref.send(request).await
                    };
                    answer.expect(200)["r"].as_str().unwrap().to_owned()
                };
                let mut answer = ask().await;
                // On a machine that is too busy to answer in time the gate asks again, as gates do: the
                // same scan, which is counted once.
                while answer == "unavailable" {
                    answer = ask().await;
                }
                said.push(answer);
            }
            said
        }
    });
    let said: Vec<_> = join_all(scans).await.concat();
    let count = |word: &str| said.iter().filter(|said| *said == word).count();
    assert_eq!((count("ok"), count("used_up")), (100, 900), "{said:?}");
    let held = store::passes::of_visits(&app.ctx.db.read, [visit.id.parse().unwrap()]).await;
    let held = held.unwrap().remove(0);
    assert_eq!((held.entries, held.entry_limit), (100, Some(100)));
    let opened = store::passages::count_openings(&app.ctx.db.read, held.id).await;
    assert_eq!(opened.unwrap(), 100, "and so it is written down");
    drop(there);
    other.db.clone().close().await;
    app.deliver().await;
    app.finish().await;
}
