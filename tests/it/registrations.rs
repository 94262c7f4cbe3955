//! 丁香水榭小区访客登记, told by those who type it in: what the form takes, what nobody learns by it, and the list
//! from which the register comes.

use std::fs;

use axum::http::Method;
use campus_pass::actions::photos::erase_due;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{
    Answer, App, Database, KNOWN, Typed, UNKNOWN, Visit, json_body, picture, run, upload,
};

/// The answer without what differs between any two registrations: ids, and what was typed.
fn alike(app: &App, answer: &str) -> String {
    let plain = app.plain(answer);
    plain
        .replace("5-1-302", "HOUSE")
        .replace("3-2-501", "HOUSE")
}

#[tokio::test]
async fn no_answer_tells_what_stands_in_the_register() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    // WeChat has said who the follower is, so that whatever can be told is.
    app.deliver().await;
    let mut told = Vec::new();
    for resident in [KNOWN, UNKNOWN] {
        let mut seen = Vec::new();
        let before = guest.templates().len();
        let mut tell = |what: &str, answer: &Answer| {
            let mut headers = answer.headers.clone();
            headers.remove("x-request-id");
            let status = answer.status;
            let number = answer.header("x-request-id");
            let body = alike(&app, &answer.text().replace(number, "NUMBER"));
            seen.push(format!("{what} {status} {headers:?} {body}"));
        };
        let form = guest.registering(resident);
        let request = guest.request(Method::POST, "/api/registrations");
        let request = request.header("idempotency-key", resident.2.len().to_string());
        let registered = app.send(json_body(request, &form)).await;
        tell("POST", &registered);
        let request = guest.request(Method::POST, "/api/registrations");
        let request = request.header("idempotency-key", resident.2.len().to_string());
        tell("POST again", &app.send(json_body(request, &form)).await);
        let visit = Visit::of(&registered.expect(201));
        app.deliver().await;
        tell("GET list", &guest.get("/api/registrations?limit=1").await);
        tell("GET others", &guest.get("/api/visits").await);
        tell(
            "GET",
            &guest.get(&format!("/api/visits/{}", visit.id)).await,
        );
        let path = format!("/api/registrations/{}", visit.id);
        tell("PUT", &guest.put(&path, &form).await);
        let booking = guest
            .form("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
            .await;
        let path = format!("/api/visits/{}", visit.id);
        tell("PUT a booking", &guest.put(&path, &booking).await);
        let said = app.sandbox.say(&guest.person.openid, &visit.id).await;
        let said = alike(&app, &said.unwrap().text.unwrap());
        tell("withdraw", &guest.withdraw(&visit).await);
        tell(
            "GET withdrawn",
            &guest.get(&format!("/api/visits/{}", visit.id)).await,
        );
        let templates = guest.templates().len() - before;
        seen.push(format!("chat {said}, templates {templates}"));
        told.push(seen);
    }
    for (hit, miss) in told[0].iter().zip(&told[1]) {
        assert_eq!(hit, miss);
    }
    let submitted = r#""stage":"submitted","stage_text":"已提交""#;
    let shown = told[0].iter().filter(|line| line.contains(submitted));
    assert_eq!(shown.count(), 2, "the list and the visit");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn whose_phone_is_proven_is_told_what_the_sms_tells() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    // WeChat says who they are before they are told anything.
    app.deliver().await;
    guest.prove(&guest.phone).await;
    let visit = guest.register(KNOWN).await;
    app.deliver().await;
    let seen = guest.look(&visit).await;
    assert_eq!(seen["stage"], "approved");
    assert_eq!(seen["visitors"][0]["pass"]["link"], guest.link());
    assert_eq!(guest.templates().len(), 1, "and has the pass in the chat");
    // For somebody else it tells nothing, though the session is the same.
    let mut form = guest.registering(KNOWN);
    form["visitor"]["phone"] = "13800000999".into();
    let other = guest.post("/api/registrations", &form).await.expect(201);
    let seen = guest.look(&Visit::of(&other)).await;
    assert_eq!(
        (&seen["stage"], &seen["visitors"][0]["pass"]),
        (&json!("submitted"), &json!(null))
    );
    app.deliver().await;
    assert_eq!(guest.templates().len(), 1);
    app.finish().await;
}

