//! The gates, the faults and the log.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::Refused;
use crate::sandbox::{Exchange, Fault, Sandbox, Scan, Scanned, Unpushed};

/// Holds a code before a reader.
#[utoipa::path(post, path = "/control/gate/{dev}/scan", tag = "outside", request_body = Scan,
    responses((status = 200, body = Scanned), (status = 404, body = Refused),
        (status = 502, body = Refused)))]
pub(super) async fn scan(
    State(sandbox): State<Sandbox>,
    Path(dev): Path<String>,
    Json(scan): Json<Scan>,
) -> Result<Json<Scanned>, Unpushed> {
    sandbox.scan(&dev, scan).await.map(Json)
}

/// The faults in force.
#[utoipa::path(get, path = "/control/faults", tag = "outside",
    responses((status = 200, body = Vec<Fault>)))]
pub(super) async fn faults(State(sandbox): State<Sandbox>) -> Json<Vec<Fault>> {
    Json(sandbox.faults())
}

/// Adds a fault that the service's calls run into.
#[utoipa::path(post, path = "/control/faults", tag = "outside", request_body = Fault,
    responses((status = 204)))]
pub(super) async fn add_fault(
    State(sandbox): State<Sandbox>,
    Json(fault): Json<Fault>,
) -> StatusCode {
    sandbox.add_fault(fault);
    StatusCode::NO_CONTENT
}

/// Lifts every fault and lets hanging calls go.
#[utoipa::path(delete, path = "/control/faults", tag = "outside", responses((status = 204)))]
pub(super) async fn clear_faults(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.clear_faults();
    StatusCode::NO_CONTENT
}

/// Makes every access token worthless.
#[utoipa::path(post, path = "/control/tokens/revoke", tag = "outside", responses((status = 204)))]
pub(super) async fn revoke_tokens(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.revoke_tokens();
    StatusCode::NO_CONTENT
}

/// The last 500 exchanges, oldest first.
#[utoipa::path(get, path = "/control/log", tag = "outside",
    responses((status = 200, body = Vec<Exchange>)))]
pub(super) async fn log(State(sandbox): State<Sandbox>) -> Json<Vec<Exchange>> {
    Json(sandbox.log())
}
