//! Who changed or saw what. What stands here is masked.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::{StoreError, forget};
use crate::domain::window::Span;
use crate::ids::{AuditId, first_at, last_at};

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

/// A line as it is read again.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: AuditId,
    pub at: DateTime<Utc>,
    pub who: String,
    pub what: String,
    pub subject: String,
    pub detail: String,
}

/// What is looked for; everything that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub who: Option<String>,
    pub what: Option<String>,
    pub subject: Option<String>,
    pub at: Span,
}

/// What is asked of the database for a page.
#[must_use]
pub fn page(filter: &AuditFilter, before: Option<AuditId>, limit: u64) -> SelectStatement {
    found(filter, before, limit).into_query()
}

fn found(filter: &AuditFilter, before: Option<AuditId>, limit: u64) -> Select<row::Entity> {
    use row::Column::{Id, Subject, What, Who};
    let text =
        |column: row::Column, text: &Option<String>| text.as_ref().map(|text| column.eq(text));
    let fits = [
        text(Who, &filter.who),
        text(What, &filter.what),
        text(Subject, &filter.subject),
        // An id tells when it was made.
        filter.at.from.map(|from| Id.gte(first_at(from))),
        filter.at.until.map(|until| Id.lte(last_at(until))),
        before.map(|before| Id.lt(before.get())),
    ];
    let found = fits
        .into_iter()
        .flatten()
        .fold(row::Entity::find(), Select::filter);
    found.order_by_desc(Id).limit(limit)
}

/// Newest first: those before `before`.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &AuditFilter,
    before: Option<AuditId>,
    limit: u64,
) -> Result<Vec<Kept>, StoreError> {
    let rows = found(filter, before, limit).all(db).await?;
    let kept = |row: row::Model| Kept {
        id: row.id.into(),
        at: row.at,
        who: row.who,
        what: row.what,
        subject: row.subject,
        detail: row.detail,
    };
    Ok(rows.into_iter().map(kept).collect())
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
