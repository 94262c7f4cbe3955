//! What must not be read by whoever holds the database, the files or the log.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::http::{Method, Request};
use campus_pass::sandbox::FaultKind;
use sea_orm::{ConnectionTrait, Statement};
use secrecy::ExposeSecret;
use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{App, KNOWN, Resident, json_body};

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A story with everything in it, the wrong turns too; gives the secrets that it moved.
async fn play(app: &App) -> Vec<(&'static str, String)> {
    let guest = app.guest("张小雨").await;
    let mut form = guest
        .form("刘明", "2026-03-02 09:00", "2026-03-02 16:00")
        .await;
    form["note"] = json!("私人来访描述");
    form["visitor"]["items"] = json!("一箱样品");
    form["visitor"]["plate"] = json!("渝AD12345");
    form["visitor"]["face_photo"] = json!(guest.give_picture("face").await);
    form["consent"] = json!(true);
    let key = guest
        .request(Method::POST, "/api/visits")
        .header("idempotency-key", "k");
    let booked = app.send(json_body(key, &form)).await;
    let visit = crate::harness::Visit::of(&booked.expect(201));
    let mut wrong = form.clone();
    wrong["visitor"]["id_number"] = json!("110105194912310021");
    guest.post("/api/visits", &wrong).await.expect(422);
    let approver = app.approver("陈静");
    let named = json!([{ "name": "李四", "phone": "13800000777" }]);
    let invited = json!({ "capacity": 2, "invitees": named });
    let (_, invitation) = app.approver("刘明").invite_with(invited).await;
    app.get(&invitation).await;
    guest.accept(&invitation).await.expect(201);
    guest.register(KNOWN).await;
    let caller = json!({ "phone": "13800000779" });
    let asked = json_body(Request::post("/api/login/sms"), &caller);
    app.send(asked).await.expect(202);
    app.deliver().await;
    let code = app.sandbox.sms_to("13800000779").pop().unwrap().text;
    let (_, code) = code.split_once("验证码为").unwrap();
    let caller = json!({ "phone": "13800000779", "code": code.split_at(6).0 });
    let entered = json_body(Request::post("/api/login/sms/check"), &caller);
    let entered = app.send(entered).await.cookie("campus_guest").unwrap();
    let resident = Resident {
        app,
        phone: "13900000101",
    };
    resident.look(&resident.link()).await.expect(200);
    let session = approver.session().await.to_owned();
    approver.tap_approve(&visit).await;
    for call in ["message/template/send", "qy:message/send", "sms"] {
        app.fault(call, FaultKind::Http500, Some(1));
        app.fault(call, FaultKind::LostAnswer, Some(1));
    }
    app.refusal("sms", "FailedOperation.PhoneNumberInBlacklist", Some(1));
    for _ in 0..6 {
        app.deliver().await;
        app.later(120);
    }
    let link = guest.look(&visit).await["visitors"][0]["pass"]["link"].clone();
    let code = guest.code(&visit).await;
    app.gate("G01").scan(&code).await;
    app.gate("G01").scan("FORGED").await;
    let admin = app.approver("吴敏");
    admin.list("id_number", "H1234567801", "refuse").await;
    admin.list("phone", "13800000778", "notify").await;
    app.deliver().await;
    let oa = &app.settings.official_account;
    let asked = json!({
        "grant_type": "client_credential", "appid": oa.app_id, "secret": oa.secret.expose_secret(),
    });
    let token = Request::post("/sandbox/weixin/cgi-bin/stable_token");
    let token = app.send(json_body(token, &asked)).await.json();
    let device_key = app.settings.sandbox.key.bytes();
    vec![
        ("the visitor's phone", guest.phone.clone()),
        ("the host's phone", "13900000001".to_owned()),
        ("the approver's phone", approver.phone.to_owned()),
        ("an ID number", "11010519491231002".to_owned()),
        ("a wrong ID number", "110105194912310021".to_owned()),
        ("the guest's session", guest.token.clone()),
        ("the approver's session", session),
        ("the link's token", link.as_str().unwrap()[3..].to_owned()),
        ("the invitation's token", invitation[3..].to_owned()),
        ("a phone that logs in", "13800000779".to_owned()),
        ("the session of a phone", entered),
        ("a listed document", "H12345678".to_owned()),
        ("a listed phone", "13800000778".to_owned()),
        ("an invited phone", "13800000777".to_owned()),
        ("a resident's phone", resident.phone.to_owned()),
        ("a resident's token", resident.link()[3..].to_owned()),
        ("the signed code", code),
        (
            "an access token",
            token["access_token"].as_str().unwrap().to_owned(),
        ),
        ("the account's secret", oa.secret.expose_secret().to_owned()),
        (
            "the key of SMS reports",
            app.settings.sms.providers[0]
                .report_key
                .expose_secret()
                .to_owned(),
        ),
        (
            "the device's key",
            data_encoding::HEXLOWER.encode(&device_key),
        ),
    ]
}

