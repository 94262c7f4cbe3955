//! A process that is killed under load: whatever it answered is found again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use campus_pass::actions::campus::add_device;
use campus_pass::clock::Clock;
use campus_pass::domain::campus::{DeviceId, DeviceKey, Direction};
use campus_pass::domain::window::screen_time;
use campus_pass::entropy::Entropy;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::harness::{App, GATE_KEY, Service, client, entries_of, signed_scan};

const DEATHS: usize = 50;
const GATES: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_processes_killed_under_load_every_opening_is_found_again() {
    let app = App::start().await;
    // The processes live by the world's clock.
    let now = Clock::System.now();
    app.ctx.clock.set(now);
    let guest = app.guest("张小雨").await;
    let (from, until) = (
        screen_time(now),
        screen_time(now + chrono::Duration::hours(3)),
    );
    let form = guest.form("刘明", &from[..16], &until[..16]).await;
    let (_, code) = guest.approved_with(&form).await;
    for n in 0..GATES {
        let (id, key) = (
            DeviceId::parse(&format!("G{n:02}-C")).unwrap(),
            DeviceKey::new(GATE_KEY),
        );
        add_device(&app.ctx, id, "东门", Direction::In, &key)
            .await
            .unwrap();
    }
    // The host has heard of the arrival: no process dies with the message in its hands.
    assert!(app.gate("G01").scan(&code).await.contains(r#""r":"ok""#));
    app.deliver().await;
    let code = Arc::new(code);
    let entropy = Entropy::seeded(50);
    let mut answered: Vec<(String, String)> = Vec::new();
    for death in 0..DEATHS {
        let [after] = entropy.bytes::<1>();
        answered.extend(one_life(&app, &code, death, usize::from(after % 97) + 1).await);
    }
    assert!(answered.len() > DEATHS, "they did open: {}", answered.len());
    // What the last one had flushed and not stored is the business of the next.
    one_life(&app, &code, DEATHS, 1).await;
    // Read back by a connection that had nothing to do with it.
    let db = app.database().connect().await;
    let kept = Statement::from_string(
        db.get_database_backend(),
        "select id, nonce from passages where reason = 'ok'",
    );
    let kept = db.query_all_raw(kept).await.unwrap();
    let mut kept: Vec<(String, String)> = kept
        .iter()
        .map(|row| {
            let id: i64 = row.try_get("", "id").unwrap();
            (id.to_string(), row.try_get("", "nonce").unwrap())
        })
        .collect();
    kept.sort();
    for opening in &answered {
        assert!(kept.binary_search(opening).is_ok(), "{opening:?} is lost");
    }
    let entries = usize::try_from(entries_of(&app, &code).await).unwrap();
    assert_eq!(entries, kept.len(), "each is counted, and once");
    db.close().await.unwrap();
    app.deliver().await;
    app.finish().await;
}

/// A process that lives until it has opened so often; gives the openings that were answered, by the decision and
/// the device's number.
async fn one_life(
    app: &App,
    code: &Arc<String>,
    death: usize,
    openings: usize,
) -> Vec<(String, String)> {
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let folder = app.database().folder();
    let settings = [
        ("DATABASE__URL", app.database().text()),
        ("SERVER__LISTEN", free.to_string()),
        ("SERVER__PUBLIC_URL", format!("http://{free}")),
        ("SERVER__METRICS_LISTEN", String::new()),
        ("SERVER__NODE", "2".to_owned()),
        (
            "PHOTOS__FOLDER",
            folder.join("photos").display().to_string(),
        ),
        ("GATE__SPOOL", folder.join("spool").display().to_string()),
    ];
    let settings: Vec<_> = settings.map(|(key, value)| (key.to_owned(), value)).into();
    let service = Service::start(&settings).await;
    let (opened, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut gates = JoinSet::new();
    for gate in 0..GATES {
        let (code, opened, enough) = (code.clone(), opened.clone(), enough.clone());
        gates.spawn(async move {
            let http = client();
            let mut answered = Vec::new();
            for n in 0.. {
                let nonce = format!("{death}-{gate}-{n}");
                let device = format!("G{gate:02}-C");
                let t = Clock::System.now().timestamp();
                let (header, body) = signed_scan(&device, &nonce, t, &code);
                let url = format!("http://{free}/gate/v1/verify");
                let asked = http.post(url).header("authorization", header).body(body);
                let Ok(answer) = asked.send().await else {
                    break;
                };
                let Ok(told) = answer.json::<Value>().await else {
                    break;
                };
                if told["r"] == "ok" {
                    answered.push((told["did"].as_str().unwrap().to_owned(), nonce));
                    if opened.fetch_add(1, Ordering::SeqCst) + 1 == openings {
                        enough.notify_one();
                    }
                }
            }
            answered
        });
    }
    let waited = tokio::time::timeout(Duration::from_mins(1), enough.notified()).await;
    waited.expect("it opens");
    service.kill();
    gates.join_all().await.concat()
}
