//! 部门.

use std::collections::HashMap;

use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect,
};

use super::StoreError;
use crate::ids::DepartmentId;

row!("departments" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    name: String,
});

pub async fn insert(
    db: &impl ConnectionTrait,
    id: DepartmentId,
    name: &str,
) -> Result<(), StoreError> {
    let row = row::Model {
        id: id.get(),
        name: name.to_owned(),
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Gives a department another name.
pub async fn rename(
    db: &impl ConnectionTrait,
    id: DepartmentId,
    name: &str,
) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(id.get()),
        name: Set(name.to_owned()),
    };
    change.update(db).await?;
    Ok(())
}

/// Holds a department's row and gives its name.
pub async fn lock(
    db: &impl ConnectionTrait,
    id: DepartmentId,
) -> Result<Option<String>, StoreError> {
    let held = row::Entity::find_by_id(id.get()).lock(LockType::NoKeyUpdate);
    Ok(held.one(db).await?.map(|row| row.name))
}

/// The name of every department.
pub async fn names(db: &impl ConnectionTrait) -> Result<HashMap<DepartmentId, String>, StoreError> {
    let rows = row::Entity::find().all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id.into(), row.name))
        .collect())
}
