//! The worker: lease, look what is true, send, write down what came of it.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use futures::StreamExt;

use super::channels::{self, Learned, Tried};
use super::ending::{Attempt, after, is_held};
use super::post::post;
use super::subject::{About, Subject, load};
use crate::ctx::{Clients, Ctx};
use crate::domain::message::{Lane, Message};
use crate::domain::visit::Stage;
use crate::store::cards::Card;
use crate::store::outbox::{Ending, Lease, Owed, conclude, lease};
use crate::store::people;
use crate::store::receipts::Receipt;
use crate::store::{
    StoreError, approval_steps, approval_votes, begin, cards, commit, receipts, subscriptions,
    visits,
};
use crate::tencent::call::CallError;

/// How long a row is a worker's own: longer than the longest call, which ends after 10 seconds, and
/// its retry with a fresh token.
const LEASE: Duration = Duration::seconds(60);
/// How many are taken at once, all of them under way at once: a stop waits for one such round, which
/// ends within the time-outs of a call and of the token before it.
const AT_ONCE: usize = 8;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Rows that were taken; none means that nothing is due, or that this second has had its share.
    pub taken: usize,
    /// Rows that ended sent.
    pub sent: usize,
}

/// Who delivers the rows of one lane.
#[derive(Debug)]
pub struct Worker {
    /// Names the process among the replicas.
    name: String,
    lane: Lane,
    /// The most rows that are taken in one second: what the provider takes from us.
    per_second: u64,
    taken: Mutex<(i64, u64)>,
}

impl Worker {
    #[must_use]
    pub fn new(name: &str, lane: Lane, per_second: u64) -> Self {
        Self {
            name: name.to_owned(),
            lane,
            per_second,
            taken: Mutex::new((0, 0)),
        }
    }

    /// Delivers what is due, once.
    ///
    /// # Errors
    /// When no row can be leased. A row that fails is that row's matter, and is logged.
    pub async fn deliver_due(&self, ctx: &Ctx, clients: &Clients) -> Result<Delivered, StoreError> {
        let now = ctx.clock.now();
        let most = self.left(now).min(AT_ONCE as u64);
        if most == 0 {
            return Ok(Delivered::default());
        }
        let asked = Lease {
            worker: &self.name,
            lane: self.lane,
            until: now + LEASE,
            most,
        };
        let rows = lease(&ctx.db, asked, now).await?;
        let taken = rows.len();
        self.took(now, taken as u64);
        let endings = futures::stream::iter(rows)
            .map(|owed| deliver(ctx, clients, &self.name, owed))
            .buffer_unordered(AT_ONCE);
        let sent = endings
            .filter(|sent| futures::future::ready(*sent))
            .count()
            .await;
        Ok(Delivered { taken, sent })
    }

    fn left(&self, now: DateTime<Utc>) -> u64 {
        let (second, taken) = *self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if second == now.timestamp() {
            self.per_second.saturating_sub(taken)
        } else {
            self.per_second
        }
    }

    fn took(&self, now: DateTime<Utc>, rows: u64) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let before = if taken.0 == now.timestamp() {
            taken.1
        } else {
            0
        };
        *taken = (now.timestamp(), before + rows);
    }
}

/// Delivers one row; says whether it was sent.
async fn deliver(ctx: &Ctx, clients: &Clients, worker: &str, owed: Owed) -> bool {
    let id = owed.id;
    match deliver_row(ctx, clients, worker, &owed).await {
        Ok(ending) => ending == Ending::Sent,
        Err(error) => {
            // The lease runs out, and the row comes back.
            tracing::error!(outbox.id = %id, %error, "a message could not be handled");
            false
        }
    }
}

