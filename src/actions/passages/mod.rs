//! A gate asks, and somebody goes through.
//!
//! [`verify`] finds out whose it is that was read, from memory where it was read a moment ago. A refusal that
//! no lock can change is told at once and kept afterwards. Everything else goes to one task ([`write`]), the
//! exception to one action, one transaction: it takes all scans that wait, decides them in one transaction and
//! answers when it is kept, so that one flush serves many. It decides about passes as they are behind their
//! locks, so whatever was read before may be stale. On SQLite, which one process has to itself, a crowd's openings
//! that depend on no other need no lock: they are flushed to a [`Journal`] and stored behind their answers. A lane
//! may say later that somebody really went through ([`passed`]), and a device without a network what it decided by
//! itself ([`record`]). While the database cannot be asked, an area may want to open for what is signed; that is
//! kept in a [`Spool`] until it can.

mod answer;
mod held;
mod journal;
mod look;
mod offline;
mod outage;
mod passed;
mod quick;
mod recognise;
mod spool;
mod writer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use tokio::sync::oneshot;

pub use journal::Journal;
pub use look::{look, scan};
pub use offline::{Record, Recorded, record};
pub use passed::{Told, passed};
pub use spool::Spool;
pub use writer::{Inbox, write};

use self::answer::body;
use self::recognise::recognise;
use crate::cache::Answer;
use crate::ctx::{Answered, Asked, Ctx};
use crate::domain::actors::Reader;
use crate::domain::campus::Device;
use crate::domain::gate::{Content, Credential, Facts, Reason, Scan, Verdict, decide};
use crate::ids::PassageId;
use crate::secret::KeyedHash;
use crate::store::StoreError;
use crate::store::passages::Passage;

/// A gate is answered within a second; the device has been looked up before.
const IN_TIME: Duration = Duration::from_millis(700);

/// And of that this long whoever it is may be looked up.
const READ: Duration = Duration::from_millis(200);

/// How long the database may take for a batch: what is left of the second in which a gate is answered.
const STORE: Duration = Duration::from_millis(400);

/// The same device, nonce and bytes within this time is the same scan; later it is a mistake.
const REPEAT: chrono::Duration = chrono::Duration::seconds(60);

/// The same content at the same reader within this time is one scan, where the device does not number its
/// scans: readers repeat one three or four times.
const ONE_SCAN: chrono::Duration = chrono::Duration::seconds(3);

/// Decides about a scan and keeps it; an answer that opens is stored before it is given.
///
/// # Errors
/// When the database does not answer in time; the gate then gets [`unavailable`].
pub async fn verify(
    ctx: &Ctx,
    reader: Reader,
    scan: Scan,
    content: &Content,
    request_hash: String,
) -> Result<Answered, StoreError> {
    let now = ctx.clock.now();
    let number = (reader.device.id.clone(), scan.nonce.clone());
    if let Some(before) = ctx.caches.gates.answers.get(&number) {
        return Ok(again(&before, &request_hash, now));
    }
    let late = || StoreError::Database(sea_orm::DbErr::Custom("too slow".to_owned()));
    let decided = async {
        let known = recognise(ctx, &reader.device.gate, content, now);
        let credential = match tokio::time::timeout(READ, known).await {
            Ok(Ok(credential)) => credential,
            Ok(Err(_)) | Err(_) => outage::known(ctx, content, now).ok_or_else(late)?,
        };
        if let Some(verdict) = refused_anyway(&reader, &credential, &scan, now) {
            let what = (&scan, request_hash.as_str(), &credential);
            let refused = passage(ctx, &reader.device, what, &verdict, now);
            return Ok(Answered::With(keep_later(ctx, refused)));
        }
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            reader,
            scan,
            request_hash: request_hash.clone(),
            credential,
            answer,
        };
        let gone = || StoreError::Database(sea_orm::DbErr::Custom("no writer".to_owned()));
        ctx.scans.send(asked).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    };
    let answered = tokio::time::timeout(IN_TIME, decided).await;
    let answered = answered.map_err(|_| late())??;
    if let Answered::With(body) = &answered {
        let answer = || {
            Arc::new(Answer {
                request_hash,
                body: body.clone(),
                at: now,
            })
        };
        ctx.caches.gates.answers.get_or_insert(number, answer);
    }
    Ok(answered)
}

