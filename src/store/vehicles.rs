//! 来访车辆 of groups. Whoever changes them holds the lock of their visit.

use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use super::{StoreError, corrupt};
use crate::domain::Plate;
use crate::ids::VisitId;

row!("vehicles" {
    #[sea_orm(primary_key, auto_increment = false)]
    visit_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    plate: String,
    place: i16,
});

pub(super) use row::{Column, Entity};

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    visit: VisitId,
    plates: &[Plate],
) -> Result<(), StoreError> {
    if plates.is_empty() {
        return Ok(());
    }
    let row = |(place, plate): (i16, &Plate)| row::Model {
        visit_id: visit.get(),
        plate: plate.as_str().to_owned(),
        place,
    };
    let rows = (1..)
        .zip(plates)
        .map(row)
        .map(row::Model::into_active_model);
    row::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(super) async fn delete_of(db: &impl ConnectionTrait, visit: VisitId) -> Result<(), StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::VisitId.eq(visit.get()))
        .exec(db)
        .await?;
    Ok(())
}

/// The plates of some visits, each with its visit, as they were listed.
pub async fn of_visits(
    db: &impl ConnectionTrait,
    visits: impl IntoIterator<Item = VisitId>,
) -> Result<Vec<(VisitId, Plate)>, StoreError> {
    let theirs = row::Entity::find()
        .filter(row::Column::VisitId.is_in(visits.into_iter().map(VisitId::get)))
        .order_by_asc(row::Column::VisitId)
        .order_by_asc(row::Column::Place);
    let vehicle = |row: row::Model| {
        let plate = Plate::parse(&row.plate).map_err(|_| corrupt("vehicles", row.visit_id)())?;
        Ok((row.visit_id.into(), plate))
    };
    theirs.all(db).await?.into_iter().map(vehicle).collect()
}

/// The ids of the visits with this vehicle.
pub(super) fn visits_with(plate: &Plate) -> SelectStatement {
    Query::select()
        .column(row::Column::VisitId)
        .from(row::Entity)
        .and_where(row::Column::Plate.eq(plate.as_str()))
        .take()
}
