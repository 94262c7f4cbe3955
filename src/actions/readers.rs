//! 抄送: who may read which visits, by rule or by hand.

use super::approvals::{self, DecideError};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Admin, Staff};
use crate::ids::{GrantId, StaffId, VisitId};
use crate::store::readers::{Grant, Over};
use crate::store::{StoreError, areas, audit, begin, commit, departments, readers, staff};

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("没有找到该申请")]
    NoVisit,
    #[error("没有找到该抄送规则")]
    NoGrant,
    #[error("没有找到该教职工")]
    UnknownMember,
    #[error("该部门或到访区域不存在")]
    UnknownOver,
    #[error("该抄送规则已存在")]
    Granted,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A rule: a member may read every visit to a department or an area, from those that are not over on.
pub async fn grant(ctx: &Ctx, by: &Admin, to: StaffId, over: Over) -> Result<Grant, ReadError> {
    let txn = begin(&ctx.db).await?;
    staff::lock(&txn, to).await?;
    staff::find(&txn, to)
        .await?
        .ok_or(ReadError::UnknownMember)?;
    let known = match over {
        Over::Department(id) => departments::names(&txn).await?.contains_key(&id),
        Over::Area(id) => areas::find(&txn, id).await?.is_some(),
    };
    if !known {
        return Err(ReadError::UnknownOver);
    }
    let grants = readers::grants(&txn).await?;
    if grants.iter().any(|one| one.staff == to && one.over == over) {
        return Err(ReadError::Granted);
    }
    let grant = Grant {
        id: ctx.mint(),
        staff: to,
        over,
    };
    readers::grant(&txn, &grant, ctx.clock.now()).await?;
    record(&txn, ctx, by, "grant.add", &grant).await?;
    commit(txn).await?;
    Ok(grant)
}

/// Ends a rule, and with it what was read by it.
pub async fn revoke(ctx: &Ctx, by: &Admin, id: GrantId) -> Result<(), ReadError> {
    let txn = begin(&ctx.db).await?;
    let grant = readers::find_grant(&txn, id).await?;
    let grant = grant.ok_or(ReadError::NoGrant)?;
    readers::revoke(&txn, id).await?;
    record(&txn, ctx, by, "grant.revoke", &grant).await?;
    commit(txn).await?;
    Ok(())
}

pub async fn grants(ctx: &Ctx, _by: &Admin) -> Result<Vec<Grant>, StoreError> {
    readers::grants(&ctx.db.read).await
}

/// Lets a member read one visit. Whoever may see it and not only read it may do so.
pub async fn share(ctx: &Ctx, by: &Staff, id: VisitId, with: StaffId) -> Result<(), ReadError> {
    must_answer_for(ctx, by, id).await?;
    let txn = begin(&ctx.db).await?;
    staff::find(&txn, with)
        .await?
        .ok_or(ReadError::UnknownMember)?;
    readers::insert(&txn, id, with, None, ctx.clock.now()).await?;
    write(&txn, ctx, by, ("visit.share", id, with)).await?;
    commit(txn).await?;
    Ok(())
}

/// Takes it back; what a rule gives stays.
pub async fn unshare(ctx: &Ctx, by: &Staff, id: VisitId, with: StaffId) -> Result<(), ReadError> {
    must_answer_for(ctx, by, id).await?;
    let txn = begin(&ctx.db).await?;
    if !readers::remove(&txn, id, with).await? {
        return Err(ReadError::UnknownMember);
    }
    write(&txn, ctx, by, ("visit.unshare", id, with)).await?;
    commit(txn).await?;
    Ok(())
}

async fn must_answer_for(ctx: &Ctx, by: &Staff, id: VisitId) -> Result<(), ReadError> {
    match approvals::find(ctx, by, id).await {
        Ok(seen) if seen.pictures || seen.concerns(by.member.id) => Ok(()),
        Err(DecideError::Store(error)) => Err(error.into()),
        Ok(_) | Err(_) => Err(ReadError::NoVisit),
    }
}

async fn write(
    txn: &sea_orm::DatabaseTransaction,
    ctx: &Ctx,
    by: &Staff,
    (what, id, with): (&'static str, VisitId, StaffId),
) -> Result<(), StoreError> {
    let (who, detail) = (
        Account::from(by).to_string(),
        format!("reader=staff:{with}"),
    );
    let line = super::audit(ctx, who, what, format!("visit:{id}"), detail);
    audit::insert(txn, &line).await
}

async fn record(
    txn: &sea_orm::DatabaseTransaction,
    ctx: &Ctx,
    by: &Admin,
    what: &'static str,
    grant: &Grant,
) -> Result<(), StoreError> {
    let over = match grant.over {
        Over::Department(id) => format!("department:{id}"),
        Over::Area(id) => format!("area:{id}"),
    };
    let who = by.as_audited();
    let detail = format!("reader=staff:{} over={over}", grant.staff);
    let line = super::audit(ctx, who, what, format!("grant:{}", grant.id), detail);
    audit::insert(txn, &line).await
}
