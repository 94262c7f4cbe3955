//! What has been kept for as long as `[retention]` says goes: a little in each transaction, so that nobody
//! waits for it.
//!
//! A visit keeps its 单据号, area, times, decisions and how many came; what is personal of those in it goes,
//! and their pictures end with it. A visit that is open is never touched, and neither are its messages.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use crate::ctx::Ctx;
use crate::store::{
    StoreError, audit, begin, blacklist, commit, hits, idempotency, outbox, passages, sessions,
    visits,
};

/// How many rows of one kind a transaction forgets: some milliseconds of the only writer that SQLite has.
const BATCH: u64 = 200;

/// What is kept for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Visits,
    Passages,
    Audit,
    Messages,
    Sessions,
    Idempotency,
    // Before the entries that they name.
    Hits,
    Blacklist,
}

impl Kept {
    const ALL: [Self; 8] = [
        Self::Visits,
        Self::Passages,
        Self::Audit,
        Self::Messages,
        Self::Sessions,
        Self::Idempotency,
        Self::Hits,
        Self::Blacklist,
    ];

    /// Its name in the figures, and until when it is old.
    fn until(self, ctx: &Ctx) -> (&'static str, DateTime<Utc>) {
        let keep = &ctx.policy.retention;
        let (name, days) = match self {
            Self::Visits => ("visits", keep.visits),
            Self::Passages => ("passages", keep.passages),
            Self::Audit => ("audit", keep.audit),
            Self::Messages => ("messages", keep.messages),
            Self::Sessions => ("sessions", keep.sessions),
            Self::Idempotency => ("idempotency", keep.idempotency),
            Self::Hits => ("blacklist_hits", keep.hits),
            Self::Blacklist => ("blacklist", keep.blacklist),
        };
        (name, ctx.clock.now() - days)
    }

    async fn forget(
        self,
        txn: &DatabaseTransaction,
        ctx: &Ctx,
        before: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        match self {
            Self::Visits => {
                let old = visits::hold_to_forget(txn, before, BATCH).await?;
                visits::forget(txn, &old, ctx.clock.now()).await?;
                Ok(old.len() as u64)
            }
            Self::Passages => passages::forget(txn, before, BATCH).await,
            Self::Audit => audit::forget(txn, before, BATCH).await,
            Self::Messages => outbox::forget(txn, before, BATCH).await,
            Self::Sessions => sessions::forget(txn, before, BATCH).await,
            Self::Idempotency => idempotency::forget(txn, before, BATCH).await,
            Self::Hits => hits::forget(txn, before, BATCH).await,
            Self::Blacklist => blacklist::forget(txn, before, BATCH).await,
        }
    }
}

/// Forgets some of what is old, of each kind; says whether there may be more. Any replica may, and several
/// at once share it.
pub async fn forget_some(ctx: &Ctx) -> Result<bool, StoreError> {
    let mut more = false;
    for kept in Kept::ALL {
        let (kind, before) = kept.until(ctx);
        let txn = begin(&ctx.db).await?;
        let forgotten = kept.forget(&txn, ctx, before).await?;
        commit(txn).await?;
        metrics::counter!("campus_pass_forgotten_total", "kind" => kind).increment(forgotten);
        more |= forgotten == BATCH;
    }
    Ok(more)
}
