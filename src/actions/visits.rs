//! 访客预约: a visitor books, alone or with companions; and what any initiator may do with a visit of
//! their own.

use super::applications::{
    BookError, Details, Wanted, admit, check, consent, corrected, hold, note, replace, take_photos,
    visit, visitor,
};
use super::cards;
use super::invitations::{self, Invited};
use super::lapses::{end_open, settle_due, settle_in};
use super::once::{self, Key};
use super::steps::ask;
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Guest};
use crate::domain::invitation::Ending;
use crate::domain::mode::Mode;
use crate::domain::visit::Stage;
use crate::ids::VisitId;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::visits::Records;
use crate::store::{StoreError, begin, commit, people, visitors, visits};

/// What a visitor asks for.
#[derive(Clone, Debug)]
pub struct Booking {
    pub visit: Wanted,
    pub visitor: Details,
    /// 邀请多人随行: the visitor has the first of the places.
    pub companions: Option<Invited>,
}

/// Books a visit. The same key again gives the visit that it made.
pub async fn book(
    ctx: &Ctx,
    guest: &Guest,
    key: Option<&Key>,
    asked: &Booking,
) -> Result<VisitId, BookError> {
    match book_once(ctx, guest, key, asked).await {
        // Two with one key at once: the second finds what the first made.
        Err(BookError::Store(error)) if error.is_taken() => book_once(ctx, guest, key, asked).await,
        booked => booked,
    }
}

async fn book_once(
    ctx: &Ctx,
    guest: &Guest,
    key: Option<&Key>,
    asked: &Booking,
) -> Result<VisitId, BookError> {
    let by = Account::from(guest);
    let txn = begin(&ctx.db).await?;
    hold(&txn, by).await?;
    if let Some(made) = once::made(&txn, by, key).await? {
        return Ok(made);
    }
    let department = check(&txn, ctx, by, &asked.visit, None).await?;
    take_photos(&txn, ctx, by, &asked.visitor, None).await?;
    let stage = match asked.companions {
        Some(_) => Stage::Inviting,
        None => Stage::Pending,
    };
    let visit = visit(ctx, by, (Mode::Booking, stage), &asked.visit, department);
    visits::insert(&txn, &visit).await?;
    let first = (ctx.mint(), visit.id, 1);
    let first = visitor(ctx, first, Some(guest.id), &asked.visitor);
    visitors::insert(&txn, &first).await?;
    admit(&txn, ctx, &visit, &first, None).await?;
    people::learn_details(&txn, guest.id, &first.name, &first.phone).await?;
    consent(&txn, ctx, by, &asked.visitor).await?;
    once::remember(&txn, ctx, by, key, visit.id.get()).await?;
    note(&txn, ctx, by, "visit.book", visit.id).await?;
    let id = visit.id;
    match &asked.companions {
        Some(invited) => invitations::open(&txn, ctx, visit, invited).await?,
        None => ask(&txn, ctx, &visit).await?,
    }
    commit(txn).await?;
    Ok(id)
}

