//! Facts about this database itself: what it was made for, and what is counted in it.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, Statement};

use super::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "settings")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub value: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The mode that first used this database, which is `mode` if none did before.
pub async fn stamp_mode(db: &impl ConnectionTrait, mode: &str) -> Result<String, StoreError> {
    let row = row::Model {
        key: "mode".to_owned(),
        value: mode.to_owned(),
    };
    row::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([row::Column::Key])
        .exec_without_returning(db)
        .await?;
    let stamped = row::Entity::find_by_id("mode".to_owned()).one(db).await?;
    Ok(stamped.map_or_else(|| mode.to_owned(), |row| row.value))
}

/// The mode that first used this database, if one did; a new one has no table to ask.
pub async fn stamped_mode(db: &impl ConnectionTrait) -> Result<Option<String>, StoreError> {
    let backend = db.get_database_backend();
    let table = match backend {
        DbBackend::Sqlite => {
            "select 1 from sqlite_master where type = 'table' and name = 'settings'"
        }
        _ => "select 1 where to_regclass('settings') is not null",
    };
    let table = Statement::from_string(backend, table);
    if db.query_one_raw(table).await?.is_none() {
        return Ok(None);
    }
    let stamped = row::Entity::find_by_id("mode".to_owned()).one(db).await?;
    Ok(stamped.map(|row| row.value))
}

/// Counts one more under a key; whoever counts there at the same time waits.
pub async fn count_up(db: &impl ConnectionTrait, key: &str) -> Result<(), StoreError> {
    let row = row::Model {
        key: key.to_owned(),
        value: "1".to_owned(),
    };
    let before = Expr::col((row::Entity, row::Column::Value)).cast_as("bigint");
    let mut again = OnConflict::column(row::Column::Key);
    again.value(row::Column::Value, before.add(1_i64).cast_as("text"));
    row::Entity::insert(row.into_active_model())
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// What was counted under a key.
pub async fn number(db: &impl ConnectionTrait, key: &str) -> Result<i64, StoreError> {
    // All of one: SQLite would plan anew each time for what `one` binds as a limit.
    let rows = row::Entity::find_by_id(key.to_owned()).all(db).await?;
    Ok(rows
        .first()
        .and_then(|row| row.value.parse().ok())
        .unwrap_or_default())
}
