//! 到访区域.

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder};

use super::{StoreError, corrupt};
use crate::domain::campus::{Area, Slot};
use crate::ids::AreaId;

row!("areas" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    name: String,
    slot: i16,
    open: bool,
});

pub async fn insert(db: &impl ConnectionTrait, area: &Area) -> Result<(), StoreError> {
    let row = row::Model {
        id: area.id.get(),
        name: area.name.clone(),
        slot: area.slot.get(),
        open: area.open,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Every area, oldest first: there are dozens at most.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Area>, StoreError> {
    let rows = row::Entity::find()
        .order_by_asc(row::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(area).collect()
}

pub async fn find(db: &impl ConnectionTrait, id: AreaId) -> Result<Option<Area>, StoreError> {
    row::Entity::find_by_id(id.get())
        .one(db)
        .await?
        .map(area)
        .transpose()
}

fn area(row: row::Model) -> Result<Area, StoreError> {
    let slot = Slot::new(row.slot).ok_or_else(corrupt("areas", row.id))?;
    Ok(Area {
        id: row.id.into(),
        name: row.name,
        slot,
        open: row.open,
    })
}
