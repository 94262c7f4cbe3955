//! Pictures, without their bytes: those lie sealed in `photos`' folder.

use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::{StoreError, consents, corrupt, owned, people, visitors};
use crate::domain::actors::Account;
use crate::domain::photo::{Photo, PhotoKind};
use crate::ids::{PersonId, PhotoId};

/// How long a picture waits for the form that names it.
const UNUSED: Duration = Duration::hours(24);

row!("photos" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    person_id: Option<i64>,
    staff_id: Option<i64>,
    kind: String,
    key_id: String,
    bytes: i32,
    created_at: DateTimeUtc,
    // Empty while a visitor has it.
    erase_at: Option<DateTimeUtc>,
});

pub async fn insert(
    db: &impl ConnectionTrait,
    photo: &Photo,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (person_id, staff_id) = photo.owner.as_columns();
    let row = row::Model {
        id: photo.id.get(),
        person_id,
        staff_id,
        kind: photo.kind.as_str().to_owned(),
        key_id: photo.key_id.clone(),
        bytes: photo.bytes,
        created_at: at,
        erase_at: Some(at + UNUSED),
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Takes somebody's own picture of that kind into use, so that it stays. Says whether there is one:
/// another's is not, nor is one that has come to its end.
pub async fn take(
    db: &impl ConnectionTrait,
    owner: Account,
    kind: PhotoKind,
    id: PhotoId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let taken = row::Entity::update_many()
        .col_expr(row::Column::EraseAt, Expr::value(None::<DateTime<Utc>>))
        .filter(row::Column::Id.eq(id.get()))
        .filter(owned(owner, row::Column::PersonId, row::Column::StaffId))
        .filter(row::Column::Kind.eq(kind.as_str()))
        .filter(live(now))
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Lets a picture end at a moment, unless somebody has it by then.
pub async fn let_go(
    db: &impl ConnectionTrait,
    id: PhotoId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::EraseAt, Expr::value(at))
        .filter(row::Column::Id.eq(id.get()))
        .exec(db)
        .await?;
    Ok(())
}

/// Lets every picture end that somebody gave.
pub async fn let_go_of(
    db: &impl ConnectionTrait,
    owner: Account,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::EraseAt, Expr::value(at))
        .filter(owned(owner, row::Column::PersonId, row::Column::StaffId))
        .exec(db)
        .await?;
    Ok(())
}

/// Every picture that somebody gave and has not taken back, with when they did, oldest first.
pub async fn of_owner(
    db: &impl ConnectionTrait,
    owner: Account,
    now: DateTime<Utc>,
) -> Result<Vec<(Photo, DateTime<Utc>)>, StoreError> {
    let own = row::Entity::find()
        .filter(owned(owner, row::Column::PersonId, row::Column::StaffId))
        .filter(live(now))
        .order_by_asc(row::Column::Id);
    let rows = own.all(db).await?.into_iter();
    rows.map(|row| {
        let at = row.created_at;
        Ok((photo(row)?, at))
    })
    .collect()
}

pub async fn find(db: &impl ConnectionTrait, id: PhotoId) -> Result<Option<Photo>, StoreError> {
    let found = row::Entity::find_by_id(id.get()).one(db).await?;
    found.map(photo).transpose()
}

/// Somebody's own picture; another's is not found, nor is one that has come to its end.
pub async fn find_own(
    db: &impl ConnectionTrait,
    owner: Account,
    id: PhotoId,
    now: DateTime<Utc>,
) -> Result<Option<Photo>, StoreError> {
    let own = row::Entity::find_by_id(id.get())
        .filter(owned(owner, row::Column::PersonId, row::Column::StaffId))
        .filter(live(now));
    own.one(db).await?.map(photo).transpose()
}

/// The pictures whose end came before a moment, the oldest first.
pub async fn find_ended(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<PhotoId>, StoreError> {
    let ended = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::EraseAt.lt(before))
        // A document that was let go for one visit may be another's.
        .filter(row::Column::Id.not_in_subquery(visitors::pictures()))
        .order_by_asc(row::Column::EraseAt)
        .limit(limit);
    let ids: Vec<i64> = ended.into_tuple().all(db).await?;
    Ok(ids.into_iter().map(PhotoId::from).collect())
}

/// Forgets a picture whose file is gone. What was consented to stays.
pub async fn erase(db: &impl ConnectionTrait, id: PhotoId) -> Result<(), StoreError> {
    consents::forget_photo(db, id).await?;
    row::Entity::delete_by_id(id.get()).exec(db).await?;
    Ok(())
}

fn live(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(row::Column::EraseAt.is_null())
        .add(row::Column::EraseAt.gt(now))
}

fn photo(row: row::Model) -> Result<Photo, StoreError> {
    let corrupt = corrupt("photos", row.id);
    let owner = Account::from_columns(row.person_id, row.staff_id);
    Ok(Photo {
        id: row.id.into(),
        owner: owner.ok_or_else(&corrupt)?,
        kind: PhotoKind::parse(&row.kind).ok_or_else(&corrupt)?,
        key_id: row.key_id,
        bytes: row.bytes,
    })
}

pub(super) async fn give(
    db: &impl ConnectionTrait,
    from: PersonId,
    to: PersonId,
) -> Result<(), StoreError> {
    people::give_rows::<row::Entity>(db, row::Column::PersonId, from, to).await
}
