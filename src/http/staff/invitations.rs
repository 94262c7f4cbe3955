//! 访客邀约 and 访客代约 of a member of staff: 发起邀约, 邀约记录, 代约.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::actions::{invitations, proxies, visits};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Staff};
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path, Query};
use crate::http::forms::{CorrectIn, ExtendIn, InviteIn, ProxyIn};
use crate::http::invitation::CloseIn;
use crate::http::keyed::Keyed;
use crate::http::language::Language;
use crate::http::limits::book_from;
use crate::http::lists::{ListFile, TemplateQuery};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::roster::{self, RosterOut};
use crate::http::visit::{PageQuery, VisitOut, VisitsOut};
use crate::ids::VisitId;
use crate::store::visits::Records;

/// 发起访客邀约
///
/// Those who are named get the link by SMS. Sent again with the same `Idempotency-Key` it is answered
/// with the invitation of the first time.
#[utoipa::path(post, path = "/api/staff/invitations", tag = "staff", request_body = InviteIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn invite(
    State(ctx): State<Ctx>,
    ClientAddress(from): ClientAddress,
    staff: Staff,
    Keyed { form, key }: Keyed<InviteIn>,
) -> Result<(StatusCode, Json<VisitOut>), Problem> {
    let (wanted, invited) = form.invitation(&staff)?;
    book_from(&ctx, from).await?;
    let id = invitations::invite(&ctx, &staff, key.as_ref(), &wanted, &invited).await?;
    Ok((StatusCode::CREATED, one(&ctx, &staff, id).await?))
}

/// 访客代约: everything filled in, for any number of people at once
#[utoipa::path(post, path = "/api/staff/proxies", tag = "staff", request_body = ProxyIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn proxy(
    State(ctx): State<Ctx>,
    ClientAddress(from): ClientAddress,
    staff: Staff,
    Keyed { form, key }: Keyed<ProxyIn>,
) -> Result<(StatusCode, Json<VisitOut>), Problem> {
    let (wanted, people) = form.proxy(&staff)?;
    book_from(&ctx, from).await?;
    let id = proxies::book(&ctx, &staff, key.as_ref(), &wanted, &people).await?;
    Ok((StatusCode::CREATED, one(&ctx, &staff, id).await?))
}

/// 访客名单 of 代约: what a list of visitors would bring, row by row; the good ones go into the form
///
/// A sheet of Excel (.xlsx) or a CSV, as the field `file` of a form or as the body itself.
#[utoipa::path(post, path = "/api/staff/proxies/visitors", operation_id = "read_visitors", tag = "staff",
    request_body(content = String, content_type = "multipart/form-data"),
    responses((status = 200, body = RosterOut), (status = 413, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn read_visitors(
    _: Staff,
    language: Language,
    file: ListFile,
) -> Result<Json<RosterOut>, Problem> {
    let list = file.read(&roster::COLUMNS, roster::listed).await?;
    Ok(Json(RosterOut::of(list, language)?))
}

/// 导入模板
#[utoipa::path(get, path = "/api/staff/proxies/visitors/template", operation_id = "save_visitors_template",
    tag = "staff", params(TemplateQuery), responses((status = 200, content_type = "text/csv")))]
pub async fn visitors_template(
    _: Staff,
    Query(query): Query<TemplateQuery>,
) -> Result<Response, Problem> {
    query.answer("visitors", &roster::COLUMNS)
}

/// 邀约记录: what one began oneself, 代约 too, newest first
#[utoipa::path(get, path = "/api/staff/invitations", operation_id = "list_own_invitations", tag = "staff",
    params(PageQuery), responses((status = 200, body = VisitsOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    staff: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Json<VisitsOut>, Problem> {
    let by = Account::from(&staff);
    let found = visits::list(&ctx, by, Records::Visits, page.after, page.size()).await?;
    Ok(Json(VisitsOut::of(&ctx, by, &found, &page)))
}

/// One of one's own
#[utoipa::path(get, path = "/api/staff/invitations/{id}", operation_id = "find_own_invitation", tag = "staff",
    params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 404, body = ProblemOut)))]
pub async fn find(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    one(&ctx, &staff, id).await
}

/// Corrects a returned one, which submits it again; the visitors stay as they are
#[utoipa::path(put, path = "/api/staff/invitations/{id}", operation_id = "correct_own_invitation", tag = "staff",
    params(("id" = VisitId, Path)), request_body = CorrectIn,
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn correct(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path(id): Path<VisitId>,
    Json(form): Json<CorrectIn>,
) -> Result<Json<VisitOut>, Problem> {
    let asked = form.correction(&staff)?;
    visits::correct(&ctx, (&staff).into(), id, &asked, None).await?;
    one(&ctx, &staff, id).await
}

/// Submits with those who have joined so far
#[utoipa::path(post, path = "/api/staff/invitations/{id}/submit", operation_id = "submit_own_invitation",
    tag = "staff", params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut)))]
pub async fn submit(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    invitations::submit(&ctx, (&staff).into(), id).await?;
    one(&ctx, &staff, id).await
}

/// Withdraws it; its passes, if there are any, open nothing any more
#[utoipa::path(post, path = "/api/staff/invitations/{id}/withdraw", operation_id = "withdraw_own_invitation",
    tag = "staff", params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut)))]
pub async fn withdraw(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    visits::withdraw(&ctx, (&staff).into(), id).await?;
    one(&ctx, &staff, id).await
}

/// Gives more time, at most a week from now
#[utoipa::path(post, path = "/api/staff/invitations/{id}/extend", operation_id = "extend_own_invitation",
    tag = "staff", params(("id" = VisitId, Path)), request_body = ExtendIn,
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn extend(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path(id): Path<VisitId>,
    Json(form): Json<ExtendIn>,
) -> Result<Json<VisitOut>, Problem> {
    invitations::extend(&ctx, (&staff).into(), id, form.term()?).await?;
    one(&ctx, &staff, id).await
}

/// Closes an empty place; when every other is taken, that submits
#[utoipa::path(post, path = "/api/staff/invitations/{id}/close", operation_id = "close_place",
    tag = "staff", params(("id" = VisitId, Path)), request_body = CloseIn,
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut)))]
pub async fn close(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path(id): Path<VisitId>,
    Json(form): Json<CloseIn>,
) -> Result<Json<VisitOut>, Problem> {
    invitations::close(&ctx, (&staff).into(), id, form.named()?).await?;
    one(&ctx, &staff, id).await
}

async fn one(ctx: &Ctx, staff: &Staff, id: VisitId) -> Result<Json<VisitOut>, Problem> {
    let by = Account::from(staff);
    let facts = visits::find(ctx, by, id).await?;
    Ok(Json(VisitOut::of(ctx, by, &facts)))
}