/// What is said to a number that was answered before.
fn again(before: &Answer, request_hash: &str, now: DateTime<Utc>) -> Answered {
    if before.request_hash == request_hash && now - before.at <= REPEAT {
        Answered::With(before.body.clone())
    } else {
        Answered::NonceSpent
    }
}

/// # Errors
/// Those of the batch, and one when it takes too long: it may be kept all the same, and whoever asks again
/// with the same number gets its answer then.
async fn in_time<T>(batch: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = || StoreError::Database(sea_orm::DbErr::Custom("too slow".to_owned()));
    let done = tokio::time::timeout(STORE, batch).await;
    done.map_err(|_| late())?
}

/// What was answered, for whoever asks again.
fn kept(passage: &Passage) -> Answer {
    Answer {
        request_hash: passage.request_hash.clone(),
        body: passage.answer.clone(),
        at: passage.at,
    }
}

/// The refusal of what no lock can change: its reason outranks whatever is counted, and there is nobody to
/// be told of it. Readers that do not number their scans are known by what is kept, so theirs is.
fn refused_anyway(
    reader: &Reader,
    credential: &Credential,
    scan: &Scan,
    now: DateTime<Utc>,
) -> Option<Verdict> {
    let listed = credential
        .holding()
        .is_some_and(|held| !held.listed.is_empty());
    if listed || scan.repeats.is_some() {
        return None;
    }
    let gate = &reader.device.gate;
    let verdict = timed(Facts { gate, credential }, scan, now);
    (verdict.reason < Reason::Quota).then_some(verdict)
}

/// Decides, and says how long that took.
fn timed(facts: Facts<'_>, scan: &Scan, now: DateTime<Utc>) -> Verdict {
    let begun = Instant::now();
    let verdict = decide(facts, scan, now);
    metrics::histogram!("campus_pass_decision_seconds").record(begun.elapsed().as_secs_f64());
    verdict
}

/// Leaves a refusal to the writer, and says what to answer. Where forged codes come faster than they can be
/// written, not all of them are.
fn keep_later(ctx: &Ctx, refused: Passage) -> String {
    let body = refused.answer.clone();
    if ctx.refusals.try_send(refused).is_err() {
        metrics::counter!("campus_pass_refusals_not_kept_total").increment(1);
    }
    body
}

/// A scan with what was decided about it.
fn passage(
    ctx: &Ctx,
    device: &Device,
    (scan, request_hash, credential): (&Scan, &str, &Credential),
    verdict: &Verdict,
    now: DateTime<Utc>,
) -> Passage {
    let id = ctx.mint();
    let goes = verdict.opens() && !device.habits.reports_passed;
    Passage {
        id,
        device: device.id.clone(),
        nonce: scan.nonce.clone(),
        request_hash: request_hash.to_owned(),
        pass: credential.holding().map(|holding| holding.pass.id),
        reason: verdict.reason,
        alert: verdict.alert,
        direction: scan.direction,
        kind: scan.kind,
        reader: scan.reader,
        content: scan.repeats.clone(),
        answer: body(ctx, verdict, id, now),
        at: now,
        offline: None,
        passed_at: goes.then_some(now),
    }
}

/// What a gate is told when nothing can be decided. It is an answer, not an error: many readers take
/// anything but 200 for a dead server and change their mode.
#[must_use]
pub fn unavailable(ctx: &Ctx) -> String {
    let verdict = Verdict::unavailable();
    body(ctx, &verdict, PassageId::from(0), ctx.clock.now())
}

/// By what the same content is known again. Keyed, since what opens a gate must not lie in the database.
#[must_use]
pub fn fingerprint(ctx: &Ctx, content: &Content) -> KeyedHash {
    KeyedHash::from_column(HEXLOWER.encode(&mark(ctx, content)))
}

fn mark(ctx: &Ctx, content: &Content) -> [u8; 16] {
    let text = format!("{} {}", content.kind.as_str(), content.text);
    let hash = ctx.keys.derive("scan", &text);
    let mut mark = [0; 16];
    mark.copy_from_slice(&hash[..16]);
    mark
}
