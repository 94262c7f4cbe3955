//! What passes have done at the gates of an area. Whoever changes one holds its pass.

use std::collections::HashMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::StoreError;
use crate::domain::presence::Presence;
use crate::ids::{AreaId, PassId};

row!("presences" {
    #[sea_orm(primary_key, auto_increment = false)]
    pass_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    area_id: i64,
    entries: i32,
    exits: i32,
    entered_at: Option<DateTimeUtc>,
    left_at: Option<DateTimeUtc>,
    day: Option<DateTimeUtc>,
    on_day: i32,
});

pub(super) use row::{Column, Entity};

/// Those of some passes, wherever they went.
pub async fn of_passes(
    db: &impl ConnectionTrait,
    passes: impl IntoIterator<Item = PassId>,
) -> Result<HashMap<(PassId, AreaId), Presence>, StoreError> {
    let ids = passes.into_iter().map(PassId::get);
    let theirs = row::Entity::find().filter(row::Column::PassId.is_in(ids));
    let presence = |row: row::Model| {
        let place = (row.pass_id.into(), row.area_id.into());
        let presence = Presence {
            entries: row.entries,
            exits: row.exits,
            entered_at: row.entered_at,
            left_at: row.left_at,
            day: row.day,
            on_day: row.on_day,
        };
        (place, presence)
    };
    Ok(theirs.all(db).await?.into_iter().map(presence).collect())
}

/// Writes them as they are now.
pub async fn put<'a>(
    db: &impl ConnectionTrait,
    presences: impl IntoIterator<Item = ((PassId, AreaId), &'a Presence)>,
) -> Result<(), StoreError> {
    use row::Column;
    let row = |((pass, area), presence): ((PassId, AreaId), &Presence)| {
        let row = row::Model {
            pass_id: pass.get(),
            area_id: area.get(),
            entries: presence.entries,
            exits: presence.exits,
            entered_at: presence.entered_at,
            left_at: presence.left_at,
            day: presence.day,
            on_day: presence.on_day,
        };
        row.into_active_model()
    };
    let rows: Vec<_> = presences.into_iter().map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut anew = OnConflict::columns([Column::PassId, Column::AreaId]);
    anew.update_columns([
        Column::Entries,
        Column::Exits,
        Column::EnteredAt,
        Column::LeftAt,
        Column::Day,
        Column::OnDay,
    ]);
    row::Entity::insert_many(rows)
        .on_conflict(anew)
        .exec_without_returning(db)
        .await?;
    Ok(())
}
