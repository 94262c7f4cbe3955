//! The worker: lease, look what is true, send, write down what came of it.

use chrono::Duration;
use futures::StreamExt;

use super::channels::{self, Learned, Tried};
use super::ending::{Attempt, after, is_held};
use super::subject::{About, Subject, load};
use crate::ctx::{Clients, Ctx};
use crate::domain::message::Message;
use crate::store::cards::Card;
use crate::store::outbox::{Ending, Owed, conclude, lease};
use crate::store::people::{self, WechatNames};
use crate::store::receipts::Receipt;
use crate::store::{StoreError, begin, cards, commit, receipts};

/// How long a row is a worker's own: longer than the longest call, which ends after 10 seconds, and
/// its retry with a fresh token.
const LEASE: Duration = Duration::seconds(60);
/// How many are taken at once, all of them under way at once: a stop waits for one such round, which
/// ends within the time-outs of a call and of the token before it.
const AT_ONCE: usize = 8;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Rows that were taken; none means that nothing is due.
    pub taken: usize,
    /// Rows that ended sent.
    pub sent: usize,
}

/// Delivers what is due, once. `worker` names this process among the replicas.
///
/// # Errors
/// When no row can be leased. A row that fails is that row's matter, and is logged.
pub async fn deliver_due(
    ctx: &Ctx,
    clients: &Clients,
    worker: &str,
) -> Result<Delivered, StoreError> {
    let now = ctx.clock.now();
    let rows = lease(&ctx.db, worker, now, now + LEASE, AT_ONCE as u64).await?;
    let taken = rows.len();
    let endings = futures::stream::iter(rows)
        .map(|owed| deliver(ctx, clients, worker, owed))
        .buffer_unordered(AT_ONCE);
    let sent = endings
        .filter(|sent| futures::future::ready(*sent))
        .count()
        .await;
    Ok(Delivered { taken, sent })
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
    let keyed = channels::is_keyed(channel);
    let tried = if is_held(owed, send, keyed) {
        Attempt::Closed("it may have been sent, and is not sent twice").into()
    } else {
        channels::attempt(ctx, clients, owed, &about, template, channel).await?
    };
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
    if let Attempt::Accepted(provider_id) = &tried.attempt {
        let receipt = Receipt {
            id: ctx.mint(),
            outbox: owed.id,
            visit: about.visit,
            channel: channel.as_str().to_owned(),
            provider_id: provider_id.clone(),
            outcome: "accepted".to_owned(),
            to_hash: tried.to_hash.clone(),
            at: now,
        };
        receipts::insert(&txn, &receipt).await?;
    }
    remember(&txn, ctx, owed, &about, tried).await?;
    commit(txn).await?;
    Ok(ending)
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
            cards::upsert(txn, &card).await
        }
        Learned::CardChanged => match &about.card {
            Some(card) => cards::spend_code(txn, card.id).await,
            None => Ok(()),
        },
        Learned::Names(person, names) => link(txn, person, names).await,
    }
}

/// Somebody who wrote to the account turns out to be somebody who uses the mini-program.
async fn link(
    txn: &sea_orm::DatabaseTransaction,
    person: crate::ids::PersonId,
    names: WechatNames,
) -> Result<(), StoreError> {
    let mut all = names.clone();
    for other in people::lock_by_names(txn, &names).await? {
        if other.id != person {
            people::merge(txn, person, other.id).await?;
            all.mini_openid = all.mini_openid.or(other.names.mini_openid);
        }
    }
    people::learn_names(txn, person, &all).await
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
