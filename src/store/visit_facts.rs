//! A visit with everything that a screen or a message says of it, loaded for many visits at once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use super::{StoreError, areas, corrupt, passes, reasons, staff, visitors};
use crate::domain::campus::{Area, Member, Purpose};
use crate::domain::pass::Pass;
use crate::domain::visit::{Visit, Visitor};

#[derive(Clone, Debug)]
pub struct VisitFacts {
    /// As it stands now, whatever was stored.
    pub visit: Visit,
    pub host: Member,
    pub area: Area,
    pub reason: Purpose,
    /// By place; the first is the one who booked.
    pub visitors: Vec<Visitor>,
    pub passes: Vec<Pass>,
}

impl VisitFacts {
    /// 提交者.
    #[must_use]
    pub fn submitter(&self) -> &str {
        self.visitors
            .first()
            .map_or("", |visitor| visitor.name.as_str())
    }
}

/// The facts of each visit, in the order they came, settled at `now`.
pub async fn of(
    db: &impl ConnectionTrait,
    visits: Vec<Visit>,
    now: DateTime<Utc>,
) -> Result<Vec<VisitFacts>, StoreError> {
    if visits.is_empty() {
        return Ok(Vec::new());
    }
    let hosts = staff::find_many(db, visits.iter().map(|visit| visit.host)).await?;
    let hosts: HashMap<_, _> = hosts.into_iter().map(|host| (host.id, host)).collect();
    let areas = areas::all(db).await?;
    let reasons = reasons::all(db).await?;
    let ids = || visits.iter().map(|visit| visit.id);
    let mut visitors: HashMap<_, Vec<_>> = HashMap::new();
    for visitor in visitors::of_visits(db, ids()).await? {
        visitors.entry(visitor.visit).or_default().push(visitor);
    }
    let mut passes: HashMap<_, Vec<_>> = HashMap::new();
    for pass in passes::of_visits(db, ids()).await? {
        passes.entry(pass.visit).or_default().push(pass);
    }
    let facts = |visit: Visit| {
        let corrupt = corrupt("visits", visit.id.get());
        Ok(VisitFacts {
            host: hosts.get(&visit.host).ok_or_else(&corrupt)?.clone(),
            area: areas
                .iter()
                .find(|a| a.id == visit.area)
                .ok_or_else(&corrupt)?
                .clone(),
            reason: reasons
                .iter()
                .find(|r| r.id == visit.reason)
                .ok_or_else(corrupt)?
                .clone(),
            visitors: visitors.remove(&visit.id).unwrap_or_default(),
            passes: passes.remove(&visit.id).unwrap_or_default(),
            visit: visit.settle(now),
        })
    };
    visits.into_iter().map(facts).collect()
}

/// The facts of one visit.
pub async fn of_one(
    db: &impl ConnectionTrait,
    visit: Visit,
    now: DateTime<Utc>,
) -> Result<VisitFacts, StoreError> {
    let id = visit.id.get();
    of(db, vec![visit], now)
        .await?
        .pop()
        .ok_or_else(corrupt("visits", id))
}
