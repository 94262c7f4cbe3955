//! Readers on offer at the gates, each in its own words: what they send is written here as their makers'
//! notes have it (`gate.md` §3), and what opens them is compared byte for byte.

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use campus_pass::actions::devices::{NewReader, add_reader};
use campus_pass::dialects::{Dialect, Speech};
use campus_pass::domain::campus::{DeviceId, Direction};
use campus_pass::store::audit;
use futures::StreamExt;
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::harness::{App, Guest, Visit};

const FROM: &str = "2026-03-02 08:00";
const UNTIL: &str = "2026-03-02 16:00";

/// A device of a dialect at the east gate; gives the path that ends in its key.
async fn device(app: &App, dialect: Dialect, network: &str, gbk: bool) -> String {
    let new = NewReader {
        id: DeviceId::parse(dialect.as_str()).unwrap(),
        direction: Direction::Both,
        speech: Speech {
            dialect,
            network: network.parse().unwrap(),
            gbk,
        },
    };
    let key = add_reader(&app.ctx, "东门", new).await.unwrap();
    format!("/gate/{}/{key}", dialect.as_str())
}

/// The status and the bytes of the answer.
async fn ask(app: &App, method: Method, path: &str, kind: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", kind)
        .body(Body::from(body))
        .unwrap();
    let answer = app.send(request).await;
    (answer.status.as_u16(), answer.bytes.to_vec())
}

async fn text(app: &App, method: Method, path: &str, body: &str) -> String {
    let (status, bytes) = ask(app, method, path, "text/html", body.into()).await;
    format!("{status} {}", String::from_utf8(bytes).unwrap())
}

async fn admitted(app: &App) -> (Guest<'_>, Visit, String) {
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    let code = guest.code(&visit).await;
    (guest, visit, code)
}

async fn passages(app: &App) -> i64 {
    let db = app.database().connect().await;
    let count = Statement::from_string(
        db.get_database_backend(),
        "select count(*) as n from passages",
    );
    let row = db.query_one_raw(count).await.unwrap().unwrap();
    db.close().await.unwrap();
    row.try_get("", "n").unwrap()
}

