//! 部门.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::PageOut;
use super::reasons::NamedIn;
use crate::actions::registers;
use crate::ctx::Ctx;
use crate::domain::Title;
use crate::domain::actors::Admin;
use crate::domain::revision::Revision;
use crate::http::extract::{Json, Path};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::DepartmentId;
use crate::store::departments;

#[derive(Serialize, ToSchema)]
pub struct DepartmentRowOut {
    id: DepartmentId,
    name: String,
    /// To be sent back with what is saved.
    #[schema(value_type = String)]
    revision: Revision,
}

impl DepartmentRowOut {
    fn of((id, name): (DepartmentId, String)) -> Self {
        Self {
            id,
            revision: Revision::of(&name),
            name,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepartmentIn {
    #[serde(default)]
    name: String,
    /// As it was read.
    revision: String,
}

/// Every department, oldest first
#[utoipa::path(get, path = "/api/admin/departments", operation_id = "all_departments", tag = "admin",
    responses((status = 200, body = PageOut<DepartmentRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    _: Admin,
) -> Result<Json<PageOut<DepartmentRowOut>>, Problem> {
    let names = departments::names(&ctx.db.read).await?;
    let mut all: Vec<_> = names.into_iter().collect();
    all.sort();
    Ok(Json(PageOut::whole(all, DepartmentRowOut::of)))
}

/// Adds a department
#[utoipa::path(post, path = "/api/admin/departments", operation_id = "add_department", tag = "admin",
    request_body = NamedIn,
    responses((status = 201, body = DepartmentRowOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<NamedIn>,
) -> Result<(StatusCode, Json<DepartmentRowOut>), Problem> {
    let name = form.title()?;
    let id = registers::add_department(&ctx, &by, &name).await?;
    let added = DepartmentRowOut::of((id, name.as_str().to_owned()));
    Ok((StatusCode::CREATED, Json(added)))
}

/// Renames a department
#[utoipa::path(put, path = "/api/admin/departments/{id}", operation_id = "save_department", tag = "admin",
    params(("id" = DepartmentId, Path)), request_body = DepartmentIn,
    responses((status = 200, body = DepartmentRowOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn save(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<DepartmentId>,
    Json(form): Json<DepartmentIn>,
) -> Result<Json<DepartmentRowOut>, Problem> {
    let mut f = Fields::default();
    let name = f.take("name", Title::parse(&form.name));
    let name = f.finish(name)?;
    registers::rename_department(&ctx, &by, (id, &form.revision), &name).await?;
    Ok(Json(DepartmentRowOut::of((id, name.as_str().to_owned()))))
}
