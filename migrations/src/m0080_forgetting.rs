//! When a visit lost the personal data of its visitors, and by what the rest that is kept for a while is
//! found when its while is over.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const MADE: [(&str, &str, &[&str]); 8] = [
    ("visits", "visits_to_forget", &["forgotten_at", "ends_at"]),
    ("passages", "passages_to_forget", &["at"]),
    ("audit", "audit_to_forget", &["at"]),
    ("outbox", "outbox_to_forget", &["done_at"]),
    ("outbox", "outbox_of_recipient", &["to_kind", "to_id"]),
    ("sessions", "sessions_to_forget", &["expires_at"]),
    ("idempotency", "idempotency_to_forget", &["created_at"]),
    ("blacklist_hits", "blacklist_hits_to_forget", &["at"]),
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let visits = Table::alter()
            .table("visits")
            .add_column(time_null("forgotten_at"))
            .take();
        manager.alter_table(visits).await?;
        for (table, name, columns) in MADE {
            manager.create_index(index(table, name, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in MADE {
            let made = Index::drop().name(name).table(table).to_owned();
            manager.drop_index(made).await?;
        }
        let visits = Table::alter()
            .table("visits")
            .drop_column("forgotten_at")
            .take();
        manager.alter_table(visits).await
    }
}
