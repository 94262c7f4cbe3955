//! Who took a list away.

use crate::ctx::Ctx;
use crate::domain::actors::Account;
use crate::domain::campus::Member;
use crate::store::{StoreError, audit, begin, commit};

/// Writes down that somebody took so many rows of a list away, and whether in full.
pub async fn note(
    ctx: &Ctx,
    by: &Member,
    (what, list): (&'static str, &str),
    (rows, plain): (u32, bool),
) -> Result<(), StoreError> {
    let detail = format!("{rows} rows, {}", if plain { "in full" } else { "masked" });
    let who = Account::Staff(by.id).to_string();
    let line = super::audit(ctx, who, what, list.to_owned(), detail);
    let txn = begin(&ctx.db).await?;
    audit::insert(&txn, &line).await?;
    commit(txn).await
}
