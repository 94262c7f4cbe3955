//! 团体通行: a member of staff applies for many, who come by one pass.
//!
//! The contact is the only visitor of such a visit: they get the pass's link, and the blacklist is asked for
//! them and for every vehicle. The pass is good for as many entries as there are people; who leaves does not
//! give theirs back, and the listed vehicles take none.

use super::applications::{
    BookError, Details, Wanted, admit, check, corrected, hold, note, replace, visit, visitor,
};
use super::once::{self, Key};
use super::steps::ask;
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Staff};
use crate::domain::group::{Group, Headcount};
use crate::domain::mode::Mode;
use crate::domain::visit::Stage;
use crate::domain::{PersonName, Phone, Plate};
use crate::ids::VisitId;
use crate::store::{begin, commit, groups, visitors, visits};

/// What is asked for a group.
#[derive(Clone, Debug)]
pub struct Gathering {
    /// Its host is the one in charge, 负责人.
    pub visit: Wanted,
    pub headcount: Headcount,
    /// 联系人.
    pub contact: (PersonName, Phone),
    pub plates: Vec<Plate>,
}

impl Gathering {
    fn group(&self, visit: VisitId) -> Group {
        Group {
            visit,
            headcount: self.headcount,
            plates: self.plates.clone(),
        }
    }

    fn contact(&self) -> Details {
        let (name, phone) = self.contact.clone();
        Details {
            name,
            phone,
            document: None,
            face_photo: None,
            plate: None,
            items: None,
        }
    }
}

/// Applies for a group, which waits for approval at once. The same key again gives the visit that it made.
pub async fn apply(
    ctx: &Ctx,
    by: &Staff,
    key: Option<&Key>,
    asked: &Gathering,
) -> Result<VisitId, BookError> {
    match apply_once(ctx, by.into(), key, asked).await {
        Err(BookError::Store(error)) if error.is_taken() => {
            apply_once(ctx, by.into(), key, asked).await
        }
        applied => applied,
    }
}

async fn apply_once(
    ctx: &Ctx,
    by: Account,
    key: Option<&Key>,
    asked: &Gathering,
) -> Result<VisitId, BookError> {
    let txn = begin(&ctx.db).await?;
    hold(&txn, by).await?;
    if let Some(made) = once::made(&txn, by, key).await? {
        return Ok(made);
    }
    let department = check(&txn, ctx, by, &asked.visit, None).await?;
    let way = (Mode::Group, Stage::Pending);
    let visit = visit(ctx, by, way, &asked.visit, department);
    visits::insert(&txn, &visit).await?;
    groups::insert(&txn, &asked.group(visit.id)).await?;
    let contact = visitor(ctx, (ctx.mint(), visit.id, 1), None, &asked.contact());
    visitors::insert(&txn, &contact).await?;
    admit(&txn, ctx, &visit, &contact, None).await?;
    once::remember(&txn, ctx, by, key, visit.id.get()).await?;
    note(&txn, ctx, by, "visit.group", visit.id).await?;
    ask(&txn, ctx, &visit).await?;
    commit(txn).await?;
    Ok(visit.id)
}

/// Corrects a returned one, which submits it again.
pub async fn correct(
    ctx: &Ctx,
    by: &Staff,
    id: VisitId,
    asked: &Gathering,
) -> Result<(), BookError> {
    let by = Account::from(by);
    let txn = begin(&ctx.db).await?;
    hold(&txn, by).await?;
    let visit = visits::lock_of(&txn, by, id).await?;
    let visit = visit.filter(|visit| visit.mode == Mode::Group);
    let visit = visit.ok_or(BookError::NotFound)?;
    let department = check(&txn, ctx, by, &asked.visit, Some(id)).await?;
    let visit = visit.correct(corrected(&asked.visit, department), ctx.clock.now())?;
    visits::update(&txn, &visit).await?;
    groups::update(&txn, &asked.group(id)).await?;
    let before = visitors::of_visits(&txn, [id]).await?.pop();
    let before = before.ok_or(BookError::NotFound)?;
    let contact = visitor(ctx, (before.id, id, 1), None, &asked.contact());
    replace(&txn, ctx, &before, &contact).await?;
    admit(&txn, ctx, &visit, &contact, None).await?;
    ask(&txn, ctx, &visit).await?;
    note(&txn, ctx, by, "visit.correct", id).await?;
    commit(txn).await?;
    Ok(())
}
