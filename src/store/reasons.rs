//! 来访事由.

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder};

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
