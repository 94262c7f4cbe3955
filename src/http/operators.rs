//! For operators: is the process alive, can it do its work, and its figures.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::extract::Json;
use super::state::Site;
use crate::ctx::Standing;

pub async fn healthz() -> &'static str {
    "ok"
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    database: &'static str,
    /// How the last call to each went. None of them makes the service unready: what they owe waits.
    channels: Map<String, Value>,
}

pub async fn readyz(State(site): State<Site>) -> impl IntoResponse {
    let ready = site.ctx.db.ping().await.is_ok();
    let standings = site.clients.health.standings();
    let channel = |name: &'static str| {
        let standing = match standings.get(name) {
            Some(Standing::Up) => json!("up"),
            Some(Standing::Down(why)) => json!({ "down": why }),
            None => json!("not called yet"),
        };
        (name.to_owned(), standing)
    };
    let out = Readiness {
        ready,
        database: if ready { "up" } else { "down" },
        channels: site.clients.channels().into_iter().map(channel).collect(),
    };
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(out))
}

/// The figures, for a listener of their own.
pub fn metrics_router(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(async move || handle.render()))
}
