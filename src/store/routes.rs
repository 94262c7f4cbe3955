//! 审批路线, as 访客设置 has them.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};

use super::{StoreError, approval_steps, corrupt};
use crate::domain::mode::Mode;
use crate::domain::route::{Conditions, Minutes, Quorum, Route, RouteStep, Who};
use crate::ids::{AreaId, DepartmentId, ReasonId, RouteId};

row!("routes" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    name: String,
    place: i16,
    open: bool,
    mode: Option<String>,
    area_id: Option<i64>,
    reason_id: Option<i64>,
    department_id: Option<i64>,
    days: Option<i32>,
    version: i32,
});

mod steps {
    row!("route_steps" {
        #[sea_orm(primary_key, auto_increment = false)]
        route_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        ordinal: i16,
        who: String,
        department_id: Option<i64>,
        staff_id: Option<i64>,
        quorum: String,
        remind_after: Option<i32>,
        ends_after: Option<i32>,
        on_time_out: Option<String>,
    });

    pub use row::*;
}

pub async fn insert(db: &impl ConnectionTrait, route: &Route) -> Result<(), StoreError> {
    to_row(route).into_active_model().insert(db).await?;
    insert_steps(db, route).await
}

/// Writes the route as it is now, if nobody changed it since `route.version` was read.
///
/// # Errors
/// [`StoreError::Changed`] when somebody did.
pub async fn update(db: &impl ConnectionTrait, route: &Route) -> Result<(), StoreError> {
    let row = row::Model {
        version: route.version + 1,
        ..to_row(route)
    };
    let done = row::Entity::update_many()
        .set(row.into_active_model().reset_all())
        .filter(row::Column::Id.eq(route.id.get()))
        .filter(row::Column::Version.eq(route.version))
        .exec(db)
        .await?;
    if done.rows_affected == 0 {
        return Err(StoreError::Changed);
    }
    delete_steps(db, route.id).await?;
    insert_steps(db, route).await
}

/// Removes it; says whether there was one.
pub async fn delete(db: &impl ConnectionTrait, id: RouteId) -> Result<bool, StoreError> {
    delete_steps(db, id).await?;
    let done = row::Entity::delete_by_id(id.get()).exec(db).await?;
    Ok(done.rows_affected > 0)
}

/// Every route, in the order in which they are tried.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Route>, StoreError> {
    let rows = row::Entity::find()
        .order_by_asc(row::Column::Place)
        .order_by_asc(row::Column::Id);
    let rows = rows.all(db).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let steps = steps::Entity::find().order_by_asc(steps::Column::Ordinal);
    let steps = steps.all(db).await?;
    let route = |row: row::Model| {
        let own = steps.iter().filter(|step| step.route_id == row.id);
        let own = own.map(step).collect::<Result<_, _>>()?;
        route(row, own)
    };
    rows.into_iter().map(route).collect()
}

pub async fn find(db: &impl ConnectionTrait, id: RouteId) -> Result<Option<Route>, StoreError> {
    let routes = all(db).await?;
    Ok(routes.into_iter().find(|route| route.id == id))
}

async fn delete_steps(db: &impl ConnectionTrait, id: RouteId) -> Result<(), StoreError> {
    steps::Entity::delete_many()
        .filter(steps::Column::RouteId.eq(id.get()))
        .exec(db)
        .await?;
    Ok(())
}

async fn insert_steps(db: &impl ConnectionTrait, route: &Route) -> Result<(), StoreError> {
    for (ordinal, step) in (1..).zip(&route.steps) {
        let (who, department, staff) = match step.who {
            Who::HostDepartment => ("host_department", None, None),
            Who::Department(id) => ("department", Some(id.get()), None),
            Who::Host => ("host", None, None),
            Who::Member(id) => ("member", None, Some(id.get())),
            Who::Administrators => ("administrators", None, None),
        };
        let ends_after = step.waits.ends_after;
        let row = steps::Model {
            route_id: route.id.get(),
            ordinal,
            who: who.to_owned(),
            department_id: department,
            staff_id: staff,
            quorum: step.quorum.as_str().to_owned(),
            remind_after: step.waits.remind_after.map(Minutes::get),
            ends_after: ends_after.map(|(after, _)| after.get()),
            on_time_out: ends_after.map(|(_, end)| end.as_str().to_owned()),
        };
        row.into_active_model().insert(db).await?;
    }
    Ok(())
}

fn to_row(route: &Route) -> row::Model {
    let when = &route.when;
    row::Model {
        id: route.id.get(),
        name: route.name.clone(),
        place: route.place,
        open: route.open,
        mode: when.mode.map(|mode| mode.as_str().to_owned()),
        area_id: when.area.map(AreaId::get),
        reason_id: when.reason.map(ReasonId::get),
        department_id: when.department.map(DepartmentId::get),
        days: when.days.and_then(|days| i32::try_from(days).ok()),
        version: route.version,
    }
}

fn route(row: row::Model, steps: Vec<RouteStep>) -> Result<Route, StoreError> {
    let corrupt = corrupt("routes", row.id);
    let mode = match row.mode {
        Some(mode) => Some(Mode::parse(&mode).ok_or_else(corrupt)?),
        None => None,
    };
    Ok(Route {
        id: row.id.into(),
        name: row.name,
        place: row.place,
        open: row.open,
        when: Conditions {
            mode,
            area: row.area_id.map(Into::into),
            reason: row.reason_id.map(Into::into),
            department: row.department_id.map(Into::into),
            days: row.days.map(i64::from),
        },
        steps,
        version: row.version,
    })
}

fn step(row: &steps::Model) -> Result<RouteStep, StoreError> {
    let corrupt = corrupt("route_steps", row.route_id);
    let who = match (row.who.as_str(), row.department_id, row.staff_id) {
        ("host_department", None, None) => Who::HostDepartment,
        ("department", Some(id), None) => Who::Department(id.into()),
        ("host", None, None) => Who::Host,
        ("member", None, Some(id)) => Who::Member(id.into()),
        ("administrators", None, None) => Who::Administrators,
        _ => return Err(corrupt()),
    };
    let waits = approval_steps::waits(row.remind_after, row.ends_after, row.on_time_out.as_deref());
    Ok(RouteStep {
        who,
        quorum: Quorum::parse(&row.quorum).ok_or_else(&corrupt)?,
        waits: waits.ok_or_else(corrupt)?,
    })
}
