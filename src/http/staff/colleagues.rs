//! A colleague by their full name, to be put in one's place or to read what one may: anybody who works here,
//! whatever they may do.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::readers::ReaderOut;
use crate::domain::PersonName;
use crate::domain::actors::Staff;
use crate::http::extract::{Json, Query};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::state::Site;
use crate::store::staff;

/// More people of one name than this are told apart by asking them.
const MOST: usize = 5;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ColleaguesQuery {
    /// The full name, exactly.
    #[serde(default)]
    name: String,
}

/// Members of staff of exactly this name
#[utoipa::path(get, path = "/api/staff/colleagues", operation_id = "find_colleagues", tag = "staff",
    params(ColleaguesQuery),
    responses((status = 200, body = [ReaderOut]), (status = 422, body = ProblemOut),
        (status = 429, body = ProblemOut)))]
pub async fn find(
    State(site): State<Site>,
    by: Staff,
    Query(ColleaguesQuery { name }): Query<ColleaguesQuery>,
) -> Result<Json<Vec<ReaderOut>>, Problem> {
    site.doors.limits.host((&by).into())?;
    let name = PersonName::parse(&name).map_err(|f| Problem::field("name", f.code, f.sentence))?;
    let mut found = staff::find_named(&site.ctx.db.read, &name).await?;
    found.retain(|member| !member.has_left());
    Ok(Json(found.iter().take(MOST).map(ReaderOut::of).collect()))
}
