//! 住户: people move into the quarter and out of it.

use std::collections::{HashMap, HashSet};

use sea_orm::DatabaseTransaction;

use super::note;
use super::registers::RegisterError;
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::resident::Resident;
use crate::domain::{HouseNumber, PersonName, Phone};
use crate::ids::ResidentId;
use crate::secret::{KeyedHash, Masked};
use crate::sheet::{Cells, Column, Wrong};
use crate::store::residents::{self, Living};
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

/// What the desk's list is headed with.
pub const COLUMNS: [Column; 3] = [
    Column::needed("姓名", "name"),
    Column::needed("手机号", "phone"),
    Column::needed("门牌号", "house"),
];

/// Somebody on it.
///
/// # Errors
/// What is wrong with the first cell that is.
pub fn listed(cells: &Cells<'_>) -> Result<Listed, Wrong> {
    Ok(Listed {
        name: cells.read("姓名", PersonName::parse)?,
        phone: cells.read("手机号", Phone::parse)?,
        house: cells.read("门牌号", HouseNumber::parse)?,
    })
}

/// How many of a list are looked up and stored in one statement each.
const BATCH: usize = 500;

/// Takes a list into the register for `by`, all of it or nothing. The same list again changes nothing.
pub async fn import<'a>(
    ctx: &Ctx,
    by: impl ToString,
    list: impl IntoIterator<Item = &'a Listed>,
    how: Import,
) -> Result<Imported, StoreError> {
    let txn = begin(&ctx.db).await?;
    let list: Vec<_> = list.into_iter().collect();
    let (mut entered, mut known) = (Vec::new(), HashMap::new());
    for batch in list.chunks(BATCH) {
        entered.extend(enter(&txn, ctx, batch, &mut known).await?);
    }
    let mut moved_out = Vec::new();
    if how.whole {
        let listed: HashSet<_> = entered.iter().map(|(id, _)| *id).collect();
        moved_out = residents::living(&txn).await?;
        moved_out.retain(|resident| !listed.contains(&resident.id));
        for gone in &moved_out {
            residents::move_out(&txn, gone.id, Some(ctx.clock.now())).await?;
        }
    }
    let entered = entered.into_iter().map(|(_, came)| came).collect();
    let imported = Imported { entered, moved_out };
    if !how.dry_run {
        let (who, subject) = (by.to_string(), "residents".to_owned());
        let line = super::audit(ctx, who, "residents.import", subject, imported.audited());
        audit::insert(&txn, &line).await?;
        commit(txn).await?;
    }
    Ok(imported)
}

/// All three together name somebody.
type Name = (String, String, String);

/// Takes somebody in, unless they live there already.
async fn enter_one(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    listed: &Listed,
) -> Result<(ResidentId, Entered), StoreError> {
    let entered = enter(txn, ctx, &[listed], &mut HashMap::new()).await?;
    Ok(entered[0])
}

/// Takes some of the list in; `known` is everybody on it so far.
async fn enter(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    batch: &[&Listed],
    known: &mut HashMap<Name, ResidentId>,
) -> Result<Vec<(ResidentId, Entered)>, StoreError> {
    let hashes: Vec<_> = { batch.iter() }
        .map(|one| ctx.keys.keyed_hash(&one.phone))
        .collect();
    let name = |name: &PersonName, phone: &KeyedHash, house: &HouseNumber| {
        let (name, phone, house) = (name.as_str(), phone.as_str(), house.as_str());
        (name.to_owned(), phone.to_owned(), house.to_owned())
    };
    let stored = residents::with_phones(txn, &hashes).await?.into_iter();
    let stored: HashMap<_, _> = stored
        .map(|(one, living)| (name(&one.name, &one.phone.hash, &one.house), living))
        .collect();
    let (mut came, mut new) = (Vec::new(), Vec::new());
    for (one, hash) in batch.iter().zip(&hashes) {
        let named = name(&one.name, hash, &one.house);
        if let Some(id) = known.get(&named) {
            came.push((*id, Entered::Unchanged));
            continue;
        }
        let (id, entered) = match stored.get(&named) {
            Some(Living::Here(id)) => (*id, Entered::Unchanged),
            Some(Living::MovedOut(id)) => {
                residents::move_out(txn, *id, None).await?;
                (*id, Entered::Back)
            }
            None => {
                let id = ctx.mint();
                new.push(Resident {
                    id,
                    name: one.name.clone(),
                    phone: ctx.seal_phone(&one.phone),
                    house: one.house.clone(),
                });
                (id, Entered::Added)
            }
        };
        known.insert(named, id);
        came.push((id, entered));
    }
    residents::insert_many(txn, &new, ctx.clock.now()).await?;
    Ok(came)
}

/// Somebody moves into the quarter, or back.
pub async fn move_in(ctx: &Ctx, by: &Admin, listed: &Listed) -> Result<Resident, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let (id, came) = enter_one(&txn, ctx, listed).await?;
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

impl Imported {
    fn count(&self, what: Entered) -> usize {
        self.entered.iter().filter(|came| **came == what).count()
    }

    fn audited(&self) -> String {
        format!(
            "added={} back={} unchanged={} moved_out={}",
            self.count(Entered::Added),
            self.count(Entered::Back),
            self.count(Entered::Unchanged),
            self.moved_out.len()
        )
    }
}

/// `3 added, 0 back, 12 unchanged, 1 moved out`.
impl std::fmt::Display for Imported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} added, {} back, {} unchanged, {} moved out",
            self.count(Entered::Added),
            self.count(Entered::Back),
            self.count(Entered::Unchanged),
            self.moved_out.len()
        )
    }
}
