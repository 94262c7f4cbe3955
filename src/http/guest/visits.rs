//! 访客预约: book, read, correct, withdraw; and the companions' invitation.

use axum::extract::State;
use axum::http::StatusCode;

use crate::actions::{invitations, visits};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Guest};
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path, Query};
use crate::http::forms::{BookVisitIn, ExtendIn};
use crate::http::invitation::CloseIn;
use crate::http::keyed::Keyed;
use crate::http::limits::book_from;
use crate::http::problem::{Problem, ProblemOut};
use crate::http::state::Site;
use crate::http::visit::{PageQuery, VisitOut, VisitsOut};
use crate::ids::VisitId;
use crate::store::visits::Records;

/// Books a visit, alone or with companions
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
    Keyed { form, key }: Keyed<BookVisitIn>,
) -> Result<(StatusCode, Json<VisitOut>), Problem> {
    let ctx = &site.ctx;
    book_from(ctx, from).await?;
    let id = visits::book(ctx, &guest, key.as_ref(), &form.booking()?).await?;
    Ok((StatusCode::CREATED, one(ctx, &guest, id).await?))
}

/// 预约记录, newest first
#[utoipa::path(get, path = "/api/visits", operation_id = "list_visits", tag = "visitor", params(PageQuery),
    responses((status = 200, body = VisitsOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    guest: Guest,
    Query(page): Query<PageQuery>,
) -> Result<Json<VisitsOut>, Problem> {
    let by = Account::from(&guest);
    let found = visits::list(&ctx, by, Records::Visits, page.after, page.size()).await?;
    Ok(Json(VisitsOut::of(&ctx, by, &found, &page)))
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
///
/// The visitor is the one who booked; companions stay as they are, and no new ones are invited.
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
    let asked = form.booking()?;
    let first = Some(&asked.visitor);
    visits::correct(&ctx, (&guest).into(), id, &asked.visit, first).await?;
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
    visits::withdraw(&ctx, (&guest).into(), id).await?;
    one(&ctx, &guest, id).await
}

/// Submits with the companions who have joined so far
#[utoipa::path(post, path = "/api/visits/{id}/submit", tag = "visitor",
    params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut)))]
pub async fn submit(
    State(ctx): State<Ctx>,
    guest: Guest,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    invitations::submit(&ctx, (&guest).into(), id).await?;
    one(&ctx, &guest, id).await
}

/// Gives the companions more time, at most a week from now
#[utoipa::path(post, path = "/api/visits/{id}/extend", tag = "visitor",
    params(("id" = VisitId, Path)), request_body = ExtendIn,
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn extend(
    State(ctx): State<Ctx>,
    guest: Guest,
    Path(id): Path<VisitId>,
    Json(form): Json<ExtendIn>,
) -> Result<Json<VisitOut>, Problem> {
    invitations::extend(&ctx, (&guest).into(), id, form.term()?).await?;
    one(&ctx, &guest, id).await
}

/// Closes an empty place; when every other is taken, that submits
#[utoipa::path(post, path = "/api/visits/{id}/close", tag = "visitor",
    params(("id" = VisitId, Path)), request_body = CloseIn,
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut)))]
pub async fn close(
    State(ctx): State<Ctx>,
    guest: Guest,
    Path(id): Path<VisitId>,
    Json(form): Json<CloseIn>,
) -> Result<Json<VisitOut>, Problem> {
    invitations::close(&ctx, (&guest).into(), id, form.named()?).await?;
    one(&ctx, &guest, id).await
}

async fn one(ctx: &Ctx, guest: &Guest, id: VisitId) -> Result<Json<VisitOut>, Problem> {
    let by = Account::from(guest);
    let facts = visits::find(ctx, by, id).await?;
    Ok(Json(VisitOut::of(ctx, by, &facts)))
}
