//! Who somebody is, when WeChat knows them by several names.

use sea_orm::DatabaseTransaction;

use crate::ctx::Ctx;
use crate::domain::message::Message;
use crate::ids::PersonId;
use crate::outbox;
use crate::store::people::{self, WechatNames};
use crate::store::{StoreError, begin, commit};

/// Finds the person with any of these names, or makes one; rows that turn out to be one person are
/// merged into the oldest.
pub(super) async fn recognise(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    names: &WechatNames,
) -> Result<PersonId, StoreError> {
    let found = people::lock_by_names(txn, names).await?;
    let Some((kept, others)) = found.split_first() else {
        let id = ctx.mint();
        people::insert(txn, id, names, ctx.clock.now()).await?;
        return Ok(id);
    };
    let mut all = names.clone();
    for other in others {
        people::merge(txn, kept.id, other.id).await?;
        all.oa_openid = all.oa_openid.or_else(|| other.names.oa_openid.clone());
        all.mini_openid = all.mini_openid.or_else(|| other.names.mini_openid.clone());
        all.unionid = all.unionid.or_else(|| other.names.unionid.clone());
    }
    people::learn_names(txn, kept.id, &all).await?;
    Ok(kept.id)
}

/// Somebody wrote to the account, tapped its menu or followed it. One who is new is asked about, so
/// that their mini-program self is found.
pub async fn meet(ctx: &Ctx, oa_openid: &str) -> Result<PersonId, StoreError> {
    let names = WechatNames {
        oa_openid: Some(oa_openid.to_owned()),
        ..WechatNames::default()
    };
    let txn = begin(&ctx.db).await?;
    let person = recognise(&txn, ctx, &names).await?;
    outbox::post(&txn, ctx, &Message::FollowerSeen { person }).await?;
    commit(txn).await?;
    Ok(person)
}
