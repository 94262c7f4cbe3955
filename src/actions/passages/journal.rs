//! Openings that depend on no other, where one process has the database to itself.
//!
//! Where neither entries nor who is inside are counted, an opening changes nothing that the next scan is told. So
//! it is flushed to a file before its answer leaves, as in an outage, and stored behind it with others: a line in
//! a file costs a hundredth of a row with its indexes, and many rows at once a fraction of as many alone. Until
//! then its number is known here. Two files take turns: one is added to while what lies in the other is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::DatabaseTransaction;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::held::{Arrivals, welcome};
use super::spool::{Opening, Spool};
use crate::ctx::Ctx;
use crate::domain::campus::{DeviceId, Direction};
use crate::domain::presence::Presence;
use crate::ids::{AreaId, PassId};
use crate::store::passages::{self, Passage};
use crate::store::{StoreError, begin, commit, presences, visits};

/// Where more than this wait, whoever comes next is answered by way of the tables.
const MOST: usize = 10_000;

/// How many are stored in one transaction, for which whoever else writes has to wait, and in one statement.
const AT_ONCE: usize = 512;
const IN_A_ROW: usize = 64;

/// For how long nothing is stored after something was: as long again, and at least this. The more there are at
/// once, the less each of them costs.
const REST: Duration = Duration::from_millis(10);

/// And after it failed.
const PAUSE: Duration = Duration::from_secs(1);

/// What is on disk and not in the tables yet.
pub struct Journal {
    open: Part,
    closed: Part,
    /// Whoever stores the closed part, and since when.
    storing: JoinSet<Result<(), StoreError>>,
    begun: Instant,
    /// When the next may be stored.
    due: Instant,
}

/// A file, and what lies in it.
struct Part {
    file: Spool,
    openings: Arc<Vec<Opening>>,
    /// Where each of them lies among them.
    by_number: HashMap<(DeviceId, String), usize>,
    /// How many of them, in the order in which they are stored, were.
    stored: Arc<AtomicUsize>,
}

impl Journal {
    /// That of the process with this number.
    ///
    /// # Errors
    /// If there is a file that cannot be read.
    pub fn of(folder: &Path, node: u16) -> io::Result<Self> {
        let part = |turn: char| {
            let file = Spool::open(folder.join(format!("openings-{node}-{turn}.jsonl")))?;
            io::Result::Ok(Part::of(file))
        };
        Ok(Self {
            open: part('a')?,
            closed: part('b')?,
            storing: JoinSet::new(),
            begun: Instant::now(),
            due: Instant::now(),
        })
    }

    /// What another process left is moved to where openings wait out an outage: as much is known of the one as of
    /// the other.
    pub(super) fn leave_to(&mut self, spool: &mut Spool) -> io::Result<()> {
        spool.take_over(&mut self.open.file)?;
        spool.take_over(&mut self.closed.file)
    }

    /// The opening that was told to this number, where that is not stored yet.
    pub(super) fn find(&self, number: &(DeviceId, String)) -> Option<&Passage> {
        self.open.find(number).or_else(|| self.closed.find(number))
    }

    /// Keeps openings: when this is done they outlast a loss of power.
    pub(super) fn keep(&mut self, openings: Vec<Opening>) -> io::Result<()> {
        self.open.keep(openings)?;
        self.tell_how_many();
        Ok(())
    }

    pub(super) fn has_room(&self) -> bool {
        self.open.openings.len() < MOST
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.openings.is_empty() && self.closed.openings.is_empty()
    }

    /// Waits for the next thing to do about what is not stored, and does it; says whether the database takes it.
    /// Nothing is lost when it is dropped.
    pub(super) async fn go_on(&mut self, ctx: &Ctx) -> bool {
        if self.storing.is_empty() {
            tokio::time::sleep_until(self.due.into()).await;
            self.begin(ctx);
            return true;
        }
        let stored = match self.storing.join_next().await {
            Some(Ok(stored)) => stored.map_err(|error| error.to_string()),
            Some(Err(panicked)) => Err(panicked.to_string()),
            None => Ok(()),
        };
        let done = Instant::now();
        if let Err(error) = stored {
            tracing::warn!(%error, "openings cannot be stored yet");
            self.due = done + PAUSE;
            return false;
        }
        self.due = done + self.begun.elapsed().max(REST);
        self.closed.clear();
        self.tell_how_many();
        true
    }

