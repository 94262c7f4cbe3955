//! Who somebody is, when WeChat knows them by several names.

use sea_orm::DatabaseTransaction;

use crate::ctx::Ctx;
use crate::domain::Phone;
use crate::domain::actors::Guest;
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
    // A number that one typed may wait for the next form; one that was proven is not lost.
    let proven = others.iter().filter(|_| kept.phone_proven_at.is_none());
    let proven = proven.filter_map(|other| other.phone.as_ref().zip(other.phone_proven_at));
    if let Some((phone, at)) = proven.max_by_key(|(_, at)| *at) {
        people::learn_phone(txn, kept.id, phone, at).await?;
    }
    Ok(kept.id)
}

/// WeChat vouches that this number is theirs.
pub async fn prove_phone(ctx: &Ctx, by: &Guest, phone: &Phone) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    people::learn_phone(&txn, by.id, &ctx.seal_phone(phone), ctx.clock.now()).await?;
    commit(txn).await
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
