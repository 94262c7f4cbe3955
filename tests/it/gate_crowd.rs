//! Many at the gates at once: on SQLite whoever depends on nobody else is answered before the tables have it, and
//! nobody is let in who would not be alone.

use std::time::Duration;

use campus_pass::actions::campus::add_device;
use campus_pass::actions::rules::{NewRules, set_rules};
use campus_pass::domain::campus::{DeviceId, DeviceKey, Direction};
use campus_pass::domain::hours::Hours;
use campus_pass::domain::rules::Passback;
use futures::future::join_all;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::harness::{App, GATE_KEY, Replica, entries_of};

const GATES: usize = 8;

/// A process that remembers for long, and one reader at each of its gates.
async fn at_the_gates(app: &App) -> Replica {
    for n in 0..GATES {
        let (id, key) = (
            DeviceId::parse(&format!("G7{n}")).unwrap(),
            DeviceKey::new(GATE_KEY),
        );
        let added = add_device(&app.ctx, id, "东门", Direction::In, &key).await;
        added.unwrap();
    }
    app.it_is("2026-03-02 14:05");
    let remembers = |settings: &mut campus_pass::config::Settings| {
        settings.gate.fresh_for = Duration::from_mins(1);
    };
    app.replica(1, remembers).await
}

/// What a code is answered at all gates at once.
async fn crowd(there: &Replica, mark: &str, code: &str) -> Vec<String> {
    let devices: Vec<_> = (0..GATES).map(|n| format!("G7{n}")).collect();
    let scans = devices.iter().map(|device| there.scan(device, mark, code));
    join_all(scans).await
}

/// What was answered under this number is in no memory of answers.
fn forget(there: &Replica, mark: &str) {
    for n in 0..GATES {
        let device = DeviceId::parse(&format!("G7{n}")).unwrap();
        there
            .ctx
            .caches
            .gates
            .answers
            .remove(&(device, mark.to_owned()));
    }
}

async fn count(db: &DatabaseConnection, table: &str) -> i64 {
    let count = format!("select count(*) as n from {table}");
    let count = Statement::from_string(db.get_database_backend(), count);
    let row = db.query_one_raw(count).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

async fn stored(app: &App, expected: i64) {
    for _ in 0..500 {
        if count(&app.ctx.db.read, "passages").await >= expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not stored");
}

#[tokio::test]
async fn a_crowd_is_answered_while_nobody_can_write_and_stored_afterwards() {
    let app = App::start().await;
    if app.database().is_postgres() {
        // There every opening is in the tables before it is told.
        app.finish().await;
        return;
    }
    let (guest, other) = (app.guest("张小雨").await, app.guest("李四").await);
    let ((_, code), (_, others)) = (guest.approved().await, other.approved().await);
    let there = at_the_gates(&app).await;
    // Everybody is known, and the hosts have heard of it.
    assert_eq!(crowd(&there, "other", &others).await, ["ok"; GATES]);
    assert_eq!(crowd(&there, "first", &code).await, ["ok"; GATES]);
    assert_eq!(crowd(&there, "again", &code).await, ["ok"; GATES]);
    stored(&app, 24).await;
    app.deliver().await;
    let told = app.approver("刘明").texts().join("\n");
    assert_eq!(told.matches("进入校园区域").count(), 2, "{told}");
    let writer = app.database().connect().await;
    writer.execute_unprepared("begin immediate").await.unwrap();
    assert_eq!(crowd(&there, "crowd", &code).await, ["ok"; GATES]);
    assert_eq!(count(&app.ctx.db.read, "passages").await, 24);
    // Whoever asks again gets the same, and nobody a second opening for another's number, whatever is forgotten.
    forget(&there, "crowd");
    assert_eq!(crowd(&there, "crowd", &code).await, ["ok"; GATES]);
    forget(&there, "crowd");
    let spent = crowd(&there, "crowd", &others).await;
    assert!(
        spent.iter().all(|said| said.starts_with("409")),
        "{spent:?}"
    );
    writer.execute_unprepared("rollback").await.unwrap();
    writer.close().await.unwrap();
    stored(&app, 32).await;
    assert_eq!(entries_of(&app, &code).await, 24, "each counted, and once");
    app.finish().await;
}

#[tokio::test]
async fn a_crowd_gets_in_by_nothing_that_was_true_before() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = guest.approved().await;
    let there = at_the_gates(&app).await;
    assert_eq!(crowd(&there, "before", &code).await, ["ok"; GATES]);
    let closed = NewRules {
        hours: Some(Hours::parse("mon-sun 00:00-01:00").unwrap()),
        ..NewRules::default()
    };
    set_rules(&app.ctx, "校园区域", closed).await.unwrap();
    assert_eq!(crowd(&there, "closed", &code).await, ["area"; GATES]);
    guest.withdraw(&visit).await.expect(200);
    assert_eq!(crowd(&there, "revoked", &code).await, ["revoked"; GATES]);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn of_a_crowd_with_one_code_as_many_come_in_as_the_area_wants() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    let there = at_the_gates(&app).await;
    let rules = |passback, entries_a_day| NewRules {
        passback,
        entries_a_day,
        ..NewRules::default()
    };
    let hard = rules(Some(Passback::Hard), None);
    set_rules(&app.ctx, "校园区域", hard).await.unwrap();
    let mut said = crowd(&there, "hard", &code).await;
    said.sort();
    let mut expected = ["passback"; GATES];
    expected[0] = "ok";
    assert_eq!(said, expected);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn two_scans_of_one_number_at_once_are_one_whatever_way_each_would_go() {
    let app = App::start().await;
    let (guest, other) = (app.guest("张小雨").await, app.guest("李四").await);
    let ((visit, code), (_, others)) = (guest.approved().await, other.approved().await);
    let there = at_the_gates(&app).await;
    assert_eq!(crowd(&there, "known", &code).await, ["ok"; GATES]);
    assert_eq!(crowd(&there, "too", &others).await, ["ok"; GATES]);
    stored(&app, 16).await;
    // As people who have come in; then behind this process's back, so that it is looked at behind the lock.
    assert_eq!(crowd(&there, "again", &code).await, ["ok"; GATES]);
    assert_eq!(crowd(&there, "anew", &others).await, ["ok"; GATES]);
    guest.withdraw(&visit).await.expect(200);
    let devices: Vec<_> = (0..GATES).map(|n| format!("G7{n}")).collect();
    let both = devices
        .iter()
        .flat_map(|device| [&code, &others].map(|code| there.scan(device, "one", code)));
    let said = join_all(both).await;
    let refused = said.iter().step_by(2).filter(|said| *said == "revoked");
    assert_eq!(refused.count(), GATES, "{said:?}");
    let spent = said.iter().skip(1).step_by(2);
    assert!(
        spent.clone().all(|said| said.starts_with("409")),
        "{said:?}"
    );
    stored(&app, 40).await;
    app.deliver().await;
    app.finish().await;
}
