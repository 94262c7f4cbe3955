//! While the database cannot be asked: gates open for what is signed where their area wants it, and what was
//! opened comes home.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use campus_pass::actions::campus::add_device;
use campus_pass::actions::rules::{NewRules, set_rules};
use campus_pass::domain::campus::{DeviceId, DeviceKey, Direction};
use campus_pass::domain::rules::Outage;
use campus_pass::store::presences;
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::Value;

use crate::harness::{App, GATE_KEY, entries_of, pass_of};

/// A database that lost its passes for a while: nothing about them can be read or written.
struct Broken(DatabaseConnection);

impl Broken {
    async fn of(app: &App) -> Self {
        let broken = Self(app.database().connect().await);
        broken.run("alter table passes rename to passes_away").await;
        broken
    }

    async fn mended(self) {
        self.run("alter table passes_away rename to passes").await;
        self.0.close().await.unwrap();
    }

    async fn run(&self, statement: &str) {
        self.0.execute_unprepared(statement).await.unwrap();
    }
}

async fn kept(app: &App) -> Vec<String> {
    let db = &app.ctx.db.read;
    let all = "select reason, alert, direction from passages order by at, id";
    let all = Statement::from_string(db.get_database_backend(), all);
    let rows = db.query_all_raw(all).await.unwrap();
    let line = |row: &sea_orm::QueryResult| {
        let word = |name| row.try_get::<Option<String>>("", name).unwrap();
        let words = ["reason", "alert", "direction"].map(|name| word(name).unwrap_or_default());
        words.join(" ")
    };
    rows.iter().map(line).collect()
}

