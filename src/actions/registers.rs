//! The campus's registers as administrators keep them: areas, reasons, departments and gates; [`super::staff`],
//! [`super::residents`] and [`super::devices`] keep theirs in the same way. Each change is one row, held while it is compared with what the form had read, and one line
//! in the audit that says what was there and what is.

use super::campus::free_slot;
use super::note;
use crate::ctx::Ctx;
use crate::domain::Title;
use crate::domain::actors::Admin;
use crate::domain::campus::{Area, Gate, Purpose};
use crate::domain::gate::News;
use crate::domain::limits::Limits;
use crate::domain::revision::Revision;
use crate::domain::rules::Rules;
use crate::ids::{AreaId, DepartmentId, GateId, ReasonId};
use crate::store::{StoreError, areas, begin, commit, departments, gates, reasons};

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
        rules: Rules::default(),
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
    /// None keeps those that are there.
    pub rules: Option<Rules>,
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
        rules: form.rules.clone().unwrap_or_else(|| old.rules.clone()),
        ..old.clone()
    };
    areas::update(&txn, &area).await.map_err(taken("name"))?;
    ctx.tell(&txn, &News::Gates).await?;
    let change = from_to(&area_words(&old), &area_words(&area));
    note(&txn, ctx, by, "area.set", format!("area:{id}"), change).await?;
    commit(txn).await?;
    Ok(area)
}

#[must_use]
pub fn area_revision(area: &Area) -> Revision {
    Revision::of(&area_words(area))
}

pub(super) fn area_words(area: &Area) -> String {
    let limits = area.limits;
    let a_day = limits
        .a_day
        .map_or("none".to_owned(), |most| most.to_string());
    format!(
        "{} open={} days_ahead={} days_long={} a_day={a_day} overlap={} {}",
        area.name,
        area.open,
        limits.days_ahead,
        limits.days_long,
        limits.overlap.as_str(),
        area.rules
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
        rules: area.rules,
    };
    gates::insert(&txn, &gate).await.map_err(taken("name"))?;
    let words = format!("{} area={}", gate.name, gate.area_name);
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

/// Renames a gate, or opens or closes it, for the next scan on.
pub async fn save_gate(
    ctx: &Ctx,
    by: &Admin,
    (id, read): (GateId, Read<'_>),
    (name, open): (&Title, bool),
) -> Result<Gate, RegisterError> {
    let txn = begin(&ctx.db).await?;
    let old = gates::lock(&txn, id).await?;
    let old = old.ok_or(RegisterError::NotFound)?;
    unchanged(&gate_revision(&old), read)?;
    let gate = Gate {
        name: name.as_str().to_owned(),
        open,
        ..old.clone()
    };
    gates::update(&txn, &gate).await.map_err(taken("name"))?;
    ctx.tell(&txn, &News::Gates).await?;
    let change = from_to(&gate_words(&old), &gate_words(&gate));
    note(&txn, ctx, by, "gate.set", format!("gate:{id}"), change).await?;
    commit(txn).await?;
    Ok(gate)
}

#[must_use]
pub fn gate_revision(gate: &Gate) -> Revision {
    Revision::of(&gate_words(gate))
}

fn gate_words(gate: &Gate) -> String {
    format!("{} open={}", gate.name, gate.open)
}

pub(super) fn unchanged(revision: &Revision, read: Read<'_>) -> Result<(), RegisterError> {
    if revision.is(read) {
        Ok(())
    } else {
        Err(RegisterError::Changed)
    }
}

pub(super) fn from_to(old: &str, new: &str) -> String {
    format!("{old} → {new}")
}

/// A refusal by a unique index, as the field that must be another.
pub(super) fn taken(field: &'static str) -> impl Fn(StoreError) -> RegisterError {
    move |error| {
        if error.is_taken() {
            RegisterError::Taken(field)
        } else {
            error.into()
        }
    }
}
