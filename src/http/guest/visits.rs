//! 访客预约: book, read, correct, withdraw.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::booking::{Asked, BookVisitIn};
use crate::actions::{budgets, visits};
use crate::ctx::Ctx;
use crate::domain::actors::Guest;
use crate::domain::visit::Stage;
use crate::domain::window::campus_time;
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path, Query, page_size};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::state::Site;
use crate::ids::{AreaId, ReasonId, StaffId, VisitId, VisitorId};
use crate::secret::Masked;
use crate::store::budgets::Budget;
use crate::store::visit_facts::VisitFacts;

/// 访客申请单.
#[derive(Serialize, ToSchema)]
pub struct VisitOut {
    /// 单据号.
    id: VisitId,
    /// `pending`, `approved`, `rejected`, `returned`, `withdrawn`, `lapsed` or `completed`.
    #[schema(example = "pending")]
    stage: &'static str,
    /// 状态 as the screen says it.
    #[schema(example = "审批中")]
    stage_text: &'static str,
    host: HostNameOut,
    area: String,
    area_id: AreaId,
    reason: String,
    reason_id: ReasonId,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    /// 时长.
    days: i64,
    note: Option<String>,
    /// What the approver said.
    comment: Option<String>,
    submitted_at: DateTime<FixedOffset>,
    visitors: Vec<VisitorOut>,
}

#[derive(Serialize, ToSchema)]
pub struct HostNameOut {
    id: StaffId,
    name: String,
    department: String,
}

#[derive(Serialize, ToSchema)]
pub struct VisitorOut {
    id: VisitorId,
    name: String,
    #[schema(value_type = String)]
    phone: Masked,
    plate: Option<String>,
    items: Option<String>,
    has_face: bool,
    /// Only while the pass is good, or will be.
    pass: Option<PassLinkOut>,
}

#[derive(Serialize, ToSchema)]
pub struct PassLinkOut {
    /// A path of this site.
    #[schema(example = "/p/…")]
    link: String,
}

impl VisitOut {
    fn of(ctx: &Ctx, facts: VisitFacts) -> Self {
        let visit = &facts.visit;
        let comment = visit.stage.comment();
        let live = matches!(visit.stage, Stage::Approved { .. });
        let link = |visitor: VisitorId| {
            let pass = facts
                .passes
                .iter()
                .find(|pass| live && pass.visitor == visitor)?;
            let token = ctx
                .keys
                .link_token("pass", pass.id.get(), pass.link_generation);
            Some(PassLinkOut {
                link: format!("/p/{}", token.reveal()),
            })
        };
        let visitors = facts.visitors.iter().map(|visitor| VisitorOut {
            id: visitor.id,
            name: visitor.name.as_str().to_owned(),
            phone: visitor.phone.mask.clone(),
            plate: visitor
                .plate
                .as_ref()
                .map(|plate| plate.as_str().to_owned()),
            items: visitor
                .items
                .as_ref()
                .map(|items| items.as_str().to_owned()),
            has_face: visitor.face_photo.is_some(),
            pass: link(visitor.id),
        });
        Self {
            id: visit.id,
            stage: visit.stage.as_str(),
            stage_text: visit.stage.word(),
            host: HostNameOut {
                id: facts.host.id,
                name: facts.host.name.as_str().to_owned(),
                department: facts.host.department_name.clone(),
            },
            area: facts.area.name.clone(),
            area_id: facts.area.id,
            reason: facts.reason.name.clone(),
            reason_id: facts.reason.id,
            starts_at: campus_time(visit.window.from()),
            ends_at: campus_time(visit.window.until()),
            days: visit.window.days(),
            note: visit.note.as_ref().map(|note| note.as_str().to_owned()),
            comment: comment.map(|comment| comment.as_str().to_owned()),
            submitted_at: campus_time(visit.submitted_at),
            visitors: visitors.collect(),
        }
    }
}

/// Books a visit for one
///
/// Sent again with the same `Idempotency-Key` it is answered with the visit of the first time.
#[utoipa::path(post, path = "/api/visits", tag = "visitor", request_body = BookVisitIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn book(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    guest: Guest,
    asked: Asked,
) -> Result<(StatusCode, Json<VisitOut>), Problem> {
    let ctx = &site.ctx;
    if budgets::book_from(ctx, from).await? == Budget::Spent {
        return Err(Problem::too_often());
    }
    let id = visits::book(ctx, &guest, asked.key.as_ref(), &asked.booking).await?;
    Ok((StatusCode::CREATED, one(ctx, &guest, id).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<VisitId>,
    /// 1 to 50; 20 when left out.
    limit: Option<u64>,
}

/// A page of a list, and the key of the next.
#[derive(Serialize, ToSchema)]
pub struct VisitsOut {
    items: Vec<VisitOut>,
    next: Option<VisitId>,
}

/// 预约记录, newest first
#[utoipa::path(get, path = "/api/visits", operation_id = "list_visits", tag = "visitor", params(PageQuery),
    responses((status = 200, body = VisitsOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    guest: Guest,
    Query(page): Query<PageQuery>,
) -> Result<Json<VisitsOut>, Problem> {
    let limit = page_size(page.limit);
    let found = visits::list(&ctx, &guest, page.after, limit).await?;
    let next = found.last().map(|facts| facts.visit.id);
    let next = next.filter(|_| found.len() as u64 == limit);
    Ok(Json(VisitsOut {
        items: found.into_iter().map(|f| VisitOut::of(&ctx, f)).collect(),
        next,
    }))
}

/// One visit of one's own
#[utoipa::path(get, path = "/api/visits/{id}", operation_id = "find_visit", tag = "visitor", params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 404, body = ProblemOut)))]
pub async fn find(
    State(ctx): State<Ctx>,
    guest: Guest,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    one(&ctx, &guest, id).await
}

/// Corrects a returned visit, which submits it again
#[utoipa::path(put, path = "/api/visits/{id}", tag = "visitor", params(("id" = VisitId, Path)),
    request_body = BookVisitIn,
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn correct(
    State(ctx): State<Ctx>,
    guest: Guest,
    Path(id): Path<VisitId>,
    Json(form): Json<BookVisitIn>,
) -> Result<Json<VisitOut>, Problem> {
    visits::correct(&ctx, &guest, id, &form.try_into()?).await?;
    one(&ctx, &guest, id).await
}

/// Withdraws a visit and revokes its passes
#[utoipa::path(post, path = "/api/visits/{id}/withdraw", tag = "visitor",
    params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut)))]
pub async fn withdraw(
    State(ctx): State<Ctx>,
    guest: Guest,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    visits::withdraw(&ctx, &guest, id).await?;
    one(&ctx, &guest, id).await
}

async fn one(ctx: &Ctx, guest: &Guest, id: VisitId) -> Result<Json<VisitOut>, Problem> {
    Ok(Json(VisitOut::of(ctx, visits::find(ctx, guest, id).await?)))
}
