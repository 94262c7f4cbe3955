//! Who works on campus: people come, move to other departments, and leave.

mod list;

pub use list::{COLUMNS, Employed, employed, role_word};

use std::collections::HashMap;
use std::fmt;

use sea_orm::DatabaseTransaction;

use super::registers::{Read, RegisterError, from_to, taken, unchanged};
use super::{note, steps};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Admin};
use crate::domain::campus::{Member, Role};
use crate::domain::revision::Revision;
use crate::domain::{PersonName, Phone};
use crate::ids::{DepartmentId, StaffId};
use crate::secret::Masked;
use crate::store::{StoreError, audit, begin, commit, departments, sessions, staff};

/// What came of one on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    Added,
    Changed,
    Unchanged,
    /// Not taken: [`RegisterError::LastAdministrator`].
    Refused,
}

/// What came of a list: an outcome for each on it, in its order.
#[derive(Debug)]
pub struct Imported(pub Vec<Entered>);

/// How a list is taken in.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Only says what would happen.
    pub dry_run: bool,
    /// A row that is refused keeps out all of it.
    pub whole: bool,
}

/// How many of a list are looked up and stored in one statement each.
const BATCH: usize = 500;

/// Takes a list of staff in for `by`, in one transaction; of one who stands in it twice the last row holds.
/// Who is not on it stays as they are.
pub async fn import<'a>(
    ctx: &Ctx,
    by: impl ToString,
    list: impl IntoIterator<Item = &'a Employed>,
    how: Import,
) -> Result<Imported, StoreError> {
    let txn = begin(&ctx.db).await?;
    let list: Vec<_> = list.into_iter().collect();
    let administrators = hold_administrators(&txn).await?;
    let departments = departments_of(&txn, ctx, &list).await?;
    let mut holding = HashMap::new();
    for (at, one) in list.iter().enumerate() {
        holding.insert(&one.wecom_userid, at);
    }
    let rows = list.iter().enumerate();
    let mut rows: Vec<_> = rows
        .map(|(at, one)| (*one, holding[&one.wecom_userid] == at))
        .collect();
    let refused = last_administrator(&administrators, &rows);
    if let Some(at) = refused {
        rows[at].1 = false;
    }
    let mut imported = Imported(Vec::new());
    for batch in rows.chunks(BATCH) {
        imported
            .0
            .extend(enter(&txn, ctx, batch, &departments).await?);
    }
    if let Some(at) = refused {
        imported.0[at] = Entered::Refused;
    }
    let nothing = how.dry_run || (how.whole && refused.is_some());
    if !nothing {
        let (who, subject) = (by.to_string(), "staff".to_owned());
        let line = super::audit(ctx, who, "staff.import", subject, imported.audited());
        audit::insert(&txn, &line).await?;
        commit(txn).await?;
    }
    Ok(imported)
}

/// The row that would leave nobody to administer, which nobody could undo.
fn last_administrator(administrators: &[Member], rows: &[(&Employed, bool)]) -> Option<usize> {
    let holding = || rows.iter().enumerate().filter(|(_, (_, holds))| *holds);
    let administers = |one: &Employed| one.roles.contains(&Role::Administrator);
    let listed = |userid: &str| holding().any(|(_, (one, _))| one.wecom_userid == userid);
    let stays = |admin: &Member| !listed(&admin.wecom_userid);
    if administrators.iter().any(stays) || holding().any(|(_, (one, _))| administers(one)) {
        return None;
    }
    let was = |one: &Employed| {
        let mut administrators = administrators.iter();
        administrators.any(|admin| admin.wecom_userid == one.wecom_userid)
    };
    let last = holding().rfind(|(_, (one, _))| was(one));
    last.map(|(at, _)| at)
}

/// Every department by its name; those that are new are made.
async fn departments_of(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    list: &[&Employed],
) -> Result<HashMap<String, DepartmentId>, StoreError> {
    let names = departments::names(txn).await?;
    let mut ids: HashMap<_, _> = names.into_iter().map(|(id, name)| (name, id)).collect();
    for one in list {
        if !ids.contains_key(&one.department) {
            let id: DepartmentId = ctx.mint();
            departments::insert(txn, id, &one.department).await?;
            ids.insert(one.department.clone(), id);
        }
    }
    Ok(ids)
}

