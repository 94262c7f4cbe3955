//! Passes as they are, behind their locks.
//!
//! Locks are taken in one order, visits before passes and both ascending, as withdrawing and the blacklist do,
//! else PostgreSQL ends in deadlocks. A visit is held only by whoever may be the first of it to arrive.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use super::recognise::load;
use crate::ctx::Ctx;
use crate::domain::campus::Direction;
use crate::domain::gate::{Credential, Holding, Known};
use crate::domain::message::Message;
use crate::domain::pass::Pass;
use crate::domain::presence::Presence;
use crate::ids::{AreaId, PassId, VisitId};
use crate::outbox;
use crate::store::{StoreError, passes, presences, visits};

/// The passes of some scans, as they were found and as those scans change them.
pub(super) struct Held {
    passes: HashMap<PassId, Pass>,
    presences: HashMap<(PassId, AreaId), Presence>,
    /// What must be written: how many entries each pass has taken, and who has moved.
    counted: HashMap<PassId, i32>,
    moved: HashSet<(PassId, AreaId)>,
    /// Visits of which nobody has come in, and those of them of which somebody comes now, by when.
    awaited: HashSet<VisitId>,
    arrivals: Arrivals,
}

/// The first of some visits to come in, by when.
pub(super) type Arrivals = BTreeMap<DateTime<Utc>, Vec<(VisitId, PassId)>>;

/// Writes down that visits have begun, and whom to tell; what was remembered of their passes is read anew.
pub(super) async fn welcome(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    arrivals: Arrivals,
) -> Result<(), StoreError> {
    for (at, first) in arrivals {
        visits::arrive(txn, first.iter().map(|(visit, _)| *visit), at).await?;
        for (visit, pass) in first {
            outbox::post(txn, ctx, &Message::GuestArrived { visit }).await?;
            ctx.caches.gates.passes.forget(&pass);
        }
    }
    Ok(())
}

impl Held {
    /// Takes the locks of every pass that these are about.
    pub async fn take(
        txn: &DatabaseTransaction,
        credentials: impl Iterator<Item = &Credential>,
    ) -> Result<Self, StoreError> {
        let holdings: Vec<_> = credentials.filter_map(Credential::holding).collect();
        let first = holdings.iter().filter(|holding| !holding.arrived);
        let mut first: Vec<_> = first.map(|holding| holding.pass.visit).collect();
        first.sort_unstable();
        first.dedup();
        let awaited = if first.is_empty() {
            HashSet::new()
        } else {
            visits::lock_awaited(txn, first).await?
        };
        let ids = || holdings.iter().map(|holding| holding.pass.id);
        let mut held = Self {
            passes: HashMap::new(),
            presences: HashMap::new(),
            counted: HashMap::new(),
            moved: HashSet::new(),
            awaited,
            arrivals: BTreeMap::new(),
        };
        if holdings.is_empty() {
            return Ok(held);
        }
        let passes = passes::lock_many(txn, ids()).await?;
        held.passes = passes.into_iter().map(|pass| (pass.id, pass)).collect();
        held.presences = presences::of_passes(txn, ids()).await?;
        Ok(held)
    }

    /// What is true of a credential now. A pass that has changed since it was read is read again, with
    /// its visit and whatever the blacklist has on its holder.
    pub async fn now(
        &self,
        txn: &DatabaseTransaction,
        ctx: &Ctx,
        credential: &Credential,
        area: AreaId,
    ) -> Result<Credential, StoreError> {
        let Credential::Pass(seen) = credential else {
            return Ok(credential.clone());
        };
        let id = seen.pass.id;
        let pass = self.passes.get(&id);
        let same = pass.is_some_and(|pass| pass.version == seen.pass.version);
        let credential = if same {
            credential.clone()
        } else {
            load(txn, ctx, id, &seen.known).await?
        };
        Ok(match (credential, pass) {
            (Credential::Pass(holding), Some(pass)) => {
                let presence = self.presences.get(&(id, area)).cloned();
                Credential::Pass(Holding {
                    pass: pass.clone(),
                    presence: presence.unwrap_or_default(),
                    ..holding
                })
            }
            (credential, _) => credential,
        })
    }

    /// A gate opens: the entry is taken, where there is a limit to them.
    pub fn count(&mut self, holding: &Holding) {
        let (id, entries) = (holding.pass.id, holding.known.entries());
        let limited = |pass: &&mut Pass| entries > 0 && pass.entry_limit.is_some();
        if let Some(pass) = self.passes.get_mut(&id).filter(limited) {
            pass.entries += entries;
            *self.counted.entry(id).or_default() += entries;
        }
    }

    /// Somebody goes through. The host hears of the first of a visit.
    pub fn go_through(
        &mut self,
        holding: &Holding,
        (area, direction): (AreaId, Direction),
        at: DateTime<Utc>,
    ) {
        let place = (holding.pass.id, area);
        let leaves = direction == Direction::Out;
        match holding.known {
            Known::ByPlate(_) => {}
            Known::InPerson { .. } | Known::InGroup => {
                let presence = self.presences.entry(place).or_default();
                if leaves {
                    presence.leave(at);
                } else {
                    presence.enter(at);
                }
                self.moved.insert(place);
            }
        }
        if !leaves {
            self.arrive(holding, at);
        }
    }

    /// Somebody of a visit, or a vehicle, has come in.
    pub fn arrive(&mut self, holding: &Holding, at: DateTime<Utc>) {
        let Pass { id, visit, .. } = holding.pass;
        if self.awaited.remove(&visit) {
            self.arrivals.entry(at).or_default().push((visit, id));
        }
    }

    /// Writes down what has changed, and whom to tell.
    pub async fn keep(self, txn: &DatabaseTransaction, ctx: &Ctx) -> Result<(), StoreError> {
        welcome(txn, ctx, self.arrivals).await?;
        let mut by_number: BTreeMap<i32, Vec<PassId>> = BTreeMap::new();
        for (pass, entries) in self.counted {
            by_number.entry(entries).or_default().push(pass);
        }
        for (entries, passes) in by_number {
            passes::count_entries(txn, passes, entries).await?;
        }
        let moved = self.presences.iter();
        let moved = moved.filter(|(place, _)| self.moved.contains(place));
        presences::put(txn, moved.map(|(place, presence)| (*place, presence))).await
    }
}
