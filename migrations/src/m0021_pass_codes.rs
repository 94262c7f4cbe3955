//! The six characters that stand for a pass's link where an SMS has no room for it, and how often
//! somebody guessed.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                // The pass's own id.
                table("pass_codes")
                    .col(text("code_hash"))
                    .col(integer("failures"))
                    .foreign_key(&mut refers("id", "passes"))
                    .take(),
            )
            .await?;
        // Not unique: two passes may draw the same six characters, and the phone tells them apart.
        manager
            .create_index(index("pass_codes", "pass_codes_by_code", &["code_hash"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["pass_codes"]).await
    }
}
