//! 访客设置: 审批路线.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::staff::{NamedStaffOut, named};
use crate::actions::routes::{self, Draft};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::mode::Mode;
use crate::domain::route::{
    Conditions, MOST_STEPS, Minutes, Quorum, Route, RouteStep, TimeOut, Waits, Who,
};
use crate::http::extract::{Json, Path};
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AreaId, DepartmentId, ReasonId, RouteId, StaffId};

/// The longest name that a list shows.
const LONGEST_NAME: usize = 40;

/// A route: the first, by `place`, whose conditions a visit meets is taken. A visit that meets none goes to
/// the approvers of its host's department.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteIn {
    #[schema(example = "三天以上需保卫处审批")]
    name: String,
    /// The lowest is tried first.
    place: i16,
    open: bool,
    /// 来源, as in a visit; any when left out, as with the others.
    mode: Option<String>,
    area: Option<AreaId>,
    reason: Option<ReasonId>,
    /// The host's.
    department: Option<DepartmentId>,
    /// 时长 of at least so many days.
    days: Option<i64>,
    /// One after the other, 5 at most; none at all is 无需审批.
    steps: Vec<RouteStepIn>,
    /// `version` of what was looked at; needed to change one.
    version: Option<i32>,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteStepIn {
    /// `host_department`, `department`, `host`, `member` or `administrators`.
    who: String,
    /// Of `department`.
    department: Option<DepartmentId>,
    /// Of `member`.
    staff: Option<StaffId>,
    /// 会签: all of them must agree; 或签 when left out.
    #[serde(default)]
    all: bool,
    /// Minutes after which they are reminded once.
    remind_after: Option<i64>,
    /// Minutes after which the rule decides.
    ends_after: Option<i64>,
    /// What it decides: `approve` or `reject`.
    on_time_out: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RouteOut {
    id: RouteId,
    name: String,
    place: i16,
    open: bool,
    mode: Option<&'static str>,
    area: Option<AreaId>,
    reason: Option<ReasonId>,
    department: Option<DepartmentId>,
    days: Option<i64>,
    steps: Vec<RouteStepIn>,
    version: i32,
}

#[derive(Serialize, ToSchema)]
pub struct RoutesOut {
    items: Vec<RouteOut>,
    /// Whom their steps name.
    members: Vec<NamedStaffOut>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteOrderIn {
    /// Every route, the one that is tried first at the head.
    routes: Vec<RouteId>,
}

/// Adds a route
#[utoipa::path(post, path = "/api/admin/routes", operation_id = "add_route", tag = "admin",
    request_body = RouteIn,
    responses((status = 201, body = RouteOut), (status = 403, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<RouteIn>,
) -> Result<(StatusCode, Json<RouteOut>), Problem> {
    let route = routes::add(&ctx, &by, &form.draft()?).await?;
    Ok((StatusCode::CREATED, Json(RouteOut::of(&route))))
}

/// The routes, in the order in which they are tried
#[utoipa::path(get, path = "/api/admin/routes", operation_id = "routes", tag = "admin",
    responses((status = 200, body = RoutesOut), (status = 403, body = ProblemOut)))]
pub async fn list(State(ctx): State<Ctx>, by: Admin) -> Result<Json<RoutesOut>, Problem> {
    Ok(Json(
        RoutesOut::of(&ctx, &routes::list(&ctx, &by).await?).await?,
    ))
}

/// Says in which order the routes are tried
#[utoipa::path(post, path = "/api/admin/routes/order", operation_id = "order_routes", tag = "admin",
    request_body = RouteOrderIn,
    responses((status = 200, body = RoutesOut), (status = 403, body = ProblemOut),
        (status = 409, body = ProblemOut)))]
pub async fn order(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<RouteOrderIn>,
) -> Result<Json<RoutesOut>, Problem> {
    let routes = routes::order(&ctx, &by, &form.routes).await?;
    Ok(Json(RoutesOut::of(&ctx, &routes).await?))
}

/// Changes a route; visits under way keep their steps
#[utoipa::path(put, path = "/api/admin/routes/{id}", operation_id = "change_route", tag = "admin",
    params(("id" = RouteId, Path)), request_body = RouteIn,
    responses((status = 200, body = RouteOut), (status = 403, body = ProblemOut),
        (status = 404, body = ProblemOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn change(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<RouteId>,
    Json(form): Json<RouteIn>,
) -> Result<Json<RouteOut>, Problem> {
    let version = form
        .version
        .ok_or_else(|| Problem::field("version", "field_type", "缺少字段：version"))?;
    let route = routes::change(&ctx, &by, (id, version), &form.draft()?).await?;
    Ok(Json(RouteOut::of(&route)))
}

/// Removes a route
#[utoipa::path(delete, path = "/api/admin/routes/{id}", operation_id = "remove_route", tag = "admin",
    params(("id" = RouteId, Path)),
    responses((status = 204), (status = 403, body = ProblemOut), (status = 404, body = ProblemOut)))]
