//! What was learned about our messages, and what the operator does about them.

use crate::ctx::Ctx;
use crate::domain::window::day_start;
use crate::ids::OutboxId;
use crate::store::deliveries::{self, Seen};
use crate::store::receipts::{self, Receipt};
use crate::store::{StoreError, begin, budgets, commit, outbox};
use crate::templates::Channel;

/// A provider reports what became of a message that it took: `delivered`, or `failed: …`. A report
/// about somebody else's message is nothing to us, and neither is the same `delivery` again.
pub async fn report(
    ctx: &Ctx,
    delivery: &str,
    channel: Channel,
    provider_id: &str,
    outcome: &str,
) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    if deliveries::claim(&txn, delivery, ctx.clock.now()).await? != Seen::First {
        return Ok(());
    }
    let accepted = receipts::find_accepted(&txn, channel.as_str(), provider_id).await?;
    let Some(accepted) = accepted else {
        return Ok(());
    };
    let report = Receipt {
        id: ctx.mint(),
        outcome: outcome.to_owned(),
        at: ctx.clock.now(),
        ..accepted
    };
    receipts::insert(&txn, &report).await?;
    commit(txn).await
}

/// Makes a dead message due again; says whether it was dead.
pub async fn replay(ctx: &Ctx, id: OutboxId) -> Result<bool, StoreError> {
    let txn = begin(&ctx.db).await?;
    let revived = outbox::revive(&txn, id, ctx.clock.now()).await?;
    commit(txn).await?;
    Ok(revived)
}

/// Forgets what no day asks for any more: deliveries that are older than any repeat that would still be
/// taken, and the budgets of days that are over.
pub async fn forget(ctx: &Ctx) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    deliveries::forget(&txn, now - chrono::Duration::minutes(15)).await?;
    budgets::forget(&txn, day_start(now)).await?;
    commit(txn).await
}
