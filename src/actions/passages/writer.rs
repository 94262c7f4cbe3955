//! The one task that writes passages, many in one transaction.
//!
//! A nonce that is there already is not an error, else one repeat would undo the whole batch.

use chrono::{DateTime, Duration, Utc};
use sea_orm::DatabaseTransaction;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::answer::body;
use super::held::Held;
use crate::actions::screening::met_at_gate;
use crate::ctx::{Answered, Asked, Ctx};
use crate::domain::campus::Direction;
use crate::domain::gate::{Credential, Facts, Known, decide};
use crate::ids::{PassId, VisitId};
use crate::store::passages::{self, Passage};
use crate::store::{StoreError, begin, commit};

/// The same device, nonce and bytes within this time is the same scan; later it is a mistake.
const REPEAT: Duration = Duration::seconds(60);

/// The same content at the same reader within this time is one scan, where the device does not number its
/// scans: readers repeat one three or four times.
const ONE_SCAN: Duration = Duration::seconds(3);

/// Answers scans, at most `batch` in one transaction, until told to stop; those that wait by then are
/// still answered.
pub async fn write(
    ctx: Ctx,
    mut asked: mpsc::Receiver<Asked>,
    batch: usize,
    stop: CancellationToken,
) {
    let mut waiting = Vec::with_capacity(batch);
    loop {
        let taken = tokio::select! {
            biased;
            taken = asked.recv_many(&mut waiting, batch.max(1)) => taken,
            () = stop.cancelled(), if !asked.is_closed() => {
                asked.close();
                continue;
            }
        };
        if taken == 0 {
            return;
        }
        waiting.sort_by(|a: &Asked, b: &Asked| order(a).cmp(&order(b)));
        answer(&ctx, &mut waiting).await;
    }
}

/// Decides, keeps, and then answers.
async fn answer(ctx: &Ctx, waiting: &mut Vec<Asked>) {
    let kept = match write_batch(ctx, waiting).await {
        // Nothing of it was kept, so it can be tried once more.
        Err(_) => write_batch(ctx, waiting).await,
        kept => kept,
    };
    if let Err(error) = &kept {
        tracing::error!(%error, scans = waiting.len(), "passages could not be kept");
    }
    let mut answers = kept.unwrap_or_default().into_iter();
    for asked in waiting.drain(..) {
        let failed = || StoreError::Database(sea_orm::DbErr::Custom("not kept".to_owned()));
        // A reader that hung up has its answer kept, and gets it when it asks again.
        let _ = asked.answer.send(answers.next().ok_or_else(failed));
    }
}

type Place<'a> = (Option<(VisitId, PassId)>, Option<(&'a str, &'a str)>);

/// By visit and pass, those of one pass as they came, whom its lock keeps apart; and those of none by device
/// and nonce, in whose index two writers would else wait for each other.
fn order(asked: &Asked) -> Place<'_> {
    match asked.credential.holding() {
        Some(holding) => (Some((holding.pass.visit, holding.pass.id)), None),
        None => (None, Some((asked.device.id.as_str(), &asked.scan.nonce))),
    }
}

async fn write_batch(ctx: &Ctx, waiting: &[Asked]) -> Result<Vec<Answered>, StoreError> {
    let txn = begin(&ctx.db).await?;
    let mut held = Held::take(&txn, waiting.iter().map(|asked| &asked.credential)).await?;
    let mut answers = Vec::with_capacity(waiting.len());
    for asked in waiting {
        answers.push(write_one(&txn, ctx, asked, &mut held).await?);
    }
    held.keep(&txn).await?;
    commit(txn).await?;
    Ok(answers)
}

async fn write_one(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    asked: &Asked,
    held: &mut Held,
) -> Result<Answered, StoreError> {
    let (now, scan, device) = (ctx.clock.now(), &asked.scan, &asked.device);
    let gate = &device.gate;
    let credential = held.now(txn, ctx, &asked.credential, gate.area).await?;
    if !scan.numbered
        && let Some(answer) = same_scan(txn, asked, &credential, now).await?
    {
        return Ok(Answered::With(answer));
    }
    let facts = Facts {
        gate,
        credential: &credential,
    };
    let verdict = decide(facts, scan, now);
    let goes = verdict.opens() && !device.habits.reports_passed;
    let id = ctx.mint();
    let passage = Passage {
        id,
        device: device.id.clone(),
        nonce: scan.nonce.clone(),
        request_hash: asked.request_hash.clone(),
        pass: credential.holding().map(|holding| holding.pass.id),
        reason: verdict.reason,
        alert: verdict.alert,
        direction: scan.direction,
        kind: scan.kind,
        reader: scan.reader,
        content: scan.content.clone(),
        answer: body(ctx, &verdict, id, now),
        at: now,
        offline: None,
        passed_at: goes.then_some(now),
    };
    if !passages::insert_once(txn, &passage, now).await? {
        return repeat(txn, asked, now).await;
    }
    let Some(holding) = credential.holding() else {
        return Ok(Answered::With(passage.answer));
    };
    let enters = scan.direction != Direction::Out;
    if verdict.opens() && enters {
        held.count(holding);
    }
    if goes {
        let way = (gate.area, scan.direction);
        held.go_through(txn, ctx, holding, way, now).await?;
    }
    if enters {
        met_at_gate(txn, ctx, holding, gate).await?;
    }
    Ok(Answered::With(passage.answer))
}

/// What was answered to the same number before.
async fn repeat(
    txn: &DatabaseTransaction,
    asked: &Asked,
    now: DateTime<Utc>,
) -> Result<Answered, StoreError> {
    let before = passages::find(txn, &asked.device.id, &asked.scan.nonce).await?;
    Ok(match before {
        Some(b) if b.request_hash == asked.request_hash && now - b.at <= REPEAT => {
            Answered::With(b.answer)
        }
        _ => Answered::NonceSpent,
    })
}

/// What was answered to the same content just before, if that was one scan with this one. A group shows one
/// code after another, so theirs are one only as long as the reader cannot have read the next; in doubt it
/// is the next.
async fn same_scan(
    txn: &DatabaseTransaction,
    asked: &Asked,
    credential: &Credential,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let (device, scan) = (&asked.device, &asked.scan);
    let known = credential.holding().map(|holding| &holding.known);
    let one = if known == Some(&Known::InGroup) {
        Duration::milliseconds(device.habits.repeat_ms.into())
    } else {
        ONE_SCAN
    };
    let before = passages::find_last(txn, &device.id, scan.reader, &scan.content).await?;
    Ok(before
        .filter(|before| now - before.at < one)
        .map(|before| before.answer))
}
