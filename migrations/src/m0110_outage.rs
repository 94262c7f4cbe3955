//! What the gates of an area do while the database cannot be asked.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut outage = text("outage").default("refuse").take();
        let table = Table::alter().table("areas").add_column(&mut outage).take();
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("areas").drop_column("outage").take();
        manager.alter_table(table).await
    }
}
