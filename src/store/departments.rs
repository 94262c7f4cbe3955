//! 部门.

use std::collections::HashMap;

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};

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

/// The name of every department.
pub async fn names(db: &impl ConnectionTrait) -> Result<HashMap<DepartmentId, String>, StoreError> {
    let rows = row::Entity::find().all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id.into(), row.name))
        .collect())
}
