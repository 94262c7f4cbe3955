//! A gate asks, and somebody goes through.
//!
//! The exception to one action, one transaction: one task takes all scans that wait, decides them in
//! one transaction and answers when it is kept, so that one flush serves many. Rows are locked in one
//! order, visit before pass and both ascending, as withdrawing does, else PostgreSQL ends in deadlocks;
//! a nonce that is there already is not an error, else one repeat would undo the whole batch; and an
//! entry counts only if the pass is still what was decided about, else it is loaded and decided anew.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::screening::met_at_gate;
use crate::ctx::{Answered, Asked, Ctx};
use crate::domain::Plate;
use crate::domain::actors::Reader;
use crate::domain::campus::{Direction, Gate};
use crate::domain::gate::{Credential, Holding, Known, Scan, Verdict, decide};
use crate::domain::message::Message;
use crate::domain::mode::Mode;
use crate::domain::pass::Pass;
use crate::domain::pass_code::CodeRead;
use crate::domain::screening::marks_of;
use crate::ids::{PassId, PassageId, VisitId};
use crate::outbox;
use crate::secret::Masked;
use crate::store::passages::Passage;
use crate::store::{StoreError, begin, blacklist, commit, passages, passes, visitors, visits};

/// The same device, nonce and bytes within this time is the same scan; later it is a mistake.
const REPEAT: chrono::Duration = chrono::Duration::seconds(60);

/// A gate is answered within a second; the device has been looked up before.
const IN_TIME: Duration = Duration::from_millis(700);

/// What was read.
#[derive(Clone, Debug)]
pub enum Content {
    /// The text in a QR.
    Qr(String),
    /// What a camera took for a plate.
    Plate(String),
    /// A face, a card: this gate does not know anybody by them yet.
    Other,
}

/// The body of an answer, field for field as `gate.md` gives it.
#[derive(Serialize)]
struct Answer<'a> {
    ok: u8,
    r: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Act>,
    say: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    disp: &'a [String],
    did: PassageId,
    /// Seconds since 1970.
    st: i64,
    /// The version of the offline list; there is none yet.
    lv: i64,
}

/// Which relay to close, for how many milliseconds.
#[derive(Serialize)]
struct Act {
    relay: u8,
    ms: u16,
}

/// Decides about a scan and keeps it; the answer is stored before it is given.
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
    let decided = async {
        let credential = recognise(ctx, &reader.device.gate, content).await?;
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            device: reader.device,
            scan,
            request_hash,
            credential,
            answer,
        };
        let gone = || StoreError::Database(sea_orm::DbErr::Custom("no writer".to_owned()));
        ctx.scans.send(asked).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    };
    let late = || StoreError::Database(sea_orm::DbErr::Custom("too slow".to_owned()));
    tokio::time::timeout(IN_TIME, decided)
        .await
        .map_err(|_| late())?
}

/// What a gate is told when nothing can be decided. It is an answer, not an error: many readers take
/// anything but 200 for a dead server and change their mode.
#[must_use]
pub fn unavailable(ctx: &Ctx) -> String {
    body(&Verdict::unavailable(), PassageId::from(0), ctx.clock.now())
}

async fn recognise(ctx: &Ctx, gate: &Gate, content: &Content) -> Result<Credential, StoreError> {
    let db = &ctx.db.read;
    match content {
        Content::Qr(text) => match ctx.codes.read(text) {
            CodeRead::Forged => Ok(Credential::Bad),
            CodeRead::Genuine(claims) => load(db, ctx, claims.pass, &Known::ByCode).await,
        },
        Content::Plate(text) => {
            let Ok(plate) = Plate::parse(text) else {
                return Ok(Credential::NoPlate);
            };
            let now = ctx.clock.now();
            let passes = passes::of_plate(db, &plate, now).await?;
            match Pass::nearest(passes, gate.slot, now) {
                Some(pass) => load(db, ctx, pass.id, &Known::ByPlate(plate)).await,
                None => Ok(Credential::Unknown),
            }
        }
        Content::Other => Ok(Credential::Unknown),
    }
}

