//! Who is inside, what a passage was besides its verdict, and what a device does by itself.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

fn of_passages() -> [(&'static str, ColumnDef); 7] {
    [
        // `qr`, `plate`, `face`, `idcard`, `card` or `other`.
        ("kind", text("kind").default("qr").take()),
        ("reader", small_integer("reader").default(0).take()),
        // Keyed, since what was read may open a gate.
        ("content_hash", text("content_hash").default("").take()),
        ("alert", text_null("alert").take()),
        ("offline", boolean("offline").default(false).take()),
        ("list_version", id_null("list_version").take()),
        ("passed_at", time_null("passed_at").take()),
    ]
}

fn of_devices() -> [(&'static str, ColumnDef); 4] {
    [
        (
            "reports_passed",
            boolean("reports_passed").default(false).take(),
        ),
        // How soon the reader itself shows the same code again.
        ("repeat_ms", integer("repeat_ms").default(1000).take()),
        // The key before, and until when it is good.
        ("old_key_sealed", text_null("old_key_sealed").take()),
        ("old_key_until", time_null("old_key_until").take()),
    ]
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let presences = Table::create()
            .table("presences")
            .col(id("pass_id"))
            .col(id("area_id"))
            .col(integer("entries"))
            .col(integer("exits"))
            .col(time_null("entered_at"))
            .col(time_null("left_at"))
            // The midnight of the last entry, and how many there were since.
            .col(time_null("day"))
            .col(integer("on_day"))
            .primary_key(Index::create().col("pass_id").col("area_id"))
            .foreign_key(&mut refers("pass_id", "passes"))
            .foreign_key(&mut refers("area_id", "areas"))
            .take();
        manager.create_table(presences).await?;
        for (_, mut column) in of_passages() {
            let table = Table::alter()
                .table("passages")
                .add_column(&mut column)
                .take();
            manager.alter_table(table).await?;
        }
        for (_, mut column) in of_devices() {
            let table = Table::alter()
                .table("devices")
                .add_column(&mut column)
                .take();
            manager.alter_table(table).await?;
        }
        let repeats = ["device_id", "content_hash", "id"];
        let repeats = index("passages", "passages_by_content", &repeats);
        manager.create_index(repeats).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let made = Index::drop()
            .name("passages_by_content")
            .table("passages")
            .to_owned();
        manager.drop_index(made).await?;
        for (column, _) in of_devices().into_iter().rev() {
            let table = Table::alter().table("devices").drop_column(column).take();
            manager.alter_table(table).await?;
        }
        for (column, _) in of_passages().into_iter().rev() {
            let table = Table::alter().table("passages").drop_column(column).take();
            manager.alter_table(table).await?;
        }
        drop(manager, &["presences"]).await
    }
}
