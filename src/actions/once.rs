//! A request that is sent again does nothing again: its sender's own key finds what the first one made.

use sea_orm::DatabaseTransaction;

use super::applications::BookError;
use crate::ctx::Ctx;
use crate::domain::actors::Account;
use crate::store::StoreError;
use crate::store::idempotency::{self, Done};

/// The sender's own key of a request, and the hash of what it asked.
#[derive(Clone, Debug)]
pub struct Key {
    pub key: String,
    pub request_hash: String,
}

/// What the first request under this key made, if this is not the first.
pub(super) async fn made<I: From<i64>>(
    txn: &DatabaseTransaction,
    by: Account,
    key: Option<&Key>,
) -> Result<Option<I>, BookError> {
    let Some(key) = key else {
        return Ok(None);
    };
    match idempotency::find(txn, by, &key.key).await? {
        Some(done) if done.request_hash == key.request_hash => Ok(Some(done.subject.into())),
        Some(_) => Err(BookError::KeyReused),
        None => Ok(None),
    }
}

/// Remembers what the request under this key made.
pub(super) async fn remember(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: Account,
    key: Option<&Key>,
    subject: i64,
) -> Result<(), StoreError> {
    let Some(key) = key else {
        return Ok(());
    };
    let done = Done {
        request_hash: key.request_hash.clone(),
        subject,
    };
    idempotency::insert(txn, by, &key.key, &done, ctx.clock.now()).await
}
