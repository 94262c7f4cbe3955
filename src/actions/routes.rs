//! 审批路线 in 访客设置: an administrator adds, changes and removes them. Visits under way keep the steps
//! that they were given.

use sea_orm::DatabaseTransaction;

use super::registers::from_to;
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::route::{Conditions, Quorum, Route, RouteStep, Who};
use crate::ids::RouteId;
use crate::store::{StoreError, areas, audit, begin, commit, departments, reasons, routes, staff};

/// What an administrator fills in.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: String,
    pub place: i16,
    pub open: bool,
    pub when: Conditions,
    pub steps: Vec<RouteStep>,
}

/// Why the routes did not change.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    #[error("没有找到该审批路线")]
    NotFound,
    #[error("该审批路线已被他人修改，请刷新后重试")]
    Changed,
    /// Something that the route names is not there; the field says what.
    #[error("所选的内容不存在")]
    Unknown { field: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub async fn add(ctx: &Ctx, by: &Admin, draft: &Draft) -> Result<Route, RouteError> {
    let txn = begin(&ctx.db).await?;
    check(&txn, draft).await?;
    let route = draft.route(ctx.mint(), 1);
    routes::insert(&txn, &route).await?;
    note(&txn, ctx, by, ("route.add", route.id), said(&route)).await?;
    commit(txn).await?;
    Ok(route)
}

/// Changes the route that had this version when it was read.
pub async fn change(
    ctx: &Ctx,
    by: &Admin,
    (id, version): (RouteId, i32),
    draft: &Draft,
) -> Result<Route, RouteError> {
    let txn = begin(&ctx.db).await?;
    let before = routes::find(&txn, id).await?.ok_or(RouteError::NotFound)?;
    check(&txn, draft).await?;
    let route = draft.route(id, version);
    match routes::update(&txn, &route).await {
        Err(StoreError::Changed) => return Err(RouteError::Changed),
        done => done?,
    }
    let change = from_to(&said(&before), &said(&route));
    note(&txn, ctx, by, ("route.change", id), change).await?;
    commit(txn).await?;
    Ok(Route {
        version: version + 1,
        ..route
    })
}

/// Puts the routes in this order. Whoever orders them must know every one of them, so that none is tried
/// at a place that nobody chose.
pub async fn order(ctx: &Ctx, by: &Admin, ids: &[RouteId]) -> Result<Vec<Route>, RouteError> {
    let txn = begin(&ctx.db).await?;
    let mut known = routes::all(&txn).await?;
    let mut given = ids.to_vec();
    let mut there: Vec<_> = known.iter().map(|one| one.id).collect();
    given.sort();
    there.sort();
    if given != there {
        return Err(RouteError::Changed);
    }
    known.sort_by_key(|route| ids.iter().position(|id| *id == route.id));
    for (place, route) in (1..).zip(&mut known) {
        if route.place == place {
            continue;
        }
        let before = said(route);
        route.place = place;
        match routes::update(&txn, route).await {
            Err(StoreError::Changed) => return Err(RouteError::Changed),
            done => done?,
        }
        route.version += 1;
        let change = from_to(&before, &said(route));
        note(&txn, ctx, by, ("route.change", route.id), change).await?;
    }
    commit(txn).await?;
    Ok(known)
}

pub async fn remove(ctx: &Ctx, by: &Admin, id: RouteId) -> Result<(), RouteError> {
    let txn = begin(&ctx.db).await?;
    let before = routes::find(&txn, id).await?.ok_or(RouteError::NotFound)?;
    routes::delete(&txn, id).await?;
    note(&txn, ctx, by, ("route.remove", id), said(&before)).await?;
    commit(txn).await?;
    Ok(())
}

/// In the order in which they are tried.
pub async fn list(ctx: &Ctx, _by: &Admin) -> Result<Vec<Route>, StoreError> {
    routes::all(&ctx.db.read).await
}

impl Draft {
    fn route(&self, id: RouteId, version: i32) -> Route {
        Route {
            id,
            name: self.name.clone(),
            place: self.place,
            open: self.open,
            when: self.when.clone(),
            steps: self.steps.clone(),
            version,
        }
    }
}

async fn check(txn: &DatabaseTransaction, draft: &Draft) -> Result<(), RouteError> {
    let unknown = |field: &str| RouteError::Unknown {
        field: field.to_owned(),
    };
    let when = &draft.when;
    if let Some(id) = when.area {
        areas::find(txn, id).await?.ok_or_else(|| unknown("area"))?;
    }
    if let Some(id) = when.reason {
        let reason = reasons::find(txn, id).await?;
        reason.ok_or_else(|| unknown("reason"))?;
    }
    let departments = departments::names(txn).await?;
    if when
        .department
        .is_some_and(|id| !departments.contains_key(&id))
    {
        return Err(unknown("department"));
    }
    for (n, step) in draft.steps.iter().enumerate() {
        match step.who {
            Who::Department(id) if !departments.contains_key(&id) => {
                return Err(unknown(&format!("steps[{n}].department")));
            }
            Who::Member(id) if staff::find(txn, id).await?.is_none() => {
                return Err(unknown(&format!("steps[{n}].staff")));
            }
            Who::Department(_)
            | Who::Member(_)
            | Who::HostDepartment
            | Who::Host
            | Who::Administrators => {}
        }
    }
    Ok(())
}

/// A route as the audit has it.
fn said(route: &Route) -> String {
    let steps = route.steps.iter().map(|step| {
        let who = match step.who {
            Who::HostDepartment => "host_department".to_owned(),
            Who::Department(id) => format!("department:{id}"),
            Who::Host => "host".to_owned(),
            Who::Member(id) => format!("staff:{id}"),
            Who::Administrators => "administrators".to_owned(),
        };
        match step.quorum {
            Quorum::Any => who,
            Quorum::All => format!("{who}(all)"),
        }
    });
    let steps: Vec<_> = steps.collect();
    let Route {
        name, place, open, ..
    } = route;
    let when = &route.when;
    let mut conditions = Vec::new();
    conditions.extend(when.mode.map(|mode| format!("mode={}", mode.as_str())));
    conditions.extend(when.area.map(|id| format!("area={id}")));
    conditions.extend(when.reason.map(|id| format!("reason={id}")));
    conditions.extend(when.department.map(|id| format!("department={id}")));
    conditions.extend(when.days.map(|days| format!("days={days}")));
    let conditions = conditions.into_iter().map(|one| one + " ");
    format!(
        "place={place} name={name} open={open} {}steps={}",
        conditions.collect::<String>(),
        steps.join(" > ")
    )
}

async fn note(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: &Admin,
    (what, id): (&'static str, RouteId),
    detail: String,
) -> Result<(), StoreError> {
    let who = by.as_audited();
    let line = super::audit(ctx, who, what, format!("route:{id}"), detail);
    audit::insert(txn, &line).await
}
