//! The word of each of those whom a step asks: 会签 waits for all of them.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{OnConflict, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use super::StoreError;
use crate::ids::{StaffId, StepId};

row!("approval_votes" {
    #[sea_orm(primary_key, auto_increment = false)]
    step_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    staff_id: i64,
    given_by: i64,
    decision: String,
    comment: Option<String>,
    at: DateTimeUtc,
});

#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    pub step: StepId,
    /// Whose word it is.
    pub staff: StaffId,
    /// Who gave it: themselves, or whom they have put in their place.
    pub given_by: StaffId,
    /// `approve`, `reject` or `return`.
    pub decision: String,
    pub comment: Option<String>,
    pub at: DateTime<Utc>,
}

/// Writes a word down, once.
pub async fn insert(db: &impl ConnectionTrait, vote: &Vote) -> Result<(), StoreError> {
    let row = row::Model {
        step_id: vote.step.get(),
        staff_id: vote.staff.get(),
        given_by: vote.given_by.get(),
        decision: vote.decision.clone(),
        comment: vote.comment.clone(),
        at: vote.at,
    };
    let once = OnConflict::columns([row::Column::StepId, row::Column::StaffId])
        .do_nothing()
        .to_owned();
    let insert = row::Entity::insert(row.into_active_model()).on_conflict(once);
    insert.exec_without_returning(db).await?;
    Ok(())
}

/// The words of some steps, in the order in which they came.
pub async fn of_steps(
    db: &impl ConnectionTrait,
    steps: impl IntoIterator<Item = StepId>,
) -> Result<Vec<Vote>, StoreError> {
    let ids = steps.into_iter().map(StepId::get);
    let found = row::Entity::find()
        .filter(row::Column::StepId.is_in(ids))
        .order_by_asc(row::Column::At)
        .order_by_asc(row::Column::StaffId);
    Ok(found.all(db).await?.into_iter().map(vote).collect())
}

/// The steps in which somebody has said a word, in their own name or in another's.
pub(super) fn steps_with(staff: StaffId) -> SelectStatement {
    let theirs = Condition::any()
        .add(row::Column::StaffId.eq(staff.get()))
        .add(row::Column::GivenBy.eq(staff.get()));
    Query::select()
        .column(row::Column::StepId)
        .from(row::Entity)
        .cond_where(theirs)
        .take()
}

fn vote(row: row::Model) -> Vote {
    Vote {
        step: row.step_id.into(),
        staff: row.staff_id.into(),
        given_by: row.given_by.into(),
        decision: row.decision,
        comment: row.comment,
        at: row.at,
    }
}