#[tokio::test]
async fn a_code_opens_each_reader_in_its_own_words_and_a_forged_one_none() {
    let app = App::start().await;
    let (_guest, _, code) = admitted(&app).await;
    let (get, post) = (|| Method::GET, || Method::POST);
    let vguang = device(&app, Dialect::Vguang, "127.0.0.0/8", false).await;
    let mcardsea = device(&app, Dialect::Mcardsea, "127.0.0.0/8", false).await;
    let cerberus = device(&app, Dialect::Cerberus, "127.0.0.0/8", false).await;
    let readno = device(&app, Dialect::Readno, "127.0.0.0/8", false).await;
    let hikvision = device(&app, Dialect::Hikvision, "127.0.0.0/8", false).await;
    let mut told = Vec::new();
    for code in [&code[..], "FORGED"] {
        let card = BASE64_STANDARD
            .encode(code)
            .replace('+', "%2B")
            .replace('=', "%3D");
        let event = |n| {
            format!(
                r#"{{"AccessControllerEvent":{{"remoteCheck":true,"serialNo":{n},"QRCodeInfo":"{code}"}}}}"#
            )
        };
        let number = if code == "FORGED" { 8 } else { 7 };
        told.push(
            text(
                &app,
                post(),
                &vguang,
                &format!("vgdecoderesult={code}&&devicenumber=7"),
            )
            .await,
        );
        let lower = code.to_lowercase();
        let path =
            format!("{mcardsea}/qa/mcardsea.php?cardid={lower}&mjihao=1&cjihao=K&status=11&time=5");
        told.push(text(&app, get(), &path, "").await.replace(&lower, "[code]"));
        let path = format!("{cerberus}/SearchCardAcs?type=9&Reader=0&Serial=1&Card={card}");
        told.push(text(&app, get(), &path, "").await);
        let form = format!("id={code}&idtype=1&sn=9&readno=1&time=x");
        told.push(text(&app, post(), &readno, &form).await);
        told.push(text(&app, post(), &hikvision, &event(number)).await);
    }
    assert_snapshot!(told.join("\n"), @r#"
    200 code=0000
    200 cardid=[code]&mjihao=1&cjihao=K&status=1&time=5
    200 {"ActIndex":"0","AcsRes":"1","Time":"5","Voice":"欢迎，校园区域至16:00","Note":"张** 校园区域"}
    200 {"result":1,"readno":"1","cnt":1,"str1":"张** 校园区域","opendelay":"","sndtxt":"欢迎，校园区域至16:00","currtime":"2026-03-02 09:00:00"}
    200 {"RemoteCheck":{"serialNo":7,"checkResult":"success","info":"欢迎，校园区域至16:00"}}
    200 code=0001
    200 cardid=[code]&mjihao=1&cjihao=K&status=0&time=5
    200 {"ActIndex":"0","AcsRes":"0","Time":"5","Voice":"无效的二维码","Note":""}
    200 {"result":0,"readno":"1","cnt":1,"str1":"","opendelay":"","sndtxt":"无效的二维码","currtime":"2026-03-02 09:00:00"}
    200 {"RemoteCheck":{"serialNo":8,"checkResult":"failed","info":"无效的二维码"}}
    "#);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn signs_of_life_are_answered_and_nonsense_opens_nothing() {
    let app = App::start().await;
    let cerberus = device(&app, Dialect::Cerberus, "127.0.0.0/8", false).await;
    let readno = device(&app, Dialect::Readno, "127.0.0.0/8", false).await;
    let vzenith = device(&app, Dialect::Vzenith, "127.0.0.0/8", false).await;
    let hikvision = device(&app, Dialect::Hikvision, "127.0.0.0/8", false).await;
    let told = [
        text(
            &app,
            Method::GET,
            &format!("{cerberus}/GetStatus?Key=2A"),
            "",
        )
        .await,
        text(
            &app,
            Method::GET,
            &format!("{readno}?idtype=99&readno=1"),
            "",
        )
        .await,
        text(&app, Method::POST, &vzenith, "<html>").await,
        text(&app, Method::POST, &hikvision, "\u{0}").await,
        text(&app, Method::POST, &cerberus, "").await,
        text(
            &app,
            Method::POST,
            &vzenith,
            r#"{"AlarmInfoPlate":{"result":{"PlateResult":{"license":"_无_","plateid":1}}}}"#,
        )
        .await,
    ];
    assert_snapshot!(told.join("\n"), @r#"
    200 {"Key":"2A"}
    200 {"result":0,"readno":"1","cnt":1,"str1":"","opendelay":"","sndtxt":"","currtime":"2026-03-02 09:00:00"}
    200 {"Response_AlarmInfoPlate":{"info":"no","content":"retransfer_stop"}}
    200 {"RemoteCheck":{"serialNo":0,"checkResult":"failed","info":"无效的二维码"}}
    200 {"ActIndex":"0","AcsRes":"0","Time":"5","Voice":"无效的二维码","Note":""}
    200 {"Response_AlarmInfoPlate":{"info":"no","content":"retransfer_stop"}}
    "#);
    app.finish().await;
}

#[tokio::test]
async fn words_are_in_gbk_where_the_device_wants_it() {
    let app = App::start().await;
    let (_guest, _, code) = admitted(&app).await;
    let readno = device(&app, Dialect::Readno, "127.0.0.0/8", true).await;
    let form = format!("id={code}&idtype=1&readno=1");
    let (status, bytes) = ask(&app, Method::POST, &readno, "text/plain", form.into()).await;
    assert_eq!(status, 200);
    // 欢迎 is BB B6 D3 AD in GBK.
    let said = b"\"sndtxt\":\"\xbb\xb6\xd3\xad";
    assert!(bytes.windows(said.len()).any(|window| window == said));
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_reader_is_known_by_its_key_its_dialect_and_its_network() {
    let app = App::start().await;
    let (_guest, _, code) = admitted(&app).await;
    let good = device(&app, Dialect::Vguang, "127.0.0.0/8", false).await;
    let far = device(&app, Dialect::Readno, "10.1.0.0/16", false).await;
    let key = good.rsplit('/').next().unwrap();
    let mut told = Vec::new();
    for path in [
        format!("/gate/vguang/{}", "A".repeat(22)),
        format!("/gate/mcardsea/{key}?cardid={code}"),
        format!("/gate/klingon/{key}"),
        format!("{far}?id={code}&idtype=1&readno=1"),
    ] {
        let answer = app.get(&path).await;
        told.push(answer.problem());
    }
    assert_snapshot!(told.join("\n"), @"
    404 not_found 没有找到
    404 not_found 没有找到
    404 not_found 没有找到
    404 not_found 没有找到
    ");
    assert_eq!(
        text(&app, Method::POST, &good, &code).await,
        "200 code=0000"
    );
    campus_pass::actions::devices::revoke(
        &app.ctx,
        "operator",
        &DeviceId::parse("vguang").unwrap(),
    )
    .await
    .unwrap();
    let refused = ask(&app, Method::POST, &good, "text/plain", code.into_bytes()).await;
    assert_eq!(refused.0, 404);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn an_administrator_adds_a_reader_and_changes_its_address_which_is_told_once() {
    let app = App::start().await;
    let (_guest, _, code) = admitted(&app).await;
    let admin = app.approver("吴敏");
    let gates = admin.get("/api/admin/gates").await.expect(200);
    let gate = &gates["items"][0]["id"];
    let mut form = json!({ "id": "V1", "gate": gate, "direction": "both", "dialect": "vguang",
        "network": "10.1.2.3/", "gbk": true });
    let refused = admin.post("/api/admin/devices", &form).await;
    assert_snapshot!(refused.problem(), @"
    422 invalid 请检查填写的内容
      network network_invalid 来源网段应为设备所在的网段，如 10.1.0.0/16
    ");
    form["dialect"] = json!("klingon");
    let refused = admin.post("/api/admin/devices", &form).await;
    assert_snapshot!(refused.problem(), @"
    422 invalid 请检查填写的内容
      dialect dialect_unknown 不支持该设备类型
    ");
    form["dialect"] = json!("vguang");
    form["network"] = json!(" 127.0.0.1/8");
    let added = admin.post("/api/admin/devices", &form).await;
    assert_eq!(added.header("cache-control"), "no-store");
    let path = |answer: &Value| {
        assert_eq!(answer["key"], Value::Null, "it has none to sign with");
        let address = answer["address"].as_str().unwrap();
        let at = address.find("/gate/").unwrap();
        address[at..].to_owned()
    };
    let first = path(&added.expect(201));
    assert!(first.starts_with("/gate/vguang/"), "{first}");
    assert_eq!(
        text(&app, Method::POST, &first, &code).await,
        "200 code=0000"
    );

    let gates = admin.get("/api/admin/gates").await.expect(200);
    let devices = gates["items"][0]["devices"].as_array().unwrap();
    let listed = devices.iter().find(|device| device["id"] == "V1").unwrap();
    assert_eq!(
        (&listed["dialect"], &listed["network"], &listed["gbk"]),
        (&json!("vguang"), &json!("127.0.0.0/8"), &json!(true))
    );
    assert_eq!(listed["old_key_until"], Value::Null);

    // For an hour both are good, as two keys of a device that signs are.
    let rotate = "/api/admin/devices/V1/rotate";
    let rotated = admin.post(rotate, &json!({ "overlap_hours": 1 })).await;
    assert_eq!(rotated.header("cache-control"), "no-store");
    let second = path(&rotated.expect(200));
    assert_ne!(first, second);
    let answers = async |path: &str| {
        ask(&app, Method::POST, path, "text/plain", b"x".into())
            .await
            .0
    };
    assert_eq!([answers(&first).await, answers(&second).await], [200, 200]);
    app.later(3600);
    assert_eq!([answers(&first).await, answers(&second).await], [404, 200]);
    let third = admin.post(rotate, &json!({ "overlap_hours": 0 })).await;
    let third = path(&third.expect(200));
    assert_eq!([answers(&second).await, answers(&third).await], [404, 200]);

    let habits = json!({ "reports_passed": true, "repeat_ms": 2500 });
    let saved = admin.put("/api/admin/devices/V1", &habits).await;
    assert_eq!(saved.status.as_u16(), 204);
    let wild = json!({ "reports_passed": true, "repeat_ms": 60_001 });
    let refused = admin.put("/api/admin/devices/V1", &wild).await;
    assert_snapshot!(refused.problem(), @"
    422 invalid 请检查填写的内容
      repeat_ms repeat_ms_invalid 重复识读间隔应为0到60000毫秒
    ");
    let gates = admin.get("/api/admin/gates").await.expect(200);
    let devices = gates["items"][0]["devices"].as_array().unwrap();
    let listed = devices.iter().find(|device| device["id"] == "V1").unwrap();
    let habits = (&listed["reports_passed"], &listed["repeat_ms"]);
    assert_eq!(habits, (&json!(true), &json!(2500)));

    let revoked = admin.post("/api/admin/devices/V1/revoke", &json!({})).await;
    assert_eq!(revoked.status.as_u16(), 204);
    assert_eq!(answers(&third).await, 404);
    for gone in [
        admin.post(rotate, &json!({ "overlap_hours": 0 })).await,
        admin
            .put(
                "/api/admin/devices/V1",
                &json!({ "reports_passed": false, "repeat_ms": 0 }),
            )
            .await,
    ] {
        assert_eq!(gone.problem(), "404 not_found 没有找到");
    }
    let lines = audit::about(&app.ctx.db.read, "device:V1").await.unwrap();
    let lines = app.plain(&lines.join("\n"));
    assert_snapshot!(lines, @"
    staff:[id] device.add gate=东门 direction=both dialect=vguang network=127.0.0.0/8
    staff:[id] device.rotate old_key_until=2026-03-02 10:00:00
    staff:[id] device.rotate old_key_until=2026-03-02 10:00:00
    staff:[id] device.set reports_passed=true repeat_ms=2500
    staff:[id] device.revoke
    ");
    for key in [&first, &second, &third] {
        let key = key.rsplit('/').next().unwrap();
        assert!(!lines.contains(key), "no key stands in the audit");
    }
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_reader_is_answered_in_its_words_when_the_database_is_gone() {
    let app = App::start().await;
    let vguang = device(&app, Dialect::Vguang, "127.0.0.0/8", false).await;
    app.ctx.db.clone().close().await;
    let said = text(
        &app,
        Method::POST,
        &vguang,
        "vgdecoderesult=X&&devicenumber=7",
    )
    .await;
    assert_eq!(said, "200 code=0001");
    app.finish_without_a_database().await;
}

#[tokio::test]
async fn what_a_terminal_asked_in_vain_let_nobody_in() {
    let app = App::start().await;
    let (guest, visit, code) = admitted(&app).await;
    let hikvision = device(&app, Dialect::Hikvision, "127.0.0.0/8", false).await;
    let event = format!(
        r#"{{"dateTime":"2026-03-02T08:30:00+08:00","AccessControllerEvent":{{"remoteCheck":true,"serialNo":5,"currentEvent":false,"QRCodeInfo":"{code}"}}}}"#
    );
    let said = text(&app, Method::POST, &hikvision, &event).await;
    assert!(said.contains("failed"), "{said}");
    assert_eq!(passages(&app).await, 1, "it is written down");
    app.deliver().await;
    assert_eq!(
        app.approver("刘明").texts().len(),
        1,
        "approved, and nobody has come"
    );
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    app.finish().await;
}

#[tokio::test]
async fn a_reader_that_repeats_itself_lets_one_person_in_once() {
    let app = App::start().await;
    let (_guest, _, code) = admitted(&app).await;
    let mcardsea = device(&app, Dialect::Mcardsea, "127.0.0.0/8", false).await;
    let hikvision = device(&app, Dialect::Hikvision, "127.0.0.0/8", false).await;
    let path = format!("{mcardsea}/qa/mcardsea.php?cardid={code}&mjihao=1&status=11&time=5");
    let mut opened = Vec::new();
    for _ in 0..4 {
        opened.push(
            text(&app, Method::GET, &path, "")
                .await
                .contains("status=1"),
        );
    }
    assert_eq!(opened, [true; 4]);
    assert_eq!(passages(&app).await, 1);
    let event = format!(
        r#"{{"AccessControllerEvent":{{"remoteCheck":true,"serialNo":5,"QRCodeInfo":"{code}"}}}}"#
    );
    for _ in 0..3 {
        let said = text(&app, Method::POST, &hikvision, &event).await;
        assert!(said.contains("success"), "{said}");
    }
    assert_eq!(passages(&app).await, 2);
    app.deliver().await;
    app.finish().await;
}

/// 9,000 plates that a camera kept without a network, in no order, each tenth twice: written down once each,
/// and none opens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nine_thousand_plates_that_a_camera_kept_are_each_written_down_once() {
    let app = App::start().await;
    let vzenith = device(&app, Dialect::Vzenith, "127.0.0.0/8", false).await;
    let at = app.ctx.clock.now().timestamp();
    let mut numbers: Vec<i64> = (0..9000).collect();
    numbers.extend((0..9000).step_by(10));
    // A fixed disorder: 7919 is prime to their count.
    let count = i64::try_from(numbers.len()).unwrap();
    let mixed = (0..count).map(|n| numbers[usize::try_from(n * 7919 % count).unwrap()]);
    let play = |n: i64| {
        let alarm = format!(
            r#"{{"AlarmInfoPlate":{{"result":{{"PlateResult":{{"license":"渝A{:05}","plateid":{n},"isoffline":1,"timeStamp":{{"Timeval":{{"sec":{}}}}}}}}}}}}}"#,
            n % 100_000,
            at - 60 - n
        );
        let (app, vzenith) = (&app, &vzenith);
        async move {
            // A camera that is not answered sends it again, four times.
            for _ in 0..4 {
                let answer = text(app, Method::POST, vzenith, &alarm).await;
                if answer.starts_with("200") {
                    return answer;
                }
            }
            text(app, Method::POST, vzenith, &alarm).await
        }
    };
    let answers: Vec<_> = futures::stream::iter(mixed.map(play))
        .buffer_unordered(16)
        .collect()
        .await;
    let stop = r#"200 {"Response_AlarmInfoPlate":{"info":"no","content":"retransfer_stop"}}"#;
    assert!(answers.iter().all(|answer| answer == stop));
    assert_eq!(answers.len(), 9900);
    assert_eq!(passages(&app).await, 9000);
    app.finish().await;
}
