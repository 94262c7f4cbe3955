//! What people let us send, counted in single statements: a tap, a push and a delivery may come at once.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{StoreError, corrupt};
use crate::domain::subscription::{Grants, Sender, Witness};
use crate::ids::{PersonId, SubscriptionId};

row!("subscriptions" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    person_id: i64,
    sender: String,
    template_id: String,
    pushed: i32,
    reported: i32,
    spent: i32,
    refused_at: Option<DateTimeUtc>,
});

/// Whose wallet for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    pub person: PersonId,
    pub sender: Sender,
    /// The app's own id of the template.
    pub template_id: String,
}

/// Counts one accepted question; `id` is for a wallet that is new.
pub async fn grant(
    db: &impl ConnectionTrait,
    id: SubscriptionId,
    wallet: &Wallet,
    by: Witness,
) -> Result<(), StoreError> {
    let (pushed, reported, counted) = match by {
        Witness::Push => (1, 0, row::Column::Pushed),
        Witness::Page => (0, 1, row::Column::Reported),
    };
    let grants = Grants {
        pushed,
        reported,
        ..Grants::default()
    };
    let more = Expr::col((row::Entity, counted)).add(1_i32);
    let also = once()
        .value(counted, more)
        .update_column(row::Column::RefusedAt)
        .to_owned();
    write(db, id, wallet, &grants, also).await
}

/// Somebody said no to one question; what they granted before is still theirs to get.
pub async fn refuse(
    db: &impl ConnectionTrait,
    id: SubscriptionId,
    wallet: &Wallet,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let grants = Grants {
        refused_at: Some(at),
        ..Grants::default()
    };
    let also = once().update_column(row::Column::RefusedAt).to_owned();
    write(db, id, wallet, &grants, also).await
}

/// Somebody switched the messages off in WeChat's settings, or on again: what was granted is worth
/// nothing, or a question is welcome.
pub async fn switch(
    db: &impl ConnectionTrait,
    id: SubscriptionId,
    wallet: &Wallet,
    off_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    if off_at.is_some() {
        void(db, wallet).await?;
    }
    let grants = Grants {
        refused_at: off_at,
        ..Grants::default()
    };
    let also = once().update_column(row::Column::RefusedAt).to_owned();
    write(db, id, wallet, &grants, also).await
}

/// A message was sent.
pub async fn spend(db: &impl ConnectionTrait, wallet: &Wallet) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::Spent, Expr::col(row::Column::Spent).add(1_i32))
        .filter(is(wallet))
        .exec(db)
        .await?;
    Ok(())
}

/// WeChat knows of no grant (43101), whatever we counted.
pub async fn void(db: &impl ConnectionTrait, wallet: &Wallet) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::Pushed, Expr::value(0_i32))
        .col_expr(row::Column::Reported, Expr::value(0_i32))
        .col_expr(row::Column::Spent, Expr::value(0_i32))
        .filter(is(wallet))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, wallet: &Wallet) -> Result<Grants, StoreError> {
    let found = row::Entity::find().filter(is(wallet)).one(db).await?;
    Ok(found.as_ref().map(grants).unwrap_or_default())
}

/// Every wallet of somebody.
pub async fn of_person(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Vec<(Wallet, Grants)>, StoreError> {
    let found = row::Entity::find().filter(row::Column::PersonId.eq(person.get()));
    let rows = found.all(db).await?.into_iter();
    rows.map(|row| {
        let grants = grants(&row);
        let sender = Sender::parse(&row.sender).ok_or_else(corrupt("subscriptions", row.id))?;
        let wallet = Wallet {
            person: row.person_id.into(),
            sender,
            template_id: row.template_id,
        };
        Ok((wallet, grants))
    })
    .collect()
}

/// Forgets every wallet of somebody.
pub async fn forget_of(db: &impl ConnectionTrait, person: PersonId) -> Result<(), StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::PersonId.eq(person.get()))
        .exec(db)
        .await?;
    Ok(())
}

/// One person's wallets go to another, who may have the same ones: what is in both is put together.
pub(super) async fn give(
    db: &impl ConnectionTrait,
    from: PersonId,
    to: PersonId,
) -> Result<(), StoreError> {
    use row::Column::{PersonId, Pushed, Reported, Spent};
    let theirs = row::Entity::find().filter(PersonId.eq(from.get()));
    let rows = theirs.all(db).await?;
    row::Entity::delete_many()
        .filter(PersonId.eq(from.get()))
        .exec(db)
        .await?;
    for mut row in rows {
        row.person_id = to.get();
        let mut also = once();
        for (column, more) in [
            (Pushed, row.pushed),
            (Reported, row.reported),
            (Spent, row.spent),
        ] {
            also.value(column, Expr::col((row::Entity, column)).add(more));
        }
        let insert = row::Entity::insert(row.into_active_model()).on_conflict(also);
        insert.exec_without_returning(db).await?;
    }
    Ok(())
}

async fn write(
    db: &impl ConnectionTrait,
    id: SubscriptionId,
    wallet: &Wallet,
    grants: &Grants,
    also: OnConflict,
) -> Result<(), StoreError> {
    let row = row::Model {
        id: id.get(),
        person_id: wallet.person.get(),
        sender: wallet.sender.as_str().to_owned(),
        template_id: wallet.template_id.clone(),
        pushed: grants.pushed,
        reported: grants.reported,
        spent: grants.spent,
        refused_at: grants.refused_at,
    };
    let insert = row::Entity::insert(row.into_active_model()).on_conflict(also);
    insert.exec_without_returning(db).await?;
    Ok(())
}

/// What is done when the wallet is there already.
fn once() -> OnConflict {
    use row::Column::{PersonId, Sender, TemplateId};
    OnConflict::columns([PersonId, Sender, TemplateId])
}

fn is(wallet: &Wallet) -> Condition {
    Condition::all()
        .add(row::Column::PersonId.eq(wallet.person.get()))
        .add(row::Column::Sender.eq(wallet.sender.as_str()))
        .add(row::Column::TemplateId.eq(wallet.template_id.as_str()))
}

fn grants(row: &row::Model) -> Grants {
    Grants {
        pushed: row.pushed,
        reported: row.reported,
        spent: row.spent,
        refused_at: row.refused_at,
    }
}
