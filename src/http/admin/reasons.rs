//! 来访事由.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::registers::{self, reason_revision};
use crate::ctx::Ctx;
use crate::domain::Title;
use crate::domain::actors::Admin;
use crate::domain::campus::Purpose;
use crate::domain::revision::Revision;
use crate::http::extract::{Json, Path};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::ReasonId;
use crate::store::reasons;

use super::page::PageOut;

#[derive(Serialize, ToSchema)]
pub struct ReasonRowOut {
    id: ReasonId,
    name: String,
    /// Whether it can be chosen for a new visit.
    open: bool,
    /// To be sent back with what is saved.
    #[schema(value_type = String)]
    revision: Revision,
}

impl ReasonRowOut {
    fn of(reason: Purpose) -> Self {
        Self {
            revision: reason_revision(&reason),
            id: reason.id,
            name: reason.name,
            open: reason.open,
        }
    }
}

/// A name for something new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedIn {
    /// 名称, at most 50 characters.
    #[serde(default)]
    name: String,
}

impl NamedIn {
    pub(super) fn title(&self) -> Result<Title, Problem> {
        let mut f = Fields::default();
        let name = f.take("name", Title::parse(&self.name));
        f.finish(name)
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonIn {
    #[serde(default)]
    name: String,
    open: bool,
    /// As it was read.
    revision: String,
}

/// Every reason, oldest first
#[utoipa::path(get, path = "/api/admin/reasons", operation_id = "all_reasons", tag = "admin",
    responses((status = 200, body = PageOut<ReasonRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    _: Admin,
) -> Result<Json<PageOut<ReasonRowOut>>, Problem> {
    let all = reasons::all(&ctx.db.read).await?;
    Ok(Json(PageOut::whole(all, ReasonRowOut::of)))
}

/// Adds a reason
#[utoipa::path(post, path = "/api/admin/reasons", operation_id = "add_reason", tag = "admin",
    request_body = NamedIn,
    responses((status = 201, body = ReasonRowOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<NamedIn>,
) -> Result<(StatusCode, Json<ReasonRowOut>), Problem> {
    let reason = registers::add_reason(&ctx, &by, &form.title()?).await?;
    Ok((StatusCode::CREATED, Json(ReasonRowOut::of(reason))))
}

/// Renames, opens or closes a reason
#[utoipa::path(put, path = "/api/admin/reasons/{id}", operation_id = "save_reason", tag = "admin",
    params(("id" = ReasonId, Path)), request_body = ReasonIn,
    responses((status = 200, body = ReasonRowOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn save(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<ReasonId>,
    Json(form): Json<ReasonIn>,
) -> Result<Json<ReasonRowOut>, Problem> {
    let mut f = Fields::default();
    let name = f.take("name", Title::parse(&form.name));
    let name = f.finish(name)?;
    let saved = registers::save_reason(&ctx, &by, (id, &form.revision), (&name, form.open)).await?;
    Ok(Json(ReasonRowOut::of(saved)))
}