    /// Begins to store what lies in a file, on a thread of its own: the lock is held no longer than it must be.
    fn begin(&mut self, ctx: &Ctx) {
        if self.closed.openings.is_empty() {
            std::mem::swap(&mut self.open, &mut self.closed);
        }
        let (openings, stored) = (self.closed.openings.clone(), self.closed.stored.clone());
        let (store, here) = (store(ctx.clone(), openings, stored), Handle::current());
        self.begun = Instant::now();
        self.storing.spawn_blocking(move || here.block_on(store));
    }

    /// Stores what is left, if the database takes it; else it lies in its file.
    pub(super) async fn finish(mut self, ctx: &Ctx) {
        while !self.is_empty() {
            self.due = Instant::now();
            if !self.go_on(ctx).await {
                break;
            }
        }
    }

    fn tell_how_many(&self) {
        let waiting = self.open.openings.len() + self.closed.openings.len();
        metrics::gauge!("campus_pass_openings_waiting")
            .set(u32::try_from(waiting).unwrap_or(u32::MAX));
    }
}

impl Part {
    fn of(file: Spool) -> Self {
        Self {
            file,
            openings: Arc::default(),
            by_number: HashMap::new(),
            stored: Arc::default(),
        }
    }

    fn find(&self, number: &(DeviceId, String)) -> Option<&Passage> {
        let opening = self.openings.get(*self.by_number.get(number)?)?;
        Some(&opening.passage)
    }

    fn keep(&mut self, openings: Vec<Opening>) -> io::Result<()> {
        self.file.keep(&openings)?;
        for (place, Opening { passage, .. }) in (self.openings.len()..).zip(&openings) {
            let number = (passage.device.clone(), passage.nonce.clone());
            self.by_number.insert(number, place);
        }
        Arc::make_mut(&mut self.openings).extend(openings);
        Ok(())
    }

    /// A file that cannot be emptied is stored again after a restart, which changes nothing.
    fn clear(&mut self) {
        if let Err(error) = self.file.empty() {
            tracing::warn!(%error, "a file of openings that are stored cannot be emptied");
        }
        self.openings = Arc::default();
        self.by_number = HashMap::new();
        self.stored = Arc::default();
    }
}

/// Stores what is not, and says how far it came.
async fn store(
    ctx: Ctx,
    openings: Arc<Vec<Opening>>,
    stored: Arc<AtomicUsize>,
) -> Result<(), StoreError> {
    let mut all: Vec<&Opening> = openings.iter().collect();
    // The rows of one pass lie together.
    all.sort_by_key(|opening| opening.passage.pass);
    let left = all
        .get(stored.load(Ordering::Relaxed)..)
        .unwrap_or_default();
    for some in left.chunks(AT_ONCE) {
        let txn = begin(&ctx.db).await?;
        for few in some.chunks(IN_A_ROW) {
            write_down(&txn, &ctx, few).await?;
        }
        commit(txn).await?;
        stored.fetch_add(some.len(), Ordering::Relaxed);
    }
    Ok(())
}

async fn write_down(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    openings: &[&Opening],
) -> Result<(), StoreError> {
    let passages: Vec<_> = openings.iter().map(|opening| &opening.passage).collect();
    if passages::insert_new(txn, &passages, ctx.clock.now()).await? == 0 {
        // They were kept, and the word of it was lost.
        return Ok(());
    }
    let first: BTreeSet<_> = openings
        .iter()
        .filter_map(|opening| opening.awaited)
        .collect();
    let mut awaited = HashSet::new();
    if !first.is_empty() {
        awaited = visits::lock_awaited(txn, first).await?;
    }
    let mut arrivals = Arrivals::new();
    let whose: Vec<_> = passages.iter().filter_map(|passage| passage.pass).collect();
    let known = presences::of_passes(txn, whose).await?;
    let mut moved: BTreeMap<(PassId, AreaId), Presence> = BTreeMap::new();
    for Opening {
        area,
        awaited: visit,
        passage,
        ..
    } in openings
    {
        let Some(pass) = passage.pass else {
            continue;
        };
        if let Some(visit) = visit.filter(|visit| awaited.remove(visit)) {
            arrivals.entry(passage.at).or_default().push((visit, pass));
        }
        let before = || known.get(&(pass, *area)).cloned().unwrap_or_default();
        let presence = moved.entry((pass, *area)).or_insert_with(before);
        if passage.direction == Direction::Out {
            presence.leave(passage.at);
        } else {
            presence.enter(passage.at);
        }
    }
    presences::put(
        txn,
        moved.iter().map(|(place, presence)| (*place, presence)),
    )
    .await?;
    welcome(txn, ctx, arrivals).await
}
