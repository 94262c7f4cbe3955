//! `POST /gate/v1/verify`: one fast yes or no.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{must_be, way};
use crate::actions::passages::{fingerprint, unavailable, verify as decide};
use crate::ctx::Answered;
use crate::domain::gate::{Content, Kind, Scan};
use crate::http::extract::read;
use crate::http::problem::Problem;
use crate::http::reader::Signed;
use crate::http::state::Site;

/// What a device sends; other fields are its own matter.
#[derive(Deserialize)]
struct ScanIn {
    dev: String,
    /// Which of the device's readers.
    #[serde(default)]
    rd: i16,
    k: String,
    v: String,
    n: Option<String>,
    dir: Option<String>,
}

pub async fn verify(State(site): State<Site>, signed: Signed) -> Result<Response, Problem> {
    let key = signed.answer_key();
    let scanned: ScanIn = read(&signed.body)?;
    must_be(&signed, &scanned.dev)?;
    if scanned.n.as_ref().is_some_and(|n| *n != signed.nonce) {
        return Err(Problem::field(
            "n",
            "nonce_differs",
            "n differs from the signature's",
        ));
    }
    let content = Content {
        kind: Kind::parse(&scanned.k),
        text: scanned.v,
    };
    let unnumbered = scanned.n.is_none();
    let repeats = unnumbered.then(|| fingerprint(&site.ctx, &content));
    let scan = Scan {
        nonce: signed.nonce,
        repeats,
        reader: scanned.rd,
        kind: content.kind,
        direction: way(signed.reader.device.direction, scanned.dir.as_deref()),
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
