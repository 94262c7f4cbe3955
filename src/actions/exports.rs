//! Who took a list away, and what of it left unmasked.

use crate::ctx::Ctx;
use crate::domain::actors::Account;
use crate::domain::campus::Member;
use crate::store::{StoreError, audit, begin, commit};

/// What left in full, whatever was asked for: some lists keep no more than a mask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain {
    pub names: bool,
    pub numbers: bool,
}

impl Plain {
    fn as_str(self) -> &'static str {
        match (self.names, self.numbers) {
            (false, false) => "none",
            (true, false) => "names",
            (false, true) => "numbers",
            (true, true) => "names,numbers",
        }
    }
}

/// Writes down that somebody took so many rows of a list away.
pub async fn note(
    ctx: &Ctx,
    by: &Member,
    (what, list): (&'static str, &str),
    (rows, plain): (u32, Plain),
) -> Result<(), StoreError> {
    let detail = format!("rows={rows} plain={}", plain.as_str());
    let who = Account::Staff(by.id).to_string();
    let line = super::audit(ctx, who, what, list.to_owned(), detail);
    let txn = begin(&ctx.db).await?;
    audit::insert(&txn, &line).await?;
    commit(txn).await
}
