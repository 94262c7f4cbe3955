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

/// Writes it as it is now.
pub async fn put(
    db: &impl ConnectionTrait,
    (pass, area): (PassId, AreaId),
    presence: &Presence,
) -> Result<(), StoreError> {
    use row::Column::{AreaId, Day, EnteredAt, Entries, Exits, LeftAt, OnDay, PassId};
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
    let mut anew = OnConflict::columns([PassId, AreaId]);
    anew.update_columns([Entries, Exits, EnteredAt, LeftAt, Day, OnDay]);
    row::Entity::insert(row.into_active_model())
        .on_conflict(anew)
        .exec_without_returning(db)
        .await?;
    Ok(())
}
