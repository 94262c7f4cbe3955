//! The blacklist as the console asks for it.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const NAME: &str = "blacklist_by_effect";

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_effect = index("blacklist", NAME, &["effect", "id"]);
        manager.create_index(by_effect).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_effect = Index::drop().name(NAME).table("blacklist").to_owned();
        manager.drop_index(by_effect).await
    }
}
