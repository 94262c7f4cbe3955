//! What the console's other lists are found by.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const MADE: [(&str, &str, &[&str]); 8] = [
    // 访客管理 shows the last row of each human, whom their phone and name make.
    (
        "visitors",
        "visitors_of_human",
        &["phone_hash", "name", "id"],
    ),
    ("passages", "passages_by_device", &["device_id", "id"]),
    ("passages", "passages_by_reason", &["reason", "id"]),
    ("outbox", "outbox_by_state", &["state", "id"]),
    ("outbox", "outbox_by_message", &["message", "id"]),
    ("outbox", "outbox_by_visit", &["visit_id", "id"]),
    ("blacklist", "blacklist_by_kind", &["kind", "id"]),
    ("residents", "residents_by_house", &["house", "id"]),
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, columns) in MADE {
            manager.create_index(index(table, name, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in MADE.into_iter().rev() {
            let made = Index::drop().name(name).table(table).to_owned();
            manager.drop_index(made).await?;
        }
        Ok(())
    }
}
