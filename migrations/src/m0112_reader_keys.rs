//! A reader's key in its address is changed with an overlap, as a device's own is: the one before is good
//! until `old_key_until`.

use sea_orm_migration::prelude::*;

use crate::rebuild::run;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut before = text_null("old_url_key_hash").take();
        let table = Table::alter()
            .table("devices")
            .add_column(&mut before)
            .take();
        manager.alter_table(table).await?;
        let keys = unique("devices", "devices_by_old_url_key", &["old_url_key_hash"]);
        manager.create_index(keys).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP INDEX devices_by_old_url_key").await?;
        let table = Table::alter()
            .table("devices")
            .drop_column("old_url_key_hash")
            .take();
        manager.alter_table(table).await
    }
}
