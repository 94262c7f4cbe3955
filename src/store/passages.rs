//! Scans at gates, with the answers that were given.

use std::borrow::Borrow;
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, RelationDef, TryInsertResult,
};

use super::{StoreError, corrupt, forget, passes};
use crate::domain::campus::{DeviceId, Direction};
use crate::domain::gate::{Kind, Reason};
use crate::ids::{PassId, PassageId};
use crate::secret::KeyedHash;

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
    kind: String,
    reader: i16,
    content_hash: String,
    alert: Option<String>,
    offline: bool,
    list_version: Option<i64>,
    passed_at: Option<DateTimeUtc>,
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
    /// What was wrong though it opened.
    pub alert: Option<Reason>,
    pub direction: Direction,
    pub kind: Kind,
    pub reader: i16,
    /// What was read, where the device does not number what it reads.
    pub content: Option<KeyedHash>,
    /// The body of the answer, word for word; empty when the device decided by itself.
    pub answer: String,
    pub at: DateTime<Utc>,
    /// The version of the list by which a device decided that had no network.
    pub offline: Option<i64>,
    /// When somebody went through, where the gate opened and that is known.
    pub passed_at: Option<DateTime<Utc>>,
}

/// Writes them down, but those whose device has sent the nonce before. Says how many were new.
pub async fn insert_new(
    db: &impl ConnectionTrait,
    passages: &[impl Borrow<Passage>],
    recorded_at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    if passages.is_empty() {
        return Ok(0);
    }
    let rows = passages
        .iter()
        .map(|passage| row(passage.borrow(), recorded_at));
    let insert = row::Entity::insert_many(rows)
        .on_conflict_do_nothing_on([row::Column::DeviceId, row::Column::Nonce]);
    Ok(match insert.exec_without_returning(db).await? {
        TryInsertResult::Inserted(rows) => rows,
        TryInsertResult::Empty | TryInsertResult::Conflicted => 0,
    })
}

fn row(passage: &Passage, recorded_at: DateTime<Utc>) -> row::ActiveModel {
    let content = passage.content.as_ref();
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
        kind: passage.kind.as_str().to_owned(),
        reader: passage.reader,
        content_hash: content.map_or("", KeyedHash::as_str).to_owned(),
        alert: passage.alert.map(|reason| reason.as_str().to_owned()),
        offline: passage.offline.is_some(),
        list_version: passage.offline,
        passed_at: passage.passed_at,
    };
    row.into_active_model()
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
    Ok(found.one(db).await?.map(answered))
}

/// Which of these nonces their devices have sent before.
pub async fn spent(
    db: &impl ConnectionTrait,
    numbers: &[(&DeviceId, &str)],
) -> Result<HashSet<(String, String)>, StoreError> {
    let mut any = Condition::any();
    for (device, nonce) in numbers {
        let one = Condition::all().add(row::Column::DeviceId.eq(device.as_str()));
        any = any.add(one.add(row::Column::Nonce.eq(*nonce)));
    }
    let spent = row::Entity::find()
        .select_only()
        .columns([row::Column::DeviceId, row::Column::Nonce])
        .filter(any);
    let spent: Vec<(String, String)> = spent.into_tuple().all(db).await?;
    Ok(spent.into_iter().collect())
}

/// What this reader was last answered to the same content, which it showed without a number.
pub async fn find_last(
    db: &impl ConnectionTrait,
    device: &DeviceId,
    reader: i16,
    content: &KeyedHash,
) -> Result<Option<Answered>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::DeviceId.eq(device.as_str()))
        .filter(row::Column::ContentHash.eq(content.as_str()))
        // In these words the index is of, which holds no others.
        .filter(Expr::cust("content_hash <> ''"))
        .filter(row::Column::Reader.eq(reader))
        .filter(row::Column::Offline.eq(false))
        .order_by_desc(row::Column::Id);
    Ok(found.one(db).await?.map(answered))
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub request_hash: String,
    pub answer: String,
    pub at: DateTime<Utc>,
}

fn answered(row: row::Model) -> Answered {
    Answered {
        request_hash: row.request_hash,
        answer: row.answer,
        at: row.at,
    }
}

/// An opening that this device gave and may tell more of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub pass: Option<PassId>,
    pub direction: Direction,
    pub kind: Kind,
    pub passed_at: Option<DateTime<Utc>>,
}

pub async fn find_opening(
    db: &impl ConnectionTrait,
    device: &DeviceId,
    id: PassageId,
) -> Result<Option<Opening>, StoreError> {
    let found = row::Entity::find_by_id(id.get())
        .filter(row::Column::DeviceId.eq(device.as_str()))
        .filter(row::Column::Reason.eq(Reason::Ok.as_str()));
    let Some(row) = found.one(db).await? else {
        return Ok(None);
    };
    let corrupt = corrupt("passages", row.id);
    Ok(Some(Opening {
        pass: row.pass_id.map(PassId::from),
        direction: Direction::parse(&row.direction).ok_or_else(corrupt)?,
        kind: Kind::parse(&row.kind),
        passed_at: row.passed_at,
    }))
}

/// Writes down that somebody went through; says whether that was not known.
pub async fn mark_passed(
    db: &impl ConnectionTrait,
    id: PassageId,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = row::Entity::update_many()
        .col_expr(row::Column::PassedAt, Expr::value(at))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::PassedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
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
