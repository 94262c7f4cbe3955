//! What went through the gates, for the console.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use super::passages::{Column, Entity, Model};
use super::{StoreError, passes, visitors};
use crate::domain::campus::DeviceId;
use crate::domain::gate::Reason;
use crate::domain::visitor::Visitor;
use crate::domain::window::Span;
use crate::ids::{PassId, PassageId, first_at, last_at, made_at};

/// What is looked for; everything that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct PassageFilter {
    /// The devices of a gate, or one.
    pub devices: Option<Vec<DeviceId>>,
    pub reason: Option<Reason>,
    pub pass: Option<PassId>,
    /// When it was written down, which is when it happened unless the gate was offline.
    pub recorded: Span,
}

/// A scan as a list shows it.
#[derive(Clone, Debug)]
pub struct Scanned {
    pub passage: Model,
    /// Whose pass it was, where it was one.
    pub holder: Option<Visitor>,
}

/// Newest first: those before `before`.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &PassageFilter,
    before: Option<PassageId>,
    limit: u64,
) -> Result<Vec<Scanned>, StoreError> {
    let mut newest = BTreeMap::new();
    for page in found(filter, before, limit) {
        let rows = page.all(db).await?;
        newest.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let rows: Vec<_> = newest.into_values().rev().take(limit).collect();
    let holders = holders(db, rows.iter().filter_map(|row| row.pass_id)).await?;
    let scanned = |passage: Model| Scanned {
        holder: passage.pass_id.and_then(|pass| holders.get(&pass).cloned()),
        passage,
    };
    Ok(rows.into_iter().map(scanned).collect())
}

/// When each device last wrote something down, by its last scan.
pub async fn last_seen(
    db: &impl ConnectionTrait,
) -> Result<HashMap<String, DateTime<Utc>>, StoreError> {
    let last = Entity::find()
        .select_only()
        .column(Column::DeviceId)
        .column_as(Column::Id.max(), "id")
        .group_by(Column::DeviceId)
        .into_tuple::<(String, i64)>();
    let seen = last.all(db).await?.into_iter();
    Ok(seen.map(|(device, id)| (device, made_at(id))).collect())
}

/// What is asked of the database for a page.
#[must_use]
pub fn pages(
    filter: &PassageFilter,
    before: Option<PassageId>,
    limit: u64,
) -> Vec<SelectStatement> {
    let found = found(filter, before, limit).into_iter();
    found.map(QueryTrait::into_query).collect()
}

/// A query for each device, which an index answers newest first; for all of them together none does.
fn found(filter: &PassageFilter, before: Option<PassageId>, limit: u64) -> Vec<Select<Entity>> {
    let Span { from, until } = filter.recorded;
    let reason = filter
        .reason
        .map(|reason| Column::Reason.eq(reason.as_str()));
    let pass = filter.pass.map(|pass| Column::PassId.eq(pass.get()));
    // An id tells when it was made, and the list goes by it.
    let from = from.map(|from| Column::Id.gte(first_at(from)));
    let until = until.map(|until| Column::Id.lte(last_at(until)));
    let before = before.map(|before| Column::Id.lt(before.get()));
    let fits = [reason, pass, from, until, before];
    let plain = fits
        .into_iter()
        .flatten()
        .fold(Entity::find(), Select::filter);
    let page = plain.order_by_desc(Column::Id).limit(limit);
    match &filter.devices {
        None => vec![page],
        Some(devices) => devices
            .iter()
            .map(|device| page.clone().filter(Column::DeviceId.eq(device.as_str())))
            .collect(),
    }
}

async fn holders(
    db: &impl ConnectionTrait,
    of: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Visitor>, StoreError> {
    let holders = passes::holders(db, of).await?;
    let found = visitors::find_many(db, holders.values().copied()).await?;
    let visitors: HashMap<_, _> = found.into_iter().map(|v| (v.id.get(), v)).collect();
    let named = |(pass, visitor)| Some((pass, visitors.get(&visitor)?.clone()));
    Ok(holders.into_iter().filter_map(named).collect())
}
