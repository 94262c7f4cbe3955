//! Who somebody is, when WeChat knows them by several names.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use crate::ctx::Ctx;
use crate::domain::Phone;
use crate::domain::actors::Guest;
use crate::domain::campus::Member;
use crate::domain::message::Message;
use crate::ids::PersonId;
use crate::outbox;
use crate::store::people::{self, Person, WechatNames};
use crate::store::{StoreError, begin, commit, staff};

/// Finds the person with any of these names, or makes one; rows that turn out to be one person are
/// merged into the oldest.
pub(super) async fn recognise(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    names: &WechatNames,
) -> Result<PersonId, StoreError> {
    if let Some(known) = people::unite(txn, names).await? {
        return Ok(known);
    }
    let id = ctx.mint();
    people::insert(txn, id, names, ctx.clock.now()).await?;
    Ok(id)
}

/// WeChat vouches that this number is theirs. What they did by it before, outside WeChat, is theirs too.
pub async fn prove_phone(ctx: &Ctx, by: &Guest, phone: &Phone) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    let phone = ctx.seal_phone(phone);
    people::lock(&txn, by.id).await?;
    people::learn_phone(&txn, by.id, &phone, ctx.clock.now()).await?;
    people::unite_callers(&txn, by.id, &phone.hash).await?;
    commit(txn).await
}

/// Somebody wrote to the account, tapped its menu or followed it. One who is new is asked about, so
/// that their mini-program self is found.
pub async fn meet(ctx: &Ctx, oa_openid: &str) -> Result<PersonId, StoreError> {
    let names = WechatNames {
        oa_openid: Some(oa_openid.to_owned()),
        ..WechatNames::default()
    };
    let met = async || {
        let txn = begin(&ctx.db).await?;
        let person = recognise(&txn, ctx, &names).await?;
        outbox::post(&txn, ctx, &Message::FollowerSeen { person }).await?;
        commit(txn).await?;
        Ok(person)
    };
    match met().await {
        // Two first messages at once: the second finds the row that the first made.
        Err(error) if StoreError::is_taken(&error) => met().await,
        met => met,
    }
}

/// An answer to what a follower asked `at` that second came after WeChat had stopped waiting for it, and
/// the chat is closed to us: they are told by template that there is one.
pub async fn answer_late(ctx: &Ctx, oa_openid: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    let Some(person) = people::find_follower(&txn, oa_openid).await? else {
        return Ok(());
    };
    let asked_at = at.timestamp();
    outbox::post_to(&txn, ctx, &Message::AnswerLate { asked_at }, person.id).await?;
    commit(txn).await
}

/// The member of staff who somebody is: the one whose number in the staff register WeChat has proven to
/// be theirs. It lets them see their own work in the chat; to decide they log in.
pub async fn bound_staff(ctx: &Ctx, person: &Person) -> Result<Option<Member>, StoreError> {
    match &person.phone {
        Some(phone) if person.phone_proven_at.is_some() => {
            staff::find_by_phone(&ctx.db.read, &phone.hash).await
        }
        _ => Ok(None),
    }
}
