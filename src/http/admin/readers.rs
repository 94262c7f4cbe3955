//! 抄送 by rule: who may read every visit to a department or an area.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::staff::{NamedStaffOut, named};
use crate::actions::readers;
use crate::ctx::Ctx;
use crate::domain::Fault;
use crate::domain::actors::Admin;
use crate::http::extract::{Json, Path};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AreaId, DepartmentId, GrantId, StaffId};
use crate::store::readers::{Grant, Over};

/// Exactly one of `department` and `area`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReaderRuleIn {
    #[serde(default)]
    staff: String,
    /// The host's.
    department: Option<DepartmentId>,
    area: Option<AreaId>,
}

#[derive(Serialize, ToSchema)]
pub struct ReaderRuleOut {
    id: GrantId,
    staff: StaffId,
    department: Option<DepartmentId>,
    area: Option<AreaId>,
}

#[derive(Serialize, ToSchema)]
pub struct ReaderRulesOut {
    items: Vec<ReaderRuleOut>,
    /// Those who may read by them.
    members: Vec<NamedStaffOut>,
}

/// Adds a rule; visits that are not over are read by it as well
#[utoipa::path(post, path = "/api/admin/readers", operation_id = "add_reader", tag = "admin",
    request_body = ReaderRuleIn,
    responses((status = 201, body = ReaderRuleOut), (status = 403, body = ProblemOut),
        (status = 409, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<ReaderRuleIn>,
) -> Result<(StatusCode, Json<ReaderRuleOut>), Problem> {
    let mut f = Fields::default();
    let nobody = Fault::new("staff_required", "请选择人员");
    let staff = f.id("staff", &form.staff, nobody);
    let neither = Fault::new("over_required", "请选择部门或到访区域之一");
    let over = match (form.department, form.area) {
        (Some(id), None) => Ok(Over::Department(id)),
        (None, Some(id)) => Ok(Over::Area(id)),
        (None, None) | (Some(_), Some(_)) => Err(neither),
    };
    let over = f.take("over", over);
    let (staff, over) = f.finish(staff.zip(over))?;
    let grant = readers::grant(&ctx, &by, staff, over).await?;
    Ok((StatusCode::CREATED, Json(ReaderRuleOut::of(&grant))))
}

/// The rules, oldest first
#[utoipa::path(get, path = "/api/admin/readers", operation_id = "readers", tag = "admin",
    responses((status = 200, body = ReaderRulesOut), (status = 403, body = ProblemOut)))]
pub async fn list(State(ctx): State<Ctx>, by: Admin) -> Result<Json<ReaderRulesOut>, Problem> {
    let grants = readers::grants(&ctx, &by).await?;
    let items = grants.iter().map(ReaderRuleOut::of).collect();
    let members = named(&ctx.db.read, grants.iter().map(|grant| grant.staff)).await?;
    Ok(Json(ReaderRulesOut { items, members }))
}

/// Ends a rule, and what was read by it
#[utoipa::path(delete, path = "/api/admin/readers/{id}", operation_id = "remove_reader", tag = "admin",
    params(("id" = GrantId, Path)),
    responses((status = 204), (status = 403, body = ProblemOut), (status = 404, body = ProblemOut)))]
pub async fn revoke(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<GrantId>,
) -> Result<StatusCode, Problem> {
    readers::revoke(&ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ReaderRuleOut {
    fn of(grant: &Grant) -> Self {
        let (department, area) = match grant.over {
            Over::Department(id) => (Some(id), None),
            Over::Area(id) => (None, Some(id)),
        };
        Self {
            id: grant.id,
            staff: grant.staff,
            department,
            area,
        }
    }
}
