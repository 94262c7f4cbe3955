//! 丁香水榭小区访客登记: register, read, correct. One is withdrawn as any other visit.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::applications::BookError;
use crate::actions::{registrations, visits};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Guest};
use crate::domain::limits::LimitError;
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path, Query};
use crate::http::keyed::Keyed;
use crate::http::limits::book_from;
use crate::http::problem::{Problem, ProblemOut};
use crate::http::refusals::conflict;
use crate::http::registration::RegisterIn;
use crate::http::state::Site;
use crate::http::visit::{PageQuery, VisitOut, VisitsOut};
use crate::ids::VisitId;
use crate::store::visits::Records;

/// That something was registered, and no more: what becomes of it tells what stands in the residents'
/// register.
#[derive(Serialize, ToSchema)]
pub struct RegisteredOut {
    /// 单据号.
    id: VisitId,
}

/// Registers a visit to a resident
///
/// The answer is the same whether the residents' register knows the resident or not; the visitor gets the
/// pass by SMS. Sent again with the same `Idempotency-Key` it is answered with the visit of the first time.
#[utoipa::path(post, path = "/api/registrations", tag = "visitor", request_body = RegisterIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = RegisteredOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn register(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    guest: Guest,
    Keyed { form, key }: Keyed<RegisterIn>,
) -> Result<(StatusCode, Json<RegisteredOut>), Problem> {
    let (ctx, asked) = (&site.ctx, form.registering()?);
    book_from(ctx, from).await?;
    let made = registrations::register(ctx, &guest, key.as_ref(), &asked).await;
    let id = made.map_err(in_days)?;
    Ok((StatusCode::CREATED, Json(RegisteredOut { id })))
}

/// 登记记录, newest first
#[utoipa::path(get, path = "/api/registrations", operation_id = "list_registrations", tag = "visitor",
    params(PageQuery), responses((status = 200, body = VisitsOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    guest: Guest,
    Query(page): Query<PageQuery>,
) -> Result<Json<VisitsOut>, Problem> {
    let (by, which) = (Account::from(&guest), Records::Registrations);
    let found = visits::list(&ctx, by, which, page.after, page.size()).await?;
    Ok(Json(VisitsOut::of(&ctx, by, &found, &page)))
}

/// Corrects a returned registration, which submits it again
#[utoipa::path(put, path = "/api/registrations/{id}", operation_id = "correct_registration",
    tag = "visitor", params(("id" = VisitId, Path)), request_body = RegisterIn,
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn correct(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    guest: Guest,
    Path(id): Path<VisitId>,
    Json(form): Json<RegisterIn>,
) -> Result<Json<VisitOut>, Problem> {
    let (ctx, asked) = (&site.ctx, form.registering()?);
    book_from(ctx, from).await?;
    let corrected = registrations::correct(ctx, &guest, id, &asked).await;
    corrected.map_err(in_days)?;
    let by = Account::from(&guest);
    let facts = visits::find(ctx, by, id).await?;
    Ok(Json(VisitOut::of(ctx, by, &facts)))
}

/// The form has days where a booking has times, and no area.
fn in_days(error: BookError) -> Problem {
    if let BookError::Limit(LimitError::TooManyToday(_)) = error {
        return conflict("area_too_many_today", error.to_string());
    }
    let mut problem = Problem::from(error);
    for fault in &mut problem.errors {
        fault.field = match fault.field.as_str() {
            "starts_at" => "starts_on".to_owned(),
            "ends_at" => "ends_on".to_owned(),
            _ => continue,
        };
    }
    problem
}
