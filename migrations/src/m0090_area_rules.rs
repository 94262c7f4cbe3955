//! What an area asks of those who come in and go out: when it is open, how often in a day, whether twice
//! without leaving, and what a gate does on the way out with what it does not know.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Every area starts with what held for all of them before: always open, and nothing counted.
fn rules() -> [(&'static str, ColumnDef); 5] {
    [
        // `mon-fri 06:00-23:00, sat-sun 08:00-20:00`; empty is always.
        ("hours", text("hours").default("").take()),
        ("entries_a_day", small_integer_null("entries_a_day").take()),
        // `off`, `soft` or `hard`.
        ("passback", text("passback").default("off").take()),
        (
            "reentry_minutes",
            small_integer_null("reentry_minutes").take(),
        ),
        // `refuse` or `open`.
        ("exits", text("exits").default("refuse").take()),
    ]
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (_, mut column) in rules() {
            let areas = Table::alter().table("areas").add_column(&mut column).take();
            manager.alter_table(areas).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, _) in rules().into_iter().rev() {
            let areas = Table::alter().table("areas").drop_column(column).take();
            manager.alter_table(areas).await?;
        }
        Ok(())
    }
}
