//! What an area asks at its gates: hours, entries a day, nobody in twice; and who is inside.

use campus_pass::actions::devices::{OPERATOR, set_habits};
use campus_pass::actions::rules::{NewRules, set_rules};
use campus_pass::domain::campus::{DeviceId, Habits};
use campus_pass::domain::hours::Hours;
use campus_pass::domain::presence::Presence;
use campus_pass::domain::rules::{Exits, Passback};
use campus_pass::sandbox::Scan;
use campus_pass::store::{audit, gates, presences};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{App, pass_of};

const AREA: &str = "校园区域";

async fn set(app: &App, rules: NewRules) {
    set_rules(&app.ctx, AREA, rules).await.unwrap();
}

/// What a device is answered, as `ok`, or with its alert as `ok passback`. A second goes by.
async fn scanned(app: &App, device: &'static str, code: &str) -> String {
    word(app, device, "qr", code).await
}

async fn word(app: &App, device: &'static str, kind: &str, content: &str) -> String {
    let scan = Scan {
        v: content.to_owned(),
        k: Some(kind.to_owned()),
        ..Scan::default()
    };
    let answer = app.sandbox.scan(device, scan).await.unwrap().body;
    app.later(1);
    let said = answer["r"].as_str().unwrap();
    match answer["alert"].as_str() {
        Some(alert) => format!("{said} {alert}"),
        None => said.to_owned(),
    }
}

async fn presence(app: &App, code: &str) -> Presence {
    let pass = pass_of(app, code).await;
    let all = presences::of_passes(&app.ctx.db.read, [pass.id])
        .await
        .unwrap();
    all.into_values().next().unwrap_or_default()
}

