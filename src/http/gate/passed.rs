//! `POST /gate/v1/passed`: the lane really turned.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::must_be;
use crate::actions::passages::{self, Told};
use crate::http::extract::read;
use crate::http::problem::Problem;
use crate::http::reader::Signed;
use crate::http::state::Site;
use crate::ids::PassageId;

/// What a device sends; other fields are its own matter.
#[derive(Deserialize)]
struct PassedIn {
    dev: String,
    /// The decision by which it had opened.
    did: PassageId,
}

#[derive(Serialize)]
struct PassedOut {
    ok: u8,
    st: i64,
}

/// Once is as good as twice; what this device did not open for is not found.
pub async fn passed(State(site): State<Site>, signed: Signed) -> Result<Response, Problem> {
    let told: PassedIn = read(&signed.body)?;
    must_be(&signed, &told.dev)?;
    match passages::passed(&site.ctx, &signed.reader, told.did).await? {
        Told::Noted => {
            let st = site.ctx.clock.now().timestamp();
            signed.answer_key().json(&PassedOut { ok: 1, st })
        }
        Told::NoSuchOpening => Err(Problem::not_found()),
    }
}
