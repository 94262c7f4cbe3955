//! Through whose door a message leaves, and the visit it is about.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What waits while this step runs leaves by the first lane; any worker can deliver any row.
        for column in [text("lane").default("account").take(), id_null("visit_id")] {
            let outbox = Table::alter().table("outbox").add_column(column).take();
            manager.alter_table(outbox).await?;
        }
        let by_lane = ["lane", "state", "due_at"];
        manager
            .create_index(index("outbox", "outbox_by_lane", &by_lane))
            .await?;
        let in_order = ["visit_id", "to_id"];
        manager
            .create_index(index("outbox", "outbox_in_order", &in_order))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["outbox_by_lane", "outbox_in_order"] {
            let made = Index::drop().name(name).table("outbox").to_owned();
            manager.drop_index(made).await?;
        }
        for column in ["lane", "visit_id"] {
            let outbox = Table::alter().table("outbox").drop_column(column).take();
            manager.alter_table(outbox).await?;
        }
        Ok(())
    }
}
