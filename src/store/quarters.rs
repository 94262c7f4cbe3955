//! The residential quarter: an area with a desk.

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder};

use super::StoreError;
use crate::domain::resident::Quarter;

row!("quarters" {
    #[sea_orm(primary_key, auto_increment = false)]
    area_id: i64,
    department_id: i64,
    reason_id: i64,
});

pub async fn insert(db: &impl ConnectionTrait, quarter: &Quarter) -> Result<(), StoreError> {
    let row = row::Model {
        area_id: quarter.area.get(),
        department_id: quarter.desk.get(),
        reason_id: quarter.reason.get(),
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Every quarter, oldest area first.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Quarter>, StoreError> {
    let quarters = row::Entity::find().order_by_asc(row::Column::AreaId);
    Ok(quarters.all(db).await?.into_iter().map(quarter).collect())
}

fn quarter(row: row::Model) -> Quarter {
    Quarter {
        area: row.area_id.into(),
        desk: row.department_id.into(),
        reason: row.reason_id.into(),
    }
}
