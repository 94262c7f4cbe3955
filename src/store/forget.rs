//! Deleting what is old, a little at a time.

use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::StoreError;

/// The ids of rows that fit, the oldest first, held for this transaction. What another replica holds it
/// forgets itself.
pub(super) async fn hold<E: EntityTrait>(
    db: &impl ConnectionTrait,
    id: E::Column,
    which: Condition,
    most: u64,
) -> Result<Vec<i64>, StoreError> {
    let old = E::find()
        .select_only()
        .column(id)
        .filter(which)
        .order_by_asc(id)
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    Ok(old.into_tuple().all(db).await?)
}

/// Deletes rows that fit and to which no other row refers, the oldest first; says how many.
pub(super) async fn delete<E: EntityTrait>(
    db: &impl ConnectionTrait,
    id: E::Column,
    which: Condition,
    most: u64,
) -> Result<u64, StoreError> {
    let ids = hold::<E>(db, id, which, most).await?;
    delete_those::<E>(db, id, &ids).await
}

/// Deletes the rows whose column holds one of these ids; says how many.
pub(super) async fn delete_those<E: EntityTrait>(
    db: &impl ConnectionTrait,
    column: E::Column,
    ids: &[i64],
) -> Result<u64, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let those = column.is_in(ids.iter().copied());
    let gone = E::delete_many().filter(those).exec(db).await?;
    Ok(gone.rows_affected)
}
