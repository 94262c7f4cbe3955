//! The posts of guards: at each gate a device for each guard who has let somebody through there by hand.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};

use super::StoreError;
use super::gates::{device, insert_device};
use crate::domain::campus::{Device, DeviceId};
use crate::ids::{GateId, StaffId};

/// The number of a guard's post at a gate.
pub async fn find(
    db: &impl ConnectionTrait,
    gate: GateId,
    guard: StaffId,
) -> Result<Option<DeviceId>, StoreError> {
    let found = device::Entity::find()
        .filter(device::Column::GateId.eq(gate.get()))
        .filter(device::Column::StaffId.eq(guard.get()));
    let row = found.one(db).await?;
    Ok(row.and_then(|row| DeviceId::parse(&row.id)))
}

/// Sets one up. It is revoked from the beginning, since nothing ever signs as it.
pub async fn insert(
    db: &impl ConnectionTrait,
    post: &Device,
    guard: StaffId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    insert_device(db, post, at).await?;
    let change = device::ActiveModel {
        id: Set(post.id.as_str().to_owned()),
        staff_id: Set(Some(guard.get())),
        revoked_at: Set(Some(at)),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}
