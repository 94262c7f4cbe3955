//! What the console's lists are found by: each filter has an index that gives its visits newest first.

use sea_orm_migration::prelude::*;

use crate::rebuild::run;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const MADE: [(&str, &str, &[&str]); 14] = [
    ("visits", "visits_by_host", &["host_id", "id"]),
    ("visits", "visits_of_department", &["department_id", "id"]),
    ("visits", "visits_by_area", &["area_id", "id"]),
    ("visits", "visits_by_reason", &["reason_id", "id"]),
    ("visits", "visits_by_mode", &["mode", "id"]),
    ("visits", "visits_by_stage", &["stage", "id"]),
    ("visits", "visits_by_start", &["starts_at", "id"]),
    ("visits", "visits_by_submission", &["submitted_at", "id"]),
    // `place` tells the one who began a visit from their companions without looking at the row.
    (
        "visitors",
        "visitors_by_name",
        &["name", "place", "visit_id"],
    ),
    (
        "registrations",
        "registrations_by_name",
        &["name", "visit_id"],
    ),
    ("registrations", "registrations_by_phone", &["phone_hash"]),
    ("staff", "staff_by_phone", &["phone_hash"]),
    ("audit", "audit_by_who", &["who", "id"]),
    ("audit", "audit_by_what", &["what", "id"]),
];

/// Names are looked for by their beginning, which is a range of bytes: any other collation than that of
/// bytes, which SQLite has anyway, could not answer it from an index.
const NAMED: [&str; 3] = ["visitors", "registrations", "staff"];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        collate(manager, "C").await?;
        for (table, name, columns) in MADE {
            manager.create_index(index(table, name, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in MADE.into_iter().rev() {
            let made = Index::drop().name(name).table(table).to_owned();
            manager.drop_index(made).await?;
        }
        collate(manager, "default").await
    }
}

async fn collate(manager: &SchemaManager<'_>, collation: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == sea_orm_migration::sea_orm::DbBackend::Sqlite {
        return Ok(());
    }
    for table in NAMED {
        let text =
            format!("ALTER TABLE {table} ALTER COLUMN name TYPE text COLLATE \"{collation}\"");
        run(manager, &text).await?;
    }
    Ok(())
}