#[tokio::test]
async fn nothing_that_is_kept_sealed_lies_open_in_the_database_or_the_folder() {
    let app = App::start().await;
    let secrets = play(&app).await;
    let dump = dump(&app).await;
    assert!(
        dump.contains("张*") && dump.contains("138****0001"),
        "the dump holds masks"
    );
    assert!(dump.lines().count() > 30);
    for (what, secret) in &secrets {
        assert!(
            !dump.contains(secret.as_str()),
            "{what} lies open in the database"
        );
    }
    let files = files(&app.database().folder().join("photos"));
    assert_eq!(files.len(), 2);
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.len() > 500);
        assert_ne!(bytes[..2], [0xff, 0xd8], "a JPEG in clear");
        assert!(!bytes.windows(4).any(|four| four == b"JFIF"));
        assert!(image::guess_format(&bytes).is_err());
    }
    app.finish_owing(&[
        "pass_issued/0 doubtful: refused with FailedOperation.PhoneNumberInBlacklist",
    ])
    .await;
}

#[tokio::test]
async fn the_log_names_nobody_even_at_its_most_talkative() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("debug"))
        .with_writer(log.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let app = App::start().await;
    let mut secrets = play(&app).await;
    drop(guard);
    secrets.extend(
        [
            ("the visitor's name", "张小雨"),
            ("the host's name", "刘明"),
            ("a note", "私人来访描述"),
            ("what was carried", "一箱样品"),
            ("a plate", "AD12345"),
            ("a token in an address", "access_token="),
        ]
        .map(|(what, secret)| (what, secret.to_owned())),
    );
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("a message was taken") && log.contains("DEBUG"),
        "{log}"
    );
    for (what, secret) in secrets {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{what} stands in the log");
    }
    app.finish_owing(&[
        "pass_issued/0 doubtful: refused with FailedOperation.PhoneNumberInBlacklist",
    ])
    .await;
}

/// Every row of every table as text.
async fn dump(app: &App) -> String {
    let db = app.database().connect().await;
    let lines = async |text: String| {
        let asked = Statement::from_string(db.get_database_backend(), text);
        let rows = db.query_all_raw(asked).await.unwrap();
        let line = |row: &sea_orm::QueryResult| row.try_get::<String>("", "line").unwrap();
        rows.iter().map(line).collect::<Vec<_>>()
    };
    let mut dump = Vec::new();
    if app.database().is_postgres() {
        let tables = "select table_name::text as line from information_schema.tables \
            where table_schema = 'public'";
        for table in lines(tables.to_owned()).await {
            dump.extend(lines(format!("select t::text as line from {table} t")).await);
        }
    } else {
        let tables = "select name as line from sqlite_master where type = 'table'";
        for table in lines(tables.to_owned()).await {
            let columns = format!("select name as line from pragma_table_info('{table}')");
            let columns = lines(columns).await.into_iter();
            let text = columns.map(|column| format!("coalesce(cast(\"{column}\" as text), '')"));
            let text = text.collect::<Vec<_>>().join(" || '|' || ");
            dump.extend(lines(format!("select {text} as line from \"{table}\"")).await);
        }
    }
    db.close().await.unwrap();
    dump.join("\n")
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
