//! Who changed what, and what this database was made for.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("audit")
                    .col(time("at"))
                    // `staff:<id>`, `person:<id>`, `device:<id>` or `system`.
                    .col(text("who"))
                    .col(text("what"))
                    .col(text("subject"))
                    // Before and after, masked.
                    .col(text("detail"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("audit", "audit_by_subject", &["subject", "id"]))
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("settings")
                    .col(text("key").primary_key())
                    .col(text("value"))
                    .take(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["audit", "settings"]).await
    }
}
