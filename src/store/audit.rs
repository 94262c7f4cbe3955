//! Who changed or saw what. What stands here is masked.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};

use super::{StoreError, forget};
use crate::ids::AuditId;

row!("audit" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    at: DateTimeUtc,
    who: String,
    what: String,
    subject: String,
    detail: String,
});

/// A line of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: AuditId,
    pub at: DateTime<Utc>,
    /// `staff:<id>`, `person:<id>` or `operator`.
    pub who: String,
    /// What was done: `visit.approve`, `device.add` …
    pub what: &'static str,
    /// `visit:<id>` …
    pub subject: String,
    /// Before and after, masked.
    pub detail: String,
}

pub async fn insert(db: &impl ConnectionTrait, line: &Line) -> Result<(), StoreError> {
    let row = row::Model {
        id: line.id.get(),
        at: line.at,
        who: line.who.clone(),
        what: line.what.to_owned(),
        subject: line.subject.clone(),
        detail: line.detail.clone(),
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// The lines about one thing, oldest first, as `who what detail`.
pub async fn about(db: &impl ConnectionTrait, subject: &str) -> Result<Vec<String>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::Subject.eq(subject))
        .order_by_asc(row::Column::Id);
    let line = |row: row::Model| format!("{} {} {}", row.who, row.what, row.detail);
    Ok(found.all(db).await?.into_iter().map(line).collect())
}

/// Forgets lines that are older; says how many.
pub async fn forget(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<u64, StoreError> {
    let old = Condition::all().add(row::Column::At.lt(before));
    forget::delete::<row::Entity>(db, row::Column::Id, old, most).await
}
