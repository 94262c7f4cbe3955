//! 委托: a member of staff puts another in their place for a while, and ends it.

use chrono::{DateTime, Duration, Utc};
use sea_orm::DatabaseTransaction;

use crate::ctx::Ctx;
use crate::domain::actors::{Account, Staff};
use crate::domain::campus::Member;
use crate::domain::message::Message;
use crate::domain::window::screen_time;
use crate::ids::{DelegationId, StaffId};
use crate::outbox;
use crate::store::delegations::Delegation;
use crate::store::{StoreError, audit, begin, commit, deciders, delegations, staff};

/// Nobody is away for longer; who is has left their office.
const LONGEST: Duration = Duration::days(90);

/// Why it did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DelegateError {
    #[error("没有找到该委托")]
    NotFound,
    #[error("没有找到该教职工")]
    UnknownMember,
    #[error("不能委托给自己")]
    Oneself,
    #[error("结束时间必须晚于开始时间和现在")]
    Past,
    #[error("委托最长90天")]
    TooLong,
    #[error("该时段已有委托，请先结束")]
    Overlaps,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts another in one's place from then until then.
pub async fn make(
    ctx: &Ctx,
    by: &Staff,
    to: StaffId,
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Delegation, DelegateError> {
    let (now, from) = (ctx.clock.now(), by.member.id);
    if to == from {
        return Err(DelegateError::Oneself);
    }
    if ends_at <= starts_at || ends_at <= now {
        return Err(DelegateError::Past);
    }
    if ends_at - starts_at > LONGEST {
        return Err(DelegateError::TooLong);
    }
    let txn = begin(&ctx.db).await?;
    // One after the other, so that no two overlap.
    staff::lock(&txn, from).await?;
    staff::find(&txn, to)
        .await?
        .ok_or(DelegateError::UnknownMember)?;
    let given = delegations::of_member(&txn, from, now).await?;
    let mut given = given.iter().filter(|one| one.from == from);
    if given.any(|one| one.starts_at < ends_at && starts_at < one.ends_at) {
        return Err(DelegateError::Overlaps);
    }
    let delegation = Delegation {
        id: ctx.mint(),
        from,
        to,
        starts_at,
        ends_at,
    };
    delegations::insert(&txn, &delegation, now).await?;
    let detail = format!(
        "to=staff:{to} from={} until={}",
        screen_time(starts_at),
        screen_time(ends_at)
    );
    note(&txn, ctx, by, ("delegation.make", delegation.id), detail).await?;
    if starts_at <= now {
        tell(&txn, ctx, by).await?;
    }
    commit(txn).await?;
    Ok(delegation)
}

/// Whoever is in another's place now hears of what waits for them.
async fn tell(txn: &DatabaseTransaction, ctx: &Ctx, of: &Staff) -> Result<(), StoreError> {
    let waiting = deciders::steps_asking(txn, std::slice::from_ref(&of.member)).await?;
    for step in waiting {
        let waiting = Message::ApprovalWaiting { step: step.id };
        outbox::post(txn, ctx, &waiting).await?;
    }
    Ok(())
}

/// Ends one's own at once.
pub async fn end(ctx: &Ctx, by: &Staff, id: DelegationId) -> Result<(), DelegateError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    let own = delegations::find_own(&txn, by.member.id, id).await?;
    let own = own.filter(|own| own.ends_at > now);
    own.ok_or(DelegateError::NotFound)?;
    delegations::end(&txn, id, now).await?;
    note(&txn, ctx, by, ("delegation.end", id), String::new()).await?;
    commit(txn).await?;
    Ok(())
}

/// Those given and taken that are not over, with whoever is named in them.
pub async fn list(ctx: &Ctx, by: &Staff) -> Result<Vec<(Delegation, Member, Member)>, StoreError> {
    let db = &ctx.db.read;
    let found = delegations::of_member(db, by.member.id, ctx.clock.now()).await?;
    let named = found.iter().flat_map(|one| [one.from, one.to]);
    let members = staff::find_many(db, named.collect::<Vec<_>>()).await?;
    let member = |id: StaffId| members.iter().find(|member| member.id == id).cloned();
    let named = |one: Delegation| {
        let (from, to) = (member(one.from)?, member(one.to)?);
        Some((one, from, to))
    };
    Ok(found.into_iter().filter_map(named).collect())
}

async fn note(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: &Staff,
    (what, id): (&'static str, DelegationId),
    detail: String,
) -> Result<(), StoreError> {
    let who = Account::from(by).to_string();
    let line = super::audit(ctx, who, what, format!("delegation:{id}"), detail);
    audit::insert(txn, &line).await
}
