//! What a form offers: hosts by name, areas, reasons.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ctx::Ctx;
use crate::domain::PersonName;
use crate::domain::actors::{Account, Guest, Staff};
use crate::domain::campus::{Area, Role};
use crate::http::extract::{Json, Query};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::state::Site;
use crate::ids::{AreaId, ReasonId, StaffId};
use crate::store::{areas, quarters, reasons, staff};

/// More people of one name than this are told apart by asking them.
const MOST_HOSTS: usize = 5;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HostsQuery {
    /// The full name, exactly.
    #[serde(default)]
    q: String,
}

#[derive(Serialize, ToSchema)]
pub struct HostOut {
    id: StaffId,
    name: String,
    department: String,
}

/// Hosts of exactly this name
#[utoipa::path(get, path = "/api/hosts", tag = "visitor", params(HostsQuery),
    responses((status = 200, body = [HostOut]), (status = 401, body = ProblemOut),
        (status = 422, body = ProblemOut), (status = 429, body = ProblemOut)))]
pub async fn hosts(
    State(site): State<Site>,
    guest: Guest,
    Query(HostsQuery { q }): Query<HostsQuery>,
) -> Result<Json<Vec<HostOut>>, Problem> {
    named(&site, (&guest).into(), &q).await
}

/// The same for a member of staff, who applies for a group that another is in charge of
#[utoipa::path(get, path = "/api/staff/hosts", operation_id = "find_hosts_by_staff", tag = "staff",
    params(HostsQuery),
    responses((status = 200, body = [HostOut]), (status = 401, body = ProblemOut),
        (status = 422, body = ProblemOut), (status = 429, body = ProblemOut)))]
pub async fn hosts_for_staff(
    State(site): State<Site>,
    staff: Staff,
    Query(HostsQuery { q }): Query<HostsQuery>,
) -> Result<Json<Vec<HostOut>>, Problem> {
    named(&site, (&staff).into(), &q).await
}

async fn named(site: &Site, by: Account, q: &str) -> Result<Json<Vec<HostOut>>, Problem> {
    site.doors.limits.host(by)?;
    let name = PersonName::parse(q).map_err(|f| Problem::field("q", f.code, f.sentence))?;
    let named = staff::find_named(&site.ctx.db.read, &name).await?;
    let hosts = named.into_iter().filter(|member| member.is(Role::Host));
    let out = hosts.take(MOST_HOSTS).map(|host| HostOut {
        id: host.id,
        name: host.name.as_str().to_owned(),
        department: host.department_name,
    });
    Ok(Json(out.collect()))
}

#[derive(Serialize, ToSchema)]
pub struct AreaOut {
    id: AreaId,
    name: String,
}

/// 到访区域 that can be chosen; a residential quarter is registered for instead
#[utoipa::path(get, path = "/api/areas", tag = "visitor", responses((status = 200, body = [AreaOut])))]
pub async fn areas(State(ctx): State<Ctx>) -> Result<Json<Vec<AreaOut>>, Problem> {
    let quarters = quarters::all(&ctx.db.read).await?;
    let bookable = |area: &Area| area.open && quarters.iter().all(|q| q.area != area.id);
    let areas = areas::all(&ctx.db.read).await?.into_iter();
    let open = areas.filter(bookable);
    Ok(Json(
        open.map(|area| AreaOut {
            id: area.id,
            name: area.name,
        })
        .collect(),
    ))
}

#[derive(Serialize, ToSchema)]
pub struct ReasonOut {
    id: ReasonId,
    name: String,
}

/// 来访事由 that can be chosen
#[utoipa::path(get, path = "/api/reasons", tag = "visitor", responses((status = 200, body = [ReasonOut])))]
pub async fn reasons(State(ctx): State<Ctx>) -> Result<Json<Vec<ReasonOut>>, Problem> {
    let open = reasons::all(&ctx.db.read)
        .await?
        .into_iter()
        .filter(|reason| reason.open);
    Ok(Json(
        open.map(|reason| ReasonOut {
            id: reason.id,
            name: reason.name,
        })
        .collect(),
    ))
}
