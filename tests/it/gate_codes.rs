//! What is held before a reader, however it arrives and however often.

use campus_pass::config::{self, Environment};
use campus_pass::domain::Phone;
use campus_pass::domain::pass_code::CodeRead;
use campus_pass::domain::rotating_code::{rotating_code, step_at};
use campus_pass::sandbox::Scan;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{App, ID_NUMBER, Visit, entries_of, pass_of, percent, read_modules, run};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

/// What a reader is answered to content of a kind.
async fn said(app: &App, kind: &str, content: &str) -> String {
    let scan = Scan {
        v: content.to_owned(),
        k: Some(kind.to_owned()),
        ..Scan::default()
    };
    let answer = app.sandbox.scan("G01", scan).await.unwrap().body;
    answer["r"].as_str().unwrap().to_owned()
}

/// The same scan by a device that does not number its scans.
async fn unnumbered(app: &App, device: &'static str, reader: i16, code: &str) -> Value {
    let t = app.ctx.clock.now().timestamp();
    let told = json!({ "dev": device, "rd": reader, "k": "qr", "v": code, "t": t, "dir": null });
    app.gate(device)
        .post("/gate/v1/verify", &told)
        .await
        .expect(200)
}

#[tokio::test]
async fn a_code_is_taken_however_a_reader_delivers_it() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, signed) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let pass = pass_of(&app, &signed).await;
    let rotating = rotating_code(&app.ctx.keys, pass.id, step_at(app.ctx.clock.now()));
    for code in [signed, rotating] {
        for told in [
            code.clone(),
            code.to_lowercase(),
            format!("  {code}\r\n"),
            format!("\u{feff}{code}"),
            format!("\\000001{code}"),
            percent(&format!("\u{feff}\\000001{code}\r\n")),
        ] {
            assert_eq!(said(&app, "qr", &told).await, "ok", "{told:?}");
            assert_eq!(said(&app, "card", &told).await, "ok", "{told:?}");
        }
        let mut cut = code.clone();
        cut.pop();
        assert_eq!(said(&app, "qr", &cut).await, "bad_code");
    }
    assert_eq!(said(&app, "card", "0004455667").await, "unknown");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_picture_of_a_rotating_code_is_worthless_a_step_later() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, signed) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let link = guest.look(&visit).await["visitors"][0]["pass"]["link"].clone();
    let path = link.as_str().unwrap().replace("/p/", "/api/passes/");
    let page = app.get(&path).await.expect(200);
    let rotating = &page["rotating"];
    assert_eq!(
        (&rotating["step_seconds"], &rotating["size"]),
        (&json!(30), &json!(25))
    );
    let codes = rotating["codes"].as_array().unwrap();
    assert_eq!(codes.len(), 21, "this step and ten minutes");
    assert_eq!(codes[0]["from"], "2026-03-02T14:05:00+08:00");
    assert_eq!(codes[20]["from"], "2026-03-02T14:15:00+08:00");
    // Read as a phone's camera reads it, by a crate that has nothing to do with the one that drew it.
    let shown: Vec<_> = codes
        .iter()
        .map(|code| read_modules(&code["rows"]))
        .collect();
    assert!(shown.iter().all(|code| code.len() == 26));
    assert!(
        !page.to_string().contains(&shown[0]),
        "rows of bits and nothing else"
    );
    let mut table = Vec::new();
    for seconds in [0, 30, 59, 60, 600] {
        app.it_is("2026-03-02 14:05");
        app.later(seconds);
        let first = said(&app, "qr", &shown[0]).await;
        let third = said(&app, "qr", &shown[2]).await;
        table.push(format!(
            "{seconds} s: {first}, that of a minute later {third}"
        ));
    }
    assert_snapshot!(table.join("\n"), @"
    0 s: ok, that of a minute later stale_code
    30 s: ok, that of a minute later ok
    59 s: ok, that of a minute later ok
    60 s: stale_code, that of a minute later ok
    600 s: stale_code, that of a minute later stale_code
    ");
    assert_snapshot!(app.gate("G01").scan(&shown[0]).await, @r#"200 {"did":"[id]","disp":[],"hint":"请打开凭证页面重新出示","lv":0,"ok":0,"r":"stale_code","say":"二维码已过期"}"#);
    assert_eq!(page["code_mark"], "核验证件");
    assert_eq!(said(&app, "qr", &signed).await, "ok", "without a network");
    // An old picture is told as such, whatever became of the pass; and on the way out it is no matter.
    guest.withdraw(&visit).await.expect(200);
    assert_eq!(said(&app, "qr", &shown[0]).await, "stale_code");
    assert!(
        app.gate("G03")
            .scan(&shown[0])
            .await
            .contains(r#""alert":"revoked""#)
    );
    let page = app.get(&path).await.expect(200);
    assert_eq!(
        (&page["rotating"], &page["code_mark"]),
        (&json!(null), &json!(null))
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_reader_that_repeats_itself_scans_once() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let first = unnumbered(&app, "G01", 1, &code).await;
    let did = |answer: &Value| answer["did"].as_str().unwrap().to_owned();
    let set = |milliseconds: i64| {
        let start = crate::harness::moment("2026-03-02 14:05");
        app.ctx
            .clock
            .set(start + chrono::Duration::milliseconds(milliseconds));
    };
    for milliseconds in [0, 700, 2999] {
        set(milliseconds);
        let again = unnumbered(&app, "G01", 1, &code).await;
        assert_eq!(again, first, "{milliseconds} ms later, word for word");
    }
    let other = unnumbered(&app, "G01", 2, &code).await;
    assert_ne!(did(&other), did(&first), "another reader");
    let other = unnumbered(&app, "G04", 1, &code).await;
    assert_ne!(did(&other), did(&first), "another device");
    set(3000);
    let next = unnumbered(&app, "G01", 1, &code).await;
    assert_ne!(did(&next), did(&first), "three seconds later");
    // Between two scans of another content the first is still the same one.
    unnumbered(&app, "G01", 1, "FORGED").await;
    assert_eq!(unnumbered(&app, "G01", 1, &code).await, next);
    assert_eq!(entries_of(&app, &code).await, 4);
    // Who numbers their scans means each of them.
    for n in ["a", "b"] {
        let scan = Scan {
            v: code.clone(),
            n: Some(n.to_owned()),
            ..Scan::default()
        };
        app.sandbox.scan("G01", scan).await.unwrap();
    }
    assert_eq!(entries_of(&app, &code).await, 6);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn somebody_is_known_by_their_face_and_by_their_id_card() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut form = guest.form("刘明", FROM, UNTIL).await;
    form["visitor"]["face_photo"] = guest.give_picture("face").await.into();
    form["consent"] = true.into();
    let visit = Visit::of(&guest.post("/api/visits", &form).await.expect(201));
    app.deliver().await;
    app.it_is("2026-03-02 14:05");
    assert_eq!(said(&app, "idcard", ID_NUMBER).await, "unapproved");
    let approver = app.approver("陈静");
    approver.decide(&visit, "approve", "").await.expect(200);
    let code = guest.code(&visit).await;
    let person = pass_of(&app, &code).await.visitor.to_string();
    for (kind, content, expected) in [
        ("idcard", ID_NUMBER, "ok"),
        ("idcard", "11010519491231002x", "ok"),
        ("idcard", "110105491231002", "ok"),
        ("idcard", "H12345678", "unknown"),
        ("idcard", "110105194912310021", "bad_code"),
        ("face", &person, "ok"),
        ("face", "77", "unknown"),
        ("face", "张小雨", "bad_code"),
        ("iris", "1", "unknown"),
    ] {
        assert_eq!(
            said(&app, kind, content).await,
            expected,
            "{kind} {content}"
        );
    }
    // One human is inside once, whatever they show.
    assert_eq!(entries_of(&app, &code).await, 4);
    app.approver("吴敏")
        .list("id_number", ID_NUMBER, "refuse")
        .await;
    assert_eq!(said(&app, "idcard", ID_NUMBER).await, "blocked");
    assert_eq!(said(&app, "face", &person).await, "blocked");
    // Whoever takes their picture back is not known by it any more.
    let face = form["visitor"]["face_photo"].as_str().unwrap().to_owned();
    let request = guest.request(axum::http::Method::DELETE, &format!("/api/photos/{face}"));
    let gone = app
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    assert_eq!(gone.status.as_u16(), 204, "{}", gone.text());
    assert_eq!(said(&app, "face", &person).await, "unknown");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_code_from_before_the_keys_rolled_is_still_read() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let mut given: Vec<(String, String)> = Vec::new();
    for _ in 0..2 {
        let names: Vec<_> = given
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let (status, out, said) = run(&["keys", "roll"], &names);
        assert_eq!(status, 0, "{said}");
        let line = |line: &str| {
            let (name, value) = line.split_once('=').unwrap();
            (
                name.trim_start_matches("CAMPUS_PASS__").to_owned(),
                value.to_owned(),
            )
        };
        given = out.lines().map(line).collect();
    }
    let all = given
        .iter()
        .map(|(name, value)| (format!("CAMPUS_PASS__{name}"), value.clone()));
    let rolled = config::load(None, &Environment::of(all).unwrap())
        .unwrap()
        .keys;
    assert_eq!(rolled.codes.public().count(), 3);
    assert_ne!(rolled.codes.current(), app.ctx.codes.current());
    assert!(matches!(rolled.codes.read(&code), CodeRead::Genuine(_)));
    let phone = app.ctx.seal_phone(&Phone::parse(&guest.phone).unwrap());
    assert!(rolled.ring.open(&phone.sealed).is_ok());
    app.deliver().await;
    app.finish().await;
}
