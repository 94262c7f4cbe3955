//! Gates and the devices at them.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::{StoreError, areas, corrupt, spoken};
use crate::dialects::{Dialect, Speech};
use crate::domain::campus::{Area, Device, DeviceId, DeviceKey, Direction, Gate, Habits};
use crate::ids::{AreaId, GateId};
use crate::secret::Sealed;

row!("gates" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    #[sea_orm(unique)]
    name: String,
    area_id: i64,
    open: bool,
});

pub(super) mod device {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "devices")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub gate_id: i64,
        pub dialect: String,
        pub direction: String,
        pub key_sealed: String,
        pub added_at: DateTimeUtc,
        pub revoked_at: Option<DateTimeUtc>,
        pub reports_passed: bool,
        pub repeat_ms: i32,
        pub old_key_sealed: Option<String>,
        pub old_key_until: Option<DateTimeUtc>,
        pub url_key_hash: Option<String>,
        pub old_url_key_hash: Option<String>,
        pub network: Option<String>,
        pub gbk: bool,
        pub staff_id: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub async fn insert(db: &impl ConnectionTrait, gate: &Gate) -> Result<(), StoreError> {
    let row = row::Model {
        id: gate.id.get(),
        name: gate.name.clone(),
        area_id: gate.area.get(),
        open: gate.open,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: GateId) -> Result<Option<Gate>, StoreError> {
    match row::Entity::find_by_id(id.get()).one(db).await? {
        Some(row) => gate(db, row).await.map(Some),
        None => Ok(None),
    }
}

/// Every gate's id, and whether it is open.
pub async fn all_open(db: &impl ConnectionTrait) -> Result<Vec<(GateId, bool)>, StoreError> {
    let rows = row::Entity::find()
        .order_by_asc(row::Column::Id)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id.into(), row.open))
        .collect())
}

