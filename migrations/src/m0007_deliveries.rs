//! What was done about a delivery of WeChat's or WeCom's, and answered, so that its repeat gets the
//! same answer and does nothing.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("deliveries")
                    .col(text("key").primary_key())
                    .col(text_null("reply"))
                    .col(time("at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("deliveries", "deliveries_by_age", &["at"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["deliveries"]).await
    }
}
