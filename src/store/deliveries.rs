//! Deliveries of WeChat's and WeCom's that did something, with what was answered.
//!
//! The row is written first in the transaction of what is done. A repeat that arrives meanwhile, at
//! this replica or another, waits for that transaction (PostgreSQL at the unique index, SQLite at the
//! writer) and then finds the answer; if it was rolled back, the repeat does the work.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, TryInsertResult,
};

use super::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "deliveries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub reply: Option<String>,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Whether a delivery has been seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It is new, and this transaction is the one that acts on it.
    First,
    /// It was acted on, and this was the reply.
    Before(Option<String>),
}

pub async fn claim(
    db: &impl ConnectionTrait,
    key: &str,
    at: DateTime<Utc>,
) -> Result<Seen, StoreError> {
    let row = row::Model {
        key: key.to_owned(),
        reply: None,
        at,
    };
    let insert = row::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([row::Column::Key])
        .exec_without_returning(db)
        .await?;
    if matches!(insert, TryInsertResult::Inserted(1)) {
        return Ok(Seen::First);
    }
    let before = row::Entity::find_by_id(key.to_owned()).one(db).await?;
    Ok(Seen::Before(before.and_then(|row| row.reply)))
}

/// Keeps the reply of a delivery that this transaction claimed.
pub async fn answer(db: &impl ConnectionTrait, key: &str, reply: &str) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        key: Set(key.to_owned()),
        reply: Set(Some(reply.to_owned())),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

/// Forgets what is too old to be repeated; says how many.
pub async fn forget(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let gone = row::Entity::delete_many()
        .filter(row::Column::At.lt(before))
        .exec(db)
        .await?;
    Ok(gone.rows_affected)
}
