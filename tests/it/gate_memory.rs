//! What a replica remembers of devices and passes, and that it opens for nobody by what is not true any more.

use std::time::Duration;

use campus_pass::actions::campus::add_device;
use campus_pass::actions::devices::{OPERATOR, revoke};
use campus_pass::actions::rules::{NewRules, set_rules};
use campus_pass::config::Settings;
use campus_pass::domain::campus::{DeviceId, DeviceKey, Direction};
use campus_pass::domain::hours::Hours;

use crate::harness::{App, GATE_KEY, Replica};

const LONG: Duration = Duration::from_mins(1);

fn fresh_for(time: Duration) -> impl FnOnce(&mut Settings) {
    move |settings| settings.gate.fresh_for = time
}

async fn device(app: &App, id: &str) -> DeviceId {
    let id = DeviceId::parse(id).unwrap();
    let key = DeviceKey::new(GATE_KEY);
    add_device(&app.ctx, id.clone(), "东门", Direction::In, &key)
        .await
        .unwrap();
    id
}

async fn closed(app: &App, hours: &str) {
    let rules = NewRules {
        hours: Some(Hours::parse(hours).unwrap()),
        ..NewRules::default()
    };
    set_rules(&app.ctx, "校园区域", rules).await.unwrap();
}

/// Asks until it is answered so; gives what it was answered last.
async fn in_the_end(there: &Replica, device: &str, code: &str, expected: &str) -> String {
    let mut said = String::new();
    for n in 0..300 {
        said = there.scan(device, &format!("{expected}-{n}"), code).await;
        if said.starts_with(expected) {
            return expected.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    said
}

#[tokio::test]
async fn a_replica_that_hears_nothing_opens_for_nobody_by_what_it_remembers() {
    let app = App::start().await;
    let names = ["张小雨", "李四", "王五", "赵六"];
    let mut codes = Vec::new();
    for name in names {
        let guest = app.guest(name).await;
        let (visit, code) = guest.approved().await;
        codes.push((guest, visit, code));
    }
    let (here, gone) = (device(&app, "G60").await, device(&app, "G61").await);
    app.it_is("2026-03-02 14:05");
    let there = app.replica(1, fresh_for(LONG)).await;
    // It knows everybody as somebody who has come in, and both devices.
    for (n, (_, _, code)) in codes.iter().chain(&codes).enumerate() {
        assert_eq!(there.scan("G60", &format!("a{n}"), code).await, "ok");
    }
    assert_eq!(there.scan("G61", "a", &codes[3].2).await, "ok");
    let (guest, visit, code) = &codes[0];
    guest.withdraw(visit).await.expect(200);
    assert_eq!(there.scan("G60", "b", code).await, "revoked");
    let admin = app.approver("吴敏");
    admin.list("name", "李四", "refuse").await;
    assert_eq!(there.scan("G60", "c", &codes[1].2).await, "blocked");
    revoke(&app.ctx, OPERATOR, &gone).await.unwrap();
    assert_eq!(there.scan("G61", "d", &codes[2].2).await, "unavailable");
    closed(&app, "mon-sun 00:00-01:00").await;
    assert_eq!(there.scan("G60", "e", &codes[3].2).await, "area");
    closed(&app, "always").await;
    assert_eq!(there.scan("G60", "f", &codes[3].2).await, "ok");
    assert_eq!(here.as_str(), "G60");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_remembered_is_read_again_in_time() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    let gone = device(&app, "G61").await;
    app.it_is("2026-03-02 14:05");
    let there = app.replica(1, fresh_for(Duration::from_millis(300))).await;
    closed(&app, "mon-sun 00:00-01:00").await;
    assert_eq!(there.scan("G61", "a", &code).await, "area");
    closed(&app, "always").await;
    assert_eq!(in_the_end(&there, "G61", &code, "ok").await, "ok");
    revoke(&app.ctx, OPERATOR, &gone).await.unwrap();
    assert_eq!(in_the_end(&there, "G61", &code, "401").await, "401");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_replica_hears_at_once_what_another_has_changed() {
    let app = App::start().await;
    if !app.database().is_postgres() {
        // SQLite has one service, which knows what it does.
        app.finish().await;
        return;
    }
    let (guest, other) = (app.guest("张小雨").await, app.guest("李四").await);
    let ((visit, code), (_, listed)) = (guest.approved().await, other.approved().await);
    let gone = device(&app, "G61").await;
    app.it_is("2026-03-02 14:05");
    let mut there = app.replica(1, fresh_for(LONG)).await;
    there.hear();
    closed(&app, "mon-sun 00:00-01:00").await;
    assert_eq!(in_the_end(&there, "G61", &code, "area").await, "area");
    closed(&app, "always").await;
    assert_eq!(in_the_end(&there, "G61", &code, "ok").await, "ok");
    assert_eq!(there.scan("G61", "l", &listed).await, "ok");
    let entry = app.approver("吴敏").list("name", "李四", "refuse").await;
    assert_eq!(
        in_the_end(&there, "G61", &listed, "blocked").await,
        "blocked"
    );
    app.approver("吴敏").lift(&entry).await.expect(200);
    assert_eq!(
        in_the_end(&there, "G61", &listed, "revoked").await,
        "revoked"
    );
    guest.withdraw(&visit).await.expect(200);
    assert_eq!(in_the_end(&there, "G61", &code, "revoked").await, "revoked");
    revoke(&app.ctx, OPERATOR, &gone).await.unwrap();
    assert_eq!(in_the_end(&there, "G61", &code, "401").await, "401");
    app.deliver().await;
    app.finish().await;
}
