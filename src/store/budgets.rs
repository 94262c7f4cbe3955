//! What is left of budgets: so much of something in a day, or in a minute.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::StoreError;

row!("budgets" {
    #[sea_orm(primary_key, auto_increment = false)]
    since: DateTimeUtc,
    #[sea_orm(primary_key, auto_increment = false)]
    subject: String,
    spent: i64,
});

/// Whether there was something left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// One was taken of it.
    Left,
    Spent,
}

/// Takes one of the `most` that `subject` has for the span that began at `since`. The row is changed where
/// it stands, so two at once never take the same one.
pub async fn spend(
    db: &impl ConnectionTrait,
    subject: &str,
    most: u64,
    since: DateTime<Utc>,
) -> Result<Budget, StoreError> {
    if most == 0 {
        return Ok(Budget::Spent);
    }
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let first = row::Model {
        since,
        subject: subject.to_owned(),
        spent: 1,
    };
    let spent = (row::Entity, row::Column::Spent);
    let again = OnConflict::columns([row::Column::Since, row::Column::Subject])
        .value(row::Column::Spent, Expr::col(spent).add(1))
        .action_and_where(Expr::col(spent).lt(most))
        .to_owned();
    let changed = row::Entity::insert(first.into_active_model())
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    Ok(if changed == 0 {
        Budget::Spent
    } else {
        Budget::Left
    })
}

/// Gives back one that was taken and not used.
pub async fn give_back(
    db: &impl ConnectionTrait,
    subject: &str,
    since: DateTime<Utc>,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::Spent, Expr::col(row::Column::Spent).sub(1))
        .filter(row::Column::Since.eq(since))
        .filter(row::Column::Subject.eq(subject))
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets the spans that began before then.
pub async fn forget(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<(), StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::Since.lt(before))
        .exec(db)
        .await?;
    Ok(())
}
