//! What has been spent of a budget since a day or a minute began. It took the place of counting receipts, which two senders at
//! once could do before either had written one; the column that was counted by stays, and stays empty.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut key = Index::create();
        key.col("since").col("subject");
        let budgets = Table::create()
            .table("budgets")
            .col(time("since"))
            .col(text("subject"))
            .col(id("spent"))
            .primary_key(&mut key)
            .take();
        manager.create_table(budgets).await?;
        let counted = Index::drop()
            .name("receipts_by_number")
            .table("receipts")
            .to_owned();
        manager.drop_index(counted).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(index(
                "receipts",
                "receipts_by_number",
                &["channel", "to_hash", "at"],
            ))
            .await?;
        drop(manager, &["budgets"]).await
    }
}
