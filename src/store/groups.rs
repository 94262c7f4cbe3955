//! 团体通行: what a group's visit has besides, with its vehicles. Whoever changes one holds the lock of its
//! visit.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::{StoreError, corrupt, vehicles};
use crate::domain::Plate;
use crate::domain::group::{Group, Headcount};
use crate::ids::VisitId;

row!("groups" {
    #[sea_orm(primary_key, auto_increment = false)]
    visit_id: i64,
    headcount: i16,
});

pub async fn insert(db: &impl ConnectionTrait, group: &Group) -> Result<(), StoreError> {
    to_row(group).into_active_model().insert(db).await?;
    vehicles::insert(db, group.visit, &group.plates).await
}

/// Writes everything anew.
pub async fn update(db: &impl ConnectionTrait, group: &Group) -> Result<(), StoreError> {
    to_row(group)
        .into_active_model()
        .reset_all()
        .update(db)
        .await?;
    vehicles::delete_of(db, group.visit).await?;
    vehicles::insert(db, group.visit, &group.plates).await
}

/// Those of some visits; a visit has one at most.
pub async fn of_visits(
    db: &impl ConnectionTrait,
    visits: impl IntoIterator<Item = VisitId>,
) -> Result<Vec<Group>, StoreError> {
    let ids = visits.into_iter().map(VisitId::get);
    let theirs = row::Entity::find().filter(row::Column::VisitId.is_in(ids));
    let rows = theirs.all(db).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids = rows.iter().map(|row| row.visit_id.into());
    let mut plates: HashMap<VisitId, Vec<Plate>> = HashMap::new();
    for (visit, plate) in vehicles::of_visits(db, ids).await? {
        plates.entry(visit).or_default().push(plate);
    }
    let group = |row: row::Model| {
        let visit = row.visit_id.into();
        let headcount = Headcount::parse(row.headcount.into());
        Ok(Group {
            visit,
            headcount: headcount.map_err(|_| corrupt("groups", row.visit_id)())?,
            plates: plates.remove(&visit).unwrap_or_default(),
        })
    };
    rows.into_iter().map(group).collect()
}

fn to_row(group: &Group) -> row::Model {
    row::Model {
        visit_id: group.visit.get(),
        headcount: group.headcount.get(),
    }
}
