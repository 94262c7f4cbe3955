//! What an area lets people apply for: how far ahead, how long, how often, and whether twice at one time.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Every area starts with what held for all of them before. 31 calendar days are what the longest visit,
/// of 30 times 24 hours, can touch.
fn limits() -> [(&'static str, ColumnDef); 4] {
    [
        (
            "days_ahead",
            small_integer("days_ahead").default(366).take(),
        ),
        ("days_long", small_integer("days_long").default(31).take()),
        // Empty: no more than what one person may do in a day anywhere.
        ("a_day", small_integer_null("a_day").take()),
        // `allow` or `refuse`.
        ("overlap", text("overlap").default("allow").take()),
    ]
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (_, mut column) in limits() {
            let areas = Table::alter().table("areas").add_column(&mut column).take();
            manager.alter_table(areas).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, _) in limits().into_iter().rev() {
            let areas = Table::alter().table("areas").drop_column(column).take();
            manager.alter_table(areas).await?;
        }
        Ok(())
    }
}
