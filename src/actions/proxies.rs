//! 访客代约: a member of staff fills in everything, for any number of people at once.

use super::applications::{
    BookError, Details, Wanted, admit, check, consent, hold, note, take_photos, visit, visitor,
};
use super::once::{self, Key};
use super::steps::ask;
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Staff};
use crate::domain::mode::Mode;
use crate::domain::visit::Stage;
use crate::ids::VisitId;
use crate::store::{begin, commit, visitors, visits};

/// Books for others, at least one; it waits for approval at once. The same key again gives the visit
/// that it made.
pub async fn book(
    ctx: &Ctx,
    by: &Staff,
    key: Option<&Key>,
    asked: &Wanted,
    people: &[Details],
) -> Result<VisitId, BookError> {
    match book_once(ctx, by.into(), key, asked, people).await {
        Err(BookError::Store(error)) if error.is_taken() => {
            book_once(ctx, by.into(), key, asked, people).await
        }
        booked => booked,
    }
}

async fn book_once(
    ctx: &Ctx,
    by: Account,
    key: Option<&Key>,
    asked: &Wanted,
    people: &[Details],
) -> Result<VisitId, BookError> {
    let txn = begin(&ctx.db).await?;
    hold(&txn, by).await?;
    if let Some(made) = once::made(&txn, by, key).await? {
        return Ok(made);
    }
    let department = check(&txn, ctx, by, asked, None).await?;
    let way = (Mode::Proxy, Stage::Pending);
    let visit = visit(ctx, by, way, asked, department);
    visits::insert(&txn, &visit).await?;
    for (number, details) in people.iter().enumerate() {
        take_photos(&txn, ctx, by, details, Some(number)).await?;
        let at = (ctx.mint(), visit.id, number + 1);
        let visitor = visitor(ctx, at, None, details);
        visitors::insert(&txn, &visitor).await?;
        admit(&txn, ctx, &visit, &visitor, Some(number)).await?;
        consent(&txn, ctx, by, details).await?;
    }
    once::remember(&txn, ctx, by, key, visit.id.get()).await?;
    note(&txn, ctx, by, "visit.proxy", visit.id).await?;
    ask(&txn, ctx, &visit).await?;
    commit(txn).await?;
    Ok(visit.id)
}
