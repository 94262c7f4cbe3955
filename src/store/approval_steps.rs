//! 审批流程: who was asked, in which order, and what they decided.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};

use super::StoreError;
use crate::domain::visit::{Decider, Decision, Stage, Visit};
use crate::ids::{DepartmentId, StepId, VisitId};

row!("approval_steps" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    visit_id: i64,
    ordinal: i16,
    department_id: i64,
    decided_by: Option<i64>,
    decision: Option<String>,
    comment: Option<String>,
    asked_at: DateTimeUtc,
    decided_at: Option<DateTimeUtc>,
});

/// A department was asked.
#[derive(Clone, Debug)]
pub struct Step {
    pub id: StepId,
    pub visit: VisitId,
    pub ordinal: i16,
    pub department: DepartmentId,
    pub asked_at: DateTime<Utc>,
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
        (_, Some("approve")) => "已通过",
        (_, Some("reject")) => "已拒绝",
        (_, Some("return")) => "已退回",
        (_, _) => visit.stage.word(),
    }
}

pub async fn insert(db: &impl ConnectionTrait, step: &Step) -> Result<(), StoreError> {
    let row = row::Model {
        id: step.id.get(),
        visit_id: step.visit.get(),
        ordinal: step.ordinal,
        department_id: step.department.get(),
        decided_by: None,
        decision: None,
        comment: None,
        asked_at: step.asked_at,
        decided_at: None,
    };
    row.into_active_model().insert(db).await?;
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
    Ok(row::Entity::find_by_id(id.get()).one(db).await?.map(step))
}

/// A visit's steps in their order.
pub async fn of_visit(db: &impl ConnectionTrait, id: VisitId) -> Result<Vec<Step>, StoreError> {
    let steps = row::Entity::find()
        .filter(row::Column::VisitId.eq(id.get()))
        .order_by_asc(row::Column::Ordinal);
    Ok(steps.all(db).await?.into_iter().map(step).collect())
}

fn step(row: row::Model) -> Step {
    let decided = match (row.decided_at, row.decision) {
        (Some(at), Some(decision)) => Some(Decided {
            by: Decider::from_column(row.decided_by),
            at,
            decision,
            comment: row.comment,
        }),
        _ => None,
    };
    Step {
        id: row.id.into(),
        visit: row.visit_id.into(),
        ordinal: row.ordinal,
        department: row.department_id.into(),
        asked_at: row.asked_at,
        decided,
    }
}
