//! 访客黑名单.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::{StoreError, corrupt, forget, hits};
use crate::domain::Cause;
use crate::domain::screening::{Effect, Entry, MarkKind, Scope};
use crate::ids::{AreaId, EntryId};
use crate::secret::{KeyedHash, Masked};

row!("blacklist" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    kind: String,
    hash: String,
    mask: String,
    area_id: Option<i64>,
    effect: String,
    cause: String,
    added_by: i64,
    added_at: DateTimeUtc,
    until: Option<DateTimeUtc>,
    lifted_at: Option<DateTimeUtc>,
    revoked: i32,
});

pub async fn insert(db: &impl ConnectionTrait, entry: &Entry) -> Result<(), StoreError> {
    let row = row::Model {
        id: entry.id.get(),
        kind: entry.kind.as_str().to_owned(),
        hash: entry.hash.as_str().to_owned(),
        mask: entry.mask.as_str().to_owned(),
        area_id: entry.scope.area().map(AreaId::get),
        effect: entry.effect.as_str().to_owned(),
        cause: entry.cause.as_str().to_owned(),
        added_by: entry.added_by.get(),
        added_at: entry.added_at,
        until: entry.until,
        lifted_at: entry.lifted_at,
        revoked: entry.revoked,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: EntryId) -> Result<Option<Entry>, StoreError> {
    let found = row::Entity::find_by_id(id.get());
    found.one(db).await?.map(entry).transpose()
}

/// Those that fit one of the marks and are not lifted. One query by index: every scan at a gate asks it.
pub async fn fitting(
    db: &impl ConnectionTrait,
    marks: impl IntoIterator<Item = &KeyedHash>,
) -> Result<Vec<Entry>, StoreError> {
    let marks = marks.into_iter().map(KeyedHash::as_str);
    let fitting = row::Entity::find()
        .filter(row::Column::Hash.is_in(marks))
        .filter(row::Column::LiftedAt.is_null());
    fitting.all(db).await?.into_iter().map(entry).collect()
}

/// The marks of everybody who is not lifted.
pub async fn marks(db: &impl ConnectionTrait) -> Result<HashSet<KeyedHash>, StoreError> {
    let standing = row::Entity::find()
        .select_only()
        .column(row::Column::Hash)
        .filter(row::Column::LiftedAt.is_null());
    let marks = standing.into_tuple::<String>().all(db).await?;
    Ok(marks.into_iter().map(KeyedHash::from_column).collect())
}

/// What is looked for; everything that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    pub kind: Option<MarkKind>,
    pub effect: Option<Effect>,
    /// One of these marks.
    pub marks: Option<Vec<KeyedHash>>,
}

/// What is asked of the database for a page.
#[must_use]
pub fn page(filter: &EntryFilter, before: Option<EntryId>, limit: u64) -> SelectStatement {
    found(filter, before, limit).into_query()
}

/// The whole list, newest first, those before `before`.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &EntryFilter,
    before: Option<EntryId>,
    limit: u64,
) -> Result<Vec<Entry>, StoreError> {
    let rows = found(filter, before, limit).all(db).await?;
    rows.into_iter().map(entry).collect()
}

fn found(filter: &EntryFilter, before: Option<EntryId>, limit: u64) -> Select<row::Entity> {
    let fits = [
        filter.kind.map(|kind| row::Column::Kind.eq(kind.as_str())),
        filter
            .effect
            .map(|effect| row::Column::Effect.eq(effect.as_str())),
        filter
            .marks
            .as_ref()
            .map(|marks| row::Column::Hash.is_in(marks.iter().map(KeyedHash::as_str))),
        before.map(|before| row::Column::Id.lt(before.get())),
    ];
    let all = { fits.into_iter().flatten() }.fold(row::Entity::find(), Select::filter);
    all.order_by_desc(row::Column::Id).limit(limit)
}

/// Lifts an entry; says whether it still stood.
pub async fn lift(
    db: &impl ConnectionTrait,
    id: EntryId,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let change = row::ActiveModel {
        lifted_at: Set(Some(at)),
        ..Default::default()
    };
    let done = row::Entity::update_many()
        .set(change)
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::LiftedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Forgets entries that were lifted or ran out before, and of which no meeting is written down; says
/// how many.
pub async fn forget(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<u64, StoreError> {
    let old = Condition::any()
        .add(row::Column::LiftedAt.lt(before))
        .add(row::Column::Until.lt(before));
    let old = Condition::all()
        .add(old)
        .add(row::Column::Id.not_in_subquery(hits::entries()));
    forget::delete::<row::Entity>(db, row::Column::Id, old, most).await
}

fn entry(row: row::Model) -> Result<Entry, StoreError> {
    let corrupt = corrupt("blacklist", row.id);
    Ok(Entry {
        id: row.id.into(),
        kind: MarkKind::parse(&row.kind).ok_or_else(&corrupt)?,
        hash: KeyedHash::from_column(row.hash),
        mask: Masked::from_column(row.mask),
        scope: Scope::from(row.area_id.map(AreaId::from)),
        effect: Effect::parse(&row.effect).ok_or_else(&corrupt)?,
        cause: Cause::parse(&row.cause).map_err(|_| corrupt())?,
        added_by: row.added_by.into(),
        added_at: row.added_at,
        until: row.until,
        lifted_at: row.lifted_at,
        revoked: row.revoked,
    })
}
