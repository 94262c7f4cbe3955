//! The devices that cannot sign: whose words they speak, and the key in the address that they ask.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait};
use sea_orm::{Condition, QueryFilter};

use super::gates::{change, device, find_device};
use super::{StoreError, corrupt};
use crate::dialects::{Dialect, Speech, Spoken};
use crate::domain::campus::DeviceId;

/// A device that was added cannot sign, and calls by this key.
pub async fn let_speak(
    db: &impl ConnectionTrait,
    id: &DeviceId,
    speech: &Speech,
    url_key_hash: &str,
) -> Result<(), StoreError> {
    let change = device::ActiveModel {
        id: Set(id.as_str().to_owned()),
        dialect: Set(speech.dialect.as_str().to_owned()),
        url_key_hash: Set(Some(url_key_hash.to_owned())),
        network: Set(Some(speech.network.to_string())),
        gbk: Set(speech.gbk),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

/// What a device in use speaks.
pub async fn dialect_of(
    db: &impl ConnectionTrait,
    id: &DeviceId,
) -> Result<Option<Dialect>, StoreError> {
    let live = device::Entity::find_by_id(id.as_str().to_owned())
        .filter(device::Column::RevokedAt.is_null());
    let Some(row) = live.one(db).await? else {
        return Ok(None);
    };
    let dialect = Dialect::parse(&row.dialect).ok_or_else(corrupt("devices", row.gate_id))?;
    Ok(Some(dialect))
}

/// The device with this key in its address, or that had it before. One that was revoked is not found.
pub async fn find(
    db: &impl ConnectionTrait,
    url_key_hash: &str,
) -> Result<Option<Spoken>, StoreError> {
    let either = Condition::any()
        .add(device::Column::UrlKeyHash.eq(url_key_hash))
        .add(device::Column::OldUrlKeyHash.eq(url_key_hash));
    let Some(found) = device::Entity::find().filter(either).one(db).await? else {
        return Ok(None);
    };
    let is_old = found.url_key_hash.as_deref() != Some(url_key_hash);
    let corrupt = corrupt("devices", found.gate_id);
    let id = DeviceId::parse(&found.id).ok_or_else(&corrupt)?;
    let until = found.old_key_until.filter(|_| is_old);
    let speech = speech(&found)?.ok_or_else(corrupt)?;
    let device = find_device(db, &id).await?;
    Ok(device.map(|device| Spoken {
        device,
        speech,
        until,
    }))
}

/// How a row's device speaks; none of one that signs.
pub(super) fn speech(row: &device::Model) -> Result<Option<Speech>, StoreError> {
    let corrupt = corrupt("devices", row.gate_id);
    let dialect = Dialect::parse(&row.dialect).ok_or_else(&corrupt)?;
    if dialect == Dialect::Native {
        return Ok(None);
    }
    let network = row.network.as_deref().and_then(|text| text.parse().ok());
    Ok(Some(Speech {
        dialect,
        network: network.ok_or_else(corrupt)?,
        gbk: row.gbk,
    }))
}

/// Puts another key in the place of the one in a reader's address, which is good until `until` as the old
/// one. Says whether there is such a reader.
pub async fn rotate_key(
    db: &impl ConnectionTrait,
    id: &DeviceId,
    url_key_hash: &str,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = device::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    let Some(before) = row.and_then(|row| row.url_key_hash) else {
        return Ok(false);
    };
    let new = device::ActiveModel {
        url_key_hash: Set(Some(url_key_hash.to_owned())),
        old_url_key_hash: Set(Some(before)),
        old_key_until: Set(Some(until)),
        ..Default::default()
    };
    change(db, id, new).await
}
