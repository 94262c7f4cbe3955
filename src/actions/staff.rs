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
use crate::sheet::{Cells, Column, Reason, Wrong};
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

/// What the personnel office's list is headed with.
pub const COLUMNS: [Column; 5] = [
    Column::needed("姓名", "name"),
    Column::needed("手机号", "phone"),
    Column::needed("部门", "department"),
    Column::needed("企业微信账号", "userid"),
    Column::needed("角色", "roles"),
];

/// What the handbook calls them.
const ROLES: [(&str, Role); 5] = [
    ("被访人", Role::Host),
    ("审批人", Role::Approver),
    ("抄送人", Role::Reader),
    ("门岗", Role::Guard),
    ("管理员", Role::Administrator),
];

/// What the list calls a role.
#[must_use]
pub fn role_word(role: Role) -> &'static str {
    let named = ROLES.iter().find(|(_, known)| *known == role);
    named.map_or(role.as_str(), |(word, _)| word)
}

/// Somebody on it.
///
/// # Errors
/// What is wrong with the first cell that is.
pub fn employed(cells: &Cells<'_>) -> Result<Employed, Wrong> {
    Ok(Employed {
        name: cells.read("姓名", PersonName::parse)?,
        phone: cells.read("手机号", Phone::parse)?,
        department: cells.read("部门", department)?,
        wecom_userid: cells.read("企业微信账号", userid)?,
        roles: cells.read("角色", roles)?,
    })
}

fn department(text: &str) -> Result<String, Reason> {
    if text.is_empty() || text.chars().count() > 50 {
        return Err(Reason::new("department_invalid", "部门：1到50个字"));
    }
    Ok(text.to_owned())
}

/// <https://developer.work.weixin.qq.com/document/path/90195>
fn userid(text: &str) -> Result<String, Reason> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '.');
    if text.is_empty() || text.len() > 64 || !text.chars().all(plain) {
        let said = "企业微信账号：1到64个字母、数字或_-@.";
        return Err(Reason::new("userid_invalid", said));
    }
    Ok(text.to_owned())
}

fn roles(text: &str) -> Result<Vec<Role>, Reason> {
    let role = |text: &str| {
        let named = ROLES.iter().find(|(word, _)| *word == text);
        let role = named.map(|(_, role)| *role).or_else(|| Role::parse(text));
        role.ok_or_else(|| Reason::new("role_unknown", format!("角色：没有“{text}”这个角色")))
    };
    text.split_whitespace().map(role).collect()
}

/// How many of a list are looked up and stored in one statement each.
const BATCH: usize = 500;

/// Takes a list of staff in for `by`, all of it or nothing; of one who stands in it twice the last row
/// holds. Who is not on it stays as they are.
pub async fn import<'a>(
    ctx: &Ctx,
    by: impl ToString,
    list: impl IntoIterator<Item = &'a Employed>,
    dry_run: bool,
) -> Result<Imported, StoreError> {
    let txn = begin(&ctx.db).await?;
    let list: Vec<_> = list.into_iter().collect();
    let departments = departments_of(&txn, ctx, &list).await?;
    let mut holding = HashMap::new();
    for (at, one) in list.iter().enumerate() {
        holding.insert(&one.wecom_userid, at);
    }
    let rows = list.iter().enumerate();
    let rows: Vec<_> = rows
        .map(|(at, one)| (*one, holding[&one.wecom_userid] == at))
        .collect();
    let mut imported = Imported(Vec::new());
    for batch in rows.chunks(BATCH) {
        imported
            .0
            .extend(enter(&txn, ctx, batch, &departments).await?);
    }
    if !dry_run {
        let (who, subject) = (by.to_string(), "staff".to_owned());
        let line = super::audit(ctx, who, "staff.import", subject, imported.to_string());
        audit::insert(&txn, &line).await?;
        commit(txn).await?;
    }
    Ok(imported)
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
    let (mut came, mut new) = (Vec::new(), Vec::new());
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
            Some(_) => {
                staff::update(txn, &member).await?;
                Entered::Changed
            }
        });
    }
    staff::insert_many(txn, &new).await?;
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

async fn name_of(txn: &DatabaseTransaction, id: DepartmentId) -> Result<String, RegisterError> {
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
