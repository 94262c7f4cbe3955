//! The one task that writes passages, many in one transaction.
//!
//! A nonce that is there already is not an error, else one repeat would undo the whole batch: what was kept
//! with it is looked up, and the batch decided anew without those that were answered before.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::held::Held;
use super::journal::Journal;
use super::outage::Outage;
use super::spool::Spool;
use super::{ONE_SCAN, again, in_time, kept, passage, quick, timed, unavailable};
use crate::actions::screening::met_at_gate;
use crate::cache::Answer;
use crate::ctx::{Answered, Asked, Ctx};
use crate::domain::campus::{DeviceId, Direction};
use crate::domain::gate::{Credential, Facts, Known};
use crate::ids::{PassId, VisitId};
use crate::store::passages::{self, Passage};
use crate::store::{StoreError, begin, commit, gates, news};

/// How many refusals are stored at once, and how soon the next: whoever holds forged codes before every reader
/// keeps nobody else waiting.
const REFUSALS: usize = 256;
const REST: Duration = Duration::from_millis(200);

/// Where fewer than this wait, and nothing has to be stored behind them, the tables are quick enough, and nothing is
/// stored later than it is answered.
const CROWD: usize = 4;

/// What comes to the writer.
pub struct Inbox {
    /// Scans that wait for their answer.
    pub asked: mpsc::Receiver<Asked>,
    /// Refusals that were told already.
    pub refused: mpsc::Receiver<Passage>,
    /// Where openings wait that the database cannot take.
    pub spool: Spool,
    /// Where those wait that depend on no other, if this process has the database to itself.
    pub journal: Option<Journal>,
    /// How many are put into one transaction at most.
    pub batch: usize,
}

/// Answers scans, many in one transaction, until told to stop; those that wait by then are still answered,
/// and what was refused or only flushed is stored.
pub async fn write(ctx: Ctx, mut inbox: Inbox, stop: CancellationToken) {
    let batch = inbox.batch;
    let mut waiting = Vec::with_capacity(batch);
    let mut refused = Vec::with_capacity(batch);
    let mut outage = Outage {
        spool: inbox.spool,
        until: Instant::now(),
    };
    let mut journal = inbox.journal;
    if let Some(left) = &mut journal
        && let Err(error) = left.leave_to(&mut outage.spool)
    {
        tracing::error!(%error, "what was left to be stored stays in its file");
        journal = None;
    }
    // What a process that died has answered is known before anybody asks.
    while outage.spool.waits() && !outage.lasts() {
        outage.end(&ctx).await;
    }
    let mut due = Instant::now();
    loop {
        let taken = tokio::select! {
            biased;
            () = stop.cancelled(), if !inbox.asked.is_closed() => {
                inbox.asked.close();
                inbox.refused.close();
                continue;
            }
            () = store_behind(&ctx, journal.as_mut()) => continue,
            taken = inbox.asked.recv_many(&mut waiting, batch) => taken,
            taken = async {
                tokio::time::sleep_until(due.into()).await;
                inbox.refused.recv_many(&mut refused, REFUSALS).await
            }, if !inbox.asked.is_closed() => taken,
            () = outage.over(), if outage.spool.waits() => {
                outage.end(&ctx).await;
                continue;
            }
        };
        let due_now = due <= Instant::now() || inbox.asked.is_closed();
        while due_now
            && refused.len() < REFUSALS
            && let Ok(one) = inbox.refused.try_recv()
        {
            refused.push(one);
        }
        if !refused.is_empty() {
            due = Instant::now() + REST;
        }
        if taken == 0 && refused.is_empty() {
            break;
        }
        if let Some(journal) = &mut journal {
            answer_quickly(&ctx, &mut waiting, journal, &mut outage).await;
        }
        if !waiting.is_empty() || !refused.is_empty() {
            waiting.sort_by(|a: &Asked, b: &Asked| order(a).cmp(&order(b)));
            refused.sort_by(|a: &Passage, b: &Passage| number(a).cmp(&number(b)));
            answer(&ctx, &mut waiting, &refused, &mut outage).await;
            refused.clear();
        }
    }
    if let Some(journal) = journal {
        journal.finish(&ctx).await;
    }
}

/// Goes on with what waits to be stored; nothing does where there is no journal.
async fn store_behind(ctx: &Ctx, journal: Option<&mut Journal>) {
    match journal.filter(|journal| !journal.is_empty()) {
        Some(journal) => {
            journal.go_on(ctx).await;
        }
        None => std::future::pending().await,
    }
}

