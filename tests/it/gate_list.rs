//! What gates are given to decide without a network, and the devices' keys.

use axum::http::Request;
use campus_pass::actions::devices;
use campus_pass::actions::gate_list::publish;
use campus_pass::actions::rules::{NewRules, set_rules};
use campus_pass::domain::campus::{DeviceId, DeviceKey};
use campus_pass::domain::rules::Passback;
use campus_pass::secret::hmac_sha256;
use campus_pass::store::audit;
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::VerifyingKey;
use insta::assert_snapshot;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Answer, App, body, pass_of};

async fn list(app: &App, device: &'static str, since: i64) -> Value {
    let path = format!("/gate/v1/list?since={since}");
    app.gate(device).get(&path).await.expect(200)
}

#[tokio::test]
async fn a_gate_hears_of_passes_of_its_area_and_of_their_end() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let first = list(&app, "G01", 0).await;
    assert_eq!((&first["full"], &first["lv"]), (&json!(1), &json!(1)));
    assert_eq!(first["policy"]["passback"], "off");
    assert_eq!(first["keys"].as_array().unwrap().len(), 1);

    let mut form = guest
        .form("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    form["visitor"]["plate"] = "渝AD12345".into();
    let (visit, code) = guest.approved_with(&form).await;
    let pass = pass_of(&app, &code).await;
    let heartbeat = json!({ "dev": "G01", "lv": 1 });
    let heard = app.gate("G01").post("/gate/v1/heartbeat", &heartbeat).await;
    let st = app.ctx.clock.now().timestamp();
    assert_eq!(
        heard.expect(200),
        json!({ "need_pull": 1, "st": st, "lv": 2 })
    );
    let added = list(&app, "G01", 1).await;
    let told = json!([{ "pass": pass.id.to_string(), "nb": pass.window.from().timestamp(),
        "na": pass.window.until().timestamp(), "limit": null, "plates": ["渝AD12345"] }]);
    assert_eq!(added["added"], told);
    assert_eq!((&added["lv"], &added["full"]), (&json!(2), &json!(0)));
    assert_eq!(
        (&added["policy"], &added["keys"]),
        (&json!(null), &json!(null))
    );
    // The library's gate has no business with plates of the campus.
    let elsewhere = list(&app, "G02", 1).await;
    assert_eq!(
        (&elsewhere["added"], &elsewhere["lv"]),
        (&json!([]), &json!(2))
    );

    guest.withdraw(&visit).await.expect(200);
    let changed = list(&app, "G01", 2).await;
    assert_eq!(changed["revoked"], json!([pass.id.to_string()]));
    assert_eq!((&changed["added"], &changed["lv"]), (&json!([]), &json!(3)));
    let nothing = list(&app, "G01", 3).await;
    assert_eq!(
        (&nothing["revoked"], &nothing["lv"]),
        (&json!([]), &json!(3))
    );
    let heartbeat = json!({ "dev": "G01", "lv": 3 });
    let heard = app.gate("G01").post("/gate/v1/heartbeat", &heartbeat).await;
    assert_eq!(heard.expect(200)["need_pull"], 0);
    // A gate that begins anew hears what may still be held before it: a code on paper is not revoked.
    let anew = list(&app, "G01", 0).await;
    assert_eq!(anew["revoked"], changed["revoked"]);
    let ahead = list(&app, "G01", 99).await;
    assert_eq!(ahead["full"], 1, "of another database");
    // The answers to scans say how far the list is.
    assert!(app.gate("G01").scan(&code).await.contains(r#""lv":3"#));

    let rules = NewRules {
        passback: Some(Passback::Hard),
        ..NewRules::default()
    };
    set_rules(&app.ctx, "校园区域", rules).await.unwrap();
    let changed = list(&app, "G01", 3).await;
    assert_eq!(
        (&changed["policy"]["passback"], &changed["lv"]),
        (&json!("hard"), &json!(4))
    );
    app.it_is("2026-03-02 16:01");
    assert_eq!(
        list(&app, "G01", 0).await["revoked"],
        json!([]),
        "over is over"
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_long_list_comes_in_whole_versions() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    let pass = pass_of(&app, &code).await;
    let txn = campus_pass::store::begin(&app.ctx.db).await.unwrap();
    for n in 0..1200 {
        let more = campus_pass::domain::pass::Pass {
            id: app.ctx.mint(),
            ..pass.clone()
        };
        let insert = campus_pass::store::passes::insert;
        insert(&txn, &more, &format!("link {n}"), app.ctx.clock.now())
            .await
            .unwrap();
    }
    campus_pass::store::commit(txn).await.unwrap();
    assert_eq!(publish(&app.ctx).await.unwrap(), 3);
    let count = |answer: &Value| answer["added"].as_array().unwrap().len();
    let first = list(&app, "G01", 0).await;
    assert_eq!(
        (count(&first), &first["lv"], &first["more"]),
        (1000, &json!(2), &json!(1))
    );
    let rest = list(&app, "G01", 2).await;
    assert_eq!(
        (count(&rest), &rest["lv"], &rest["more"]),
        (201, &json!(3), &json!(0))
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gate_that_waits_hears_at_once() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = guest.approved().await;
    let pass = pass_of(&app, &code).await;
    let known = publish(&app.ctx).await.unwrap();
    let path = format!("/gate/v1/list?since={known}&wait=8");
    let gate = app.gate("G01");
    // Asked first, and there is nothing to hear before the withdrawal.
    let (heard, _) = tokio::join!(gate.get(&path), async {
        tokio::task::yield_now().await;
        guest.withdraw(&visit).await.expect(200)
    });
    assert_eq!(heard.expect(200)["revoked"], json!([pass.id.to_string()]));
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn the_public_keys_verify_codes_without_us() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    let keys = app.gate("G01").get("/gate/v1/keys").await.expect(200);
    let key = &keys["keys"][0];
    assert_eq!((&key["no"], &key["alg"]), (&json!(1), &json!("Ed25519")));
    let public = BASE64
        .decode(key["key"].as_str().unwrap().as_bytes())
        .unwrap();
    let public = VerifyingKey::from_bytes(&public.try_into().unwrap()).unwrap();
    let bytes = data_encoding::BASE32_NOPAD.decode(code.as_bytes()).unwrap();
    let (signed, signature) = bytes.split_at(28);
    let signature = ed25519_dalek::Signature::from_slice(signature).unwrap();
    assert!(public.verify_strict(signed, &signature).is_ok());
    app.deliver().await;
    app.finish().await;
}

/// A heartbeat signed with this key.
async fn signed_with(app: &App, key: &DeviceKey, n: &str) -> Answer {
    let text = json!({ "dev": "G01", "lv": 0 }).to_string();
    let t = app.ctx.clock.now().timestamp();
    let hash = HEXLOWER.encode(&Sha256::digest(&text));
    let told = format!("POST\n/gate/v1/heartbeat\n{t}\n{n}\n{hash}");
    let sig = HEXLOWER.encode(&hmac_sha256(&key.bytes(), &[told]));
    let header = format!("CP1-HMAC-SHA256 dev=G01, t={t}, n={n}, sig={sig}");
    let request = Request::post("/gate/v1/heartbeat").header("authorization", header);
    let answer = app.send(body(request, text)).await;
    if answer.status == 200 {
        let hash = HEXLOWER.encode(&Sha256::digest(&answer.bytes));
        let expected = hmac_sha256(&key.bytes(), &[format!("200\n{n}\n{hash}")]);
        assert_eq!(answer.header("x-cp1-signature"), HEXLOWER.encode(&expected));
    }
    answer
}

#[tokio::test]
async fn a_rotated_key_is_good_for_a_while_and_a_revoked_device_not_at_all() {
    let app = App::start().await;
    let device = DeviceId::parse("G01").unwrap();
    let (old, new) = (app.settings.sandbox.key.clone(), DeviceKey::new([9; 32]));
    let status = async |key: &DeviceKey, n: &str| signed_with(&app, key, n).await.status.as_u16();
    assert_eq!(
        [status(&old, "1").await, status(&new, "2").await],
        [200, 401]
    );
    let day = chrono::Duration::days(1);
    devices::rotate(&app.ctx, devices::OPERATOR, &device, &new, day)
        .await
        .unwrap();
    assert_eq!(
        [status(&old, "3").await, status(&new, "4").await],
        [200, 200]
    );
    app.later(24 * 3600 - 1);
    assert_eq!(
        [status(&old, "5").await, status(&new, "6").await],
        [200, 200]
    );
    app.later(1);
    assert_eq!(
        [status(&old, "7").await, status(&new, "8").await],
        [401, 200]
    );
    devices::revoke(&app.ctx, devices::OPERATOR, &device)
        .await
        .unwrap();
    assert_eq!(
        [status(&old, "9").await, status(&new, "10").await],
        [401, 401]
    );
    let again = devices::revoke(&app.ctx, devices::OPERATOR, &device)
        .await
        .unwrap_err();
    assert_eq!(again.to_string(), "there is no device of this name");
    assert!(
        devices::rotate(&app.ctx, devices::OPERATOR, &device, &old, day)
            .await
            .is_err()
    );
    let lines = audit::about(&app.ctx.db.read, "device:G01").await.unwrap();
    assert_snapshot!(lines.join("\n"), @"
    operator device.add gate=东门 direction=in
    operator device.rotate old_key_until=2026-03-03 09:00:00
    operator device.revoke
    ");
    app.finish().await;
}
