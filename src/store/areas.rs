//! 到访区域.

use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::{StoreError, corrupt};
use crate::domain::campus::{Area, Slot};
use crate::domain::hours::Hours;
use crate::domain::limits::{Limits, Overlap};
use crate::domain::rules::{Exits, Outage, Passback, Rules};
use crate::ids::AreaId;

row!("areas" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    name: String,
    slot: i16,
    open: bool,
    days_ahead: i16,
    days_long: i16,
    a_day: Option<i16>,
    overlap: String,
    hours: String,
    entries_a_day: Option<i16>,
    passback: String,
    reentry_minutes: Option<i16>,
    exits: String,
    outage: String,
});

pub async fn insert(db: &impl ConnectionTrait, area: &Area) -> Result<(), StoreError> {
    to_row(area).into_active_model().insert(db).await?;
    Ok(())
}

/// Writes an area as it is now.
pub async fn update(db: &impl ConnectionTrait, area: &Area) -> Result<(), StoreError> {
    to_row(area)
        .into_active_model()
        .reset_all()
        .update(db)
        .await?;
    Ok(())
}

/// Every area, oldest first: there are dozens at most.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Area>, StoreError> {
    let rows = row::Entity::find()
        .order_by_asc(row::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(area).collect()
}

pub async fn find(db: &impl ConnectionTrait, id: AreaId) -> Result<Option<Area>, StoreError> {
    row::Entity::find_by_id(id.get())
        .one(db)
        .await?
        .map(area)
        .transpose()
}

/// Loads an area and holds it: who may be in it is decided by one after the other, applications, approvals
/// and the blacklist alike. Whoever holds an area waits for no person and no visit any more.
pub async fn lock(db: &impl ConnectionTrait, id: AreaId) -> Result<Option<Area>, StoreError> {
    row::Entity::find_by_id(id.get())
        .lock(LockType::NoKeyUpdate)
        .one(db)
        .await?
        .map(area)
        .transpose()
}

/// The same for every area.
pub async fn lock_all(db: &impl ConnectionTrait) -> Result<Vec<Area>, StoreError> {
    let rows = row::Entity::find()
        .order_by_asc(row::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(db)
        .await?;
    rows.into_iter().map(area).collect()
}

pub async fn find_by_name(
    db: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<Area>, StoreError> {
    let found = row::Entity::find().filter(row::Column::Name.eq(name));
    found.one(db).await?.map(area).transpose()
}

fn to_row(area: &Area) -> row::Model {
    let (limits, rules) = (area.limits, &area.rules);
    row::Model {
        id: area.id.get(),
        name: area.name.clone(),
        slot: area.slot.get(),
        open: area.open,
        days_ahead: limits.days_ahead,
        days_long: limits.days_long,
        a_day: limits.a_day,
        overlap: limits.overlap.as_str().to_owned(),
        hours: rules.hours.to_string(),
        entries_a_day: rules.entries_a_day,
        passback: rules.passback.as_str().to_owned(),
        reentry_minutes: rules.reentry_minutes,
        exits: rules.exits.as_str().to_owned(),
        outage: rules.outage.as_str().to_owned(),
    }
}

fn area(row: row::Model) -> Result<Area, StoreError> {
    let corrupt = corrupt("areas", row.id);
    let slot = Slot::new(row.slot).ok_or_else(&corrupt)?;
    let overlap = Overlap::parse(&row.overlap).ok_or_else(&corrupt)?;
    Ok(Area {
        id: row.id.into(),
        name: row.name,
        slot,
        open: row.open,
        limits: Limits {
            days_ahead: row.days_ahead,
            days_long: row.days_long,
            a_day: row.a_day,
            overlap,
        },
        rules: Rules {
            hours: Hours::parse(&row.hours).map_err(|_| corrupt())?,
            entries_a_day: row.entries_a_day,
            passback: Passback::parse(&row.passback).ok_or_else(&corrupt)?,
            reentry_minutes: row.reentry_minutes,
            exits: Exits::parse(&row.exits).ok_or_else(&corrupt)?,
            outage: Outage::parse(&row.outage).ok_or_else(corrupt)?,
        },
    })
}
