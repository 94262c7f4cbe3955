//! The residential quarter: who lives there, and who is registered to visit them. A visit's host may be a
//! resident, and a visitor may come without a document.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::rebuild::{rebuild, rows, run};
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// How SQLite wrote the columns down before, and what they are now.
const HOST: (&str, &str) = ("\"host_id\" integer NOT NULL", "\"host_id\" integer");
const DOCUMENT: (&str, &str) = (
    "\"id_kind\" text NOT NULL, \"id_sealed\" text NOT NULL, \"id_hash\" text NOT NULL, \
     \"id_mask\" text NOT NULL, \"id_photo_id\" integer NOT NULL",
    "\"id_kind\" text, \"id_sealed\" text, \"id_hash\" text, \
     \"id_mask\" text, \"id_photo_id\" integer",
);
const OF_DOCUMENT: [&str; 5] = ["id_kind", "id_sealed", "id_hash", "id_mask", "id_photo_id"];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if is_sqlite(manager) {
            rebuild(manager, "visits", HOST).await?;
            rebuild(manager, "visitors", DOCUMENT).await?;
        } else {
            run(manager, &constraints("DROP")).await?;
        }
        manager.create_table(quarters()).await?;
        manager.create_table(residents()).await?;
        manager
            .create_index(unique(
                "residents",
                "residents_once",
                &["phone_hash", "name", "house"],
            ))
            .await?;
        manager.create_table(registrations()).await
    }

    /// Refused while there is a visit to a resident, for which the schema before has no place.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let lost = "SELECT '' AS line FROM visits WHERE host_id IS NULL \
                    UNION ALL SELECT '' FROM visitors WHERE id_sealed IS NULL";
        if !rows(manager, lost).await?.is_empty() {
            let why = "there are visits to residents, which would be lost";
            return Err(DbErr::Migration(why.to_owned()));
        }
        drop(manager, &["quarters", "residents", "registrations"]).await?;
        if is_sqlite(manager) {
            rebuild(manager, "visitors", (DOCUMENT.1, DOCUMENT.0)).await?;
            rebuild(manager, "visits", (HOST.1, HOST.0)).await
        } else {
            run(manager, &constraints("SET")).await
        }
    }
}

fn quarters() -> TableCreateStatement {
    Table::create()
        .table("quarters")
        .col(id("area_id").primary_key())
        // Whose approvers are the quarter's desk.
        .col(id("department_id"))
        // 来访事由 of every visit there.
        .col(id("reason_id"))
        .foreign_key(&mut refers("area_id", "areas"))
        .foreign_key(&mut refers("department_id", "departments"))
        .foreign_key(&mut refers("reason_id", "reasons"))
        .take()
}

fn residents() -> TableCreateStatement {
    table("residents")
        .col(text("name"))
        .col(text("phone_sealed"))
        .col(text("phone_hash"))
        .col(text("phone_mask"))
        // In its canonical form.
        .col(text("house"))
        .col(time("moved_in_at"))
        .col(time_null("moved_out_at"))
        .take()
}

fn registrations() -> TableCreateStatement {
    table("registrations")
        .col(id("visit_id").unique_key())
        // What was typed about the resident, whether there is one or not.
        .col(text("name"))
        .col(text("phone_sealed"))
        .col(text("phone_hash"))
        .col(text("phone_mask"))
        .col(text("house"))
        // Whom it named; empty when the register knew nobody.
        .col(id_null("resident_id"))
        .col(text("link_hash").unique_key())
        .col(integer("link_generation"))
        .foreign_key(&mut refers("visit_id", "visits"))
        .foreign_key(&mut refers("resident_id", "residents"))
        .take()
}

/// PostgreSQL changes columns where they stand: `DROP` or `SET` that they must be filled.
fn constraints(what: &str) -> String {
    let document = OF_DOCUMENT.map(|column| format!("ALTER COLUMN {column} {what} NOT NULL"));
    format!(
        "ALTER TABLE visits ALTER COLUMN host_id {what} NOT NULL; ALTER TABLE visitors {}",
        document.join(", ")
    )
}

fn is_sqlite(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == DbBackend::Sqlite
}
