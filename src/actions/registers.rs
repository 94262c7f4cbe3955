//! The campus's registers as administrators keep them: areas, reasons, departments, gates, staff and
//! residents. Each change is one row, held while it is compared with what the form had read, and one line
//! in the audit that says what was there and what is.

use sea_orm::DatabaseTransaction;

use super::campus::free_slot;
use super::note;
use super::residents::{Entered, Listed, enter_one};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Admin};
use crate::domain::campus::{
    Area, Device, DeviceId, DeviceKey, Direction, Gate, Member, Purpose, Role,
};
use crate::domain::limits::Limits;
use crate::domain::resident::Resident;
use crate::domain::revision::Revision;
use crate::domain::{PersonName, Phone, Title};
use crate::ids::{AreaId, DepartmentId, GateId, ReasonId, ResidentId, StaffId};
use crate::secret::Masked;
use crate::store::{
    StoreError, areas, begin, commit, departments, gates, reasons, residents, sessions, staff,
};

/// Why a register stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("没有找到该记录")]
    NotFound,
    #[error("该记录已被其他管理员修改，请刷新后再保存")]
    Changed,
    /// A field that must be another for each has what another has.
    #[error("已有相同的记录")]
    Taken(&'static str),
    /// A signed code has one bit for each of 64 areas.
    #[error("到访区域最多64个")]
    TooManyAreas,
    #[error("该部门不存在")]
    UnknownDepartment,
    #[error("该到访区域不存在")]
    UnknownArea,
    #[error("该门禁不存在")]
    UnknownGate,
    /// Nobody could undo it.
    #[error("至少保留一名访客管理员")]
    LastAdministrator,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a form had read before it was filled in.
pub type Read<'a> = &'a str;

pub async fn add_area(ctx: &Ctx, by: &Admin, name: &Title) -> Result<Area, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let slot = free_slot(&txn).await?.ok_or(RegisterError::TooManyAreas)?;
    let area = Area {
        id: ctx.mint(),
        name: name.as_str().to_owned(),
        slot,
        open: true,
        limits: Limits::default(),
    };
    areas::insert(&txn, &area).await.map_err(taken("name"))?;
    note(
        &txn,
        ctx,
        by,
        "area.add",
        format!("area:{}", area.id),
        area_words(&area),
    )
    .await?;
    commit(txn).await?;
    Ok(area)
}

/// An area's form.
#[derive(Clone, Debug)]
pub struct AreaForm {
    pub name: Title,
    pub open: bool,
    pub limits: Limits,
}

/// Saves an area; what was applied for before stays as it was.
pub async fn save_area(
    ctx: &Ctx,
    by: &Admin,
    (id, read): (AreaId, Read<'_>),
    form: &AreaForm,
) -> Result<Area, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let old = areas::lock(&txn, id)
        .await?
        .ok_or(RegisterError::NotFound)?;
    unchanged(&area_revision(&old), read)?;
    let area = Area {
        name: form.name.as_str().to_owned(),
        open: form.open,
        limits: form.limits,
        ..old.clone()
    };
    areas::update(&txn, &area).await.map_err(taken("name"))?;
    let change = from_to(&area_words(&old), &area_words(&area));
    note(&txn, ctx, by, "area.set", format!("area:{id}"), change).await?;
    commit(txn).await?;
    Ok(area)
}

#[must_use]
pub fn area_revision(area: &Area) -> Revision {
    Revision::of(&area_words(area))
}

fn area_words(area: &Area) -> String {
    let limits = area.limits;
    let a_day = limits
        .a_day
        .map_or("none".to_owned(), |most| most.to_string());
    format!(
        "{} open={} days_ahead={} days_long={} a_day={a_day} overlap={}",
        area.name,
        area.open,
        limits.days_ahead,
        limits.days_long,
        limits.overlap.as_str()
    )
}

pub async fn add_reason(ctx: &Ctx, by: &Admin, name: &Title) -> Result<Purpose, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let reason = Purpose {
        id: ctx.mint(),
        name: name.as_str().to_owned(),
        open: true,
    };
    reasons::insert(&txn, &reason)
        .await
        .map_err(taken("name"))?;
    let subject = format!("reason:{}", reason.id);
    note(&txn, ctx, by, "reason.add", subject, reason_words(&reason)).await?;
    commit(txn).await?;
    Ok(reason)
}

