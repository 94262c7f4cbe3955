//! 审批流程: who is asked, in which order, and what they decided.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::{StoreError, corrupt};
use crate::domain::route::{Asked, Minutes, Planned, Quorum, TimeOut, Waits};
use crate::domain::visit::{Decider, Decision, Stage, Visit};
use crate::ids::{StepId, VisitId};

row!("approval_steps" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    visit_id: i64,
    round: i16,
    ordinal: i16,
    asked: String,
    department_id: Option<i64>,
    staff_id: Option<i64>,
    quorum: String,
    remind_after: Option<i32>,
    ends_after: Option<i32>,
    on_time_out: Option<String>,
    asked_at: Option<DateTimeUtc>,
    remind_at: Option<DateTimeUtc>,
    ends_at: Option<DateTimeUtc>,
    decided_by: Option<i64>,
    decision: Option<String>,
    comment: Option<String>,
    decided_at: Option<DateTimeUtc>,
});

pub(super) use row::{Column, Entity};

/// Somebody is asked, or will be.
#[derive(Clone, Debug)]
pub struct Step {
    pub id: StepId,
    pub visit: VisitId,
    /// Which submission of the visit it belongs to, from 1.
    pub round: i16,
    /// Among all steps of the visit, from 1.
    pub ordinal: i16,
    pub plan: Planned,
    /// None while an earlier step is open, and for ever when that one ended it.
    pub asked_at: Option<DateTime<Utc>>,
    /// When the rule decides, if nobody has.
    pub ends_at: Option<DateTime<Utc>>,
    pub decided: Option<Decided>,
}

/// And answered.
#[derive(Clone, Debug)]
pub struct Decided {
    pub by: Decider,
    pub at: DateTime<Utc>,
    /// `approve`, `reject` or `return`.
    pub decision: String,
    pub comment: Option<String>,
}

impl Step {
    /// Whether somebody is asked and has not answered. Whether the visit still waits is another question.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.asked_at.is_some() && self.decided.is_none()
    }
}

/// What a card of a step says when nothing can be tapped on it any more: what became of the visit, or
/// what this step decided while the visit goes on with a later one.
#[must_use]
pub fn outcome(step: Option<&Step>, visit: &Visit) -> &'static str {
    let decision = step
        .and_then(|step| step.decided.as_ref())
        .map(|d| d.decision.as_str());
    match (&visit.stage, decision) {
        (Stage::Withdrawn { .. } | Stage::Lapsed { .. } | Stage::Completed { .. }, _) => {
            visit.stage.word()
        }
        // Of 会签 this one has agreed, and others have not yet.
        (Stage::Pending, Some("approve") | None) => "已同意",
        (_, Some("approve")) => "已通过",
        (_, Some("reject")) => "已拒绝",
        (_, Some("return")) => "已退回",
        (_, _) => visit.stage.word(),
    }
}

