//! The devices at the gates, once they are there: their habits, another key, and their end.

use chrono::Duration;
use data_encoding::BASE64URL_NOPAD;
use ipnet::IpNet;
use sea_orm::DatabaseTransaction;

use super::campus::{CampusError, insert_device};
use crate::ctx::Ctx;
use crate::dialects::Dialect;
use crate::domain::campus::{DeviceId, DeviceKey, Direction, Habits};
use crate::domain::gate::News;
use crate::secret::token_hash;
use crate::store::gates::Spoken;
use crate::store::{audit, begin, commit, gates};

/// A device that cannot sign, to be added.
#[derive(Clone, Debug)]
pub struct NewReader {
    pub id: DeviceId,
    pub dialect: Dialect,
    pub direction: Direction,
    /// From where it calls.
    pub network: IpNet,
    /// Its texts are in GBK.
    pub gbk: bool,
}

/// Adds a device that cannot sign; gives the key for its address, which cannot be read again.
pub async fn add_reader(ctx: &Ctx, gate: &str, new: NewReader) -> Result<String, CampusError> {
    let url_key = BASE64URL_NOPAD.encode(&ctx.entropy.bytes::<16>());
    let txn = begin(&ctx.db).await?;
    // Nobody knows this key, so nobody signs with it.
    let unused = DeviceKey::new(ctx.entropy.bytes());
    let device = insert_device(&txn, ctx, (new.id, gate, new.direction), &unused).await?;
    let spoken = Spoken {
        device,
        dialect: new.dialect,
        network: new.network,
        gbk: new.gbk,
    };
    gates::let_speak(&txn, &spoken, &token_hash(&url_key)).await?;
    commit(txn).await?;
    Ok(url_key)
}

/// Who asks for it when it is the operator's command.
pub const OPERATOR: &str = "operator";

/// Says what a device does by itself.
pub async fn set_habits(
    ctx: &Ctx,
    who: &str,
    id: &DeviceId,
    habits: Habits,
) -> Result<(), CampusError> {
    let txn = begin(&ctx.db).await?;
    let known = gates::set_habits(&txn, id, habits).await?;
    finish(
        txn,
        ctx,
        (who, known),
        ("device.set", id),
        format!("{habits:?}"),
    )
    .await
}

/// Gives a device another key; the one before is good for `overlap` longer, in which the new one is typed
/// into it.
pub async fn rotate(
    ctx: &Ctx,
    who: &str,
    id: &DeviceId,
    key: &DeviceKey,
    overlap: Duration,
) -> Result<(), CampusError> {
    let txn = begin(&ctx.db).await?;
    let until = ctx.clock.now() + overlap;
    let sealed = ctx.keys.seal(&ctx.entropy, key);
    let known = gates::rotate_key(&txn, id, &sealed, until).await?;
    finish(
        txn,
        ctx,
        (who, known),
        ("device.rotate", id),
        format!("old key until {until}"),
    )
    .await
}

/// Takes a device out of use at once and for good.
pub async fn revoke(ctx: &Ctx, who: &str, id: &DeviceId) -> Result<(), CampusError> {
    let txn = begin(&ctx.db).await?;
    let known = gates::revoke_device(&txn, id, ctx.clock.now()).await?;
    finish(txn, ctx, (who, known), ("device.revoke", id), String::new()).await
}

/// Keeps a change to a device that there is, with its line in the audit.
async fn finish(
    txn: DatabaseTransaction,
    ctx: &Ctx,
    (who, known): (&str, bool),
    (what, id): (&'static str, &DeviceId),
    detail: String,
) -> Result<(), CampusError> {
    if !known {
        return Err(CampusError::Unknown("device"));
    }
    ctx.tell(&txn, &News::Gates).await?;
    let subject = format!("device:{id}");
    let line = super::audit(ctx, who.to_owned(), what, subject, detail);
    audit::insert(&txn, &line).await?;
    Ok(commit(txn).await?)
}
