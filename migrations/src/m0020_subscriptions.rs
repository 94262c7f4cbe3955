//! What people let us send: one wallet for each person, app and template.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("subscriptions")
                    .col(id("person_id"))
                    .col(text("sender"))
                    .col(text("template_id"))
                    // Accepted questions, as each of the two witnesses counted them.
                    .col(integer("pushed"))
                    .col(integer("reported"))
                    .col(integer("spent"))
                    .col(time_null("refused_at"))
                    .foreign_key(&mut refers("person_id", "people"))
                    .take(),
            )
            .await?;
        manager
            .create_index(unique(
                "subscriptions",
                "subscriptions_once",
                &["person_id", "sender", "template_id"],
            ))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["subscriptions"]).await
    }
}