/// Corrects a returned visit, which submits it again. `first` are the details of whoever booked; a
/// member of staff is no visitor of their own visit, and gives none.
pub async fn correct(
    ctx: &Ctx,
    by: Account,
    id: VisitId,
    asked: &Wanted,
    first: Option<&Details>,
) -> Result<(), BookError> {
    let txn = begin(&ctx.db).await?;
    hold(&txn, by).await?;
    let visit = visits::lock_of(&txn, by, id).await?;
    // A registration and a group are corrected by forms of their own.
    let visit = visit.filter(|visit| !matches!(visit.mode, Mode::Residential | Mode::Group));
    let visit = visit.ok_or(BookError::NotFound)?;
    let department = check(&txn, ctx, by, asked, Some(id)).await?;
    let visit = visit.correct(corrected(asked, department), ctx.clock.now())?;
    visits::update(&txn, &visit).await?;
    if let (Some(details), Account::Person(person)) = (first, by) {
        take_photos(&txn, ctx, by, details, None).await?;
        let before = visitors::of_visits(&txn, [id]).await?.into_iter().next();
        let before = before.ok_or(BookError::NotFound)?;
        let first = visitor(ctx, (before.id, id, 1), Some(person), details);
        replace(&txn, ctx, &before, &first).await?;
        people::learn_details(&txn, person, &first.name, &first.phone).await?;
        consent(&txn, ctx, by, details).await?;
    }
    // The visit may go elsewhere now, or at another time, so its companions are looked at as well.
    for (number, visitor) in visitors::of_visits(&txn, [id]).await?.iter().enumerate() {
        let number = (number > 0 || first.is_none()).then_some(number);
        admit(&txn, ctx, &visit, visitor, number).await?;
    }
    ask(&txn, ctx, &visit).await?;
    note(&txn, ctx, by, "visit.correct", id).await?;
    commit(txn).await?;
    Ok(())
}

/// Withdraws a visit; its link admits nobody and its passes open nothing from this moment.
pub async fn withdraw(ctx: &Ctx, by: Account, id: VisitId) -> Result<(), BookError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    let visit = visits::lock_of(&txn, by, id)
        .await?
        .ok_or(BookError::NotFound)?;
    let visit = settle_in(&txn, ctx, visit).await?;
    let visit = match visit.withdraw(now) {
        Ok(visit) => visit,
        Err(refusal) => {
            // What has lapsed by now is written down all the same.
            commit(txn).await?;
            return Err(refusal.into());
        }
    };
    visits::update(&txn, &visit).await?;
    end_open(&txn, id, Ending::Withdrawn, now).await?;
    super::passes::revoke_of_visit(&txn, ctx, id).await?;
    cards::settle(&txn, ctx, &visit).await?;
    note(&txn, ctx, by, "visit.withdraw", id).await?;
    commit(txn).await?;
    Ok(())
}

/// One's own visit.
pub async fn find(ctx: &Ctx, by: Account, id: VisitId) -> Result<VisitFacts, BookError> {
    settle_due(ctx).await?;
    let visit = visits::find_of(&ctx.db.read, by, id).await?;
    let visit = visit.ok_or(BookError::NotFound)?;
    Ok(visit_facts::of_one(&ctx.db.read, visit, ctx.clock.now()).await?)
}

/// 预约记录, 邀约记录 or 登记记录, newest first: those before `before`.
pub async fn list(
    ctx: &Ctx,
    by: Account,
    which: Records,
    before: Option<VisitId>,
    limit: u64,
) -> Result<Vec<VisitFacts>, StoreError> {
    settle_due(ctx).await?;
    let own = visits::list_of(&ctx.db.read, by, which, before, limit).await?;
    visit_facts::of(&ctx.db.read, own, ctx.clock.now()).await
}

/// Writes down the ends that have passed, for those who look into the database and for the cards
/// that still show buttons. Nothing waits for it: every read settles for itself.
pub async fn settle_over(ctx: &Ctx) -> Result<usize, StoreError> {
    let now = ctx.clock.now();
    let over = visits::find_over(&ctx.db.read, now, 200).await?;
    for id in &over {
        if let Err(error) = settle(ctx, *id).await {
            // One that makes no sense must not keep the others from being settled.
            tracing::error!(visit.id = %id, %error, "a visit that is over could not be settled");
        }
    }
    Ok(over.len())
}

async fn settle(ctx: &Ctx, id: VisitId) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    let Some(visit) = visits::lock(&txn, id).await? else {
        return Ok(());
    };
    let stored = visit.stage.clone();
    let visit = visit.settle(now);
    if visit.stage != stored {
        visits::update(&txn, &visit).await?;
        cards::settle(&txn, ctx, &visit).await?;
        commit(txn).await?;
    }
    Ok(())
}
