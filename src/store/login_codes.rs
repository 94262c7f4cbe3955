//! Codes by SMS that were asked for.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::StoreError;
use crate::domain::campus::SealedPhone;
use crate::domain::login_code::LoginCode;
use crate::ids::{LoginCodeId, first_at};
use crate::secret::{KeyedHash, Masked, Sealed};

row!("login_codes" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    phone_sealed: String,
    phone_hash: String,
    phone_mask: String,
    asked_at: DateTimeUtc,
    tries: i32,
    used_at: Option<DateTimeUtc>,
});

pub async fn insert(db: &impl ConnectionTrait, code: &LoginCode) -> Result<(), StoreError> {
    let row = row::Model {
        id: code.id.get(),
        phone_sealed: code.phone.sealed.as_column().to_owned(),
        phone_hash: code.phone.hash.as_str().to_owned(),
        phone_mask: code.phone.mask.as_str().to_owned(),
        asked_at: code.asked_at,
        tries: code.tries,
        used_at: code.used_at,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

pub async fn find(
    db: &impl ConnectionTrait,
    id: LoginCodeId,
) -> Result<Option<LoginCode>, StoreError> {
    let row = row::Entity::find_by_id(id.get()).one(db).await?;
    Ok(row.map(code))
}

/// The last that was asked for this phone.
pub async fn lock_last(
    db: &impl ConnectionTrait,
    phone: &KeyedHash,
) -> Result<Option<LoginCode>, StoreError> {
    let last = row::Entity::find()
        .filter(row::Column::PhoneHash.eq(phone.as_str()))
        .order_by_desc(row::Column::Id)
        .limit(1)
        .lock(LockType::Update);
    Ok(last.one(db).await?.map(code))
}

/// Writes down how often it was tried, and when it was used. Its row is held.
pub async fn update(db: &impl ConnectionTrait, code: &LoginCode) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::Tries, Expr::value(code.tries))
        .col_expr(row::Column::UsedAt, Expr::value(code.used_at))
        .filter(row::Column::Id.eq(code.id.get()))
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets those that were asked for before.
pub async fn forget(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<(), StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::Id.lt(first_at(before)))
        .exec(db)
        .await?;
    Ok(())
}

fn code(row: row::Model) -> LoginCode {
    LoginCode {
        id: row.id.into(),
        phone: SealedPhone {
            sealed: Sealed::from_column(row.phone_sealed),
            hash: KeyedHash::from_column(row.phone_hash),
            mask: Masked::from_column(row.phone_mask),
        },
        asked_at: row.asked_at,
        tries: row.tries,
        used_at: row.used_at,
    }
}