async fn deliver_row(
    ctx: &Ctx,
    clients: &Clients,
    worker: &str,
    owed: &Owed,
) -> Result<Ending, StoreError> {
    let template = ctx.templates.of(owed.message.kind());
    let about = match load(ctx, &owed.message).await? {
        Subject::True(about) => about,
        Subject::Overtaken => {
            let txn = begin(&ctx.db).await?;
            conclude(&txn, owed.id, worker, &Ending::Overtaken, ctx.clock.now()).await?;
            commit(txn).await?;
            return Ok(Ending::Overtaken);
        }
    };
    let send = template.sends.get(owed.chain);
    let Some((send, channel)) = send.and_then(|s| Some((s, *s.channels.get(owed.channel)?))) else {
        let ending = Ending::Never {
            why: "the template has no such channel any more".to_owned(),
        };
        let txn = begin(&ctx.db).await?;
        conclude(&txn, owed.id, worker, &ending, ctx.clock.now()).await?;
        commit(txn).await?;
        return Ok(ending);
    };
    let keyed = channels::is_keyed(channel, ctx.clock.now() - owed.created_at);
    let tried = if is_held(owed, send, keyed) {
        Attempt::Held.into()
    } else {
        channels::attempt(ctx, clients, owed, &about, template, channel).await?
    };
    let next = send.channels.get(owed.channel + 1);
    if matches!(tried.attempt, Attempt::Closed(_))
        && next.is_some_and(|next| next.lane() == owed.lane)
    {
        // Nothing was asked of anybody, so there is nothing to write down and to wait for.
        let next = Owed {
            channel: owed.channel + 1,
            ..owed.clone()
        };
        return Box::pin(deliver_row(ctx, clients, worker, &next)).await;
    }
    let now = ctx.clock.now();
    let ending = after(&tried.attempt, owed, send, keyed, now, &ctx.entropy);
    log(owed, channel.as_str(), &tried.attempt, &ending);
    let txn = begin(&ctx.db).await?;
    let held = conclude(&txn, owed.id, worker, &ending, now).await?;
    // A worker that was so slow that its lease ran out leaves the row to whoever has it now, but
    // what it learned is true all the same.
    if !held {
        tracing::warn!(outbox.id = %owed.id, "the lease ran out during delivery");
    }
    if let Some((outcome, provider_id)) = told(&tried.attempt) {
        let receipt = Receipt {
            id: ctx.mint(),
            outbox: owed.id,
            visit: about.visit,
            channel: channel.as_str().to_owned(),
            provider_id,
            outcome: outcome.to_owned(),
            at: now,
        };
        receipts::insert(&txn, &receipt).await?;
    }
    remember(&txn, ctx, owed, &about, tried).await?;
    commit(txn).await?;
    Ok(ending)
}

/// What a receipt says of an attempt after which the recipient has the message, or may have it.
fn told(attempt: &Attempt) -> Option<(&'static str, Option<String>)> {
    match attempt {
        Attempt::Accepted(provider_id) => Some(("accepted", provider_id.clone())),
        Attempt::Failed(CallError::Unknown) => Some(("unknown", None)),
        Attempt::Closed(_)
        | Attempt::Held
        | Attempt::OverBudget
        | Attempt::Crowded
        | Attempt::Failed(_) => None,
    }
}

async fn remember(
    txn: &sea_orm::DatabaseTransaction,
    ctx: &Ctx,
    owed: &Owed,
    about: &About,
    tried: Tried,
) -> Result<(), StoreError> {
    match tried.learned {
        Learned::Nothing => Ok(()),
        Learned::CardSent(code) => {
            let (Message::ApprovalWaiting { step }, Some(staff)) = (owed.message, owed.to.staff())
            else {
                return Ok(());
            };
            let card = Card {
                id: owed.id,
                step,
                staff,
                response_code: code,
                sent_at: ctx.clock.now(),
            };
            cards::upsert(txn, &card).await?;
            settle_late(txn, ctx, &card).await
        }
        Learned::CardChanged => match &about.card {
            Some(card) => cards::spend_code(txn, card.id).await,
            None => Ok(()),
        },
        // In the transaction that ends the row: a worker that dies before it neither ended the row
        // nor spent the grant.
        Learned::GrantSpent(wallet) => subscriptions::spend(txn, &wallet).await,
        Learned::NoGrant(wallet) => subscriptions::void(txn, &wallet).await,
        Learned::Names(names) => people::unite(txn, &names).await.map(drop),
    }
}

/// A step that was decided while its card was on the way: the card has buttons that nobody else will
/// take away.
async fn settle_late(
    txn: &sea_orm::DatabaseTransaction,
    ctx: &Ctx,
    card: &Card,
) -> Result<(), StoreError> {
    let Some(step) = approval_steps::find(txn, card.step).await? else {
        return Ok(());
    };
    // Whoever decides holds the visit, so what is seen behind this lock is decided or is not.
    let visit = visits::lock(txn, step.visit).await?;
    let step = approval_steps::find(txn, card.step).await?;
    let words = approval_votes::of_steps(txn, [card.step]).await?;
    let said = words.iter().any(|word| word.given_by == card.staff);
    let open = step.is_some_and(|step| step.decided.is_none())
        && visit.is_some_and(|visit| visit.stage == Stage::Pending)
        && !said;
    if open || card.response_code.is_none() {
        return Ok(());
    }
    post(txn, ctx, &Message::CardSettled { card: card.id }).await
}

fn log(owed: &Owed, channel: &str, attempt: &Attempt, ending: &Ending) {
    let kind = owed.message.kind().as_str();
    metrics::counter!("campus_pass_messages_total", "channel" => channel.to_owned(),
        "ending" => ending.as_str())
    .increment(1);
    match (attempt, ending) {
        (_, Ending::Never { why }) => {
            tracing::warn!(outbox.id = %owed.id, kind, channel, why, "a message is dead");
        }
        (Attempt::Failed(error), _) => {
            tracing::warn!(outbox.id = %owed.id, kind, channel, %error, "a message will be tried again");
        }
        _ => tracing::info!(outbox.id = %owed.id, kind, channel, "a message was taken"),
    }
}
