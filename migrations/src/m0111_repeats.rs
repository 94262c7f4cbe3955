//! Only readers that do not number their scans are known by the content of one. They are few: the others keep
//! none of it, and have no place in its index, which is one page less to write for each scan.

use sea_orm_migration::prelude::*;

use crate::rebuild::run;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEX: &str = "passages_by_content";

async fn replace(manager: &SchemaManager<'_>, mut column: ColumnDef) -> Result<(), DbErr> {
    let index = Index::drop().name(INDEX).table("passages").to_owned();
    manager.drop_index(index).await?;
    // One at a time: SQLite changes no two columns at once.
    let table = || Table::alter().table("passages").take();
    let before = table().drop_column("content_hash").take();
    manager.alter_table(before).await?;
    let after = table().add_column(&mut column).take();
    manager.alter_table(after).await
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, text_null("content_hash")).await?;
        let few = format!(
            "CREATE INDEX {INDEX} ON passages (device_id, content_hash, id) \
             WHERE content_hash IS NOT NULL"
        );
        run(manager, &few).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, text("content_hash").default("").take()).await?;
        let all = index("passages", INDEX, &["device_id", "content_hash", "id"]);
        manager.create_index(all).await
    }
}
