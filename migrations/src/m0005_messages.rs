//! What is owed to the outside, what became of it, and the tokens to say it with.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("outbox")
                    .col(text("message"))
                    .col(id("subject_id"))
                    .col(text("to_kind"))
                    .col(id("to_id"))
                    // Which `[[send]]` of the message's template, and which of its channels is next.
                    .col(small_integer("chain"))
                    .col(small_integer("channel"))
                    .col(text("state"))
                    .col(time("due_at"))
                    .col(text_null("leased_by"))
                    .col(time_null("leased_until"))
                    .col(integer("attempts"))
                    // Set when an answer was lost after sending, so that it may have arrived twice.
                    .col(boolean("doubtful"))
                    .col(text_null("why"))
                    .col(time("created_at"))
                    .col(time_null("done_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("outbox", "outbox_due", &["state", "due_at"]))
            .await?;
        manager
            .create_index(unique(
                "outbox",
                "outbox_once",
                &["message", "subject_id", "to_kind", "to_id", "chain"],
            ))
            .await?;
        manager
            .create_table(
                table("receipts")
                    .col(id("outbox_id"))
                    .col(id_null("visit_id"))
                    .col(text("channel"))
                    // The provider's own number, by which its report finds the row again.
                    .col(text_null("provider_id"))
                    .col(text("outcome"))
                    .col(text_null("to_hash"))
                    .col(time("at"))
                    .foreign_key(&mut refers("outbox_id", "outbox"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("receipts", "receipts_by_outbox", &["outbox_id"]))
            .await?;
        manager
            .create_index(index("receipts", "receipts_by_visit", &["visit_id"]))
            .await?;
        manager
            .create_index(index(
                "receipts",
                "receipts_by_provider",
                &["channel", "provider_id"],
            ))
            .await?;
        manager
            .create_index(index(
                "receipts",
                "receipts_by_number",
                &["channel", "to_hash", "at"],
            ))
            .await?;
        manager
            .create_table(
                table("cards")
                    // The outbox row that sent it: the id is the same, and is the task_id.
                    .col(id("step_id"))
                    .col(id("staff_id"))
                    // Works once and for 72 hours; empty when spent.
                    .col(text_null("response_code"))
                    .col(time("sent_at"))
                    .foreign_key(&mut refers("id", "outbox"))
                    .foreign_key(&mut refers("step_id", "approval_steps"))
                    .foreign_key(&mut refers("staff_id", "staff"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("cards", "cards_by_step", &["step_id"]))
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("tokens")
                    .col(text("app").primary_key())
                    .col(text("token_sealed"))
                    .col(time("fetched_at"))
                    .col(time("expires_at"))
                    .take(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["outbox", "receipts", "cards", "tokens"]).await
    }
}
