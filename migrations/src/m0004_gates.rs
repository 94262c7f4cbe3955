//! Passes, the gates that ask about them, and what went through.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("passes")
                    .col(id("visit_id"))
                    .col(id("visitor_id"))
                    // The signing key of the code, by its number in the ring.
                    .col(small_integer("key_no"))
                    .col(text("link_hash").unique_key())
                    .col(integer("link_generation"))
                    .col(time("starts_at"))
                    .col(time("ends_at"))
                    // Bit n is the area with slot n.
                    .col(bits("areas"))
                    .col(integer_null("entry_limit"))
                    .col(integer("entries"))
                    .col(time("issued_at"))
                    .col(time_null("revoked_at"))
                    .col(integer("version"))
                    .foreign_key(&mut refers("visit_id", "visits"))
                    .foreign_key(&mut refers("visitor_id", "visitors"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("passes", "passes_by_visit", &["visit_id"]))
            .await?;
        manager
            .create_table(
                table("gates")
                    .col(text("name").unique_key())
                    .col(id("area_id"))
                    .col(boolean("open"))
                    .foreign_key(&mut refers("area_id", "areas"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("devices")
                    // The number painted on the device, which it sends with every scan.
                    .col(text("id").primary_key())
                    .col(id("gate_id"))
                    .col(text("dialect"))
                    .col(text("direction"))
                    .col(text("key_sealed"))
                    .col(time("added_at"))
                    .col(time_null("revoked_at"))
                    .foreign_key(&mut refers("gate_id", "gates"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table("passages")
                    .col(text("device_id"))
                    .col(text("nonce"))
                    .col(text("request_hash"))
                    .col(id_null("pass_id"))
                    .col(text("reason"))
                    .col(text("direction"))
                    // The answer as it was given, word for word: a repeat gets it again.
                    .col(text("answer"))
                    .col(time("at"))
                    .col(time("recorded_at"))
                    .foreign_key(&mut refers("device_id", "devices"))
                    .foreign_key(&mut refers("pass_id", "passes"))
                    .take(),
            )
            .await?;
        manager
            .create_index(unique("passages", "passages_once", &["device_id", "nonce"]))
            .await?;
        manager
            .create_index(index("passages", "passages_by_pass", &["pass_id", "id"]))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["passes", "gates", "devices", "passages"]).await
    }
}
