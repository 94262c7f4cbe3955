//! The link of a resident: who comes, and 我不认识此人. Whoever holds it speaks for the resident.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::registrations::{self, Word};
use crate::ctx::Ctx;
use crate::domain::visit::Stage;
use crate::domain::window::campus_time;
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::state::Site;
use crate::secret::Masked;
use crate::store::visit_facts::VisitFacts;

/// Who is registered to visit, as the resident sees it.
#[derive(Serialize, ToSchema)]
pub struct ComingOut {
    /// 访客姓名, masked.
    #[schema(value_type = String, example = "张**")]
    visitor: Masked,
    #[schema(value_type = String)]
    phone: Masked,
    plate: Option<String>,
    area: String,
    /// 门牌号.
    #[schema(example = "3-2-501")]
    house: String,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    /// As in a visit of one's own, and always the true one.
    #[schema(example = "approved")]
    stage: &'static str,
    #[schema(example = "已通过")]
    stage_text: &'static str,
    /// Whether the visitor has come in.
    arrived: bool,
    /// Whether 同意 would be taken now.
    can_expect: bool,
    /// Whether 我不认识此人 would be taken now.
    can_disown: bool,
}

impl ComingOut {
    fn of(facts: &VisitFacts) -> Option<Self> {
        let (visit, visitor) = (&facts.visit, facts.visitors.first()?);
        let pending = visit.stage == Stage::Pending;
        Some(Self {
            visitor: Masked::name(visitor.name.as_str()),
            phone: visitor.phone.mask.clone(),
            plate: visitor.plate.as_ref().map(|p| p.as_str().to_owned()),
            area: facts.area.name.clone(),
            house: facts.registration.as_ref()?.house.as_str().to_owned(),
            starts_at: campus_time(visit.window.from()),
            ends_at: campus_time(visit.window.until()),
            stage: visit.stage.as_str(),
            stage_text: visit.stage.word(),
            arrived: visit.arrived_at.is_some(),
            can_expect: pending,
            can_disown: pending || matches!(visit.stage, Stage::Approved { .. }),
        })
    }
}

/// The registration behind a resident's link
#[utoipa::path(get, path = "/api/coming/{token}", operation_id = "find_coming", tag = "resident",
    params(("token" = String, Path)),
    responses((status = 200, body = ComingOut), (status = 404, body = ProblemOut)))]
pub async fn find(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    site.doors.limits.link(from)?;
    one(&site.ctx, &token).await
}

/// 同意, where residents are asked first; said again it changes nothing
#[utoipa::path(post, path = "/api/coming/{token}/expect", tag = "resident",
    params(("token" = String, Path)),
    responses((status = 200, body = ComingOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut)))]
pub async fn expect(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    site.doors.limits.link(from)?;
    registrations::say(&site.ctx, &token, Word::Expected).await?;
    one(&site.ctx, &token).await
}

/// 我不认识此人: ends the visit and revokes its pass; said again it changes nothing
#[utoipa::path(post, path = "/api/coming/{token}/disown", tag = "resident",
    params(("token" = String, Path)),
    responses((status = 200, body = ComingOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut)))]
pub async fn disown(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    site.doors.limits.link(from)?;
    registrations::say(&site.ctx, &token, Word::Stranger).await?;
    one(&site.ctx, &token).await
}

async fn one(ctx: &Ctx, token: &str) -> Result<Response, Problem> {
    let facts = registrations::find(ctx, token).await?;
    let out = facts.as_ref().and_then(ComingOut::of);
    let out = out.ok_or_else(Problem::not_found)?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(out)).into_response())
}
