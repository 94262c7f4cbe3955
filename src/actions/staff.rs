//! Who works on campus: people come, move to other departments, and leave.

use std::collections::HashMap;
use std::fmt;

use sea_orm::DatabaseTransaction;

use crate::ctx::Ctx;
use crate::domain::campus::{Member, Role};
use crate::domain::{PersonName, Phone};
use crate::ids::DepartmentId;
use crate::store::{StoreError, audit, begin, commit, departments, staff};

/// Somebody on the personnel office's list.
#[derive(Clone, Debug)]
pub struct Employed {
    pub name: PersonName,
    pub phone: Phone,
    pub department: String,
    /// By which they are the same person as before.
    pub wecom_userid: String,
    /// Empty for somebody who has left.
    pub roles: Vec<Role>,
}

/// What came of one on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    Added,
    Changed,
    Unchanged,
}

/// What came of a list: an outcome for each on it, in its order.
#[derive(Debug)]
pub struct Imported(pub Vec<Entered>);

/// Takes a list of staff in, all of it or nothing; of one who stands in it twice the last row holds. Who is
/// not on it stays as they are.
pub async fn import(ctx: &Ctx, list: &[Employed], dry_run: bool) -> Result<Imported, StoreError> {
    let txn = begin(&ctx.db).await?;
    let names = departments::names(&txn).await?;
    let mut ids: HashMap<_, _> = names.into_iter().map(|(id, name)| (name, id)).collect();
    let mut entered = Vec::new();
    for one in list {
        let department = match ids.get(&one.department) {
            Some(id) => *id,
            None => {
                let id: DepartmentId = ctx.mint();
                departments::insert(&txn, id, &one.department).await?;
                ids.insert(one.department.clone(), id);
                id
            }
        };
        entered.push(enter(&txn, ctx, one, department).await?);
    }
    let imported = Imported(entered);
    if !dry_run {
        let (who, subject) = ("operator".to_owned(), "staff".to_owned());
        let line = super::audit(ctx, who, "staff.import", subject, imported.to_string());
        audit::insert(&txn, &line).await?;
        commit(txn).await?;
    }
    Ok(imported)
}

async fn enter(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    one: &Employed,
    department: DepartmentId,
) -> Result<Entered, StoreError> {
    let known = staff::find_by_userid(txn, &one.wecom_userid).await?;
    let mut member = Member {
        id: known.as_ref().map_or_else(|| ctx.mint(), |known| known.id),
        name: one.name.clone(),
        department,
        department_name: one.department.clone(),
        wecom_userid: one.wecom_userid.clone(),
        phone: ctx.seal_phone(&one.phone),
        roles: one.roles.clone(),
    };
    let Some(known) = known else {
        staff::insert(txn, &member).await?;
        return Ok(Entered::Added);
    };
    if is_same(&known, &member) {
        return Ok(Entered::Unchanged);
    }
    if known.phone.hash == member.phone.hash {
        member.phone = known.phone;
    }
    staff::update(txn, &member).await?;
    Ok(Entered::Changed)
}

/// A phone is sealed differently each time, and the same by its hash.
fn is_same(one: &Member, other: &Member) -> bool {
    one.name == other.name
        && one.department == other.department
        && one.phone.hash == other.phone.hash
        && Role::ALL
            .iter()
            .all(|role| one.is(*role) == other.is(*role))
}

/// `3 added, 1 changed, 12 unchanged`.
impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |what| self.0.iter().filter(|came| **came == what).count();
        write!(
            f,
            "{} added, {} changed, {} unchanged",
            count(Entered::Added),
            count(Entered::Changed),
            count(Entered::Unchanged)
        )
    }
}
