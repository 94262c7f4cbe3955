//! Who one is: what a page of staff greets with, and which of its menus are worth showing.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::actors::Staff;
use crate::domain::campus::Role;
use crate::http::extract::Json;
use crate::http::problem::ProblemOut;
use crate::ids::StaffId;

/// The member of staff of a session.
#[derive(Serialize, ToSchema)]
pub struct StaffMeOut {
    id: StaffId,
    /// In full: it is their own.
    name: String,
    department: String,
    /// `host`, `approver`, `reader`, `guard`, `administrator`. A page shows menus by them; what is behind a
    /// menu is held at its own door.
    roles: Vec<&'static str>,
}

/// Who one is
#[utoipa::path(get, path = "/api/staff/me", operation_id = "staff_me", tag = "staff",
    responses((status = 200, body = StaffMeOut), (status = 401, body = ProblemOut)))]
pub async fn show(Staff { member }: Staff) -> Json<StaffMeOut> {
    Json(StaffMeOut {
        id: member.id,
        name: member.name.as_str().to_owned(),
        department: member.department_name,
        roles: member.roles.into_iter().map(Role::as_str).collect(),
    })
}
