//! 委托: somebody decides in another's place for a while.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder,
};

use super::StoreError;
use crate::ids::{DelegationId, StaffId};

row!("delegations" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    staff_id: i64,
    to_id: i64,
    starts_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    made_at: DateTimeUtc,
});

#[derive(Clone, Debug, PartialEq)]
pub struct Delegation {
    pub id: DelegationId,
    pub from: StaffId,
    pub to: StaffId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

pub async fn insert(
    db: &impl ConnectionTrait,
    delegation: &Delegation,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = row::Model {
        id: delegation.id.get(),
        staff_id: delegation.from.get(),
        to_id: delegation.to.get(),
        starts_at: delegation.starts_at,
        ends_at: delegation.ends_at,
        made_at: at,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Those of a member, given and taken, that are not over; the first to begin first.
pub async fn of_member(
    db: &impl ConnectionTrait,
    staff: StaffId,
    now: DateTime<Utc>,
) -> Result<Vec<Delegation>, StoreError> {
    let theirs = Condition::any()
        .add(row::Column::StaffId.eq(staff.get()))
        .add(row::Column::ToId.eq(staff.get()));
    let found = row::Entity::find()
        .filter(theirs)
        .filter(row::Column::EndsAt.gt(now))
        .order_by_asc(row::Column::StartsAt)
        .order_by_asc(row::Column::Id);
    Ok(found.all(db).await?.into_iter().map(delegation).collect())
}

/// Those of some members that hold now: who is in whose place.
pub async fn in_force(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<Delegation>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::StartsAt.lte(now))
        .filter(row::Column::EndsAt.gt(now))
        .order_by_asc(row::Column::Id);
    Ok(found.all(db).await?.into_iter().map(delegation).collect())
}

/// One's own.
pub async fn find_own(
    db: &impl ConnectionTrait,
    from: StaffId,
    id: DelegationId,
) -> Result<Option<Delegation>, StoreError> {
    let found = row::Entity::find_by_id(id.get()).filter(row::Column::StaffId.eq(from.get()));
    Ok(found.one(db).await?.map(delegation))
}

/// It ends now.
pub async fn end(
    db: &impl ConnectionTrait,
    id: DelegationId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(id.get()),
        ends_at: Set(at),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

fn delegation(row: row::Model) -> Delegation {
    Delegation {
        id: row.id.into(),
        from: row.staff_id.into(),
        to: row.to_id.into(),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
    }
}
