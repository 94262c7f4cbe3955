//! When somebody's phone was proven to be theirs.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let proven_at = time_null("phone_proven_at");
        let people = Table::alter().table("people").add_column(proven_at).take();
        manager.alter_table(people).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let people = Table::alter()
            .table("people")
            .drop_column("phone_proven_at")
            .take();
        manager.alter_table(people).await
    }
}
