//! What a device decided by itself while it had no network. It has happened, so it is written down and
//! counted, in whatever order it comes to be known, and flagged where it should not have been.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use super::held::Held;
use super::recognise::recognise;
use crate::actions::screening::met_at_gate;
use crate::ctx::Ctx;
use crate::domain::actors::Reader;
use crate::domain::campus::{Device, Direction, Gate};
use crate::domain::gate::{Content, Credential, Facts, Reason, Scan, decide};
use crate::store::passages::{self, Passage};
use crate::store::{StoreError, begin, commit};

/// A passage that a device kept.
#[derive(Clone, Debug)]
pub struct Record {
    pub scan: Scan,
    pub content: Content,
    /// By the device's clock.
    pub at: DateTime<Utc>,
    /// What the device decided: [`Reason::Ok`] when it opened.
    pub decided: Reason,
    /// The version of the list by which it did.
    pub list_version: i64,
    /// SHA-256 of the record's bytes.
    pub hash: String,
}

/// What became of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    Stored,
    /// This device has told of its number before.
    Repeated,
}

/// Writes down what a device kept, and says what became of each.
pub async fn record(
    ctx: &Ctx,
    reader: &Reader,
    records: &[Record],
) -> Result<Vec<Recorded>, StoreError> {
    let (device, now) = (&reader.device, ctx.clock.now());
    let mut told = Vec::with_capacity(records.len());
    for (place, record) in records.iter().enumerate() {
        // A clock that is ahead must not make somebody be inside until it is right.
        let at = record.at.min(now);
        let credential = recognise(ctx, &device.gate, &record.content, at).await?;
        told.push((place, record, at, credential));
    }
    // In the order of the index in which two that tell the same would else wait for each other.
    told.sort_by(|one, other| one.1.scan.nonce.cmp(&other.1.scan.nonce));
    let txn = begin(&ctx.db).await?;
    let credentials = told.iter().map(|(_, _, _, credential)| credential);
    let mut held = Held::take(&txn, credentials).await?;
    let mut results = vec![Recorded::Repeated; records.len()];
    for (place, record, at, credential) in &told {
        let what = (*record, *at, credential);
        results[*place] = keep(&txn, ctx, device, what, &mut held).await?;
    }
    held.keep(&txn, ctx).await?;
    commit(txn).await?;
    Ok(results)
}

async fn keep(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    device: &Device,
    (record, at, credential): (&Record, DateTime<Utc>, &Credential),
    held: &mut Held,
) -> Result<Recorded, StoreError> {
    let scan = &record.scan;
    let passage = Passage {
        id: ctx.mint(),
        device: device.id.clone(),
        nonce: scan.nonce.clone(),
        request_hash: record.hash.clone(),
        pass: None,
        reason: record.decided,
        alert: None,
        direction: scan.direction,
        kind: scan.kind,
        reader: scan.reader,
        content: None,
        answer: String::new(),
        at,
        offline: Some(record.list_version),
        passed_at: (record.decided == Reason::Ok).then_some(at),
    };
    take_down(txn, ctx, &device.gate, passage, credential, held).await
}

/// Writes down what has happened at a gate: counted as it was, and flagged where it should not have been.
pub(super) async fn take_down(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    gate: &Gate,
    mut passage: Passage,
    credential: &Credential,
    held: &mut Held,
) -> Result<Recorded, StoreError> {
    let (at, direction) = (passage.at, passage.direction);
    let mut credential = held.now(txn, ctx, credential, gate.area).await?;
    if let Credential::Pass(holding) = &mut credential {
        // What was revoked afterwards was none of the gate's business then.
        let revoked_at = &mut holding.pass.revoked_at;
        *revoked_at = revoked_at.filter(|revoked| *revoked <= at);
    }
    let facts = Facts {
        gate,
        credential: &credential,
    };
    let scan = Scan {
        nonce: passage.nonce.clone(),
        repeats: None,
        reader: passage.reader,
        kind: passage.kind,
        direction,
    };
    let ours = decide(facts, &scan, at);
    let opened = passage.reason == Reason::Ok;
    let alert = if ours.opens() {
        passage.alert.or(ours.alert)
    } else {
        Some(ours.reason)
    };
    passage.alert = alert.filter(|_| opened);
    passage.pass = credential.holding().map(|holding| holding.pass.id);
    if passages::insert_new(txn, &[passage], ctx.clock.now()).await? == 0 {
        return Ok(Recorded::Repeated);
    }
    let Some(holding) = credential.holding() else {
        return Ok(Recorded::Stored);
    };
    let enters = direction != Direction::Out;
    if opened && enters {
        held.count(holding);
    }
    if opened {
        let way = (gate.area, direction);
        held.go_through(holding, way, at);
    }
    if enters {
        met_at_gate(txn, ctx, holding, gate).await?;
    }
    Ok(Recorded::Stored)
}
