//! What is masked, in full: one at a time, and written down.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::reveal::{self, Wanted};
use crate::ctx::Ctx;
use crate::domain::Fault;
use crate::domain::actors::Admin;
use crate::http::extract::Json;
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealIn {
    /// `visitor_phone`, `visitor_document` or `staff_phone`.
    #[schema(example = "visitor_phone")]
    what: String,
    /// Of the visitor or the member of staff.
    id: String,
}

impl RevealIn {
    fn wanted(&self) -> Result<Wanted, Problem> {
        let mut f = Fields::default();
        let none = Fault::new("id_invalid", "不是有效的编号");
        let wanted = match self.what.as_str() {
            "visitor_phone" => f.id("id", &self.id, none).map(Wanted::VisitorPhone),
            "visitor_document" => f.id("id", &self.id, none).map(Wanted::VisitorDocument),
            "staff_phone" => f.id("id", &self.id, none).map(Wanted::StaffPhone),
            _ => {
                let sentence = "what 应为 visitor_phone、visitor_document 或 staff_phone";
                f.fault("what", Fault::new("what_unknown", sentence));
                None
            }
        };
        f.finish(wanted)
    }
}

#[derive(Serialize, ToSchema)]
pub struct RevealedOut {
    /// In full.
    value: String,
}

/// Shows one masked value in full, and writes down who has seen it
#[utoipa::path(post, path = "/api/admin/reveal", operation_id = "reveal", tag = "admin",
    request_body = RevealIn,
    responses((status = 200, body = RevealedOut), (status = 403, body = ProblemOut),
        (status = 404, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn reveal(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<RevealIn>,
) -> Result<Response, Problem> {
    let shown = reveal::reveal(&ctx, &by, form.wanted()?).await?;
    let out = Json(RevealedOut { value: shown.0 });
    Ok(([(header::CACHE_CONTROL, "no-store")], out).into_response())
}