pub async fn save_reason(
    ctx: &Ctx,
    by: &Admin,
    (id, read): (ReasonId, Read<'_>),
    (name, open): (&Title, bool),
) -> Result<Purpose, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let old = reasons::lock(&txn, id)
        .await?
        .ok_or(RegisterError::NotFound)?;
    unchanged(&reason_revision(&old), read)?;
    let reason = Purpose {
        id,
        name: name.as_str().to_owned(),
        open,
    };
    reasons::update(&txn, &reason)
        .await
        .map_err(taken("name"))?;
    let change = from_to(&reason_words(&old), &reason_words(&reason));
    note(&txn, ctx, by, "reason.set", format!("reason:{id}"), change).await?;
    commit(txn).await?;
    Ok(reason)
}

#[must_use]
pub fn reason_revision(reason: &Purpose) -> Revision {
    Revision::of(&reason_words(reason))
}

fn reason_words(reason: &Purpose) -> String {
    format!("{} open={}", reason.name, reason.open)
}

pub async fn add_department(
    ctx: &Ctx,
    by: &Admin,
    name: &Title,
) -> Result<DepartmentId, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let (id, name) = (ctx.mint(), name.as_str());
    departments::insert(&txn, id, name)
        .await
        .map_err(taken("name"))?;
    note(
        &txn,
        ctx,
        by,
        "department.add",
        format!("department:{id}"),
        name.to_owned(),
    )
    .await?;
    commit(txn).await?;
    Ok(id)
}

pub async fn rename_department(
    ctx: &Ctx,
    by: &Admin,
    (id, read): (DepartmentId, Read<'_>),
    name: &Title,
) -> Result<(), RegisterError> {
    let txn = begin(&ctx.db).await?;
    let old = departments::lock(&txn, id)
        .await?
        .ok_or(RegisterError::NotFound)?;
    unchanged(&Revision::of(&old), read)?;
    departments::rename(&txn, id, name.as_str())
        .await
        .map_err(taken("name"))?;
    let change = from_to(&old, name.as_str());
    note(
        &txn,
        ctx,
        by,
        "department.set",
        format!("department:{id}"),
        change,
    )
    .await?;
    Ok(commit(txn).await?)
}

pub async fn add_gate(
    ctx: &Ctx,
    by: &Admin,
    name: &Title,
    area: AreaId,
) -> Result<Gate, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let area = areas::find(&txn, area)
        .await?
        .ok_or(RegisterError::UnknownArea)?;
    let gate = Gate {
        id: ctx.mint(),
        name: name.as_str().to_owned(),
        area: area.id,
        slot: area.slot,
        area_name: area.name,
        open: true,
    };
    gates::insert(&txn, &gate).await.map_err(taken("name"))?;
    let words = format!("{} in {}", gate.name, gate.area_name);
    note(
        &txn,
        ctx,
        by,
        "gate.add",
        format!("gate:{}", gate.id),
        words,
    )
    .await?;
    commit(txn).await?;
    Ok(gate)
}

/// Adds a device at a gate. Its key is given here once and can never be read again.
pub async fn add_device(
    ctx: &Ctx,
    by: &Admin,
    (id, gate): (DeviceId, GateId),
    direction: Direction,
) -> Result<DeviceKey, RegisterError> {
    let key = DeviceKey::new(ctx.entropy.bytes());
    let txn = begin(&ctx.db).await?;
    let gate = gates::find(&txn, gate)
        .await?
        .ok_or(RegisterError::UnknownGate)?;
    let subject = format!("device:{id}");
    let words = format!("at {} {}", gate.name, direction.as_str());
    let device = Device {
        id,
        gate,
        direction,
        key: ctx.keys.seal(&ctx.entropy, &key),
    };
    let added = gates::insert_device(&txn, &device, ctx.clock.now()).await;
    added.map_err(taken("id"))?;
    note(&txn, ctx, by, "device.add", subject, words).await?;
    commit(txn).await?;
    Ok(key)
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

/// Somebody moves into the quarter, or back.
pub async fn add_resident(
    ctx: &Ctx,
    by: &Admin,
    listed: &Listed,
) -> Result<Resident, RegisterError> {
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
pub async fn remove_resident(ctx: &Ctx, by: &Admin, id: ResidentId) -> Result<(), RegisterError> {
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

fn unchanged(revision: &Revision, read: Read<'_>) -> Result<(), RegisterError> {
    if revision.is(read) {
        Ok(())
    } else {
        Err(RegisterError::Changed)
    }
}

fn from_to(old: &str, new: &str) -> String {
    format!("{old} → {new}")
}

/// A refusal by a unique index, as the field that must be another.
fn taken(field: &'static str) -> impl Fn(StoreError) -> RegisterError {
    move |error| {
        if error.is_taken() {
            RegisterError::Taken(field)
        } else {
            error.into()
        }
    }
}