/// What is kept once there is as much.
async fn kept_once(app: &App, number: usize) -> Vec<String> {
    for _ in 0..1000 {
        let kept = kept(app).await;
        if kept.len() >= number {
            return kept;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not kept: {:?}", kept(app).await);
}

fn spool(app: &App, node: u16) -> PathBuf {
    let name = format!("spool/passages-{node}.jsonl");
    app.database().folder().join(name)
}

/// Nothing waits any more: the file goes when what lay in it is stored.
async fn emptied(spool: &Path) {
    for _ in 0..500 {
        if !spool.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the spool is still there");
}

async fn wants(app: &App, outage: Outage) {
    let rules = NewRules {
        outage: Some(outage),
        ..NewRules::default()
    };
    set_rules(&app.ctx, "校园区域", rules).await.unwrap();
}

async fn devices(app: &App) {
    for (id, way) in [("G50", Direction::In), ("G51", Direction::Out)] {
        let (id, key) = (DeviceId::parse(id).unwrap(), DeviceKey::new(GATE_KEY));
        add_device(&app.ctx, id, "东门", way, &key).await.unwrap();
    }
}

#[tokio::test]
async fn where_the_area_wants_it_a_gate_opens_for_what_is_signed_and_it_comes_home() {
    let app = App::start().await;
    let (one, two) = (app.guest("张小雨").await, app.guest("李四").await);
    let ((_, seen), (_, unseen)) = (one.approved().await, two.approved().await);
    wants(&app, Outage::Signed).await;
    devices(&app).await;
    app.it_is("2026-03-02 14:05");
    let there = app.replica(1, |_| {}).await;
    assert_eq!(there.scan("G51", "known", "FORGED").await, "bad_code");
    assert_eq!(there.scan("G50", "before", &seen).await, "ok");
    let broken = Broken::of(&app).await;
    app.later(60);
    // Who was seen a moment ago, whom nobody has seen, and the way out.
    assert_eq!(there.scan("G50", "1", &seen).await, "ok unavailable");
    assert_eq!(there.scan("G50", "2", &unseen).await, "ok unavailable");
    assert_eq!(there.scan("G51", "3", &seen).await, "ok unavailable");
    assert_eq!(there.scan("G50", "1", &seen).await, "ok unavailable");
    assert!(there.scan("G50", "1", &unseen).await.starts_with("409"));
    // What is signed is looked at all the same.
    assert_eq!(there.scan("G50", "4", "FORGED").await, "bad_code");
    let lines = fs::read_to_string(spool(&app, 1)).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let nonces: Vec<_> = lines.iter().map(|line| line["nonce"].as_str()).collect();
    assert_eq!(nonces, [Some("1"), Some("2"), Some("3")]);
    let text = format!("{lines:?}");
    for secret in ["张小雨", "李四", &seen, &unseen] {
        assert!(!text.contains(secret), "{secret} lies in the spool");
    }
    app.it_is("2026-03-03 14:05");
    assert_eq!(there.scan("G50", "5", &seen).await, "expired");
    broken.mended().await;
    let kept = kept_once(&app, 5).await;
    assert_snapshot!(kept.join("\n"), @"
    bad_code  out
    ok  in
    ok unavailable in
    ok unavailable in
    ok unavailable out
    ");
    emptied(&spool(&app, 1)).await;
    let pass = pass_of(&app, &seen).await;
    let inside = presences::of_passes(&app.ctx.db.read, [pass.id]).await;
    let inside = inside.unwrap().into_values().next().unwrap();
    assert_eq!((inside.entries, inside.exits), (2, 1));
    assert_eq!(entries_of(&app, &unseen).await, 1);
    let due = app.owed("due").await;
    let arrived = due.iter().filter(|line| line.starts_with("guest_arrived"));
    let arrived = arrived.count();
    assert_eq!(arrived, 2, "the host hears of both, each once");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn where_it_does_not_or_nothing_can_be_kept_nobody_comes_in() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    devices(&app).await;
    app.it_is("2026-03-02 14:05");
    let there = app.replica(1, |_| {}).await;
    assert_eq!(there.scan("G50", "before", &code).await, "ok");
    assert_eq!(there.scan("G51", "after", &code).await, "ok");
    let broken = Broken::of(&app).await;
    assert_eq!(there.scan("G50", "1", &code).await, "unavailable");
    assert_eq!(
        there.scan("G51", "2", &code).await,
        "ok unavailable",
        "nobody is locked in"
    );
    broken.mended().await;
    kept_once(&app, 3).await;
    wants(&app, Outage::Signed).await;
    let nowhere = |settings: &mut campus_pass::config::Settings| {
        settings.gate.spool = "/dev/null/spool".into();
    };
    let there = app.replica(2, nowhere).await;
    assert_eq!(there.scan("G50", "3", &code).await, "ok");
    let broken = Broken::of(&app).await;
    assert_eq!(there.scan("G50", "4", &code).await, "unavailable");
    assert_eq!(there.scan("G51", "5", &code).await, "unavailable");
    broken.mended().await;
    assert_eq!(kept(&app).await.len(), 4, "what did not open is not there");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn what_a_process_kept_before_it_died_the_next_one_stores() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = guest.approved().await;
    wants(&app, Outage::Signed).await;
    devices(&app).await;
    app.it_is("2026-03-02 14:05");
    let there = app.replica(1, |_| {}).await;
    assert_eq!(there.scan("G50", "0", &code).await, "ok");
    let broken = Broken::of(&app).await;
    app.later(60);
    assert_eq!(there.scan("G50", "1", &code).await, "ok unavailable");
    app.later(60);
    assert_eq!(there.scan("G50", "2", &code).await, "ok unavailable");
    drop(there);
    // The power went while a line was written. The next line is not lost with it.
    tear(&spool(&app, 1));
    let there = app.replica(1, |_| {}).await;
    app.later(60);
    assert_eq!(there.scan("G50", "3", &code).await, "ok unavailable");
    drop(there);
    tear(&spool(&app, 1));
    let lines = fs::read(spool(&app, 1)).unwrap();
    broken.mended().await;
    // And before it comes home it is found that it should not have been.
    app.later(-150);
    guest.withdraw(&visit).await.expect(200);
    app.later(150);
    let next = app.replica(1, |_| {}).await;
    assert_snapshot!(kept_once(&app, 4).await.join("\n"), @"
    ok  in
    ok revoked in
    ok revoked in
    ok revoked in
    ");
    assert_eq!(entries_of(&app, &code).await, 4);
    // Stored once more, since the file was still there, they are what they were.
    drop(next);
    fs::write(spool(&app, 1), lines).unwrap();
    let _next = app.replica(1, |_| {}).await;
    while spool(&app, 1).exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(kept(&app).await.len(), 4);
    assert_eq!(entries_of(&app, &code).await, 4);
    app.deliver().await;
    app.finish().await;
}

/// A line as it lies there when the power goes in the midst of it.
fn tear(file: &Path) {
    let mut lines = fs::read(file).unwrap();
    lines.extend_from_slice(br#"{"id":"7","gate"#);
    fs::write(file, &lines).unwrap();
}

#[tokio::test]
async fn what_makes_no_sense_in_the_file_is_put_aside_and_keeps_nothing_back() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    wants(&app, Outage::Signed).await;
    devices(&app).await;
    app.it_is("2026-03-02 14:05");
    let there = app.replica(1, |_| {}).await;
    let broken = Broken::of(&app).await;
    assert_eq!(there.scan("G50", "1", &code).await, "ok unavailable");
    drop(there);
    let lines = fs::read_to_string(spool(&app, 1)).unwrap();
    fs::write(spool(&app, 1), format!("{{\"id\":7}}\n{lines}")).unwrap();
    broken.mended().await;
    let _next = app.replica(1, |_| {}).await;
    kept_once(&app, 1).await;
    while spool(&app, 1).exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let aside = spool(&app, 1).with_extension("unreadable");
    assert_eq!(fs::read_to_string(aside).unwrap(), "{\"id\":7}\n");
    app.deliver().await;
    app.finish().await;
}
