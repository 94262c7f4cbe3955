//! Messages that are done with go, and what was on its way to somebody who left does not leave.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Ending, Standing, row, standing};
use crate::domain::message::Recipient;
use crate::store::{StoreError, cards, forget, receipts, visits};

/// Forgets messages that were done with before, with their receipts and cards; says how many. Those of a visit
/// that is open stay.
pub async fn forget(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<u64, StoreError> {
    let (about, id) = (row::Column::VisitId, row::Column::Id);
    let over = Condition::any()
        .add(about.is_null())
        .add(about.not_in_subquery(visits::open()));
    let old = Condition::all()
        .add(row::Column::DoneAt.lt(before))
        .add(over);
    let ids = forget::hold::<row::Entity>(db, id, old, most).await?;
    receipts::delete_of(db, &ids).await?;
    cards::delete_of(db, &ids).await?;
    forget::delete_those::<row::Entity>(db, id, &ids).await
}

/// What is on its way to these is not sent any more.
pub async fn give_up(
    db: &impl ConnectionTrait,
    to: impl IntoIterator<Item = Recipient>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(Ending::Overtaken.as_str()))
        .col_expr(row::Column::DoneAt, Expr::value(now))
        .col_expr(row::Column::LeasedBy, Expr::value(None::<String>))
        .col_expr(row::Column::LeasedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(row::Column::State.eq("due"))
        .filter(any_of(to))
        .exec(db)
        .await?;
    Ok(())
}

/// What was told, is being told or could not be told to these, oldest first.
pub async fn to_these(
    db: &impl ConnectionTrait,
    to: impl IntoIterator<Item = Recipient>,
) -> Result<Vec<Standing>, StoreError> {
    let theirs = row::Entity::find()
        .filter(any_of(to))
        .order_by_asc(row::Column::Id);
    theirs.all(db).await?.into_iter().map(standing).collect()
}

fn any_of(to: impl IntoIterator<Item = Recipient>) -> Condition {
    let is = |to: Recipient| {
        let (kind, id) = to.as_column();
        let (kind, id) = (row::Column::ToKind.eq(kind), row::Column::ToId.eq(id));
        Condition::all().add(kind).add(id)
    };
    to.into_iter()
        .map(is)
        .fold(Condition::any(), Condition::add)
}
