//! `/gate/v1/verify`: one fast yes or no. A refusal is an answer and so is 200; only protocol faults
//! are not.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::extract::read;
use super::problem::Problem;
use super::reader::Signed;
use super::state::Site;
use crate::actions::passages::{Content, unavailable, verify as decide};
use crate::ctx::Answered;
use crate::domain::campus::Direction;
use crate::domain::gate::Scan;

/// What a device sends; other fields are its own matter.
#[derive(Deserialize)]
struct ScanIn {
    dev: String,
    k: String,
    v: String,
    n: Option<String>,
    dir: Option<String>,
}

pub async fn verify(State(site): State<Site>, signed: Signed) -> Result<Response, Problem> {
    let key = signed.answer_key();
    let scanned: ScanIn = read(&signed.body)?;
    if scanned.dev != signed.reader.device.id.as_str() {
        return Err(Problem::field(
            "dev",
            "device_differs",
            "dev differs from the signature's",
        ));
    }
    if scanned.n.is_some_and(|n| n != signed.nonce) {
        return Err(Problem::field(
            "n",
            "nonce_differs",
            "n differs from the signature's",
        ));
    }
    let direction = match (signed.reader.device.direction, scanned.dir.as_deref()) {
        (Direction::Both, Some("out")) => Direction::Out,
        (Direction::Both, _) => Direction::In,
        (registered, _) => registered,
    };
    let scan = Scan {
        nonce: signed.nonce,
        direction,
    };
    let content = match scanned.k.as_str() {
        "qr" => Content::Qr(scanned.v),
        "plate" => Content::Plate(scanned.v),
        _ => Content::Other,
    };
    match decide(&site.ctx, signed.reader, scan, &content, signed.body_hash).await {
        Ok(Answered::With(body)) => Ok(Signed::answer(&key, StatusCode::OK, body)),
        Ok(Answered::NonceSpent) => Err(Problem::nonce_spent()),
        Err(error) => {
            tracing::error!(%error, "a gate could not be answered");
            Ok(Signed::answer(&key, StatusCode::OK, unavailable(&site.ctx)))
        }
    }
}
