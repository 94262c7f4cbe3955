//! Visits lose the personal data of their visitors; the visits themselves stay.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{begun, row, visit};
use crate::domain::actors::Account;
use crate::domain::visit::Visit;
use crate::ids::VisitId;
use crate::store::{StoreError, forget, invitees, registrations, vehicles, visitors};

/// What has not ended yet, as it is stored.
const OPEN: [&str; 4] = ["inviting", "pending", "returned", "approved"];

/// The ids of the visits that are open.
#[must_use]
pub fn open() -> SelectStatement {
    Query::select()
        .column(row::Column::Id)
        .from(row::Entity)
        .and_where(row::Column::Stage.is_in(OPEN))
        .take()
}

/// Visits that ended before and still have the personal data of their visitors, held for this transaction.
pub async fn hold_to_forget(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<Vec<VisitId>, StoreError> {
    let old = Condition::all()
        .add(row::Column::ForgottenAt.is_null())
        .add(row::Column::EndsAt.lt(before))
        .add(row::Column::Stage.is_not_in(OPEN));
    let ids = forget::hold::<row::Entity>(db, row::Column::Id, old, most).await?;
    Ok(ids.into_iter().map(VisitId::from).collect())
}

/// Every visit that somebody began, oldest first.
pub async fn of_account(db: &impl ConnectionTrait, by: Account) -> Result<Vec<Visit>, StoreError> {
    let own = row::Entity::find()
        .filter(begun(by))
        .order_by_asc(row::Column::Id);
    own.all(db).await?.into_iter().map(visit).collect()
}

/// Every visit that somebody began and that still has its visitors' personal data, held for this
/// transaction.
pub async fn hold_of(db: &impl ConnectionTrait, by: Account) -> Result<Vec<Visit>, StoreError> {
    let own = row::Entity::find()
        .filter(begun(by))
        .filter(row::Column::ForgottenAt.is_null())
        .order_by_asc(row::Column::Id)
        .lock(LockType::NoKeyUpdate);
    own.all(db).await?.into_iter().map(visit).collect()
}

/// Takes from some visits what was written about them and everything personal of those in them.
pub async fn forget(
    db: &impl ConnectionTrait,
    visits: &[VisitId],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let ids = || visits.iter().map(|id| id.get());
    let nothing = || Expr::value(None::<String>);
    row::Entity::update_many()
        .col_expr(row::Column::Note, nothing())
        .col_expr(row::Column::AreaNote, nothing())
        .col_expr(row::Column::ForgottenAt, Expr::value(at))
        .filter(row::Column::Id.is_in(ids()))
        .exec(db)
        .await?;
    invitees::delete_of(db, visits).await?;
    registrations::forget_of(db, visits).await?;
    for id in visits {
        vehicles::delete_of(db, *id).await?;
    }
    visitors::forget(
        db,
        visitors::of_visits(db, visits.iter().copied()).await?,
        at,
    )
    .await
}
