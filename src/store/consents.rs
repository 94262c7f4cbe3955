//! What people consented to, in which wording, when.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};

use super::{StoreError, owned, people};
use crate::domain::actors::Account;
use crate::ids::{ConsentId, PersonId, PhotoId};

row!("consents" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    person_id: Option<i64>,
    staff_id: Option<i64>,
    photo_id: Option<i64>,
    purpose: String,
    text_version: String,
    given_at: DateTimeUtc,
    withdrawn_at: Option<DateTimeUtc>,
});

/// Records a consent: the purpose and the version of the words that were shown, and who said that they
/// or the one they filled in for consent.
pub async fn insert(
    db: &impl ConnectionTrait,
    id: ConsentId,
    by: Account,
    photo: PhotoId,
    (purpose, text_version): (&str, &str),
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (person_id, staff_id) = by.as_columns();
    let row = row::Model {
        id: id.get(),
        person_id,
        staff_id,
        photo_id: Some(photo.get()),
        purpose: purpose.to_owned(),
        text_version: text_version.to_owned(),
        given_at: at,
        withdrawn_at: None,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Withdraws what was consented to for a picture; that it once was, and when, stays written down.
pub async fn withdraw(
    db: &impl ConnectionTrait,
    photo: PhotoId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::WithdrawnAt, Expr::value(at))
        .filter(row::Column::PhotoId.eq(photo.get()))
        .filter(row::Column::WithdrawnAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Withdraws everything that somebody consented to.
pub async fn withdraw_of(
    db: &impl ConnectionTrait,
    by: Account,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::WithdrawnAt, Expr::value(at))
        .filter(owned(by, row::Column::PersonId, row::Column::StaffId))
        .filter(row::Column::WithdrawnAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// What somebody consented to once.
#[derive(Clone, Debug)]
pub struct Consent {
    pub purpose: String,
    pub text_version: String,
    pub given_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// Everything that somebody consented to, oldest first.
pub async fn of_account(
    db: &impl ConnectionTrait,
    by: Account,
) -> Result<Vec<Consent>, StoreError> {
    let theirs = row::Entity::find()
        .filter(owned(by, row::Column::PersonId, row::Column::StaffId))
        .order_by_asc(row::Column::Id);
    let consent = |row: row::Model| Consent {
        purpose: row.purpose,
        text_version: row.text_version,
        given_at: row.given_at,
        withdrawn_at: row.withdrawn_at,
    };
    Ok(theirs.all(db).await?.into_iter().map(consent).collect())
}

/// The picture is gone; the consent no longer names it.
pub(super) async fn forget_photo(
    db: &impl ConnectionTrait,
    photo: PhotoId,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::PhotoId, Expr::value(None::<i64>))
        .filter(row::Column::PhotoId.eq(photo.get()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn give(
    db: &impl ConnectionTrait,
    from: PersonId,
    to: PersonId,
) -> Result<(), StoreError> {
    people::give_rows::<row::Entity>(db, row::Column::PersonId, from, to).await
}
