//! Gates and the devices at them.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};

use super::{StoreError, areas, corrupt};
use crate::domain::campus::{Area, Device, DeviceId, Direction, Gate};
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

mod device {
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
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The dialect of the only protocol there is so far: the campus's own.
const NATIVE: &str = "native";

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
        dialect: NATIVE.to_owned(),
        direction: added.direction.as_str().to_owned(),
        key_sealed: added.key.as_column().to_owned(),
        added_at: at,
        revoked_at: None,
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
    let corrupt = corrupt("devices", found.gate_id);
    let row = row::Entity::find_by_id(found.gate_id)
        .one(db)
        .await?
        .ok_or_else(&corrupt)?;
    Ok(Some(Device {
        id: id.clone(),
        gate: gate(db, row).await?,
        direction: Direction::parse(&found.direction).ok_or_else(corrupt)?,
        key: Sealed::from_column(found.key_sealed),
    }))
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
    pub added_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
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
            added_at: row.added_at,
            revoked_at: row.revoked_at,
        })
    };
    rows.all(db).await?.into_iter().map(installed).collect()
}

/// Opens or closes a gate.
pub async fn set_open(
    db: &impl ConnectionTrait,
    gate: &Gate,
    open: bool,
) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(gate.id.get()),
        open: Set(open),
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
    }
}
