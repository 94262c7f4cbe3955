//! 抄送 by hand: who else may read one visit.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::readers;
use crate::ctx::Ctx;
use crate::domain::actors::Staff;
use crate::domain::campus::Member;
use crate::http::extract::{Json, Path};
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{StaffId, VisitId};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReaderIn {
    staff: StaffId,
}

/// 抄送人.
#[derive(Serialize, ToSchema)]
pub struct ReaderOut {
    id: StaffId,
    name: String,
    department: String,
}

impl ReaderOut {
    #[must_use]
    pub fn of(member: &Member) -> Self {
        Self {
            id: member.id,
            name: member.name.as_str().to_owned(),
            department: member.department_name.clone(),
        }
    }
}

/// Lets somebody read a visit; once more changes nothing
#[utoipa::path(post, path = "/api/staff/approvals/{visit}/readers", operation_id = "share_visit", tag = "staff",
    params(("visit" = VisitId, Path)), request_body = ReaderIn,
    responses((status = 204), (status = 404, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn share(
    State(ctx): State<Ctx>,
    by: Staff,
    Path(id): Path<VisitId>,
    Json(with): Json<ReaderIn>,
) -> Result<StatusCode, Problem> {
    readers::share(&ctx, &by, id, with.staff).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes it back; what a rule gives stays
#[utoipa::path(delete, path = "/api/staff/approvals/{visit}/readers/{staff}", operation_id = "unshare_visit", tag = "staff",
    params(("visit" = VisitId, Path), ("staff" = StaffId, Path)),
    responses((status = 204), (status = 404, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn unshare(
    State(ctx): State<Ctx>,
    by: Staff,
    Path((id, with)): Path<(VisitId, StaffId)>,
) -> Result<StatusCode, Problem> {
    readers::unshare(&ctx, &by, id, with).await?;
    Ok(StatusCode::NO_CONTENT)
}
