//! What providers said of our messages: that they have them, and later that they arrived or not.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};

use super::{StoreError, forget};
use crate::ids::{OutboxId, ReceiptId, VisitId};

row!("receipts" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    outbox_id: i64,
    visit_id: Option<i64>,
    channel: String,
    provider_id: Option<String>,
    outcome: String,
    at: DateTimeUtc,
});

#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    pub id: ReceiptId,
    pub outbox: OutboxId,
    pub visit: Option<VisitId>,
    pub channel: String,
    /// The provider's number, by which its later report finds this message.
    pub provider_id: Option<String>,
    /// `accepted`, `unknown` when the answer was lost, `delivered`, or `failed: …`.
    pub outcome: String,
    pub at: DateTime<Utc>,
}

pub async fn insert(db: &impl ConnectionTrait, receipt: &Receipt) -> Result<(), StoreError> {
    let row = row::Model {
        id: receipt.id.get(),
        outbox_id: receipt.outbox.get(),
        visit_id: receipt.visit.map(VisitId::get),
        channel: receipt.channel.clone(),
        provider_id: receipt.provider_id.clone(),
        outcome: receipt.outcome.clone(),
        at: receipt.at,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// The acceptance of a message that the provider now reports about.
pub async fn find_accepted(
    db: &impl ConnectionTrait,
    channel: &str,
    provider_id: &str,
) -> Result<Option<Receipt>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::Channel.eq(channel))
        .filter(row::Column::ProviderId.eq(provider_id))
        .filter(row::Column::Outcome.eq("accepted"));
    Ok(found.one(db).await?.map(receipt))
}

/// Whether the same was said of the same message before.
pub async fn holds(db: &impl ConnectionTrait, receipt: &Receipt) -> Result<bool, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::Channel.eq(&receipt.channel))
        .filter(row::Column::ProviderId.eq(receipt.provider_id.as_deref()))
        .filter(row::Column::Outcome.eq(&receipt.outcome));
    Ok(found.one(db).await?.is_some())
}

/// Who was told what of a visit, oldest first.
pub async fn of_visit(
    db: &impl ConnectionTrait,
    visit: VisitId,
) -> Result<Vec<Receipt>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::VisitId.eq(visit.get()))
        .order_by_asc(row::Column::Id);
    Ok(found.all(db).await?.into_iter().map(receipt).collect())
}

/// Forgets those of some messages.
pub(super) async fn delete_of(
    db: &impl ConnectionTrait,
    messages: &[i64],
) -> Result<(), StoreError> {
    forget::delete_those::<row::Entity>(db, row::Column::OutboxId, messages).await?;
    Ok(())
}

/// What was said of some messages, oldest first.
pub(super) async fn of_messages(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = OutboxId>,
) -> Result<Vec<Receipt>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::OutboxId.is_in(ids.map(OutboxId::get)))
        .order_by_asc(row::Column::Id);
    Ok(found.all(db).await?.into_iter().map(receipt).collect())
}

fn receipt(row: row::Model) -> Receipt {
    Receipt {
        id: row.id.into(),
        outbox: row.outbox_id.into(),
        visit: row.visit_id.map(VisitId::from),
        channel: row.channel,
        provider_id: row.provider_id,
        outcome: row.outcome,
        at: row.at,
    }
}
