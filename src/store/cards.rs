//! WeCom cards that were sent, and the codes to change them with.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{StoreError, forget};
use crate::ids::{OutboxId, StaffId, StepId};

row!("cards" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    step_id: i64,
    staff_id: i64,
    response_code: Option<String>,
    sent_at: DateTimeUtc,
});

#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The outbox row that sent it; its `task_id` is this number.
    pub id: OutboxId,
    pub step: StepId,
    pub staff: StaffId,
    /// Works once; none when it is spent or was never learned.
    pub response_code: Option<String>,
    pub sent_at: DateTime<Utc>,
}

/// Writes down a card, or a new code of one that was sent before.
pub async fn upsert(db: &impl ConnectionTrait, card: &Card) -> Result<(), StoreError> {
    let row = row::Model {
        id: card.id.get(),
        step_id: card.step.get(),
        staff_id: card.staff.get(),
        response_code: card.response_code.clone(),
        sent_at: card.sent_at,
    };
    let newer = OnConflict::column(row::Column::Id)
        .update_columns([row::Column::ResponseCode, row::Column::SentAt])
        .to_owned();
    let insert = row::Entity::insert(row.into_active_model()).on_conflict(newer);
    insert.exec_without_returning(db).await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: OutboxId) -> Result<Option<Card>, StoreError> {
    Ok(row::Entity::find_by_id(id.get()).one(db).await?.map(card))
}

pub async fn of_step(db: &impl ConnectionTrait, step: StepId) -> Result<Vec<Card>, StoreError> {
    let found = row::Entity::find().filter(row::Column::StepId.eq(step.get()));
    Ok(found.all(db).await?.into_iter().map(card).collect())
}

/// Forgets the code of a card, which is spent. A card whose sending is not written down yet has none.
pub async fn spend_code(db: &impl ConnectionTrait, id: OutboxId) -> Result<(), StoreError> {
    let none = Expr::value(Option::<String>::None);
    row::Entity::update_many()
        .col_expr(row::Column::ResponseCode, none)
        .filter(row::Column::Id.eq(id.get()))
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets those of some messages.
pub(super) async fn delete_of(
    db: &impl ConnectionTrait,
    messages: &[i64],
) -> Result<(), StoreError> {
    forget::delete_those::<row::Entity>(db, row::Column::Id, messages).await?;
    Ok(())
}

fn card(row: row::Model) -> Card {
    Card {
        id: row.id.into(),
        step: row.step_id.into(),
        staff: row.staff_id.into(),
        response_code: row.response_code,
        sent_at: row.sent_at,
    }
}
