//! A guard's post at a gate is a device of their own, so that whoever is let through by hand is let through
//! by somebody.

use sea_orm_migration::prelude::*;

use crate::rebuild::run;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Empty of what is built into a gate.
        let mut staff = id_null("staff_id").take();
        let devices = Table::alter()
            .table("devices")
            .add_column(&mut staff)
            .take();
        manager.alter_table(devices).await?;
        let posts = unique("devices", "devices_by_guard", &["gate_id", "staff_id"]);
        manager.create_index(posts).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP INDEX devices_by_guard").await?;
        let devices = Table::alter()
            .table("devices")
            .drop_column("staff_id")
            .take();
        manager.alter_table(devices).await
    }
}