#[tokio::test]
async fn who_is_inside_comes_in_again_only_where_nobody_looks() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let passback = async |passback, reentry_minutes| {
        let rules = NewRules {
            passback: Some(passback),
            reentry_minutes: Some(reentry_minutes),
            ..NewRules::default()
        };
        set(&app, rules).await;
    };
    assert_eq!(scanned(&app, "G01", &code).await, "ok");
    assert!(presence(&app, &code).await.is_inside());
    assert_eq!(scanned(&app, "G01", &code).await, "ok", "nobody looks");
    passback(Passback::Soft, None).await;
    assert_eq!(scanned(&app, "G01", &code).await, "ok passback");
    passback(Passback::Hard, None).await;
    assert_eq!(scanned(&app, "G01", &code).await, "passback");
    assert_snapshot!(app.gate("G01").scan(&code).await, @r#"200 {"did":"[id]","disp":[],"lv":0,"ok":0,"r":"passback","say":"已在校内，请先离校或联系门岗"}"#);

    // Out and in again, by another gate of the area.
    assert_eq!(scanned(&app, "G03", &code).await, "ok");
    assert!(!presence(&app, &code).await.is_inside());
    assert_eq!(
        scanned(&app, "G03", &code).await,
        "ok passback",
        "out twice"
    );
    assert_eq!(scanned(&app, "G04", &code).await, "ok");
    assert_eq!(scanned(&app, "G01", &code).await, "passback");
    // Whoever came in half an hour ago may have left unseen.
    passback(Passback::Hard, Some(30)).await;
    app.later(29 * 60);
    assert_eq!(scanned(&app, "G01", &code).await, "passback");
    app.later(60);
    assert_eq!(scanned(&app, "G01", &code).await, "ok");
    let seen = presence(&app, &code).await;
    assert_eq!((seen.entries, seen.exits), (5, 2));
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_day_has_so_many_entries_and_the_next_has_them_again() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let form = guest.form("刘明", "2026-03-02 14:00", "2026-03-03 16:00");
    let (_, code) = guest.approved_with(&form.await).await;
    let rules = NewRules {
        entries_a_day: Some(Some(2)),
        ..NewRules::default()
    };
    set(&app, rules).await;
    app.it_is("2026-03-02 14:05");
    let mut said = Vec::new();
    for moment in [
        "02 14:05", "02 15:00", "02 16:00", "02 23:59", "03 00:00", "03 00:01", "03 00:02",
    ] {
        app.it_is(&format!("2026-03-{moment}"));
        said.push(scanned(&app, "G01", &code).await);
        assert_eq!(scanned(&app, "G03", &code).await, "ok", "out, always");
    }
    assert_eq!(said, ["ok", "ok", "quota", "quota", "ok", "ok", "quota"]);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn an_area_lets_people_in_in_its_hours_and_out_at_any_time() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let rules = NewRules {
        hours: Some(Hours::parse("mon-fri 06:00-14:30").unwrap()),
        ..NewRules::default()
    };
    set(&app, rules).await;
    assert_eq!(scanned(&app, "G01", &code).await, "ok");
    app.it_is("2026-03-02 14:30");
    assert_snapshot!(app.gate("G01").scan(&code).await, @r#"200 {"did":"[id]","disp":[],"hint":"03月03日06:00 开放","lv":0,"ok":0,"r":"area","say":"不在开放时间"}"#);
    assert_eq!(scanned(&app, "G03", &code).await, "ok");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn whatever_once_was_a_pass_leaves_and_the_rest_as_the_area_says() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    assert_eq!(scanned(&app, "G01", &code).await, "ok");
    app.it_is("2026-03-02 16:01");
    assert_snapshot!(app.gate("G03").scan(&code).await, @r#"200 {"act":{"ms":3000,"relay":0},"alert":"expired","did":"[id]","disp":["张**","校园区域"],"lv":0,"ok":1,"r":"ok","say":"再见，一路平安"}"#);
    for exits in [Exits::Refuse, Exits::Open] {
        let rules = NewRules {
            exits: Some(exits),
            ..NewRules::default()
        };
        set(&app, rules).await;
        let mut said = Vec::new();
        for (kind, content) in [("qr", "FORGED"), ("plate", "渝A12345"), ("plate", "_无_")] {
            said.push(word(&app, "G03", kind, content).await);
        }
        let expected = match exits {
            Exits::Refuse => ["bad_code", "unknown", "bad_code"],
            Exits::Open => ["ok bad_code", "ok unknown", "ok bad_code"],
        };
        assert_eq!(said, expected);
        assert_eq!(scanned(&app, "G01", "FORGED").await, "bad_code", "never in");
    }
    assert_eq!(guest.look(&visit).await["stage"], "completed");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn where_the_lane_tells_nobody_is_inside_before_it_turned() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    app.it_is("2026-03-02 14:05");
    let device = DeviceId::parse("G01").unwrap();
    let habits = Habits {
        reports_passed: true,
        ..Habits::default()
    };
    set_habits(&app.ctx, OPERATOR, &device, habits)
        .await
        .unwrap();
    let known = gates::find_device(&app.ctx.db.read, &device).await;
    assert_eq!(known.unwrap().unwrap().habits, habits);
    let gate = app.gate("G01");
    let scan = app.sandbox.scan(
        "G01",
        Scan {
            v: code.clone(),
            ..Scan::default()
        },
    );
    let opened = scan.await.unwrap().body;
    assert_eq!(opened["r"], "ok");
    assert!(!presence(&app, &code).await.is_inside());
    app.deliver().await;
    let told = async || {
        let texts = app.approver("刘明").texts();
        texts.iter().filter(|text| text.contains("进入")).count()
    };
    assert_eq!(told().await, 0, "not before they are in");

    let passed = |did: &Value, n: &str| json!({ "dev": "G01", "did": did, "n": n });
    let foreign = app
        .gate("G04")
        .post(
            "/gate/v1/passed",
            &json!({ "dev": "G04", "did": opened["did"] }),
        )
        .await;
    assert_snapshot!(foreign.problem(), @"404 not_found 没有找到");
    for (n, entries) in [("p1", 1), ("p2", 1)] {
        let answer = gate
            .post("/gate/v1/passed", &passed(&opened["did"], n))
            .await;
        assert_eq!(answer.expect(200)["ok"], 1);
        let seen = presence(&app, &code).await;
        assert_eq!((seen.is_inside(), seen.entries), (true, entries));
    }
    app.deliver().await;
    assert_eq!(told().await, 1);
    // What did not open cannot be gone through.
    let refused = app
        .sandbox
        .scan(
            "G01",
            Scan {
                v: "FORGED".into(),
                ..Scan::default()
            },
        )
        .await;
    let did = &refused.unwrap().body["did"];
    let answer = gate.post("/gate/v1/passed", &passed(did, "p3")).await;
    assert_eq!(answer.status, 404);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn rules_are_written_down_with_who_set_them() {
    let app = App::start().await;
    let rules = NewRules {
        passback: Some(Passback::Hard),
        ..NewRules::default()
    };
    let area = set_rules(&app.ctx, AREA, rules).await.unwrap();
    assert_eq!(area.rules.passback, Passback::Hard);
    let again = set_rules(&app.ctx, AREA, NewRules::default())
        .await
        .unwrap();
    assert_eq!(again.rules, area.rules, "what is left out stays");
    let lines = audit::about(&app.ctx.db.read, &format!("area:{}", area.id)).await;
    let lines = lines.unwrap();
    assert_eq!(lines.len(), 1, "nothing was changed the second time");
    assert!(lines[0].starts_with("operator area.rules "));
    let (before, after) = lines[0].split_once(" → ").unwrap();
    assert!(before.contains(" passback=off ") && after.contains(" passback=hard "));
    app.finish().await;
}