pub async fn find_by_name(
    db: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<Gate>, StoreError> {
    match row::Entity::find()
        .filter(row::Column::Name.eq(name))
        .one(db)
        .await?
    {
        Some(row) => gate(db, row).await.map(Some),
        None => Ok(None),
    }
}

pub async fn insert_device(
    db: &impl ConnectionTrait,
    added: &Device,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = device::Model {
        id: added.id.as_str().to_owned(),
        gate_id: added.gate.id.get(),
        dialect: Dialect::Native.as_str().to_owned(),
        direction: added.direction.as_str().to_owned(),
        key_sealed: added.key.as_column().to_owned(),
        added_at: at,
        revoked_at: None,
        reports_passed: added.habits.reports_passed,
        repeat_ms: added.habits.repeat_ms,
        old_key_sealed: None,
        old_key_until: None,
        url_key_hash: None,
        old_url_key_hash: None,
        network: None,
        gbk: false,
        staff_id: None,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// A device that may ask. One that was revoked is not found.
pub async fn find_device(
    db: &impl ConnectionTrait,
    id: &DeviceId,
) -> Result<Option<Device>, StoreError> {
    let live = device::Entity::find_by_id(id.as_str().to_owned())
        .filter(device::Column::RevokedAt.is_null());
    let Some(found) = live.one(db).await? else {
        return Ok(None);
    };
    let (corrupt, habits) = (corrupt("devices", found.gate_id), habits(&found));
    let row = row::Entity::find_by_id(found.gate_id)
        .one(db)
        .await?
        .ok_or_else(&corrupt)?;
    Ok(Some(Device {
        id: id.clone(),
        gate: gate(db, row).await?,
        direction: Direction::parse(&found.direction).ok_or_else(corrupt)?,
        key: Sealed::from_column(found.key_sealed),
        old_key: found
            .old_key_sealed
            .map(Sealed::from_column)
            .zip(found.old_key_until),
        habits,
    }))
}

fn habits(row: &device::Model) -> Habits {
    Habits {
        reports_passed: row.reports_passed,
        repeat_ms: row.repeat_ms,
    }
}

/// Changes a device that is in use; says whether there is one.
pub(super) async fn change(
    db: &impl ConnectionTrait,
    id: &DeviceId,
    change: device::ActiveModel,
) -> Result<bool, StoreError> {
    let done = device::Entity::update_many()
        .set(change)
        .filter(device::Column::Id.eq(id.as_str()))
        .filter(device::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

pub async fn set_habits(
    db: &impl ConnectionTrait,
    id: &DeviceId,
    habits: Habits,
) -> Result<bool, StoreError> {
    let new = device::ActiveModel {
        reports_passed: Set(habits.reports_passed),
        repeat_ms: Set(habits.repeat_ms),
        ..Default::default()
    };
    change(db, id, new).await
}

/// Puts `key` in the place of the device's own, which is good until `until` as the old one.
pub async fn rotate_key(
    db: &impl ConnectionTrait,
    id: &DeviceId,
    key: &Sealed<DeviceKey>,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(device) = find_device(db, id).await? else {
        return Ok(false);
    };
    let new = device::ActiveModel {
        key_sealed: Set(key.as_column().to_owned()),
        old_key_sealed: Set(Some(device.key.as_column().to_owned())),
        old_key_until: Set(Some(until)),
        ..Default::default()
    };
    change(db, id, new).await
}

pub async fn revoke_device(
    db: &impl ConnectionTrait,
    id: &DeviceId,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let new = device::ActiveModel {
        revoked_at: Set(Some(at)),
        ..Default::default()
    };
    change(db, id, new).await
}

/// Every gate, oldest first.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Gate>, StoreError> {
    let rows = row::Entity::find().order_by_asc(row::Column::Id);
    let areas = areas::all(db).await?;
    let gate = |row: row::Model| {
        let area = areas.iter().find(|area| area.id.get() == row.area_id);
        let area = area.ok_or_else(corrupt("gates", row.id))?;
        Ok(gate_in(row, area))
    };
    rows.all(db).await?.into_iter().map(gate).collect()
}

/// A device as a list shows it.
#[derive(Clone, Debug)]
pub struct Installed {
    pub id: DeviceId,
    pub gate: GateId,
    pub direction: Direction,
    /// None of one that signs.
    pub speech: Option<Speech>,
    pub habits: Habits,
    pub added_at: DateTime<Utc>,
    /// Until when the key before is good, or was.
    pub old_key_until: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// A guard's hand, which is nothing that hangs at the gate.
    pub is_hand: bool,
}

/// Every device, by its number; those that were revoked too.
pub async fn devices(db: &impl ConnectionTrait) -> Result<Vec<Installed>, StoreError> {
    let rows = device::Entity::find().order_by_asc(device::Column::Id);
    let installed = |row: device::Model| {
        let corrupt = corrupt("devices", row.gate_id);
        Ok(Installed {
            id: DeviceId::parse(&row.id).ok_or_else(&corrupt)?,
            gate: row.gate_id.into(),
            direction: Direction::parse(&row.direction).ok_or_else(corrupt)?,
            speech: spoken::speech(&row)?,
            habits: habits(&row),
            added_at: row.added_at,
            old_key_until: row.old_key_until,
            revoked_at: row.revoked_at,
            is_hand: row.staff_id.is_some(),
        })
    };
    rows.all(db).await?.into_iter().map(installed).collect()
}

/// Holds a gate's row until the transaction ends.
pub async fn lock(db: &impl ConnectionTrait, id: GateId) -> Result<Option<Gate>, StoreError> {
    let held = row::Entity::find_by_id(id.get()).lock(LockType::NoKeyUpdate);
    match held.one(db).await? {
        Some(row) => gate(db, row).await.map(Some),
        None => Ok(None),
    }
}

/// Writes a gate's name, and whether it is open.
pub async fn update(db: &impl ConnectionTrait, gate: &Gate) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(gate.id.get()),
        name: Set(gate.name.clone()),
        open: Set(gate.open),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

async fn gate(db: &impl ConnectionTrait, row: row::Model) -> Result<Gate, StoreError> {
    let area = areas::find(db, AreaId::from(row.area_id)).await?;
    let area = area.ok_or_else(corrupt("gates", row.id))?;
    Ok(gate_in(row, &area))
}

fn gate_in(row: row::Model, area: &Area) -> Gate {
    Gate {
        id: row.id.into(),
        name: row.name,
        area: area.id,
        slot: area.slot,
        area_name: area.name.clone(),
        open: row.open,
        rules: area.rules.clone(),
    }
}
