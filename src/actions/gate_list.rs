//! The list by which a gate decides while it has no network: which passes there are, which are revoked, the
//! rules and the keys.
//!
//! Whoever issues or revokes a pass only says that it stands in no version yet. Versions are made afterwards,
//! one at a time behind a lock, of what is committed by then ([`publish`]); else a gate could see a version
//! before one below it, and would never ask for that again.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::ctx::Ctx;
use crate::domain::Plate;
use crate::domain::campus::Gate;
use crate::domain::pass::Pass;
use crate::ids::PassId;
use crate::store::{
    StoreError, areas, begin, commit, gate_list, gates, passes, vehicles, visitors,
};

/// The most passes that one version brings, so that one answer holds a whole version.
const VERSION: u64 = 500;
/// The most passes in one answer.
const PAGE: usize = 1000;

/// What changed after a version.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The version that a gate has when it has taken these.
    pub version: i64,
    /// Whether there are more, to be asked for at once.
    pub more: bool,
    /// Whether they are the whole list, and a gate forgets what it had.
    pub whole: bool,
    pub added: Vec<Added>,
    pub revoked: Vec<PassId>,
    /// Whether the rules, the gates or the keys have changed.
    pub policy: bool,
}

/// A pass that is or will be good at the gate that asks.
#[derive(Clone, Debug)]
pub struct Added {
    pub pass: Pass,
    /// The vehicles that come by it.
    pub plates: Vec<Plate>,
}

/// Puts into the list what has changed, and says its version.
pub async fn publish(ctx: &Ctx) -> Result<i64, StoreError> {
    let db = &ctx.db.read;
    let mut edition = gate_list::find(db).await?;
    while passes::any_unlisted(db).await? || edition.policy_hash != policy_hash(ctx).await? {
        let txn = begin(&ctx.db).await?;
        edition = gate_list::lock(&txn).await?;
        let hash = policy_hash(ctx).await?;
        let next = edition.version + 1;
        let listed = passes::list_as(&txn, next, VERSION).await?;
        if listed == 0 && edition.policy_hash == hash {
            // Somebody else has just done it, or still holds what is left.
            break;
        }
        if edition.policy_hash != hash {
            (edition.policy_version, edition.policy_hash) = (next, hash);
        }
        edition.version = next;
        gate_list::update(&txn, &edition).await?;
        commit(txn).await?;
    }
    ctx.caches.see_list_version(edition.version);
    Ok(edition.version)
}

/// What a gate that has version `since` must hear. It hears only of passes that are good in its area: the
/// plates on the list are nobody else's business.
pub async fn changes(ctx: &Ctx, gate: &Gate, since: i64) -> Result<Changes, StoreError> {
    publish(ctx).await?;
    let (db, now) = (&ctx.db.read, ctx.clock.now());
    let edition = gate_list::find(db).await?;
    // A gate that is ahead has the list of another database.
    let whole = !(1..=edition.version).contains(&since);
    let since = if whole { 0 } else { since };
    let most = u64::try_from(PAGE).unwrap_or(u64::MAX) + 1;
    let mut listed = passes::listed_since(db, (since, edition.version), now, most).await?;
    let more = listed.len() > PAGE;
    let mut version = edition.version;
    if let Some((cut, _)) = listed.last().filter(|_| more) {
        version = cut - 1;
        listed.retain(|(listed, _)| *listed <= version);
    }
    let here = listed.into_iter().map(|(_, pass)| pass);
    let here = here.filter(|pass| pass.areas.holds(gate.slot));
    let (good, revoked): (Vec<_>, Vec<_>) = here.partition(|pass| pass.revoked_at.is_none());
    Ok(Changes {
        version,
        more,
        whole,
        added: with_plates(ctx, good).await?,
        revoked: revoked.into_iter().map(|pass| pass.id).collect(),
        policy: edition.policy_version > since,
    })
}

async fn with_plates(ctx: &Ctx, good: Vec<Pass>) -> Result<Vec<Added>, StoreError> {
    let db = &ctx.db.read;
    let visits = || good.iter().map(|pass| pass.visit);
    let vehicles = vehicles::of_visits(db, visits()).await?;
    let visitors = visitors::of_visits(db, visits()).await?;
    let added = |pass: Pass| {
        let own = visitors.iter().filter(|visitor| visitor.id == pass.visitor);
        let own = own.filter_map(|visitor| visitor.plate.clone());
        let group = vehicles.iter().filter(|(visit, _)| *visit == pass.visit);
        let plates = own.chain(group.map(|(_, plate)| plate.clone())).collect();
        Added { pass, plates }
    };
    Ok(good.into_iter().map(added).collect())
}

/// The rules of every area, which gates are open, and the keys: when it changes, they have.
async fn policy_hash(ctx: &Ctx) -> Result<String, StoreError> {
    let db = &ctx.db.read;
    let mut hash = Sha256::new();
    for area in areas::all(db).await? {
        hash.update(format!("{} {:?} {:?}\n", area.id, area.slot, area.rules));
    }
    for (gate, open) in gates::all_open(db).await? {
        hash.update(format!("{gate} {open}\n"));
    }
    for (number, key) in ctx.codes.public() {
        hash.update([number]);
        hash.update(key);
    }
    Ok(HEXLOWER.encode(&hash.finalize()))
}
