//! 来访事由.

use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder,
    QuerySelect,
};

use super::StoreError;
use crate::domain::campus::Purpose;
use crate::ids::ReasonId;

row!("reasons" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    name: String,
    open: bool,
});

pub async fn insert(db: &impl ConnectionTrait, reason: &Purpose) -> Result<(), StoreError> {
    let row = row::Model {
        id: reason.id.get(),
        name: reason.name.clone(),
        open: reason.open,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Writes a reason as it is now.
pub async fn update(db: &impl ConnectionTrait, reason: &Purpose) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(reason.id.get()),
        name: Set(reason.name.clone()),
        open: Set(reason.open),
    };
    change.update(db).await?;
    Ok(())
}

/// Loads a reason for a transaction that will change it.
pub async fn lock(db: &impl ConnectionTrait, id: ReasonId) -> Result<Option<Purpose>, StoreError> {
    let held = row::Entity::find_by_id(id.get()).lock(LockType::NoKeyUpdate);
    Ok(held.one(db).await?.map(purpose))
}

/// Every reason, oldest first.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Purpose>, StoreError> {
    let rows = row::Entity::find()
        .order_by_asc(row::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(purpose).collect())
}

pub async fn find(db: &impl ConnectionTrait, id: ReasonId) -> Result<Option<Purpose>, StoreError> {
    Ok(row::Entity::find_by_id(id.get())
        .one(db)
        .await?
        .map(purpose))
}

fn purpose(row: row::Model) -> Purpose {
    Purpose {
        id: row.id.into(),
        name: row.name,
        open: row.open,
    }
}
