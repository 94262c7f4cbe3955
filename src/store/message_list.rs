//! What people were told, for the console: each message with what its provider said of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use super::StoreError;
use super::outbox::{Column, Entity, Model, Owed, owed};
use super::receipts::{self, Receipt};
use crate::domain::message::Kind;
use crate::ids::{OutboxId, VisitId};

/// What is looked for; everything that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct MessageFilter {
    /// `due`, `sent`, `dead` or `overtaken`.
    pub state: Option<&'static str>,
    pub kind: Option<Kind>,
    pub visit: Option<VisitId>,
}

/// A message and what became of it.
#[derive(Clone, Debug)]
pub struct Told {
    pub owed: Owed,
    pub state: String,
    pub why: Option<String>,
    pub due_at: DateTime<Utc>,
    pub done_at: Option<DateTime<Utc>>,
    /// Oldest first.
    pub receipts: Vec<Receipt>,
}

/// What is asked of the database for a page.
#[must_use]
pub fn page(filter: &MessageFilter, before: Option<OutboxId>, limit: u64) -> SelectStatement {
    found(filter, before, limit).into_query()
}

/// Newest first: those before `before`.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &MessageFilter,
    before: Option<OutboxId>,
    limit: u64,
) -> Result<Vec<Told>, StoreError> {
    told(db, found(filter, before, limit)).await
}

fn found(filter: &MessageFilter, before: Option<OutboxId>, limit: u64) -> Select<Entity> {
    let fits = [
        filter.state.map(|state| Column::State.eq(state)),
        filter.kind.map(|kind| Column::Message.eq(kind.as_str())),
        filter.visit.map(|visit| Column::VisitId.eq(visit.get())),
        before.map(|before| Column::Id.lt(before.get())),
    ];
    let found = fits
        .into_iter()
        .flatten()
        .fold(Entity::find(), Select::filter);
    found.order_by_desc(Column::Id).limit(limit)
}

pub async fn find(db: &impl ConnectionTrait, id: OutboxId) -> Result<Option<Told>, StoreError> {
    Ok(told(db, Entity::find_by_id(id.get())).await?.pop())
}

async fn told(db: &impl ConnectionTrait, found: Select<Entity>) -> Result<Vec<Told>, StoreError> {
    let rows = found.all(db).await?;
    let ids = rows.iter().map(|row| row.id.into());
    let mut said: HashMap<OutboxId, Vec<Receipt>> = HashMap::new();
    for receipt in receipts::of_messages(db, ids).await? {
        said.entry(receipt.outbox).or_default().push(receipt);
    }
    let told = |row: Model| {
        let id = row.id.into();
        Ok(Told {
            state: row.state.clone(),
            why: row.why.clone(),
            due_at: row.due_at,
            done_at: row.done_at,
            owed: owed(row)?,
            receipts: said.remove(&id).unwrap_or_default(),
        })
    };
    rows.into_iter().map(told).collect()
}
