//! Which requests were carried out already, by the key their sender gave them.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter,
};

use super::{StoreError, forget, owned, people};
use crate::domain::actors::Account;
use crate::ids::PersonId;

row!("idempotency" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    person_id: Option<i64>,
    staff_id: Option<i64>,
    key: String,
    request_hash: String,
    subject_id: i64,
    created_at: DateTimeUtc,
});

/// What the first request under a key was, and made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub request_hash: String,
    pub subject: i64,
}

pub async fn find(
    db: &impl ConnectionTrait,
    by: Account,
    key: &str,
) -> Result<Option<Done>, StoreError> {
    let found = row::Entity::find()
        .filter(owned(by, row::Column::PersonId, row::Column::StaffId))
        .filter(row::Column::Key.eq(key));
    let done = |row: row::Model| Done {
        request_hash: row.request_hash,
        subject: row.subject_id,
    };
    Ok(found.one(db).await?.map(done))
}

/// Remembers it under the id of what it made. Two at once: the second is refused by the index.
pub async fn insert(
    db: &impl ConnectionTrait,
    by: Account,
    key: &str,
    done: &Done,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (person_id, staff_id) = by.as_columns();
    let row = row::Model {
        id: done.subject,
        person_id,
        staff_id,
        key: key.to_owned(),
        request_hash: done.request_hash.clone(),
        subject_id: done.subject,
        created_at: at,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Forgets requests that are older; says how many.
pub async fn forget(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<u64, StoreError> {
    let old = Condition::all().add(row::Column::CreatedAt.lt(before));
    forget::delete::<row::Entity>(db, row::Column::Id, old, most).await
}

/// Forgets every request of somebody.
pub async fn forget_of(db: &impl ConnectionTrait, person: PersonId) -> Result<(), StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::PersonId.eq(person.get()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn give(
    db: &impl ConnectionTrait,
    from: PersonId,
    to: PersonId,
) -> Result<(), StoreError> {
    // Both may have used one key; the kept one's stands.
    let theirs = row::Entity::find()
        .filter(row::Column::PersonId.eq(to.get()))
        .all(db)
        .await?;
    row::Entity::delete_many()
        .filter(row::Column::PersonId.eq(from.get()))
        .filter(row::Column::Key.is_in(theirs.into_iter().map(|row| row.key)))
        .exec(db)
        .await?;
    people::give_rows::<row::Entity>(db, row::Column::PersonId, from, to).await
}