pub async fn remove(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<RouteId>,
) -> Result<StatusCode, Problem> {
    routes::remove(&ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl RouteIn {
    fn draft(&self) -> Result<Draft, Problem> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(Problem::field(
                "name",
                "name_length",
                "请填写1至40个字的名称",
            ));
        }
        if self.steps.len() > MOST_STEPS {
            return Err(Problem::field("steps", "too_many_steps", "最多5个审批环节"));
        }
        if self.days.is_some_and(|days| !(1..=366).contains(&days)) {
            return Err(Problem::field("days", "days_range", "时长应为1至366天"));
        }
        let unknown = || Problem::field("mode", "mode_unknown", "没有这种来源");
        let mode = self.mode.as_deref();
        let mode = mode.map(|mode| Mode::parse(mode).ok_or_else(unknown));
        let steps = self.steps.iter().enumerate().map(|(n, step)| step.read(n));
        Ok(Draft {
            name: name.to_owned(),
            place: self.place,
            open: self.open,
            when: Conditions {
                mode: mode.transpose()?,
                area: self.area,
                reason: self.reason,
                department: self.department,
                days: self.days,
            },
            steps: steps.collect::<Result<_, _>>()?,
        })
    }
}

impl RouteStepIn {
    /// The step with this number in the list.
    fn read(&self, n: usize) -> Result<RouteStep, Problem> {
        let at = |field: &str| format!("steps[{n}].{field}");
        let who = match (self.who.as_str(), self.department, self.staff) {
            ("host_department", None, None) => Who::HostDepartment,
            ("department", Some(id), None) => Who::Department(id),
            ("host", None, None) => Who::Host,
            ("member", None, Some(id)) => Who::Member(id),
            ("administrators", None, None) => Who::Administrators,
            ("department", None, None) => {
                let said = "请选择部门";
                return Err(Problem::field(
                    &at("department"),
                    "department_required",
                    said,
                ));
            }
            ("member", None, None) => {
                return Err(Problem::field(&at("staff"), "staff_required", "请选择人员"));
            }
            _ => {
                let said = "请选择该环节的审批人";
                return Err(Problem::field(&at("who"), "who_unknown", said));
            }
        };
        let minutes = |field: &str, given: Option<i64>| match given.map(Minutes::new) {
            Some(None) => Err(Problem::field(
                &at(field),
                "minutes_range",
                "应为1分钟至365天",
            )),
            Some(minutes) => Ok(minutes),
            None => Ok(None),
        };
        let ends_after = minutes("ends_after", self.ends_after)?;
        let end = self.on_time_out.as_deref().map(TimeOut::parse);
        let ends_after = match (ends_after, end) {
            (Some(after), Some(Some(end))) => Some((after, end)),
            (None, None) => None,
            _ => {
                let said = "超时时间与超时处理（approve 或 reject）须一并填写";
                return Err(Problem::field(&at("on_time_out"), "time_out_unknown", said));
            }
        };
        Ok(RouteStep {
            who,
            quorum: if self.all { Quorum::All } else { Quorum::Any },
            waits: Waits {
                remind_after: minutes("remind_after", self.remind_after)?,
                ends_after,
            },
        })
    }

    fn of(step: &RouteStep) -> Self {
        let (who, department, staff) = match step.who {
            Who::HostDepartment => ("host_department", None, None),
            Who::Department(id) => ("department", Some(id), None),
            Who::Host => ("host", None, None),
            Who::Member(id) => ("member", None, Some(id)),
            Who::Administrators => ("administrators", None, None),
        };
        let ends_after = step.waits.ends_after;
        let minutes = |minutes: Minutes| i64::from(minutes.get());
        Self {
            who: who.to_owned(),
            department,
            staff,
            all: step.quorum == Quorum::All,
            remind_after: step.waits.remind_after.map(minutes),
            ends_after: ends_after.map(|(after, _)| minutes(after)),
            on_time_out: ends_after.map(|(_, end)| end.as_str().to_owned()),
        }
    }
}

impl RoutesOut {
    async fn of(ctx: &Ctx, routes: &[Route]) -> Result<Self, Problem> {
        let steps = routes.iter().flat_map(|route| &route.steps);
        let members = steps.filter_map(|step| match step.who {
            Who::Member(id) => Some(id),
            Who::HostDepartment | Who::Department(_) | Who::Host | Who::Administrators => None,
        });
        Ok(Self {
            items: routes.iter().map(RouteOut::of).collect(),
            members: named(&ctx.db.read, members).await?,
        })
    }
}

impl RouteOut {
    fn of(route: &Route) -> Self {
        let when = &route.when;
        Self {
            id: route.id,
            name: route.name.clone(),
            place: route.place,
            open: route.open,
            mode: when.mode.map(Mode::as_str),
            area: when.area,
            reason: when.reason,
            department: when.department,
            days: when.days,
            steps: route.steps.iter().map(RouteStepIn::of).collect(),
            version: route.version,
        }
    }
}
