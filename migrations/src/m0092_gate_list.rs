//! The list by which gates decide without a network: its version, and in which version each pass stands.

use sea_orm_migration::prelude::*;

use crate::rebuild::run;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One row, which whoever makes the next version holds.
        let list = table("gate_list")
            .col(bits("version"))
            .col(bits("policy_version"))
            .col(text("policy_hash"))
            .take();
        manager.create_table(list).await?;
        let first =
            "INSERT INTO gate_list (id, version, policy_version, policy_hash) VALUES (1, 0, 0, '')";
        run(manager, first).await?;
        // Empty: as it is now it stands in no version yet.
        let mut listed = id_null("listed").take();
        let passes = Table::alter()
            .table("passes")
            .add_column(&mut listed)
            .take();
        manager.alter_table(passes).await?;
        let listed = index("passes", "passes_by_listed", &["listed"]);
        manager.create_index(listed).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let made = Index::drop()
            .name("passes_by_listed")
            .table("passes")
            .to_owned();
        manager.drop_index(made).await?;
        let passes = Table::alter().table("passes").drop_column("listed").take();
        manager.alter_table(passes).await?;
        drop(manager, &["gate_list"]).await
    }
}
