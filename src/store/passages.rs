//! Scans at gates, with the answers that were given.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, RelationDef, TryInsertResult,
};

use super::{StoreError, forget, passes};
use crate::domain::campus::{DeviceId, Direction};
use crate::domain::gate::Reason;
use crate::ids::{PassId, PassageId};

row!("passages" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    device_id: String,
    nonce: String,
    request_hash: String,
    pass_id: Option<i64>,
    reason: String,
    direction: String,
    answer: String,
    at: DateTimeUtc,
    recorded_at: DateTimeUtc,
});

pub use row::Model;
pub(super) use row::{Column, Entity};

/// To the pass of a passage.
pub(super) fn of_pass() -> RelationDef {
    row::Entity::belongs_to(passes::Entity)
        .from(row::Column::PassId)
        .to(passes::Column::Id)
        .into()
}

/// One scan and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    pub id: PassageId,
    pub device: DeviceId,
    pub nonce: String,
    /// SHA-256 of the request's bytes.
    pub request_hash: String,
    pub pass: Option<PassId>,
    pub reason: Reason,
    pub direction: Direction,
    /// The body of the answer, word for word.
    pub answer: String,
    pub at: DateTime<Utc>,
}

/// Writes it down, unless this device has sent the nonce before. Says whether it was new.
pub async fn insert_once(
    db: &impl ConnectionTrait,
    passage: &Passage,
    recorded_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = row::Model {
        id: passage.id.get(),
        device_id: passage.device.as_str().to_owned(),
        nonce: passage.nonce.clone(),
        request_hash: passage.request_hash.clone(),
        pass_id: passage.pass.map(PassId::get),
        reason: passage.reason.as_str().to_owned(),
        direction: passage.direction.as_str().to_owned(),
        answer: passage.answer.clone(),
        at: passage.at,
        recorded_at,
    };
    let insert = row::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([row::Column::DeviceId, row::Column::Nonce]);
    Ok(match insert.exec_without_returning(db).await? {
        TryInsertResult::Inserted(rows) => rows == 1,
        TryInsertResult::Empty | TryInsertResult::Conflicted => false,
    })
}

/// Writes down another verdict than the one the passage was kept with.
pub async fn amend(db: &impl ConnectionTrait, passage: &Passage) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(passage.id.get()),
        reason: Set(passage.reason.as_str().to_owned()),
        answer: Set(passage.answer.clone()),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

/// What this device was answered to the nonce before.
pub async fn find(
    db: &impl ConnectionTrait,
    device: &DeviceId,
    nonce: &str,
) -> Result<Option<Answered>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::DeviceId.eq(device.as_str()))
        .filter(row::Column::Nonce.eq(nonce));
    let answered = |row: row::Model| Answered {
        request_hash: row.request_hash,
        answer: row.answer,
        at: row.at,
    };
    Ok(found.one(db).await?.map(answered))
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub request_hash: String,
    pub answer: String,
    pub at: DateTime<Utc>,
}

/// How many scans of a pass opened.
pub async fn count_openings(db: &impl ConnectionTrait, pass: PassId) -> Result<u64, StoreError> {
    let opened = row::Entity::find()
        .filter(row::Column::PassId.eq(pass.get()))
        .filter(row::Column::Reason.eq(Reason::Ok.as_str()));
    Ok(opened.count(db).await?)
}

/// Forgets scans that are older; says how many.
pub async fn forget(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<u64, StoreError> {
    let old = Condition::all().add(row::Column::At.lt(before));
    forget::delete::<row::Entity>(db, row::Column::Id, old, most).await
}
