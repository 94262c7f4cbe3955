//! 住户: people move into the quarter and out of it.

use std::collections::HashSet;

use sea_orm::DatabaseTransaction;

use super::note;
use super::registers::RegisterError;
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::resident::Resident;
use crate::domain::{HouseNumber, PersonName, Phone};
use crate::ids::ResidentId;
use crate::secret::Masked;
use crate::store::residents::{self, Living, Named};
use crate::store::{StoreError, audit, begin, commit};

/// Somebody who lives in the quarter, as the desk's list has them.
#[derive(Clone, Debug)]
pub struct Listed {
    pub name: PersonName,
    pub phone: Phone,
    pub house: HouseNumber,
}

/// What a list does to the register.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Whether those who are not on the list have moved out.
    pub whole: bool,
    /// Whether it is only tried.
    pub dry_run: bool,
}

/// What came of one on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    Added,
    /// They had moved out.
    Back,
    Unchanged,
}

/// What came of a list: an outcome for each on it in its order, and those who have moved out.
#[derive(Debug)]
pub struct Imported {
    pub entered: Vec<Entered>,
    pub moved_out: Vec<Resident>,
}

/// Takes a list into the register, all of it or nothing. The same list again changes nothing.
pub async fn import(ctx: &Ctx, list: &[Listed], how: Import) -> Result<Imported, StoreError> {
    let txn = begin(&ctx.db).await?;
    let (mut entered, mut listed) = (Vec::new(), HashSet::new());
    for one in list {
        let (id, came) = enter(&txn, ctx, one).await?;
        listed.insert(id);
        entered.push(came);
    }
    let mut moved_out = Vec::new();
    if how.whole {
        moved_out = residents::living(&txn).await?;
        moved_out.retain(|resident| !listed.contains(&resident.id));
        for gone in &moved_out {
            residents::move_out(&txn, gone.id, Some(ctx.clock.now())).await?;
        }
    }
    let imported = Imported { entered, moved_out };
    if !how.dry_run {
        let (who, subject) = ("operator".to_owned(), "residents".to_owned());
        let line = super::audit(ctx, who, "residents.import", subject, imported.to_string());
        audit::insert(&txn, &line).await?;
        commit(txn).await?;
    }
    Ok(imported)
}

async fn enter(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    listed: &Listed,
) -> Result<(ResidentId, Entered), StoreError> {
    let phone = ctx.seal_phone(&listed.phone);
    let named = Named {
        name: &listed.name,
        phone: &phone.hash,
        house: &listed.house,
    };
    match residents::find(txn, named).await? {
        Some(Living::Here(id)) => Ok((id, Entered::Unchanged)),
        Some(Living::MovedOut(id)) => {
            residents::move_out(txn, id, None).await?;
            Ok((id, Entered::Back))
        }
        None => {
            let resident = Resident {
                id: ctx.mint(),
                name: listed.name.clone(),
                phone,
                house: listed.house.clone(),
            };
            residents::insert(txn, &resident, ctx.clock.now()).await?;
            Ok((resident.id, Entered::Added))
        }
    }
}

/// Somebody moves into the quarter, or back.
pub async fn move_in(ctx: &Ctx, by: &Admin, listed: &Listed) -> Result<Resident, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let (id, came) = enter(&txn, ctx, listed).await?;
    if came == Entered::Unchanged {
        return Err(RegisterError::Taken("house"));
    }
    let resident = residents::find_living(&txn, id).await?;
    let resident = resident.ok_or(RegisterError::NotFound)?;
    note(
        &txn,
        ctx,
        by,
        "resident.add",
        format!("resident:{id}"),
        resident_words(&resident),
    )
    .await?;
    commit(txn).await?;
    Ok(resident)
}

/// Somebody moves out.
pub async fn move_out(ctx: &Ctx, by: &Admin, id: ResidentId) -> Result<(), RegisterError> {
    let txn = begin(&ctx.db).await?;
    let gone = residents::find_living(&txn, id).await?;
    let gone = gone.ok_or(RegisterError::NotFound)?;
    residents::move_out(&txn, id, Some(ctx.clock.now())).await?;
    note(
        &txn,
        ctx,
        by,
        "resident.remove",
        format!("resident:{id}"),
        resident_words(&gone),
    )
    .await?;
    Ok(commit(txn).await?)
}

fn resident_words(resident: &Resident) -> String {
    let name = Masked::name(resident.name.as_str());
    format!("{name} {} {}", resident.phone.mask, resident.house.as_str())
}

/// `3 added, 0 back, 12 unchanged, 1 moved out`.
impl std::fmt::Display for Imported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |what| self.entered.iter().filter(|came| **came == what).count();
        write!(
            f,
            "{} added, {} back, {} unchanged, {} moved out",
            count(Entered::Added),
            count(Entered::Back),
            count(Entered::Unchanged),
            self.moved_out.len()
        )
    }
}
