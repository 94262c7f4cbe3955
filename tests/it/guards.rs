//! 门岗, told by a guard: whom they find, what they are told of a code, whom they let through, who is inside.

use axum::http::Method;
use campus_pass::actions::rules::{NewRules, set_rules};
use campus_pass::domain::rules::Passback;
use campus_pass::store::audit;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::harness::{App, Approver, Guest, entries_of, json_body};

/// 周岚 of 保卫处.
fn guard(app: &App) -> Approver<'_> {
    app.approver("周岚")
}

async fn gate(by: &Approver<'_>, name: &str) -> String {
    let gates = by.get("/api/guard/gates").await.expect(200);
    let mut gates = gates.as_array().unwrap().iter();
    let gate = gates.find(|gate| gate["name"] == name).unwrap();
    gate["id"].as_str().unwrap().to_owned()
}

async fn look_up(by: &Approver<'_>, q: &str) -> Vec<Value> {
    let gate = gate(by, "东门").await;
    let q = campus_pass::tencent::call::percent_encoded(q);
    let path = format!("/api/guard/visitors?q={q}&gate={gate}&direction=in");
    by.get(&path).await.expect(200).as_array().unwrap().clone()
}

/// Lets somebody through by hand; gives the words.
async fn through(by: &Approver<'_>, at: &str, direction: &str, who: (&str, &Value)) -> Value {
    let mut form = json!({ "gate": gate(by, at).await, "direction": direction });
    form[who.0] = who.1.clone();
    by.post("/api/guard/passages", &form).await.expect(200)
}

