//! Logins: opaque tokens, kept as hashes.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};

use super::{StoreError, corrupt, forget, owned, people};
use crate::domain::actors::Account;
use crate::ids::{PersonId, SessionId};

row!("sessions" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    token_hash: String,
    person_id: Option<i64>,
    staff_id: Option<i64>,
    created_at: DateTimeUtc,
    seen_at: DateTimeUtc,
    expires_at: DateTimeUtc,
    revoked_at: Option<DateTimeUtc>,
});

#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub account: Account,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub async fn insert(
    db: &impl ConnectionTrait,
    session: &Session,
    token_hash: &str,
) -> Result<(), StoreError> {
    let (person_id, staff_id) = session.account.as_columns();
    let row = row::Model {
        id: session.id.get(),
        token_hash: token_hash.to_owned(),
        person_id,
        staff_id,
        created_at: session.seen_at,
        seen_at: session.seen_at,
        expires_at: session.expires_at,
        revoked_at: None,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// A session that is neither revoked nor over. Whether it has idled too long, its reader decides.
pub async fn find_live(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Session>, StoreError> {
    let live = row::Entity::find()
        .filter(row::Column::TokenHash.eq(token_hash))
        .filter(row::Column::RevokedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(now));
    let Some(row) = live.one(db).await? else {
        return Ok(None);
    };
    let account = Account::from_columns(row.person_id, row.staff_id);
    Ok(Some(Session {
        id: row.id.into(),
        account: account.ok_or_else(corrupt("sessions", row.id))?,
        seen_at: row.seen_at,
        expires_at: row.expires_at,
    }))
}

pub async fn touch(
    db: &impl ConnectionTrait,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    set(db, id, row::Column::SeenAt, now).await
}

pub async fn revoke(
    db: &impl ConnectionTrait,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    set(db, id, row::Column::RevokedAt, now).await
}

/// Revokes whatever of somebody's is not revoked yet.
pub async fn revoke_all(
    db: &impl ConnectionTrait,
    of: Account,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::RevokedAt, Expr::value(now))
        .filter(owned(of, row::Column::PersonId, row::Column::StaffId))
        .filter(row::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets those that ended before; says how many.
pub async fn forget(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<u64, StoreError> {
    let old = Condition::any()
        .add(row::Column::ExpiresAt.lt(before))
        .add(row::Column::RevokedAt.lt(before));
    forget::delete::<row::Entity>(db, row::Column::Id, old, most).await
}

async fn set(
    db: &impl ConnectionTrait,
    id: SessionId,
    column: row::Column,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(column, Expr::value(at))
        .filter(row::Column::Id.eq(id.get()))
        .exec(db)
        .await?;
    Ok(())
}

/// A login, without its token.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    pub begun_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    /// When it ended, or will.
    pub ends_at: DateTime<Utc>,
}

/// Every login of somebody, oldest first.
pub async fn of_person(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Vec<Login>, StoreError> {
    let theirs = row::Entity::find()
        .filter(row::Column::PersonId.eq(person.get()))
        .order_by_asc(row::Column::Id);
    let login = |row: row::Model| Login {
        begun_at: row.created_at,
        seen_at: row.seen_at,
        ends_at: row.revoked_at.unwrap_or(row.expires_at),
    };
    Ok(theirs.all(db).await?.into_iter().map(login).collect())
}

pub(super) async fn give(
    db: &impl ConnectionTrait,
    from: PersonId,
    to: PersonId,
) -> Result<(), StoreError> {
    people::give_rows::<row::Entity>(db, row::Column::PersonId, from, to).await
}
