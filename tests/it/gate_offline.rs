//! What a device decided by itself, and tells of later.

use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::harness::{App, entries_of, moment, pass_of};
use campus_pass::store::presences;

fn item(n: &str, time: &str, dir: &str, code: &str) -> Value {
    let t = moment(&format!("2026-03-02 {time}")).timestamp();
    json!({ "n": n, "k": "qr", "v": code, "t": t, "rd": 1, "dir": dir, "ok": 1 })
}

/// Sends them and gives what became of each.
async fn tell(app: &App, items: &[Value]) -> Vec<String> {
    let told = json!({ "dev": "G04", "lv": 7, "items": items });
    let answer = app
        .gate("G04")
        .post("/gate/v1/passages", &told)
        .await
        .expect(200);
    let results = answer["res"].as_array().unwrap().iter();
    results
        .map(|result| format!("{} {}", result["n"], result["r"].as_str().unwrap()))
        .collect()
}

async fn kept(app: &App) -> Vec<String> {
    let text = "select nonce || ' ' || reason || ' ' || coalesce(alert, '-') || ' ' || list_version as line
        from passages where offline order by at, nonce";
    let db = &app.ctx.db.read;
    let asked = Statement::from_string(db.get_database_backend(), text);
    let rows = db.query_all_raw(asked).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "line").unwrap())
        .collect()
}

#[tokio::test]
async fn what_happened_is_kept_in_any_order_and_twice_is_once() {
    let mut stories = Vec::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let app = App::start().await;
        let guest = app.guest("张小雨").await;
        let (_, code) = guest.approved().await;
        app.it_is("2026-03-02 15:30");
        let day = [
            item("a", "14:05", "in", &code),
            item("b", "14:20", "out", &code),
            item("c", "14:40", "in", &code),
            item("d", "15:00", "out", &code),
        ];
        // One by one, then all of them again, the device having heard nothing.
        for place in order {
            assert_eq!(tell(&app, &day[place..=place]).await.len(), 1);
        }
        let again = tell(&app, &day).await;
        assert!(
            again.iter().all(|result| result.ends_with(" repeated")),
            "{again:?}"
        );
        let pass = pass_of(&app, &code).await;
        let seen = presences::of_passes(&app.ctx.db.read, [pass.id])
            .await
            .unwrap();
        let seen = seen.into_values().next().unwrap();
        assert_eq!(
            (seen.entries, seen.is_inside(), seen.inside()),
            (2, false, 0)
        );
        stories.push((kept(&app).await, seen));
        app.deliver().await;
        let told = app.approver("刘明").texts();
        assert_eq!(told.iter().filter(|text| text.contains("进入")).count(), 1);
        app.finish().await;
    }
    assert_eq!(
        stories[0].0,
        ["a ok - 7", "b ok - 7", "c ok - 7", "d ok - 7"]
    );
    assert!(stories.iter().all(|story| *story == stories[0]));
}

#[tokio::test]
async fn what_should_not_have_been_is_flagged_and_never_refused() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, code) = guest.approved().await;
    app.it_is("2026-03-02 14:30");
    guest.withdraw(&visit).await.expect(200);
    app.it_is("2026-03-02 17:00");
    let mut refused = item("r", "14:40", "in", &code);
    refused["ok"] = 0.into();
    refused["r"] = "revoked".into();
    let mut tomorrow = item("t", "15:00", "in", &code);
    tomorrow["t"] = (app.ctx.clock.now().timestamp() + 86_400).into();
    let items = [
        item("early", "13:00", "in", &code),
        item("late", "14:45", "in", &code),
        item("out", "15:10", "out", &code),
        item("forged", "15:20", "in", "FORGED"),
        refused,
        tomorrow,
        json!({ "n": "x", "k": "qr" }),
        json!("nonsense"),
    ];
    assert_snapshot!(tell(&app, &items).await.join("\n"), @r#"
    "early" stored
    "late" stored
    "out" stored
    "forged" stored
    "r" stored
    "t" stored
    "x" malformed
    null malformed
    "#);
    assert_snapshot!(kept(&app).await.join("\n"), @"
    early ok not_yet 7
    r revoked - 7
    late ok revoked 7
    out ok revoked 7
    forged ok bad_code 7
    t ok revoked 7
    ");
    let pass = pass_of(&app, &code).await;
    let seen = presences::of_passes(&app.ctx.db.read, [pass.id])
        .await
        .unwrap();
    let seen = seen.into_values().next().unwrap();
    assert_eq!(seen.entries, 3, "what was opened was opened");
    let entered = seen.entered_at;
    assert_eq!(
        entered,
        Some(app.ctx.clock.now()),
        "nobody comes in tomorrow"
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_night_of_records_is_taken_and_no_more_than_a_request_holds() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (_, code) = guest.approved().await;
    app.it_is("2026-03-02 15:30");
    let content = |n: i32| if n < 5 { code.as_str() } else { "FORGED" };
    let items = (0..500).map(|n| item(&format!("n{n}"), "14:05", "in", content(n)));
    let items: Vec<_> = items.collect();
    let told = tell(&app, &items).await;
    assert_eq!(told.len(), 500);
    assert!(told.iter().all(|result| result.ends_with(" stored")));
    assert_eq!(entries_of(&app, &code).await, 5);
    let more: Vec<_> = (0..501)
        .map(|n| item(&format!("m{n}"), "14:05", "in", "X"))
        .collect();
    let told = json!({ "dev": "G04", "lv": 7, "items": more });
    let answer = app.gate("G04").post("/gate/v1/passages", &told).await;
    assert!(answer.problem().starts_with("413 too_large"));
    app.deliver().await;
    app.finish().await;
}