async fn load(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    id: PassId,
    known: &Known,
) -> Result<Credential, StoreError> {
    let Some(pass) = passes::find(db, id).await? else {
        return Ok(Credential::Unknown);
    };
    let visitor = visitors::find(db, pass.visitor).await?;
    let visit = visits::find(db, pass.visit).await?;
    let name = visitor.as_ref().map_or("", |visitor| visitor.name.as_str());
    let group = visit
        .as_ref()
        .is_some_and(|visit| visit.mode == Mode::Group);
    let holder = match known {
        Known::ByPlate(plate) => plate.as_str().to_owned(),
        Known::ByCode if group => "团体通行".to_owned(),
        Known::ByCode => Masked::name(name).to_string(),
    };
    let mut marks = visitor.map_or(vec![], |visitor| marks_of(&ctx.keys, &visitor));
    if let Known::ByPlate(plate) = known {
        marks.push(ctx.keys.keyed_hash(plate));
    }
    Ok(Credential::Pass(Holding {
        listed: blacklist::fitting(db, &marks).await?,
        holder,
        arrived: visit.is_some_and(|visit| visit.arrived_at.is_some()),
        known: known.clone(),
        pass,
    }))
}

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
        waiting.sort_by(|a: &Asked, b: &Asked| lock_order(a).cmp(&lock_order(b)));
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

/// By visit and pass, and among scans of neither by device and nonce.
fn lock_order(asked: &Asked) -> (Option<(VisitId, PassId)>, &str, &str) {
    let pass = match &asked.credential {
        Credential::Pass(Holding { pass, .. }) => Some((pass.visit, pass.id)),
        Credential::Bad | Credential::NoPlate | Credential::Unknown => None,
    };
    (pass, asked.device.id.as_str(), &asked.scan.nonce)
}

fn pass_of(credential: &Credential) -> Option<PassId> {
    match credential {
        Credential::Pass(holding) => Some(holding.pass.id),
        Credential::Bad | Credential::NoPlate | Credential::Unknown => None,
    }
}

async fn write_batch(ctx: &Ctx, waiting: &[Asked]) -> Result<Vec<Answered>, StoreError> {
    let txn = begin(&ctx.db).await?;
    let mut answers = Vec::with_capacity(waiting.len());
    for asked in waiting {
        answers.push(write_one(&txn, ctx, asked).await?);
    }
    commit(txn).await?;
    Ok(answers)
}

async fn write_one(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    asked: &Asked,
) -> Result<Answered, StoreError> {
    let now = ctx.clock.now();
    let gate = &asked.device.gate;
    let verdict = decide(gate, &asked.credential, &asked.scan, now);
    let id = ctx.mint();
    let mut passage = Passage {
        id,
        device: asked.device.id.clone(),
        nonce: asked.scan.nonce.clone(),
        request_hash: asked.request_hash.clone(),
        pass: pass_of(&asked.credential),
        reason: verdict.reason,
        direction: asked.scan.direction,
        answer: body(&verdict, id, now),
        at: now,
    };
    if !passages::insert_once(txn, &passage, now).await? {
        return repeat(txn, asked, now).await;
    }
    let Credential::Pass(holding) = &asked.credential else {
        return Ok(Answered::With(passage.answer));
    };
    let mut holding = holding.clone();
    let mut verdict = verdict;
    while verdict.opens() && asked.scan.direction != Direction::Out {
        let visit = holding.pass.visit;
        if !holding.arrived {
            visits::lock(txn, visit).await?;
        }
        if passes::enter(txn, &holding.pass, holding.known.entries()).await? {
            if !holding.arrived && visits::arrive(txn, visit, now).await? {
                outbox::post(txn, ctx, &Message::GuestArrived { visit }).await?;
            }
            break;
        }
        // The pass has changed since it was read: what is true now decides.
        let credential = load(txn, ctx, holding.pass.id, &holding.known).await?;
        verdict = decide(gate, &credential, &asked.scan, now);
        passage.reason = verdict.reason;
        passage.answer = body(&verdict, id, now);
        passages::amend(txn, &passage).await?;
        let Credential::Pass(again) = credential else {
            return Ok(Answered::With(passage.answer));
        };
        holding = again;
    }
    if asked.scan.direction != Direction::Out {
        met_at_gate(txn, ctx, &holding, gate).await?;
    }
    Ok(Answered::With(passage.answer))
}

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

fn body(verdict: &Verdict, id: PassageId, now: DateTime<Utc>) -> String {
    let answer = Answer {
        ok: u8::from(verdict.opens()),
        r: verdict.reason.as_str(),
        // Three seconds are what a turnstile gives one person.
        act: verdict.opens().then_some(Act { relay: 0, ms: 3000 }),
        say: &verdict.say,
        hint: verdict.hint.as_deref(),
        disp: &verdict.display,
        did: id,
        st: now.timestamp(),
        lv: 0,
    };
    serde_json::to_string(&answer).unwrap_or_else(|_| r#"{"ok":0,"r":"unavailable"}"#.to_owned())
}
