//! The devices at the gates: how they come, their habits, another key, and their end.

use chrono::{DateTime, Duration, Utc};
use data_encoding::BASE64URL_NOPAD;
use sea_orm::DatabaseTransaction;

use super::campus::{CampusError, insert_device};
use super::note;
use super::registers::{RegisterError, taken};
use crate::ctx::Ctx;
use crate::dialects::{Dialect, Speech};
use crate::domain::actors::Admin;
use crate::domain::campus::{Device, DeviceId, DeviceKey, Direction, Habits};
use crate::domain::gate::News;
use crate::domain::window::screen_time;
use crate::ids::GateId;
use crate::secret::token_hash;
use crate::store::{StoreError, audit, begin, commit, gates, spoken};

/// What a device is given to be known by. It cannot be read again.
pub enum Given {
    /// To be typed into a device that signs.
    Key(DeviceKey),
    /// To stand in the address that a reader of a dialect asks.
    InAddress(Dialect, String),
}

/// A device to be added as an administrator does it.
#[derive(Clone, Debug)]
pub struct NewDevice {
    pub id: DeviceId,
    pub gate: GateId,
    pub direction: Direction,
    /// None of one that signs.
    pub speech: Option<Speech>,
}

/// Adds a device at a gate.
pub async fn add(ctx: &Ctx, by: &Admin, new: NewDevice) -> Result<Given, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let gate = gates::find(&txn, new.gate).await?;
    let gate = gate.ok_or(RegisterError::UnknownGate)?;
    let way = format!("gate={} direction={}", gate.name, new.direction.as_str());
    // Of a reader nobody knows this key, so nobody signs with it.
    let key = DeviceKey::new(ctx.entropy.bytes());
    let device = Device {
        id: new.id,
        gate,
        direction: new.direction,
        key: ctx.keys.seal(&ctx.entropy, &key),
        old_key: None,
        habits: Habits::default(),
    };
    let added = gates::insert_device(&txn, &device, ctx.clock.now()).await;
    added.map_err(taken("id"))?;
    let (given, words) = match &new.speech {
        None => (Given::Key(key), way),
        Some(speech) => {
            let url_key = let_speak(&txn, ctx, &device.id, speech).await?;
            let (dialect, network) = (speech.dialect, speech.network);
            let words = format!("{way} dialect={} network={network}", dialect.as_str());
            (Given::InAddress(dialect, url_key), words)
        }
    };
    let subject = format!("device:{}", device.id);
    note(&txn, ctx, by, "device.add", subject, words).await?;
    commit(txn).await?;
    Ok(given)
}

/// A device that cannot sign, to be added by the operator.
#[derive(Clone, Debug)]
pub struct NewReader {
    pub id: DeviceId,
    pub direction: Direction,
    pub speech: Speech,
}

/// Adds a device that cannot sign; gives the key for its address, which cannot be read again.
pub async fn add_reader(ctx: &Ctx, gate: &str, new: NewReader) -> Result<String, CampusError> {
    let txn = begin(&ctx.db).await?;
    // Nobody knows this key, so nobody signs with it.
    let unused = DeviceKey::new(ctx.entropy.bytes());
    let device = insert_device(&txn, ctx, (new.id, gate, new.direction), &unused).await?;
    let url_key = let_speak(&txn, ctx, &device.id, &new.speech).await?;
    commit(txn).await?;
    Ok(url_key)
}

async fn let_speak(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    id: &DeviceId,
    speech: &Speech,
) -> Result<String, StoreError> {
    let url_key = new_url_key(ctx);
    spoken::let_speak(txn, id, speech, &token_hash(&url_key)).await?;
    Ok(url_key)
}

fn new_url_key(ctx: &Ctx) -> String {
    BASE64URL_NOPAD.encode(&ctx.entropy.bytes::<16>())
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
    let (passed, repeat_ms) = (habits.reports_passed, habits.repeat_ms);
    finish(
        txn,
        ctx,
        (who, known),
        ("device.set", id),
        format!("reports_passed={passed} repeat_ms={repeat_ms}"),
    )
    .await
}

/// Gives a device another key of its kind; the one before is good for `overlap` longer, in which the new
/// one is brought to it.
pub async fn renew(
    ctx: &Ctx,
    who: &str,
    id: &DeviceId,
    overlap: Duration,
) -> Result<Given, CampusError> {
    // A device never changes what it speaks, so this may be asked before.
    let dialect = spoken::dialect_of(&ctx.db.read, id).await?;
    let dialect = dialect.ok_or(CampusError::Unknown("device"))?;
    if dialect == Dialect::Native {
        let key = DeviceKey::new(ctx.entropy.bytes());
        rotate(ctx, who, id, &key, overlap).await?;
        return Ok(Given::Key(key));
    }
    let url_key = new_url_key(ctx);
    let txn = begin(&ctx.db).await?;
    let until = ctx.clock.now() + overlap;
    let known = spoken::rotate_key(&txn, id, &token_hash(&url_key), until).await?;
    finish(
        txn,
        ctx,
        (who, known),
        ("device.rotate", id),
        old_key(until),
    )
    .await?;
    Ok(Given::InAddress(dialect, url_key))
}

/// Puts this key in the place of a device's own.
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
        old_key(until),
    )
    .await
}

fn old_key(until: DateTime<Utc>) -> String {
    format!("old_key_until={}", screen_time(until))
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
