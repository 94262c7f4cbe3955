//! Who works on campus: people come, move to other departments, and leave.

use std::collections::HashMap;
use std::fmt;

use sea_orm::DatabaseTransaction;

use super::note;
use super::registers::{Read, RegisterError, from_to, taken, unchanged};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Admin};
use crate::domain::campus::{Member, Role};
use crate::domain::revision::Revision;
use crate::domain::{PersonName, Phone};
use crate::ids::{DepartmentId, StaffId};
use crate::secret::Masked;
use crate::store::{StoreError, audit, begin, commit, departments, sessions, staff};

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

/// A member's form.
#[derive(Clone, Debug)]
pub struct MemberForm {
    pub name: PersonName,
    pub department: DepartmentId,
    /// None keeps the one that is there.
    pub phone: Option<Phone>,
    pub roles: Vec<Role>,
}

pub async fn add_member(
    ctx: &Ctx,
    by: &Admin,
    (userid, phone): (&str, &Phone),
    form: &MemberForm,
) -> Result<Member, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let member = Member {
        id: ctx.mint(),
        name: form.name.clone(),
        department: form.department,
        department_name: department(&txn, form.department).await?,
        wecom_userid: userid.to_owned(),
        phone: ctx.seal_phone(phone),
        roles: form.roles.clone(),
    };
    staff::insert(&txn, &member)
        .await
        .map_err(taken("userid"))?;
    let subject = Account::Staff(member.id).to_string();
    note(&txn, ctx, by, "staff.add", subject, member_words(&member)).await?;
    commit(txn).await?;
    Ok(member)
}

pub async fn save_member(
    ctx: &Ctx,
    by: &Admin,
    (id, read): (StaffId, Read<'_>),
    form: &MemberForm,
) -> Result<Member, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let old = lock_member(&txn, id).await?;
    unchanged(&member_revision(&old), read)?;
    let member = Member {
        name: form.name.clone(),
        department: form.department,
        department_name: department(&txn, form.department).await?,
        phone: form
            .phone
            .as_ref()
            .map_or_else(|| old.phone.clone(), |phone| ctx.seal_phone(phone)),
        roles: form.roles.clone(),
        ..old.clone()
    };
    staff::update(&txn, &member).await?;
    let change = from_to(&member_words(&old), &member_words(&member));
    let subject = Account::Staff(id).to_string();
    note(&txn, ctx, by, "staff.set", subject, change).await?;
    keep_an_administrator(&txn).await?;
    commit(txn).await?;
    Ok(member)
}

/// Somebody leaves: they may do nothing any more, and every session of theirs ends.
pub async fn leave(ctx: &Ctx, by: &Admin, id: StaffId) -> Result<Member, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let old = lock_member(&txn, id).await?;
    let member = Member {
        roles: Vec::new(),
        ..old.clone()
    };
    staff::update(&txn, &member).await?;
    let account = Account::Staff(id);
    sessions::revoke_all(&txn, account, ctx.clock.now()).await?;
    let words = member_words(&old);
    note(&txn, ctx, by, "staff.leave", account.to_string(), words).await?;
    keep_an_administrator(&txn).await?;
    commit(txn).await?;
    Ok(member)
}

#[must_use]
pub fn member_revision(member: &Member) -> Revision {
    // Two names, and two phones, may have one mask.
    let (name, phone) = (member.name.as_str(), member.phone.hash.as_str());
    Revision::of(&format!("{name} {phone} {}", member_words(member)))
}

fn member_words(member: &Member) -> String {
    let roles: Vec<_> = member.roles.iter().map(|role| role.as_str()).collect();
    format!(
        "{} {} {} {} roles={}",
        Masked::name(member.name.as_str()),
        member.phone.mask,
        member.department_name,
        member.wecom_userid,
        roles.join(",")
    )
}

async fn lock_member(txn: &DatabaseTransaction, id: StaffId) -> Result<Member, RegisterError> {
    // Whoever is the last administrator is known only while nobody else stops being one.
    for admin in staff::with_role(txn, &[Role::Administrator]).await? {
        staff::lock(txn, admin.id).await?;
    }
    staff::lock(txn, id).await?;
    staff::find(txn, id).await?.ok_or(RegisterError::NotFound)
}

async fn keep_an_administrator(txn: &DatabaseTransaction) -> Result<(), RegisterError> {
    let left = staff::with_role(txn, &[Role::Administrator]).await?;
    if left.is_empty() {
        return Err(RegisterError::LastAdministrator);
    }
    Ok(())
}

async fn department(txn: &DatabaseTransaction, id: DepartmentId) -> Result<String, RegisterError> {
    let mut names = departments::names(txn).await?;
    names.remove(&id).ok_or(RegisterError::UnknownDepartment)
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
