//! The campus's register grows: areas, reasons, departments, staff, gates, devices.

use sea_orm::DatabaseTransaction;

use super::registers::{area_words, from_to};
use crate::ctx::Ctx;
use crate::domain::campus::{
    Area, Device, DeviceId, DeviceKey, Direction, Gate, Habits, Member, Purpose, Role, Slot,
};
use crate::domain::limits::{Limits, Overlap};
use crate::domain::resident::Quarter;
use crate::domain::rules::Rules;
use crate::domain::{PersonName, Phone};
use crate::ids::{AreaId, DepartmentId, GateId, ReasonId, StaffId};
use crate::store::{
    self, StoreError, areas, audit, begin, commit, departments, gates, quarters, staff,
};

/// Why the register did not take something.
#[derive(Debug, thiserror::Error)]
pub enum CampusError {
    #[error("{0} is there already")]
    Taken(&'static str),
    #[error("there is no {0} of this name")]
    Unknown(&'static str),
    /// A signed code has one bit for each of 64 areas.
    #[error("there are 64 areas, and a signed code holds no more")]
    TooManyAreas,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds an area, with the next free bit.
pub async fn add_area(ctx: &Ctx, name: &str) -> Result<AreaId, CampusError> {
    let txn = begin(&ctx.db).await?;
    let slot = free_slot(&txn).await?;
    let slot = slot.ok_or(CampusError::TooManyAreas)?;
    let area = Area {
        id: ctx.mint(),
        name: name.to_owned(),
        slot,
        open: true,
        limits: Limits::default(),
        rules: Rules::default(),
    };
    areas::insert(&txn, &area)
        .await
        .map_err(taken("the area"))?;
    commit(txn).await?;
    Ok(area.id)
}

/// The next bit that no area has; `None` when there are 64.
pub(super) async fn free_slot(txn: &DatabaseTransaction) -> Result<Option<Slot>, StoreError> {
    let all = areas::all(txn).await?;
    let taken: Vec<_> = all.iter().map(|area| area.slot).collect();
    let mut slots = (0..64).filter_map(Slot::new);
    Ok(slots.find(|slot| !taken.contains(slot)))
}

/// What of an area's limits is to be others; the rest stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewLimits {
    pub days_ahead: Option<i16>,
    pub days_long: Option<i16>,
    /// `Some(None)` takes the bound away.
    pub a_day: Option<Option<i16>>,
    pub overlap: Option<Overlap>,
}

/// Sets the limits of an area for what is applied for from now on; gives the area as it is then.
pub async fn set_limits(ctx: &Ctx, name: &str, new: NewLimits) -> Result<Area, CampusError> {
    let txn = begin(&ctx.db).await?;
    let unknown = || CampusError::Unknown("area");
    let named = areas::find_by_name(&txn, name).await?.ok_or_else(unknown)?;
    let mut area = areas::lock(&txn, named.id).await?.ok_or_else(unknown)?;
    let (old, before) = (area.limits, area_words(&area));
    area.limits = Limits {
        days_ahead: new.days_ahead.unwrap_or(old.days_ahead),
        days_long: new.days_long.unwrap_or(old.days_long),
        a_day: new.a_day.unwrap_or(old.a_day),
        overlap: new.overlap.unwrap_or(old.overlap),
    };
    areas::update(&txn, &area).await?;
    let (who, subject) = ("operator".to_owned(), format!("area:{}", area.id));
    let detail = from_to(&before, &area_words(&area));
    let line = super::audit(ctx, who, "area.set", subject, detail);
    audit::insert(&txn, &line).await?;
    commit(txn).await?;
    Ok(area)
}

pub async fn add_reason(ctx: &Ctx, name: &str) -> Result<ReasonId, CampusError> {
    let txn = begin(&ctx.db).await?;
    let reason = Purpose {
        id: ctx.mint(),
        name: name.to_owned(),
        open: true,
    };
    store::reasons::insert(&txn, &reason)
        .await
        .map_err(taken("the reason"))?;
    commit(txn).await?;
    Ok(reason.id)
}

/// Makes an area a residential quarter: visitors register with its residents, and nobody books there.
pub async fn add_quarter(ctx: &Ctx, quarter: &Quarter) -> Result<(), CampusError> {
    let txn = begin(&ctx.db).await?;
    quarters::insert(&txn, quarter)
        .await
        .map_err(taken("the quarter"))?;
    Ok(commit(txn).await?)
}

/// The same by the names of its area, its desk's department and its reason.
pub async fn add_quarter_by_name(
    ctx: &Ctx,
    area: &str,
    desk: &str,
    reason: &str,
) -> Result<(), CampusError> {
    let db = &ctx.db.read;
    let area = areas::find_by_name(db, area).await?;
    let names = departments::names(db).await?;
    let desk = names.into_iter().find(|(_, name)| name == desk);
    let mut reasons = store::reasons::all(db).await?.into_iter();
    let reason = reasons.find(|known| known.name == reason);
    let quarter = Quarter {
        area: area.ok_or(CampusError::Unknown("area"))?.id,
        desk: desk.ok_or(CampusError::Unknown("department"))?.0,
        reason: reason.ok_or(CampusError::Unknown("reason"))?.id,
    };
    add_quarter(ctx, &quarter).await
}

pub async fn add_department(ctx: &Ctx, name: &str) -> Result<DepartmentId, CampusError> {
    let txn = begin(&ctx.db).await?;
    let id = ctx.mint();
    departments::insert(&txn, id, name)
        .await
        .map_err(taken("the department"))?;
    commit(txn).await?;
    Ok(id)
}

/// Somebody new on the staff.
#[derive(Clone, Debug)]
pub struct NewMember {
    pub name: PersonName,
    pub department: DepartmentId,
    pub wecom_userid: String,
    pub phone: Phone,
    pub roles: Vec<Role>,
}

pub async fn add_member(ctx: &Ctx, new: NewMember) -> Result<StaffId, CampusError> {
    let txn = begin(&ctx.db).await?;
    let member = Member {
        id: ctx.mint(),
        name: new.name,
        department: new.department,
        department_name: String::new(),
        wecom_userid: new.wecom_userid,
        phone: ctx.seal_phone(&new.phone),
        roles: new.roles,
    };
    staff::insert(&txn, &member)
        .await
        .map_err(taken("the member of staff"))?;
    commit(txn).await?;
    Ok(member.id)
}

pub async fn add_gate(ctx: &Ctx, name: &str, area: AreaId) -> Result<GateId, CampusError> {
    let txn = begin(&ctx.db).await?;
    let area = areas::find(&txn, area)
        .await?
        .ok_or(CampusError::Unknown("area"))?;
    let gate = Gate {
        id: ctx.mint(),
        name: name.to_owned(),
        area: area.id,
        slot: area.slot,
        area_name: area.name,
        open: true,
        rules: area.rules,
    };
    gates::insert(&txn, &gate)
        .await
        .map_err(taken("the gate"))?;
    commit(txn).await?;
    Ok(gate.id)
}

/// Adds a device at a gate. Its key is given here once and can never be read again.
pub async fn add_device(
    ctx: &Ctx,
    id: DeviceId,
    gate: &str,
    direction: Direction,
    key: &DeviceKey,
) -> Result<(), CampusError> {
    let txn = begin(&ctx.db).await?;
    insert_device(&txn, ctx, (id, gate, direction), key).await?;
    Ok(commit(txn).await?)
}

/// The same within a transaction.
pub(super) async fn insert_device(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, gate, direction): (DeviceId, &str, Direction),
    key: &DeviceKey,
) -> Result<Device, CampusError> {
    let gate = gates::find_by_name(txn, gate)
        .await?
        .ok_or(CampusError::Unknown("gate"))?;
    let subject = format!("device:{id}");
    let detail = format!("gate={} direction={}", gate.name, direction.as_str());
    let device = Device {
        id,
        gate,
        direction,
        key: ctx.keys.seal(&ctx.entropy, key),
        old_key: None,
        habits: Habits::default(),
    };
    let at = ctx.clock.now();
    gates::insert_device(txn, &device, at)
        .await
        .map_err(taken("the device"))?;
    let line = super::audit(ctx, "operator".to_owned(), "device.add", subject, detail);
    audit::insert(txn, &line).await?;
    Ok(device)
}

/// A refusal by a unique index, told as what it means.
fn taken(what: &'static str) -> impl Fn(StoreError) -> CampusError {
    move |error| {
        if error.is_taken() {
            CampusError::Taken(what)
        } else {
            error.into()
        }
    }
}
