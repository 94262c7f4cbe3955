//! Pictures, without their bytes: those lie sealed in `photos`' folder.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::{StoreError, corrupt, owned, people};
use crate::domain::actors::Account;
use crate::domain::photo::{Photo, PhotoKind};
use crate::ids::{PersonId, PhotoId};

row!("photos" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    person_id: Option<i64>,
    staff_id: Option<i64>,
    kind: String,
    key_id: String,
    bytes: i32,
    created_at: DateTimeUtc,
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
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Somebody's own picture of that kind; another's is not found.
pub async fn find_of(
    db: &impl ConnectionTrait,
    owner: Account,
    kind: PhotoKind,
    id: PhotoId,
) -> Result<Option<Photo>, StoreError> {
    let own = row::Entity::find_by_id(id.get())
        .filter(owned(owner, row::Column::PersonId, row::Column::StaffId))
        .filter(row::Column::Kind.eq(kind.as_str()));
    own.one(db).await?.map(photo).transpose()
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
