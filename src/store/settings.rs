//! Facts about this database itself: so far, what it was made for.

use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

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