/// Takes some of the list in, each with whether it holds.
async fn enter(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    batch: &[(&Employed, bool)],
    departments: &HashMap<String, DepartmentId>,
) -> Result<Vec<Entered>, StoreError> {
    let userids = batch.iter().map(|(one, _)| one.wecom_userid.as_str());
    let known = staff::with_userids(txn, userids).await?.into_iter();
    let known: HashMap<_, _> = known.map(|one| (one.wecom_userid.clone(), one)).collect();
    let (mut came, mut new, mut moved) = (Vec::new(), Vec::new(), Vec::new());
    for (one, holds) in batch {
        let before = known.get(&one.wecom_userid);
        let member = member(ctx, one, departments, before);
        came.push(match before {
            _ if !holds => Entered::Unchanged,
            None => {
                new.push(member);
                Entered::Added
            }
            Some(before) if is_same(before, &member) => Entered::Unchanged,
            Some(before) => {
                staff::update(txn, &member).await?;
                moved.push(before.clone());
                Entered::Changed
            }
        });
    }
    staff::insert_many(txn, &new).await?;
    steps::release(txn, ctx, &moved).await?;
    Ok(came)
}

/// Whom a row makes of whoever had the 企业微信账号 before.
fn member(
    ctx: &Ctx,
    one: &Employed,
    departments: &HashMap<String, DepartmentId>,
    before: Option<&Member>,
) -> Member {
    let hash = ctx.keys.keyed_hash(&one.phone);
    let same = before.filter(|before| before.phone.hash == hash);
    let phone = same.map_or_else(|| ctx.seal_phone(&one.phone), |same| same.phone.clone());
    Member {
        id: before.map_or_else(|| ctx.mint(), |before| before.id),
        name: one.name.clone(),
        department: departments[&one.department],
        department_name: one.department.clone(),
        wecom_userid: one.wecom_userid.clone(),
        phone,
        roles: one.roles.clone(),
    }
}

/// A phone is the same by its hash.
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
        department_name: name_of(&txn, form.department).await?,
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
        department_name: name_of(&txn, form.department).await?,
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
    steps::release(&txn, ctx, &[old]).await?;
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
    steps::release(&txn, ctx, &[old]).await?;
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
    hold_administrators(txn).await?;
    staff::lock(txn, id).await?;
    staff::find(txn, id).await?.ok_or(RegisterError::NotFound)
}

/// Whoever is the last administrator is known only while nobody else stops being one.
async fn hold_administrators(txn: &DatabaseTransaction) -> Result<Vec<Member>, StoreError> {
    for admin in staff::with_role(txn, &[Role::Administrator]).await? {
        staff::lock(txn, admin.id).await?;
    }
    // Somebody may have stopped being one before their row was held.
    staff::with_role(txn, &[Role::Administrator]).await
}

async fn keep_an_administrator(txn: &DatabaseTransaction) -> Result<(), RegisterError> {
    let left = staff::with_role(txn, &[Role::Administrator]).await?;
    if left.is_empty() {
        return Err(RegisterError::LastAdministrator);
    }
    Ok(())
}

async fn name_of(txn: &DatabaseTransaction, id: DepartmentId) -> Result<String, RegisterError> {
    let mut names = departments::names(txn).await?;
    names.remove(&id).ok_or(RegisterError::UnknownDepartment)
}

impl Imported {
    fn count(&self, what: Entered) -> usize {
        self.0.iter().filter(|came| **came == what).count()
    }

    fn audited(&self) -> String {
        format!(
            "added={} changed={} unchanged={} refused={}",
            self.count(Entered::Added),
            self.count(Entered::Changed),
            self.count(Entered::Unchanged),
            self.count(Entered::Refused)
        )
    }
}

/// `3 added, 1 changed, 12 unchanged`.
impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} added, {} changed, {} unchanged",
            self.count(Entered::Added),
            self.count(Entered::Changed),
            self.count(Entered::Unchanged)
        )?;
        match self.count(Entered::Refused) {
            0 => Ok(()),
            refused => write!(f, ", {refused} refused"),
        }
    }
}