async fn approved_with_all(guest: &Guest<'_>) -> (crate::harness::Visit, String) {
    let mut form = guest
        .form("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    form["visitor"]["plate"] = "渝AD12345".into();
    form["visitor"]["items"] = "笔记本电脑".into();
    form["visitor"]["face_photo"] = guest.give_picture("face").await.into();
    form["consent"] = true.into();
    guest.approved_with(&form).await
}

#[tokio::test]
async fn a_guard_finds_a_visitor_of_today_by_whatever_they_can_name() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = approved_with_all(&guest).await;
    let pending = app.guest("张三丰").await;
    pending
        .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    let tomorrow = app.guest("张无忌").await;
    let form = tomorrow.form("刘明", "2026-03-03 14:00", "2026-03-03 16:00");
    tomorrow.approved_with(&form.await).await;
    app.it_is("2026-03-02 14:05");
    let guard = guard(&app);
    let found = look_up(&guard, &guest.phone).await;
    let row = &found[0];
    for (field, shown) in [
        ("name", json!("张**")),
        ("phone", json!("138****0001")),
        ("id_number", json!("110****002X")),
        ("id_photo", json!(true)),
        ("face_photo", json!(true)),
        ("plates", json!(["渝AD12345"])),
        ("items", json!("笔记本电脑")),
        ("host", json!("刘明")),
        ("plate", json!(null)),
    ] {
        assert_eq!(row[field], shown, "{field}");
    }
    assert_eq!(row["verdict"]["opens"], true);
    for q in ["渝AD12345", visit.id.as_str(), "张", "张小雨"] {
        let found = look_up(&guard, q).await;
        let visits: Vec<_> = found.iter().map(|row| row["visit"].as_str()).collect();
        assert_eq!(visits, [Some(visit.id.as_str())], "{q}");
    }
    for q in ["小雨", "1380000", pending.phone.as_str(), "渝A00000"] {
        assert_eq!(look_up(&guard, q).await.len(), 0, "{q}");
    }
    // Neither looking nor checking is a passage.
    let at = gate(&guard, "东门").await;
    let form = json!({ "code": code, "gate": at, "direction": "in" });
    let checked = guard.post("/api/guard/check", &form).await.expect(200);
    assert_eq!(checked["visitor"]["visit"], visit.id);
    assert_eq!(checked["verdict"]["say"], "欢迎，校园区域至16:00");
    assert_eq!(
        guard.get("/api/guard/inside").await.expect(200)["people"],
        0
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn what_a_guard_is_told_of_a_code_is_what_the_gate_says() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = guest.approved().await;
    let guard = guard(&app);
    let (east, library) = (gate(&guard, "东门").await, gate(&guard, "图书馆门").await);
    let told = async |code: &str, gate: &str, direction: &str| {
        let form = json!({ "code": code, "gate": gate, "direction": direction });
        let checked = guard.post("/api/guard/check", &form).await.expect(200);
        let verdict = &checked["verdict"];
        let whose = checked["visitor"]["name"]
            .as_str()
            .unwrap_or("nobody")
            .to_owned();
        let words = ["reason", "alert", "say", "hint"]
            .map(|word| verdict[word].as_str().unwrap_or("-").to_owned());
        format!("{whose} {} {}", verdict["opens"], words.join(" "))
    };
    let mut lines = Vec::new();
    lines.push(told(&code, &east, "in").await);
    app.it_is("2026-03-02 14:05");
    lines.push(told(&format!(" {}\r\n", code.to_lowercase()), &east, "in").await);
    lines.push(told(&code, &library, "in").await);
    lines.push(told(&code, &east, "out").await);
    lines.push(told("FORGED", &east, "in").await);
    guest.withdraw(&visit).await.expect(200);
    lines.push(told(&code, &east, "in").await);
    assert_eq!(
        lines,
        [
            "张** false not_yet - 未到预约时间 14:00 起可入",
            "张** true ok - 欢迎，校园区域至16:00 -",
            "张** false area - 不在预约的到访区域 -",
            "张** true ok - 再见，一路平安 -",
            "nobody false bad_code - 无效的二维码 -",
            "张** false revoked - 该凭证已撤销 -",
        ]
    );
    let nothing = guard
        .post(
            "/api/guard/check",
            &json!({ "code": "x", "gate": "77", "direction": "both" }),
        )
        .await;
    assert_eq!(
        nothing.problem(),
        "422 invalid 请检查填写的内容\n  gate gate_unknown 请选择所在的门岗\n  direction direction_unknown 请选择进或出"
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn who_is_let_through_by_hand_is_inside_in_the_guards_name() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = approved_with_all(&guest).await;
    app.it_is("2026-03-02 14:05");
    let guard = guard(&app);
    let pass = look_up(&guard, &guest.phone).await[0]["pass"].clone();
    let opened = through(&guard, "东门", "in", ("pass", &pass)).await;
    assert_eq!(
        (&opened["opens"], &opened["say"]),
        (&json!(true), &json!("欢迎，校园区域至16:00"))
    );
    app.deliver().await;
    // The host hears of it as of any other arrival.
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    assert!(
        app.approver("刘明")
            .texts()
            .last()
            .unwrap()
            .contains("您的访客 张小雨 已于")
    );
    let admin = app.approver("吴敏");
    let scans = admin.get("/api/admin/passages").await.expect(200);
    let scan = &scans["items"][0];
    let told = ["gate", "direction", "holder", "reason"].map(|field| scan[field].clone());
    assert_eq!(told, ["东门", "in", "张**", "ok"].map(Value::from));
    let subject = format!("pass:{}", pass.as_str().unwrap());
    let lines = audit::about(&app.ctx.db.read, &subject).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].ends_with(" gate.by_hand gate=东门 direction=in said=ok"),
        "{}",
        lines[0]
    );
    assert!(lines[0].starts_with("staff:"), "{}", lines[0]);
    // A vehicle takes no entry, and is nobody who is inside.
    through(&guard, "东门", "in", ("plate", &json!("渝AD12345"))).await;
    assert_eq!(entries_of(&app, &code).await, 1);
    assert_eq!(
        guard.get("/api/guard/inside").await.expect(200)["people"],
        1
    );
    through(&guard, "西门", "out", ("pass", &pass)).await;
    assert_eq!(
        guard.get("/api/guard/inside").await.expect(200)["people"],
        0
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_double_tap_is_one_passage_and_a_guard_opens_for_nobody_whom_the_gate_refuses() {
    let app = App::start().await;
    let rules = NewRules {
        passback: Some(Passback::Hard),
        ..NewRules::default()
    };
    set_rules(&app.ctx, "校园区域", rules).await.unwrap();
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    let guard = guard(&app);
    let pass = look_up(&guard, &guest.phone).await[0]["pass"].clone();
    let early = through(&guard, "东门", "in", ("pass", &pass)).await;
    assert_eq!(
        (&early["opens"], &early["reason"]),
        (&json!(false), &json!("not_yet"))
    );
    app.it_is("2026-03-02 14:05");
    let form = json!({ "gate": gate(&guard, "东门").await, "direction": "in", "pass": pass });
    let tap = async || {
        let request = guard.request(Method::POST, "/api/guard/passages").await;
        let request = request.header("idempotency-key", "tap-1");
        app.send(json_body(request, &form)).await.expect(200)
    };
    // The first sets up the guard's post as well.
    for answer in join_all([tap(), tap(), tap(), tap()]).await {
        assert_eq!(answer["reason"], "ok");
    }
    assert_eq!(entries_of(&app, &code).await, 1);
    let again = through(&guard, "东门", "in", ("pass", &pass)).await;
    assert_eq!(again["reason"], "passback");
    let both = json!({ "gate": form["gate"], "direction": "in" });
    let nobody = guard.post("/api/guard/passages", &both).await;
    assert_eq!(
        nobody.problem(),
        "422 invalid 请检查填写的内容\n  pass pass_required 请先查询访客或扫码"
    );
    let unknown = json!({ "gate": form["gate"], "direction": "in", "pass": "77" });
    assert_eq!(
        guard.post("/api/guard/passages", &unknown).await.status,
        404
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn who_is_inside_is_listed_by_gate_with_those_first_who_have_been_longest() {
    let app = App::start().await;
    let guests = [
        app.guest("张小雨").await,
        app.guest("李四").await,
        app.guest("王五").await,
    ];
    let mut codes = Vec::new();
    for guest in &guests {
        codes.push(guest.approved().await.1);
    }
    let guard = guard(&app);
    for (minute, gate, code) in [
        (1, "G01", &codes[1]),
        (2, "G04", &codes[0]),
        (3, "G01", &codes[2]),
    ] {
        app.it_is(&format!("2026-03-02 14:0{minute}"));
        app.gate(gate).scan(code).await;
    }
    app.gate("G03").scan(&codes[2]).await;
    let inside = async || {
        let found = guard.get("/api/guard/inside").await.expect(200);
        let gates: Vec<_> = { found["gates"].as_array().unwrap().iter() }
            .map(|gate| format!("{} {}", gate["name"], gate["people"]))
            .collect();
        let row = |row: &Value| {
            format!(
                "{} {} {} {}",
                row["name"], row["phone"], row["entered_at"], row["overdue"]
            )
        };
        let rows: Vec<_> = found["longest"]
            .as_array()
            .unwrap()
            .iter()
            .map(row)
            .collect();
        format!(
            "{}\n{}\n{}",
            found["people"],
            gates.join(", "),
            rows.join("\n")
        )
    };
    assert_eq!(
        inside().await,
        "2\n\"东门\" 1, \"北门\" 1\n\
         \"李*\" \"138****0002\" \"2026-03-02T14:01:00+08:00\" false\n\
         \"张**\" \"138****0001\" \"2026-03-02T14:02:00+08:00\" false"
    );
    app.it_is("2026-03-02 17:00");
    assert!(inside().await.contains("true"), "their time is over");
    // What was seen yesterday says nothing of today.
    app.it_is("2026-03-03 00:01");
    assert_eq!(inside().await, "0\n\n");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn of_a_group_as_many_are_inside_as_came_in_and_have_not_left() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let mut form = host.wanted().await;
    form["headcount"] = 14.into();
    form["contact"] = json!({ "name": "李四", "phone": "13800000777" });
    form["plates"] = json!(["渝A12345"]);
    let applied = host.post("/api/staff/groups", &form).await.expect(201);
    app.deliver().await;
    let visit = crate::harness::Visit::of(&applied);
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    app.it_is("2026-03-02 14:05");
    let guard = guard(&app);
    let found = look_up(&guard, &visit.id).await;
    assert_eq!((found.len(), &found[0]["headcount"]), (1, &json!(14)));
    let pass = &found[0]["pass"];
    for _ in 0..3 {
        through(&guard, "东门", "in", ("pass", pass)).await;
    }
    through(&guard, "西门", "out", ("pass", pass)).await;
    let vehicle = look_up(&guard, "渝A12345").await;
    assert_eq!(vehicle[0]["verdict"]["opens"], true);
    let inside = guard.get("/api/guard/inside").await.expect(200);
    assert_eq!(
        (&inside["people"], &inside["longest"][0]["people"]),
        (&json!(2), &json!(2))
    );
    app.deliver().await;
    app.finish().await;
}
