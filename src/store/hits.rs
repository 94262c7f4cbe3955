//! Where people on the blacklist were met.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, TryInsertResult,
};

use super::{StoreError, corrupt, forget};
use crate::domain::screening::{Hit, Place};
use crate::ids::HitId;

row!("blacklist_hits" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    entry_id: i64,
    visitor_id: i64,
    place: String,
    gate_id: Option<i64>,
    at: DateTimeUtc,
});

/// Writes it down, unless the entry has met this visitor at such a place before. Says whether it was new.
pub async fn insert_once(db: &impl ConnectionTrait, hit: &Hit) -> Result<bool, StoreError> {
    use row::Column::{EntryId, Place, VisitorId};
    let (place, gate_id) = hit.place.as_columns();
    let row = row::Model {
        id: hit.id.get(),
        entry_id: hit.entry.get(),
        visitor_id: hit.visitor.get(),
        place: place.to_owned(),
        gate_id,
        at: hit.at,
    };
    let insert = row::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([EntryId, VisitorId, Place]);
    Ok(match insert.exec_without_returning(db).await? {
        TryInsertResult::Inserted(rows) => rows == 1,
        TryInsertResult::Empty | TryInsertResult::Conflicted => false,
    })
}

pub async fn find(db: &impl ConnectionTrait, id: HitId) -> Result<Option<Hit>, StoreError> {
    let found = row::Entity::find_by_id(id.get());
    found.one(db).await?.map(hit).transpose()
}

/// Forgets what is older; says how many.
pub async fn forget(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<u64, StoreError> {
    let old = Condition::all().add(row::Column::At.lt(before));
    forget::delete::<row::Entity>(db, row::Column::Id, old, most).await
}

/// The entries that are written down to have met somebody.
pub(super) fn entries() -> SelectStatement {
    Query::select()
        .column(row::Column::EntryId)
        .from(row::Entity)
        .take()
}

fn hit(row: row::Model) -> Result<Hit, StoreError> {
    let place = Place::from_columns(&row.place, row.gate_id);
    Ok(Hit {
        id: row.id.into(),
        entry: row.entry_id.into(),
        visitor: row.visitor_id.into(),
        place: place.ok_or_else(corrupt("blacklist_hits", row.id))?,
        at: row.at,
    })
}