/// What the one too many of a person, and the one too many to a resident, are told.
async fn refused(resident: Typed) -> String {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    for _ in 0..10 {
        let visit = guest.register(resident).await;
        guest.withdraw(&visit).await.expect(200);
    }
    let form = guest.registering(resident);
    let of_person = guest.post("/api/registrations", &form).await.problem();
    // Thirty in a day are a large party, for whatever phone was typed.
    for name in ["李四", "赵六"] {
        let other = app.guest(name).await;
        for _ in 0..10 {
            other.register(resident).await;
        }
    }
    let last = app.guest("钱七").await;
    let form = last.registering(resident);
    let to_resident = last.post("/api/registrations", &form).await.problem();
    // A new day begins at midnight on campus.
    app.it_is("2026-03-03 00:00");
    last.register(resident).await;
    // What all of them owe is more than a day's SMS, and another story.
    app.ctx.db.clone().close().await;
    app.finish_without_a_database().await;
    format!("{of_person}\n{to_resident}")
}

#[tokio::test]
async fn tries_are_counted_alike_whether_they_hit_or_miss() {
    let told = refused(KNOWN).await;
    assert_snapshot!(told, @"
    409 too_many_today 您今天提交的申请已达10份，请明天再提交
    409 too_many_to_resident 今天登记到访该住户的访客已达30人，请明天再登记
    ");
    assert_eq!(refused(UNKNOWN).await, told);
}

#[tokio::test]
async fn every_field_of_a_registration_tells_what_is_wrong_with_it() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let form = guest.registering(KNOWN);
    let face = guest.give_picture("face").await;
    let foreign = app.stranger("李四").await.give_picture("face").await;
    let cases: Vec<(&str, Value)> = vec![
        ("/resident/name", json!("")),
        ("/resident/name", json!("王3")),
        ("/resident/phone", json!("")),
        ("/resident/phone", json!("023-68888888")),
        ("/resident/house", json!(" ")),
        ("/resident/house", json!("丁香水榭")),
        ("/resident/floor", json!("5")),
        ("/resident", json!(null)),
        ("/starts_on", json!("")),
        ("/starts_on", json!("2026-03-02T00:00:00+08:00")),
        ("/starts_on", json!("2026-03-04")),
        ("/starts_on", json!("2026-01-02")),
        ("/ends_on", json!("2026-02-30")),
        ("/ends_on", json!("2026-03-01")),
        ("/ends_on", json!("2026-04-01")),
        ("/visitor/name", json!("")),
        ("/visitor/phone", json!("1")),
        ("/visitor/plate", json!("渝A1")),
        ("/visitor/face_photo", json!(face)),
        ("/visitor/face_photo", json!("x")),
        ("/visitor/id_number", json!("11010519491231002X")),
        ("/visitor/items", json!("礼物")),
        ("/area", json!("1")),
    ];
    let ask = async |form: &Value| {
        let told = guest.post("/api/registrations", form).await.problem();
        told.replace("422 invalid 请检查填写的内容", "")
            .replace('\n', "")
    };
    let mut table = Vec::new();
    for (pointer, value) in cases {
        let mut form = form.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        form.pointer_mut(parent).unwrap()[name] = value.clone();
        let said: String = app.plain(&value.to_string()).chars().take(30).collect();
        table.push(format!("{pointer} {said} →{}", ask(&form).await));
    }
    for day in ["2026-03-01", "2027-03-10"] {
        let mut form = form.clone();
        (form["starts_on"], form["ends_on"]) = (json!(day), json!(day));
        table.push(format!("{day} →{}", ask(&form).await));
    }
    let mut stolen = form.clone();
    (stolen["visitor"]["face_photo"], stolen["consent"]) = (json!(foreign), json!(true));
    table.push(format!("another's picture →{}", ask(&stolen).await));
    let nothing = json!({ "resident": {}, "visitor": {} });
    table.push(guest.post("/api/registrations", &nothing).await.problem());
    assert_snapshot!(table.join("\n"), @r#"
    /resident/name "" →  resident.name name_required 请填写姓名
    /resident/name "王3" →  resident.name name_invalid 姓名只能是汉字或字母，请与证件一致
    /resident/phone "" →  resident.phone phone_required 请填写手机号
    /resident/phone "023-68888888" →  resident.phone phone_invalid 手机号应为11位大陆手机号码
    /resident/house " " →  resident.house house_required 请填写门牌号
    /resident/house "丁香水榭" →  resident.house house_invalid 门牌号格式不正确，例如 3栋2单元501 或 3-2-501
    /resident/floor "5" →  resident.floor field_type 没有这个字段：floor
    /resident null →  resident field_type 字段类型不正确
    /starts_on "" →  starts_on date_required 请选择日期
    /starts_on "2026-03-02T00:00:00+08:00" →  starts_on date_invalid 日期格式应为 2026-03-02
    /starts_on "2026-03-04" →  ends_on window_reversed 结束日期不能早于开始日期
    /starts_on "2026-01-02" →  ends_on window_too_long 到访时间最长30天
    /ends_on "2026-02-30" →  ends_on date_invalid 日期格式应为 2026-03-02
    /ends_on "2026-03-01" →  ends_on window_reversed 结束日期不能早于开始日期
    /ends_on "2026-04-01" →  ends_on window_too_long 到访时间最长30天
    /visitor/name "" →  visitor.name name_required 请填写姓名
    /visitor/phone "1" →  visitor.phone phone_invalid 手机号应为11位大陆手机号码
    /visitor/plate "渝A1" →  visitor.plate plate_invalid 车牌号格式不正确，例如 渝A12345 或 渝AD12345
    /visitor/face_photo "[id]" →  consent consent_required 使用人脸照需要您的同意
    /visitor/face_photo "x" →  visitor.face_photo photo_unknown 请重新上传人脸照
    /visitor/id_number "11010519491231002X" →  visitor.id_number field_type 没有这个字段：id_number
    /visitor/items "礼物" →  visitor.items field_type 没有这个字段：items
    /area "1" →  area field_type 没有这个字段：area
    2026-03-01 →  ends_on window_over 结束时间已过，请重新选择到访时间
    2027-03-10 →  starts_on window_too_far 到访时间最多可预约一年内
    another's picture →  visitor.face_photo photo_unknown 请重新上传人脸照
    422 invalid 请检查填写的内容
      resident.name name_required 请填写姓名
      resident.phone phone_required 请填写手机号
      resident.house house_required 请填写门牌号
      starts_on date_required 请选择日期
      ends_on date_required 请选择日期
      visitor.name name_required 请填写姓名
      visitor.phone phone_required 请填写手机号
    "#);
    let none = guest.get("/api/registrations").await.expect(200);
    assert_eq!(none["items"], json!([]));
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_face_is_kept_with_its_consent_and_needs_no_document() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut form = guest.registering(KNOWN);
    let request = guest.request(Method::POST, "/api/photos");
    let kept = app
        .send(upload(request, "face", &picture(300, 200)))
        .await
        .expect(201);
    (form["visitor"]["face_photo"], form["consent"]) = (kept["id"].clone(), json!(true));
    let visit = guest.post("/api/registrations", &form).await.expect(201);
    let seen = guest.look(&Visit::of(&visit)).await;
    assert_eq!(seen["visitors"][0]["has_face"], true);
    // That somebody has no document keeps no picture that nobody has.
    guest.give_picture("face").await;
    app.it_is("2026-03-03 12:00");
    assert_eq!(
        erase_due(&app.ctx).await.unwrap(),
        2,
        "the ID card's, and the last"
    );
    // The desk sees the face, and no document.
    let path = format!("/api/staff/approvals/{}", seen["id"].as_str().unwrap());
    let desk = app.approver("吴芳");
    let shown = desk.get(&path).await.expect(200)["visitors"][0].clone();
    assert_eq!(shown["id_photo"], json!(null));
    let face = format!("{path}/photos/{}", shown["face_photo"].as_str().unwrap());
    assert_eq!(desk.get(&face).await.header("content-type"), "image/jpeg");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn nobody_books_into_the_quarter_and_registrations_are_no_bookings() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let areas = app.get("/api/areas").await.expect(200);
    let names: Vec<_> = areas
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["name"])
        .collect();
    assert_eq!(names, ["校园区域", "图书馆"]);
    let quarters = campus_pass::store::quarters::all(&app.ctx.db.read)
        .await
        .unwrap();
    let mut form = guest
        .form("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    form["area"] = quarters[0].area.to_string().into();
    assert_snapshot!(guest.post("/api/visits", &form).await.problem(), @"
    422 invalid 请检查填写的内容
      area area_unknown 该到访区域不存在或已停用
    ");
    let booked = guest
        .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    let registered = guest.register(KNOWN).await;
    for (path, id) in [
        ("/api/visits", &booked.id),
        ("/api/registrations", &registered.id),
    ] {
        let list = guest.get(path).await.expect(200);
        let ids: Vec<_> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| &v["id"])
            .collect();
        assert_eq!(ids, [id], "{path}");
    }
    // Neither form corrects what the other made.
    app.approver("陈静")
        .decide(&booked, "return", "请补充")
        .await
        .expect(200);
    let path = format!("/api/registrations/{}", booked.id);
    let refused = guest.put(&path, &guest.registering(KNOWN)).await;
    assert_eq!(refused.status.as_u16(), 404);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_list_of_residents_is_imported_whole_and_twice_changes_nothing() {
    let database = Database::new().await;
    let url = database.text();
    let own = [("DATABASE__URL", url.as_str())];
    assert_eq!(run(&["migrate"], &own).0, 0);
    let file = database.folder().join("residents.csv");
    let path = file.to_str().unwrap();
    let import = |text: &str, options: &[&str]| {
        fs::write(&file, text).unwrap();
        let mut arguments = vec!["residents", "import", path];
        arguments.extend(options);
        let (code, out, said) = run(&arguments, &own);
        let said = said.lines().filter(|line| line.starts_with("Error"));
        format!("{code}\n{out}{}", said.collect::<Vec<_>>().join("\n"))
    };
    let three = "\u{feff}门牌号,姓名,手机号\n3栋2单元501室,王建国,139 0000 0101\n\
                 5-1-302,李秀英,13900000102\nA座1201,何伟,+8613900000103\n";
    assert_snapshot!(import(three, &["--dry-run"]), @"
    0
    line 2: added 王** 3-2-501
    line 3: added 李** 5-1-302
    line 4: added 何* A-1201
    3 added, 0 back, 0 unchanged, 0 moved out
    nothing was changed: this was a dry run
    ");
    assert_snapshot!(import(three, &[]), @"
    0
    line 2: added 王** 3-2-501
    line 3: added 李** 5-1-302
    line 4: added 何* A-1201
    3 added, 0 back, 0 unchanged, 0 moved out
    ");
    assert_snapshot!(import(three, &[]), @"
    0
    line 2: unchanged 王** 3-2-501
    line 3: unchanged 李** 5-1-302
    line 4: unchanged 何* A-1201
    0 added, 0 back, 3 unchanged, 0 moved out
    ");
    // One row with a fault stops all of it, and each fault is told.
    let faulty = "name,phone,house\n何伟,13900000103,A-1201\n赵敏,13900000104,\n,13900000105,1-1\n\
                  孙丽,123,1-1\n周岚,13900000106\n吴芳,13900000107,2-2\n";
    assert_snapshot!(import(faulty, &[]), @"
    1
    line 2: unchanged 何* A-1201
    line 3: faulty: 请填写门牌号
    line 4: faulty: 请填写姓名
    line 5: faulty: 手机号应为11位大陆手机号码
    line 6: faulty: 请填写门牌号
    line 7: added 吴* 2-2
    ");
    assert_snapshot!(import(faulty, &["--skip-faulty"]), @"
    0
    line 2: unchanged 何* A-1201
    line 3: faulty: 请填写门牌号
    line 4: faulty: 请填写姓名
    line 5: faulty: 手机号应为11位大陆手机号码
    line 6: faulty: 请填写门牌号
    line 7: added 吴* 2-2
    1 added, 0 back, 1 unchanged, 0 moved out
    ");
    // Whoever is not on the whole list has moved out, and comes back when they are on it again.
    let one = "name,phone,house\n何伟,13900000103,A-1201\n";
    assert_snapshot!(import(one, &["--whole"]), @"
    0
    line 2: unchanged 何* A-1201
    moved out 吴* 2-2
    moved out 王** 3-2-501
    moved out 李** 5-1-302
    0 added, 0 back, 1 unchanged, 3 moved out
    ");
    assert_snapshot!(import(three, &[]), @"
    0
    line 2: back 王** 3-2-501
    line 3: back 李** 5-1-302
    line 4: unchanged 何* A-1201
    0 added, 2 back, 1 unchanged, 0 moved out
    ");
    assert_snapshot!(import("姓名,手机号\n", &[]), @"1");
    assert_snapshot!(import("", &[]), @"1");
    database.drop().await;
}
