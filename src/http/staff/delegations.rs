//! 委托: who decides in one's place, and for whom one does.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::readers::ReaderOut;
use crate::actions::delegations;
use crate::ctx::Ctx;
use crate::domain::actors::Staff;
use crate::domain::window::campus_time;
use crate::http::extract::{Json, Path};
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{DelegationId, StaffId};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DelegationIn {
    to: StaffId,
    starts_at: DateTime<FixedOffset>,
    /// 90 days later at most.
    ends_at: DateTime<FixedOffset>,
}

#[derive(Serialize, ToSchema)]
pub struct DelegationOut {
    id: DelegationId,
    from: ReaderOut,
    to: ReaderOut,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    /// Whether one has given it, and may end it.
    own: bool,
}

#[derive(Serialize, ToSchema)]
pub struct DelegationsOut {
    items: Vec<DelegationOut>,
}

/// Puts another in one's place for a while
#[utoipa::path(post, path = "/api/staff/delegations", operation_id = "delegate", tag = "staff",
    request_body = DelegationIn,
    responses((status = 201, body = DelegationsOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn make(
    State(ctx): State<Ctx>,
    by: Staff,
    Json(form): Json<DelegationIn>,
) -> Result<(StatusCode, Json<DelegationsOut>), Problem> {
    let span = (
        form.starts_at.with_timezone(&Utc),
        form.ends_at.with_timezone(&Utc),
    );
    delegations::make(&ctx, &by, form.to, span).await?;
    Ok((StatusCode::CREATED, all(&ctx, &by).await?))
}

/// Those given and taken that are not over
#[utoipa::path(get, path = "/api/staff/delegations", operation_id = "delegations", tag = "staff",
    responses((status = 200, body = DelegationsOut)))]
pub async fn list(State(ctx): State<Ctx>, by: Staff) -> Result<Json<DelegationsOut>, Problem> {
    all(&ctx, &by).await
}

/// Ends one's own at once
#[utoipa::path(delete, path = "/api/staff/delegations/{id}", operation_id = "end_delegation", tag = "staff",
    params(("id" = DelegationId, Path)),
    responses((status = 200, body = DelegationsOut), (status = 404, body = ProblemOut)))]
pub async fn end(
    State(ctx): State<Ctx>,
    by: Staff,
    Path(id): Path<DelegationId>,
) -> Result<Json<DelegationsOut>, Problem> {
    delegations::end(&ctx, &by, id).await?;
    all(&ctx, &by).await
}

async fn all(ctx: &Ctx, by: &Staff) -> Result<Json<DelegationsOut>, Problem> {
    let found = delegations::list(ctx, by).await?;
    let items = found.iter().map(|(delegation, from, to)| DelegationOut {
        id: delegation.id,
        from: ReaderOut::of(from),
        to: ReaderOut::of(to),
        starts_at: campus_time(delegation.starts_at),
        ends_at: campus_time(delegation.ends_at),
        own: delegation.from == by.member.id,
    });
    Ok(Json(DelegationsOut {
        items: items.collect(),
    }))
}