/// Of a crowd, answers those who need not wait for the tables.
async fn answer_quickly(
    ctx: &Ctx,
    waiting: &mut Vec<Asked>,
    journal: &mut Journal,
    outage: &mut Outage,
) {
    quick::repeat(waiting, journal, ctx.clock.now());
    let crowded = waiting.len() >= CROWD || !journal.is_empty();
    if crowded
        && journal.has_room()
        && !outage.lasts()
        && let Err(error) = quick::answer(ctx, waiting, journal).await
    {
        tracing::error!(%error, scans = waiting.len(), "the database cannot be read");
        outage.begin();
    }
}

/// Decides, keeps, and then answers.
async fn answer(ctx: &Ctx, waiting: &mut Vec<Asked>, refused: &[Passage], outage: &mut Outage) {
    let kept = if outage.lasts() {
        None
    } else {
        Some(in_time(write_batch(ctx, waiting, refused)).await)
    };
    if let Some(Err(error)) = &kept {
        tracing::error!(%error, scans = waiting.len(), "passages could not be stored");
    }
    let answers = match kept {
        Some(Ok(answers)) => answers.into_iter().map(Some).collect(),
        // The database is there, and what it has makes no sense: that is no outage.
        Some(Err(StoreError::Corrupt { .. } | StoreError::Changed)) => {
            waiting.iter().map(|_| None).collect()
        }
        Some(Err(StoreError::Database(_))) => {
            outage.begin();
            outage.answer(ctx, waiting)
        }
        None => outage.answer(ctx, waiting),
    };
    for (asked, answer) in waiting.drain(..).zip(answers) {
        let failed = || StoreError::Database(sea_orm::DbErr::Custom("not kept".to_owned()));
        // A reader that hung up has its answer kept, and gets it when it asks again.
        let _ = asked.answer.send(answer.ok_or_else(failed));
    }
}

type Place<'a> = (Option<(VisitId, PassId)>, Option<(&'a str, &'a str)>);

/// By visit and pass, those of one pass as they came, whom its lock keeps apart; and those of none by device
/// and nonce, in whose index two writers would else wait for each other.
fn order(asked: &Asked) -> Place<'_> {
    match asked.credential.holding() {
        Some(holding) => (Some((holding.pass.visit, holding.pass.id)), None),
        None => (
            None,
            Some((asked.reader.device.id.as_str(), &asked.scan.nonce)),
        ),
    }
}

fn number(passage: &Passage) -> (&str, &str) {
    (passage.device.as_str(), &passage.nonce)
}

/// What was answered before, by device and nonce.
type Before = HashMap<(DeviceId, String), Arc<Answer>>;

async fn write_batch(
    ctx: &Ctx,
    waiting: &[Asked],
    refused: &[Passage],
) -> Result<Vec<Answered>, StoreError> {
    let mut before = Before::new();
    let mut tries = 0;
    loop {
        match try_batch(ctx, waiting, refused, &before).await {
            Ok(Some(answers)) => return Ok(answers),
            Ok(None) => {}
            // Nothing of it was kept, so it can be tried once more.
            Err(_) if tries == 0 => tries += 1,
            Err(error) => return Err(error),
        }
        let known = before.len();
        for asked in waiting {
            let (device, nonce) = (&asked.reader.device.id, &asked.scan.nonce);
            if let Some(kept) = passages::find(&ctx.db.read, device, nonce).await? {
                before.insert((device.clone(), nonce.clone()), Arc::new(kept.into()));
            }
        }
        if before.len() == known && tries == 0 {
            // Nobody has it: then neither will the next try.
            return Err(StoreError::Changed);
        }
    }
}

