//! Readers that cannot sign: a key for their address, the network they call from, and how they write.

use sea_orm_migration::prelude::*;

use crate::rebuild::run;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

fn columns() -> [(&'static str, ColumnDef); 3] {
    [
        // Of the key in the path; a secret of its own.
        ("url_key_hash", text_null("url_key_hash").take()),
        // As 10.1.0.0/16.
        ("network", text_null("network").take()),
        ("gbk", boolean("gbk").default(false).take()),
    ]
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (_, mut column) in columns() {
            let devices = Table::alter()
                .table("devices")
                .add_column(&mut column)
                .take();
            manager.alter_table(devices).await?;
        }
        let keys = unique("devices", "devices_by_url_key", &["url_key_hash"]);
        manager.create_index(keys).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP INDEX devices_by_url_key").await?;
        for (column, _) in columns().into_iter().rev() {
            let devices = Table::alter().table("devices").drop_column(column).take();
            manager.alter_table(devices).await?;
        }
        Ok(())
    }
}
