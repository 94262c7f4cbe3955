//! What a gate is told.

use axum::http::Request;
use campus_pass::domain::campus::Gate;
use campus_pass::sandbox::Scan;
use campus_pass::store::gates;
use campus_pass::store::{begin, commit, passages, presences};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey};
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::harness::{Answer, App, body};

/// How many scans are kept, once there are as many: a refusal is told before it is.
async fn passages(app: &App, expected: i64) -> i64 {
    let db = &app.ctx.db.read;
    let count = "select count(*) as n from passages";
    let mut kept = 0;
    for _ in 0..500 {
        let count = Statement::from_string(db.get_database_backend(), count);
        let row = db.query_one_raw(count).await.unwrap().unwrap();
        kept = row.try_get("", "n").unwrap();
        if kept >= expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    kept
}

fn scan(v: &str, n: &str) -> Scan {
    Scan {
        v: v.to_owned(),
        n: Some(n.to_owned()),
        ..Scan::default()
    }
}

#[tokio::test]
async fn the_same_scan_again_gets_the_same_answer_and_is_one_passage() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let t = app.ctx.clock.now().timestamp();
    let ask = async |v: &str| {
        let same = Scan {
            t: Some(t),
            ..scan(v, "7")
        };
        app.sandbox.scan("G01", same).await.unwrap()
    };
    let first = ask(&code).await;
    app.later(60);
    let again = ask(&code).await;
    assert_eq!(
        (again.status, &again.body),
        (200, &first.body),
        "word for word"
    );
    assert!(again.signature_ok);
    assert_eq!(passages(&app, 1).await, 1);

    let other = ask("SOMETHING ELSE").await;
    assert_eq!(
        (other.status, &other.body["code"]),
        (409, &json!("nonce_spent"))
    );
    app.later(1);
    let late = ask(&code).await;
    assert_eq!(
        (late.status, &late.body["code"]),
        (409, &json!("nonce_spent"))
    );
    assert_eq!(passages(&app, 1).await, 1);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn forged_codes_are_bad_codes_and_nothing_else() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let bytes = BASE32_NOPAD.decode(code.as_bytes()).unwrap();
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        BASE32_NOPAD.encode(&bytes)
    };
    // The same claims, signed with a key that is not ours.
    let foreign = {
        let mut forged = bytes[..28].to_vec();
        let signature = SigningKey::from_bytes(&[9; 32]).sign(&forged);
        forged.extend(signature.to_bytes());
        BASE32_NOPAD.encode(&forged)
    };
    let forged = [
        ("a day more", with(|bytes| bytes[15] ^= 1)),
        ("another pass", with(|bytes| bytes[9] ^= 1)),
        ("a bit of the signature", with(|bytes| bytes[91] ^= 1)),
        ("an unknown key", with(|bytes| bytes[1] = 200)),
        ("another version", with(|bytes| bytes[0] = 0xC2)),
        ("a foreign key", foreign),
        ("half a code", code[..74].to_owned()),
        ("nonsense", "你好".to_owned()),
        ("nothing", String::new()),
    ];
    for (what, code) in forged {
        let answer = app.gate("G01").scan(&code).await;
        assert_eq!(
            answer,
            r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"bad_code","say":"无效的二维码"}"#,
            "{what}"
        );
        let out = app.gate("G03").scan(&code).await;
        assert!(
            out.contains(r#""r":"bad_code""#),
            "nor is it a way out: {what}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn a_pass_opens_in_its_time_and_in_its_area_only() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    let gate = app.gate("G01");
    assert_snapshot!(gate.scan(&code).await, @r#"200 {"did":"[id]","disp":[],"hint":"14:00 起可入","lv":0,"ok":0,"r":"not_yet","say":"未到预约时间"}"#);
    app.it_is("2026-03-01 09:00");
    assert_snapshot!(gate.scan(&code).await, @r#"200 {"did":"[id]","disp":[],"hint":"03月02日14:00 起可入","lv":0,"ok":0,"r":"not_yet","say":"未到预约时间"}"#);
    app.it_is("2026-03-02 14:00");
    assert_snapshot!(gate.scan(&code).await, @r#"200 {"act":{"ms":3000,"relay":0},"did":"[id]","disp":["张**","校园区域"],"lv":0,"ok":1,"r":"ok","say":"欢迎，校园区域至16:00"}"#);
    assert_snapshot!(app.gate("G02").scan(&code).await, @r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"area","say":"不在预约的到访区域"}"#);
    app.it_is("2026-03-02 16:00");
    assert_snapshot!(gate.scan(&code).await, @r#"200 {"act":{"ms":3000,"relay":0},"did":"[id]","disp":["张**","校园区域"],"lv":0,"ok":1,"r":"ok","say":"欢迎，校园区域至16:00"}"#);
    app.later(1);
    assert_snapshot!(gate.scan(&code).await, @r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"expired","say":"预约时间已过"}"#);
    app.it_is("2026-03-02 15:00");

    // A closed gate lets nobody in, and everybody out.
    let txn = begin(&app.ctx.db).await.unwrap();
    let north = gates::find_by_name(&txn, "北门").await.unwrap().unwrap();
    let north = Gate {
        open: false,
        ..north
    };
    gates::update(&txn, &north).await.unwrap();
    commit(txn).await.unwrap();
    assert_snapshot!(app.gate("G04").scan(&code).await, @r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"area","say":"此门暂停通行"}"#);
    let out = Scan {
        dir: Some("out".to_owned()),
        ..scan(&code, "out")
    };
    assert_snapshot!(app.gate("G04").scan_with(out).await, @r#"200 {"act":{"ms":3000,"relay":0},"did":"[id]","disp":["张**","校园区域"],"lv":0,"ok":1,"r":"ok","say":"再见，一路平安"}"#);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_withdrawn_visit_opens_nothing_but_the_way_out() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let gate = app.gate("G01");
    assert!(gate.scan(&code).await.contains(r#""r":"ok""#));
    app.deliver().await;
    guest.withdraw(&visit).await.expect(200);
    // It was scanned once, and what was remembered then does not count.
    assert_snapshot!(gate.scan(&code).await, @r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"revoked","say":"该凭证已撤销"}"#);
    assert_snapshot!(app.gate("G03").scan(&code).await, @r#"200 {"act":{"ms":3000,"relay":0},"alert":"revoked","did":"[id]","disp":["张**","校园区域"],"lv":0,"ok":1,"r":"ok","say":"再见，一路平安"}"#);
    // A pass that is revoked is never called an early or a late one.
    app.it_is("2026-03-02 17:00");
    assert!(gate.scan(&code).await.contains(r#""r":"revoked""#));
    let link = guest.link().replace("/p/", "/api/passes/");
    let page = app.get(&link).await.expect(200);
    assert_eq!(
        (&page["state"], &page["code"]),
        (&json!("revoked"), &json!(null))
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn many_scans_at_once_count_each_entry_once_and_tell_the_host_once() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let (app_ref, code_ref) = (&app, &code);
    let asked = (0..16).map(|n| async move {
        loop {
            let same = scan(code_ref, &format!("many-{n}"));
            let scanned = app_ref.sandbox.scan("G01", same).await.unwrap();
            // On a machine that is too busy to answer in time a gate asks again: it is the same scan.
            if scanned.body["r"] != "unavailable" {
                return scanned;
            }
        }
    });
    for scanned in futures::future::join_all(asked).await {
        assert_eq!(scanned.body["r"], "ok");
    }
    assert_eq!(passages(&app, 16).await, 16);
    let link = guest.look(&visit).await["visitors"][0]["pass"]["link"].clone();
    let hash = campus_pass::secret::token_hash(&link.as_str().unwrap()[3..]);
    let pass = campus_pass::store::passes::find_by_link(&app.ctx.db.read, &hash).await;
    let pass = pass.unwrap().unwrap();
    let seen = presences::of_passes(&app.ctx.db.read, [pass.id]).await;
    let seen = seen.unwrap().into_values().next().unwrap();
    assert_eq!(seen.entries, 16);
    let opened = passages::count_openings(&app.ctx.db.read, pass.id).await;
    assert_eq!(opened.unwrap(), 16);
    app.deliver().await;
    let told = app.approver("刘明").texts();
    assert_eq!(told.iter().filter(|text| text.contains("进入")).count(), 1);
    app.finish().await;
}

/// A request that this test signs itself, to have it wrong in one place.
async fn verify(app: &App, device: &str, t: i64, n: &str, text: &str, key: &[u8]) -> Answer {
    let hash = HEXLOWER.encode(&Sha256::digest(text));
    let signed = format!("POST\n/gate/v1/verify\n{t}\n{n}\n{hash}");
    let signature = HEXLOWER.encode(&campus_pass::secret::hmac_sha256(key, &[signed]));
    let header = format!("CP1-HMAC-SHA256 dev={device}, t={t}, n={n}, sig={signature}");
    let request = Request::post("/gate/v1/verify").header("authorization", header);
    app.send(body(request, text.to_owned())).await
}

#[tokio::test]
async fn a_request_that_no_device_of_ours_signed_is_refused() {
    let app = App::start().await;
    let key = app.settings.sandbox.key.bytes();
    let t = app.ctx.clock.now().timestamp();
    let told = |dev: &str, n: &str| {
        json!({"dev": dev, "rd": 1, "k": "qr", "v": "X", "n": n, "t": t, "dir": null}).to_string()
    };
    let right = told("G01", "1");
    let answers = [
        ("right", verify(&app, "G01", t, "1", &right, &key).await),
        (
            "unknown device",
            verify(&app, "G99", t, "2", &told("G99", "2"), &key).await,
        ),
        (
            "another key",
            verify(&app, "G01", t, "3", &told("G01", "3"), &[0; 32]).await,
        ),
        (
            "another device's key",
            verify(&app, "G02", t, "4", &told("G02", "4"), &key).await,
        ),
        (
            "121 s late",
            verify(&app, "G01", t - 121, "5", &told("G01", "5"), &key).await,
        ),
        (
            "121 s early",
            verify(&app, "G01", t + 121, "6", &told("G01", "6"), &key).await,
        ),
        (
            "120 s late",
            verify(&app, "G01", t - 120, "7", &told("G01", "7"), &key).await,
        ),
        (
            "another dev in the body",
            verify(&app, "G01", t, "8", &told("G02", "8"), &key).await,
        ),
        (
            "another n in the body",
            verify(&app, "G01", t, "9", &told("G01", "1"), &key).await,
        ),
        ("no JSON", verify(&app, "G01", t, "10", "v=X", &key).await),
        (
            "no v",
            verify(&app, "G01", t, "11", r#"{"dev":"G01","k":"qr"}"#, &key).await,
        ),
        (
            "a nonce too long",
            verify(&app, "G01", t, &"n".repeat(65), &right, &key).await,
        ),
    ];
    let unsigned = app
        .send(body(Request::post("/gate/v1/verify"), right.clone()))
        .await;
    let table: Vec<_> = answers
        .into_iter()
        .chain([("no signature", unsigned)])
        .map(|(what, answer)| match answer.status.as_u16() {
            200 => format!("{what} | 200 {}", answer.json()["r"].as_str().unwrap()),
            _ => format!(
                "{what} | {}",
                answer.problem().replace(&t.to_string(), "[now]")
            ),
        })
        .collect();
    assert_snapshot!(table.join("\n"), @"
    right | 200 bad_code
    unknown device | 401 device unknown device or wrong signature
    another key | 401 device unknown device or wrong signature
    another device's key | 401 device unknown device or wrong signature
    121 s late | 401 clock_skew clock differs by more than 120 s; server time [now]
    121 s early | 401 clock_skew clock differs by more than 120 s; server time [now]
    120 s late | 200 bad_code
    another dev in the body | 422 invalid 请检查填写的内容
      dev device_differs dev differs from the signature's
    another n in the body | 422 invalid 请检查填写的内容
      n nonce_differs n differs from the signature's
    no JSON | 400 malformed 请求内容不是有效的JSON
    no v | 422 invalid 请检查填写的内容
      v field_type 缺少字段：v
    a nonce too long | 401 device unknown device or wrong signature
    no signature | 401 device unknown device or wrong signature
    ");
    assert_eq!(
        passages(&app, 2).await,
        2,
        "only what was asked rightly is kept"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_gate_hears_that_nothing_can_be_decided_when_the_database_is_gone() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    assert!(app.gate("G01").scan(&code).await.contains(r#""r":"ok""#));
    app.deliver().await;
    app.ctx.db.clone().close().await;
    assert_snapshot!(app.gate("G01").scan(&code).await, @r#"200 {"did":"0","disp":[],"lv":0,"ok":0,"r":"unavailable","say":"系统繁忙，请联系门岗"}"#);
    let ready = app.get("/readyz").await;
    assert_eq!(
        (ready.status.as_u16(), &ready.json()["database"]),
        (503, &json!("down"))
    );
    assert_eq!(app.get("/healthz").await.status, 200);
    let areas = app.get("/api/areas").await;
    assert_snapshot!(areas.problem(), @"500 failure 系统繁忙，请稍后再试");
    app.finish_without_a_database().await;
}
