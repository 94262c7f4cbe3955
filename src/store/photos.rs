//! Pictures, without their bytes: those lie sealed in `photos`' folder.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::{StoreError, corrupt, people};
use crate::domain::actors::Guest;
use crate::domain::photo::{Photo, PhotoKind};
use crate::ids::{PersonId, PhotoId};

row!("photos" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    person_id: i64,
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
    let row = row::Model {
        id: photo.id.get(),
        person_id: photo.owner.get(),
        kind: photo.kind.as_str().to_owned(),
        key_id: photo.key_id.clone(),
        bytes: photo.bytes,
        created_at: at,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// The guest's own picture of that kind; another's is not found.
pub async fn find_for_guest(
    db: &impl ConnectionTrait,
    guest: &Guest,
    kind: PhotoKind,
    id: PhotoId,
) -> Result<Option<Photo>, StoreError> {
    let own = row::Entity::find_by_id(id.get())
        .filter(row::Column::PersonId.eq(guest.id.get()))
        .filter(row::Column::Kind.eq(kind.as_str()));
    own.one(db).await?.map(photo).transpose()
}

fn photo(row: row::Model) -> Result<Photo, StoreError> {
    let kind = PhotoKind::parse(&row.kind).ok_or_else(corrupt("photos", row.id))?;
    Ok(Photo {
        id: row.id.into(),
        owner: row.person_id.into(),
        kind,
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
