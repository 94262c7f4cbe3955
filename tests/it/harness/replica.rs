//! Another process of the service on a story's database.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use campus_pass::actions::passages;
use campus_pass::config::Settings;
use campus_pass::ctx::Ctx;
use campus_pass::entropy::Entropy;
use campus_pass::{app, http, jobs, secret};
use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{Answer, App, body};

/// It has a writer of passages, memory and a file in the spool of its own; it dies with the value.
pub struct Replica {
    pub ctx: Ctx,
    pub router: Router,
    tasks: JoinSet<()>,
}

impl App {
    /// Begins another process under this number.
    pub async fn replica(&self, node: u16, change: impl FnOnce(&mut Settings)) -> Replica {
        let mut settings = self.settings.clone();
        settings.server.node = node;
        change(&mut settings);
        let clock = self.ctx.clock.clone();
        let parts = app::assemble(&settings, clock, Entropy::seeded(u64::from(node))).await;
        let parts = parts.unwrap();
        let ctx = parts.site.ctx.clone();
        let mut tasks = JoinSet::new();
        let stop = CancellationToken::new();
        tasks.spawn(passages::write(ctx.clone(), parts.scans, stop));
        let router = http::router(parts.site, None);
        Replica { ctx, router, tasks }
    }
}

impl Replica {
    /// Hears what other replicas tell.
    pub fn hear(&mut self) {
        let job = jobs::hear_news(self.ctx.clone(), CancellationToken::new());
        self.tasks.spawn(job);
    }

    /// What a device with the key of [`GATE_KEY`] is answered to a code: `ok`, or with its alert.
    pub async fn scan(&self, device: &str, n: &str, code: &str) -> String {
        let t = self.ctx.clock.now().timestamp();
        let request = verify(device, n, t, code);
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let answer = Answer::read(answer).await;
        if answer.status != 200 {
            return answer.problem();
        }
        let body = answer.json();
        let said = body["r"].as_str().unwrap();
        match body["alert"].as_str() {
            Some(alert) => format!("{said} {alert}"),
            None => said.to_owned(),
        }
    }
}

/// That of devices that a story adds.
pub const GATE_KEY: [u8; 32] = [7; 32];

/// A scan, signed by the contract's words.
pub fn verify(device: &str, n: &str, t: i64, code: &str) -> Request<Body> {
    let told = json!({"dev": device, "rd": 1, "k": "qr", "v": code, "n": n, "t": t, "dir": null});
    let text = told.to_string();
    let hash = HEXLOWER.encode(&Sha256::digest(&text));
    let signed = format!("POST\n/gate/v1/verify\n{t}\n{n}\n{hash}");
    let signature = HEXLOWER.encode(&secret::hmac_sha256(&GATE_KEY, &[signed]));
    let header = format!("CP1-HMAC-SHA256 dev={device}, t={t}, n={n}, sig={signature}");
    let request = Request::post("/gate/v1/verify").header("authorization", header);
    body(request, text)
}