/// Nothing is kept and nothing given when one of them was answered before that is not among `before`.
async fn try_batch(
    ctx: &Ctx,
    waiting: &[Asked],
    refused: &[Passage],
    before: &Before,
) -> Result<Option<Vec<Answered>>, StoreError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    passages::insert_new(&txn, refused, now).await?;
    if waiting.is_empty() {
        commit(txn).await?;
        return Ok(Some(Vec::new()));
    }
    let version = news::gates_version(&txn).await?;
    let mut batch = Batch {
        now,
        held: Held::take(&txn, waiting.iter().map(|asked| &asked.credential)).await?,
        written: Vec::with_capacity(waiting.len()),
    };
    let mut answers = Vec::with_capacity(waiting.len());
    for asked in waiting {
        let number = (asked.reader.device.id.clone(), asked.scan.nonce.clone());
        let answered = match before.get(&number) {
            Some(before) => again(before, &asked.request_hash, now),
            None => batch.decide(&txn, ctx, asked, version).await?,
        };
        answers.push(answered);
    }
    let written = u64::try_from(batch.written.len()).unwrap_or(u64::MAX);
    if passages::insert_new(&txn, &batch.written, now).await? != written {
        return Ok(None);
    }
    batch.held.keep(&txn, ctx).await?;
    commit(txn).await?;
    metrics::counter!("campus_pass_passage_flushes_total").increment(1);
    Ok(Some(answers))
}

/// The scans of one transaction as they are decided, one after another.
struct Batch {
    now: DateTime<Utc>,
    held: Held,
    written: Vec<Passage>,
}

impl Batch {
    async fn decide(
        &mut self,
        txn: &DatabaseTransaction,
        ctx: &Ctx,
        asked: &Asked,
        version: i64,
    ) -> Result<Answered, StoreError> {
        let (now, scan) = (self.now, &asked.scan);
        let mut device = asked.reader.device.clone();
        if asked.reader.version != version {
            // Its gate was closed, or it was revoked, after it was looked up.
            let Some(changed) = gates::find_device(txn, &device.id).await? else {
                return Ok(Answered::With(unavailable(ctx)));
            };
            device = Arc::new(changed);
        }
        let gate = &device.gate;
        let credential = self
            .held
            .now(txn, ctx, &asked.credential, gate.area)
            .await?;
        if let Some(answered) = self.same_scan(txn, asked, &credential, now).await? {
            return Ok(answered);
        }
        let facts = Facts {
            gate,
            credential: &credential,
        };
        let verdict = timed(facts, scan, now);
        let what = (scan, asked.request_hash.as_str(), &credential);
        let passage = passage(ctx, &device, what, &verdict, now);
        let answered = Answered::With(passage.answer.clone());
        let goes = passage.passed_at.is_some();
        self.written.push(passage);
        let Some(holding) = credential.holding() else {
            return Ok(answered);
        };
        let enters = scan.direction != Direction::Out;
        if verdict.opens() && enters {
            self.held.count(holding);
        }
        if goes {
            let way = (gate.area, scan.direction);
            self.held.go_through(holding, way, now);
        }
        if enters {
            met_at_gate(txn, ctx, holding, gate).await?;
        }
        Ok(answered)
    }

    /// What was answered to the same scan: to the same number in this transaction, or to the same content just
    /// before, where the device does not number what it reads. A group shows one code after another, so theirs
    /// are one only as long as the reader cannot have read the next; in doubt it is the next.
    async fn same_scan(
        &self,
        txn: &DatabaseTransaction,
        asked: &Asked,
        credential: &Credential,
        now: DateTime<Utc>,
    ) -> Result<Option<Answered>, StoreError> {
        let (device, scan) = (&asked.reader.device, &asked.scan);
        let mut ours = self.written.iter().rev();
        let ours = ours.find(|written| {
            let repeats = written.content.is_some() && written.content == scan.repeats;
            let same = written.nonce == scan.nonce || (repeats && written.reader == scan.reader);
            written.device == device.id && same
        });
        if let Some(ours) = ours.filter(|ours| ours.nonce == scan.nonce) {
            return Ok(Some(again(&kept(ours), &asked.request_hash, now)));
        }
        let Some(content) = &scan.repeats else {
            return Ok(None);
        };
        let known = credential.holding().map(|holding| &holding.known);
        let one = if known == Some(&Known::InGroup) {
            TimeDelta::milliseconds(device.habits.repeat_ms.into())
        } else {
            ONE_SCAN
        };
        let before = match ours {
            Some(ours) => Some((ours.at, ours.answer.clone())),
            None => passages::find_last(txn, &device.id, scan.reader, content)
                .await?
                .map(|before| (before.at, before.answer)),
        };
        let before = before.filter(|(at, _)| now - *at < one);
        Ok(before.map(|(_, answer)| Answered::With(answer)))
    }
}

impl From<passages::Answered> for Answer {
    fn from(kept: passages::Answered) -> Self {
        Self {
            request_hash: kept.request_hash,
            body: kept.answer,
            at: kept.at,
        }
    }
}
