//! What was learned about our messages, and what the operator does about them.

use crate::ctx::Ctx;
use crate::ids::OutboxId;
use crate::store::receipts::{self, Receipt};
use crate::store::{StoreError, begin, commit, outbox};
use crate::templates::Channel;

/// A provider reports what became of a message that it took: `delivered`, or `failed: …`. A report
/// about somebody else's message is nothing to us.
pub async fn report(
    ctx: &Ctx,
    channel: Channel,
    provider_id: &str,
    outcome: &str,
) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
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
