//! What was learned about our messages, and what the operator does about them.

use super::note;
use crate::ctx::Ctx;
use crate::domain::PersonName;
use crate::domain::actors::Admin;
use crate::domain::message::Recipient;
use crate::domain::window::day_start;
use crate::ids::OutboxId;
use crate::store::deliveries::{self, Seen};
use crate::store::receipts::{self, Receipt};
use crate::store::{
    StoreError, begin, budgets, commit, invitees, login_codes, outbox, people, registrations,
    staff, visitors,
};
use crate::templates::Channel;

/// What became of a message that a provider took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The provider's own number of the message.
    pub provider_id: String,
    /// `delivered`, or `failed: …`.
    pub outcome: String,
}

/// A provider reports. A report about somebody else's message is nothing to us, and neither is the
/// same `delivery` again.
pub async fn report(
    ctx: &Ctx,
    delivery: &str,
    channel: Channel,
    reports: &[Report],
) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    if deliveries::claim(&txn, delivery, ctx.clock.now()).await? != Seen::First {
        return Ok(());
    }
    for report in reports {
        let id = &report.provider_id;
        let Some(accepted) = receipts::find_accepted(&txn, channel.as_str(), id).await? else {
            continue;
        };
        let receipt = Receipt {
            id: ctx.mint(),
            outcome: report.outcome.clone(),
            at: ctx.clock.now(),
            ..accepted
        };
        // Deliveries are forgotten sooner than a provider of SMS stops repeating itself.
        if !receipts::holds(&txn, &receipt).await? {
            receipts::insert(&txn, &receipt).await?;
        }
    }
    commit(txn).await
}

/// Makes a dead message due again; says whether it was dead.
pub async fn replay(ctx: &Ctx, id: OutboxId) -> Result<bool, StoreError> {
    let txn = begin(&ctx.db).await?;
    let revived = outbox::revive(&txn, id, ctx.clock.now()).await?;
    commit(txn).await?;
    Ok(revived)
}

/// Why a message is not sent again.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    #[error("没有找到该消息")]
    NotFound,
    #[error("只有发送失败的消息可以重发")]
    NotDead,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The same by an administrator.
pub async fn resend(ctx: &Ctx, by: &Admin, id: OutboxId) -> Result<(), ResendError> {
    let txn = begin(&ctx.db).await?;
    let owed = outbox::find(&txn, id).await?;
    let owed = owed.ok_or(ResendError::NotFound)?;
    if !outbox::revive(&txn, id, ctx.clock.now()).await? {
        return Err(ResendError::NotDead);
    }
    let kind = format!("message={}", owed.message.kind().as_str());
    note(
        &txn,
        ctx,
        by,
        "message.resend",
        format!("message:{id}"),
        kind,
    )
    .await?;
    Ok(commit(txn).await?)
}

/// Who is told; `None` when nobody knows a name.
pub async fn recipient(ctx: &Ctx, to: Recipient) -> Result<Option<PersonName>, StoreError> {
    let db = &ctx.db.read;
    Ok(match to {
        Recipient::Person(id) => people::find(db, id).await?.and_then(|person| person.name),
        Recipient::Visitor(id) => visitors::find(db, id).await?.map(|visitor| visitor.name),
        Recipient::Invitee(id) => invitees::find(db, id).await?.map(|invitee| invitee.name),
        Recipient::Resident(id) => registrations::find(db, id).await?.map(|typed| typed.name),
        Recipient::Staff(id) => staff::find(db, id).await?.map(|member| member.name),
        // Somebody with a phone, and no more is known.
        Recipient::Caller(_) => None,
    })
}

/// Forgets what no day asks for any more: deliveries that are older than any repeat that would still be
/// taken, and the budgets of days that are over.
pub async fn forget(ctx: &Ctx) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    deliveries::forget(&txn, now - chrono::Duration::minutes(15)).await?;
    budgets::forget(&txn, day_start(now)).await?;
    login_codes::forget(&txn, now - chrono::Duration::minutes(15)).await?;
    commit(txn).await
}
