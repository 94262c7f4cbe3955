//! Only readers that do not number their scans are known by the content of one. They are few: the others keep
//! none of it, and have no place in its index, which is one page less to write for each scan.

use sea_orm_migration::prelude::*;

use crate::rebuild::run;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEX: &str = "passages_by_content";

async fn drop_index(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let index = Index::drop().name(INDEX).table("passages").to_owned();
    manager.drop_index(index).await
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager).await?;
        let few = format!(
            "CREATE INDEX {INDEX} ON passages (device_id, content_hash, id) WHERE content_hash <> ''"
        );
        run(manager, &few).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager).await?;
        let all = index("passages", INDEX, &["device_id", "content_hash", "id"]);
        manager.create_index(all).await
    }
}
