//! 团体通行 of a member of staff: apply, import vehicles, read, correct, withdraw, 通行凭证.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::actions::{groups, passes, visits};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Staff};
use crate::domain::mode::Mode;
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path, Query};
use crate::http::forms::GroupIn;
use crate::http::group::{self, PlatesOut};
use crate::http::group_pass::{self, GroupPassOut, Picture};
use crate::http::keyed::Keyed;
use crate::http::language::Language;
use crate::http::limits::book_from;
use crate::http::lists::{ListFile, TemplateQuery};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::visit::{PageQuery, VisitOut, VisitsOut};
use crate::ids::VisitId;
use crate::store::visits::Records;

/// +团体通行
///
/// The contact gets the pass by SMS when it is approved. Sent again with the same `Idempotency-Key` it is
/// answered with the group of the first time.
#[utoipa::path(post, path = "/api/staff/groups", operation_id = "apply_for_group", tag = "staff",
    request_body = GroupIn, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn apply(
    State(ctx): State<Ctx>,
    ClientAddress(from): ClientAddress,
    staff: Staff,
    Keyed { form, key }: Keyed<GroupIn>,
) -> Result<(StatusCode, Json<VisitOut>), Problem> {
    let asked = form.gathering(&staff)?;
    book_from(&ctx, from).await?;
    let id = groups::apply(&ctx, &staff, key.as_ref(), &asked).await?;
    Ok((StatusCode::CREATED, one(&ctx, &staff, id).await?))
}

/// What one applied for oneself, newest first
#[utoipa::path(get, path = "/api/staff/groups", operation_id = "list_own_groups", tag = "staff",
    params(PageQuery), responses((status = 200, body = VisitsOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    staff: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Json<VisitsOut>, Problem> {
    let by = Account::from(&staff);
    let found = visits::list(&ctx, by, Records::Groups, page.after, page.size()).await?;
    Ok(Json(VisitsOut::of(&ctx, by, &found, &page)))
}

/// One of one's own
#[utoipa::path(get, path = "/api/staff/groups/{id}", operation_id = "find_own_group", tag = "staff",
    params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 404, body = ProblemOut)))]
pub async fn find(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    one(&ctx, &staff, id).await
}

/// Corrects a returned one, which submits it again
#[utoipa::path(put, path = "/api/staff/groups/{id}", operation_id = "correct_own_group", tag = "staff",
    params(("id" = VisitId, Path)), request_body = GroupIn,
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn correct(
    State(ctx): State<Ctx>,
    ClientAddress(from): ClientAddress,
    staff: Staff,
    Path(id): Path<VisitId>,
    Json(form): Json<GroupIn>,
) -> Result<Json<VisitOut>, Problem> {
    let asked = form.gathering(&staff)?;
    book_from(&ctx, from).await?;
    groups::correct(&ctx, &staff, id, &asked).await?;
    one(&ctx, &staff, id).await
}

/// Withdraws it; its QR and its plates open nothing from this moment
#[utoipa::path(post, path = "/api/staff/groups/{id}/withdraw", operation_id = "withdraw_own_group",
    tag = "staff", params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut)))]
pub async fn withdraw(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    // Another visit of one's own is withdrawn by its own door.
    one(&ctx, &staff, id).await?;
    visits::withdraw(&ctx, (&staff).into(), id).await?;
    one(&ctx, &staff, id).await
}

/// 通行凭证
#[utoipa::path(get, path = "/api/staff/groups/{id}/pass", operation_id = "find_group_pass", tag = "staff",
    params(("id" = VisitId, Path)),
    responses((status = 200, body = GroupPassOut), (status = 404, body = ProblemOut)))]
pub async fn pass(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path(id): Path<VisitId>,
) -> Result<Response, Problem> {
    group_pass::shown(&ctx, passes::show_of_group(&ctx, &staff, id).await?)
}

/// The QR of 通行凭证 as a file: `qr.svg` or `qr.png`
#[utoipa::path(get, path = "/api/staff/groups/{id}/pass/{file}", operation_id = "save_group_pass",
    tag = "staff", params(("id" = VisitId, Path), ("file" = String, Path)),
    responses((status = 200, content_type = "image/png"), (status = 404, body = ProblemOut)))]
pub async fn save_pass(
    State(ctx): State<Ctx>,
    staff: Staff,
    Path((id, file)): Path<(VisitId, String)>,
) -> Result<Response, Problem> {
    let picture = Picture::named(&file)?;
    picture.saved(id, passes::show_of_group(&ctx, &staff, id).await?)
}

/// 开始导入: what a list of vehicles would bring, row by row; the good ones go into the form
///
/// A sheet of Excel (.xlsx) or a CSV, as the field `file` of a form or as the body itself.
#[utoipa::path(post, path = "/api/staff/groups/plates", operation_id = "read_group_plates", tag = "staff",
    request_body(content = String, content_type = "multipart/form-data"),
    responses((status = 200, body = PlatesOut), (status = 413, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn read_plates(
    _: Staff,
    language: Language,
    file: ListFile,
) -> Result<Json<PlatesOut>, Problem> {
    let list = file.read(&group::COLUMNS, group::listed).await?;
    Ok(Json(PlatesOut::of(list, language)?))
}

/// 导入模板
#[utoipa::path(get, path = "/api/staff/groups/plates/template", operation_id = "save_plates_template",
    tag = "staff", params(TemplateQuery), responses((status = 200, content_type = "text/csv")))]
pub async fn plates_template(
    _: Staff,
    Query(query): Query<TemplateQuery>,
) -> Result<Response, Problem> {
    query.answer("vehicles", &group::COLUMNS)
}

async fn one(ctx: &Ctx, staff: &Staff, id: VisitId) -> Result<Json<VisitOut>, Problem> {
    let by = Account::from(staff);
    let facts = visits::find(ctx, by, id).await?;
    if facts.visit.mode != Mode::Group {
        return Err(Problem::not_found());
    }
    Ok(Json(VisitOut::of(ctx, by, &facts)))
}