pub async fn insert(db: &impl ConnectionTrait, step: &Step) -> Result<(), StoreError> {
    let Planned {
        asked,
        quorum,
        waits,
    } = step.plan;
    let (kind, department, staff) = as_columns(asked);
    let row = row::Model {
        id: step.id.get(),
        visit_id: step.visit.get(),
        round: step.round,
        ordinal: step.ordinal,
        asked: kind.to_owned(),
        department_id: department,
        staff_id: staff,
        quorum: quorum.as_str().to_owned(),
        remind_after: waits.remind_after.map(Minutes::get),
        ends_after: waits.ends_after.map(|(after, _)| after.get()),
        on_time_out: waits.ends_after.map(|(_, end)| end.as_str().to_owned()),
        asked_at: step.asked_at,
        remind_at: remind_at(waits, step.asked_at),
        ends_at: step.ends_at,
        decided_by: None,
        decision: None,
        comment: None,
        decided_at: None,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

fn remind_at(waits: Waits, asked_at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    Some(asked_at? + waits.remind_after?.duration())
}

/// When the time of a step is out that is asked at `at`.
#[must_use]
pub fn ends_at(waits: Waits, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    waits.ends_after.map(|(after, _)| at + after.duration())
}

/// Its turn has come.
pub async fn ask(
    db: &impl ConnectionTrait,
    step: &Step,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let waits = step.plan.waits;
    let (kind, department, staff) = as_columns(step.plan.asked);
    let change = row::ActiveModel {
        id: Set(step.id.get()),
        asked: Set(kind.to_owned()),
        department_id: Set(department),
        staff_id: Set(staff),
        asked_at: Set(Some(at)),
        remind_at: Set(remind_at(waits, Some(at))),
        ends_at: Set(ends_at(waits, at)),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

/// Those who are asked have been reminded, which is done once.
pub async fn reminded(db: &impl ConnectionTrait, id: StepId) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(id.get()),
        remind_at: Set(None),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

/// The rule cannot decide it: people must.
pub async fn never_ends(db: &impl ConnectionTrait, id: StepId) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(id.get()),
        ends_at: Set(None),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

pub async fn decide(
    db: &impl ConnectionTrait,
    id: StepId,
    decision: &Decision,
    by: Decider,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(id.get()),
        decided_by: Set(by.as_column()),
        decision: Set(Some(decision.as_str().to_owned())),
        comment: Set(decision
            .comment()
            .map(|comment| comment.as_str().to_owned())),
        decided_at: Set(Some(at)),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: StepId) -> Result<Option<Step>, StoreError> {
    let found = row::Entity::find_by_id(id.get()).one(db).await?;
    found.map(step).transpose()
}

/// A visit's steps in their order.
pub async fn of_visit(db: &impl ConnectionTrait, id: VisitId) -> Result<Vec<Step>, StoreError> {
    let steps = row::Entity::find()
        .filter(row::Column::VisitId.eq(id.get()))
        .order_by_asc(row::Column::Ordinal);
    steps.all(db).await?.into_iter().map(step).collect()
}

/// Which of the open steps are due, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Reminder,
    End,
}

/// Open steps whose time has come, the oldest first; of visits that no longer wait too.
pub async fn find_due(
    db: &impl ConnectionTrait,
    due: Due,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Step>, StoreError> {
    let column = match due {
        Due::Reminder => row::Column::RemindAt,
        Due::End => row::Column::EndsAt,
    };
    let found = row::Entity::find()
        .filter(open())
        .filter(column.lte(now))
        .order_by_asc(column)
        .limit(limit);
    found.all(db).await?.into_iter().map(step).collect()
}

pub(super) fn open() -> Condition {
    Condition::all()
        .add(row::Column::DecidedAt.is_null())
        .add(row::Column::AskedAt.is_not_null())
}

/// How the column names them.
pub(super) const ADMINISTRATORS: &str = "administrators";

fn as_columns(asked: Asked) -> (&'static str, Option<i64>, Option<i64>) {
    match asked {
        Asked::Department(id) => ("department", Some(id.get()), None),
        Asked::Member(id) => ("member", None, Some(id.get())),
        Asked::Administrators => (ADMINISTRATORS, None, None),
        Asked::Nobody => ("nobody", None, None),
    }
}

pub(super) fn step(row: row::Model) -> Result<Step, StoreError> {
    let corrupt = corrupt("approval_steps", row.id);
    let asked = match (row.asked.as_str(), row.department_id, row.staff_id) {
        ("department", Some(id), None) => Asked::Department(id.into()),
        ("member", None, Some(id)) => Asked::Member(id.into()),
        (ADMINISTRATORS, None, None) => Asked::Administrators,
        ("nobody", None, None) => Asked::Nobody,
        _ => return Err(corrupt()),
    };
    let waits = waits(row.remind_after, row.ends_after, row.on_time_out.as_deref());
    let decided = match (row.decided_at, row.decision) {
        (Some(at), Some(decision)) => Some(Decided {
            by: Decider::from_column(row.decided_by),
            at,
            decision,
            comment: row.comment,
        }),
        _ => None,
    };
    Ok(Step {
        id: row.id.into(),
        visit: row.visit_id.into(),
        round: row.round,
        ordinal: row.ordinal,
        plan: Planned {
            asked,
            quorum: Quorum::parse(&row.quorum).ok_or_else(&corrupt)?,
            waits: waits.ok_or_else(corrupt)?,
        },
        asked_at: row.asked_at,
        ends_at: row.ends_at,
        decided,
    })
}

/// From the three columns; `None` when they make no sense.
pub(super) fn waits(
    remind_after: Option<i32>,
    ends_after: Option<i32>,
    on_time_out: Option<&str>,
) -> Option<Waits> {
    let minutes = |stored: Option<i32>| match stored {
        Some(stored) => Minutes::new(i64::from(stored)).map(Some),
        None => Some(None),
    };
    let ends_after = match (minutes(ends_after)?, on_time_out) {
        (Some(after), Some(end)) => Some((after, TimeOut::parse(end)?)),
        (None, None) => None,
        _ => return None,
    };
    Some(Waits {
        remind_after: minutes(remind_after)?,
        ends_after,
    })
}
