//! The month in which a visit begins, and the one in which it was applied for: a list of some months is the
//! newest of each of them, which an index gives in order. Of a range of times all that it holds would be
//! sorted for a page.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::rebuild::run;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Column, the time that it is of, index.
const MADE: [(&str, &str, &str); 2] = [
    ("starts_month", "starts_at", "visits_by_starts_month"),
    (
        "submitted_month",
        "submitted_at",
        "visits_by_submitted_month",
    ),
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, time, name) in MADE {
            let made = match manager.get_database_backend() {
                DbBackend::Sqlite => format!(
                    "(cast(substr({time}, 1, 4) as integer) * 12 \
                     + cast(substr({time}, 6, 2) as integer)) VIRTUAL"
                ),
                _ => format!(
                    "(extract(year from {time} at time zone 'UTC')::integer * 12 \
                     + extract(month from {time} at time zone 'UTC')::integer) STORED"
                ),
            };
            let text = format!(
                "ALTER TABLE visits ADD COLUMN {column} integer GENERATED ALWAYS AS {made}"
            );
            run(manager, &text).await?;
            let index = index("visits", name, &[column, "id", time]);
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, _, name) in MADE {
            let made = Index::drop().name(name).table("visits").to_owned();
            manager.drop_index(made).await?;
            let text = format!("ALTER TABLE visits DROP COLUMN {column}");
            run(manager, &text).await?;
        }
        Ok(())
    }
}
