//! Staff begin visits too: whoever a visit, a picture, a consent or the key of a request belongs to is a
//! person or a member of staff, and exactly one of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::rebuild::{rebuild, rows, run};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A table whose rows belong to somebody.
struct Owned {
    table: &'static str,
    person: &'static str,
    staff: &'static str,
    /// The new index: what it is, its name, and its second column.
    index: (&'static str, &'static str, &'static str),
}

const OWNED: [Owned; 4] = [
    Owned {
        table: "visits",
        person: "initiator_person_id",
        staff: "initiator_staff_id",
        index: ("index", "visits_by_staff", "id"),
    },
    Owned {
        table: "photos",
        person: "person_id",
        staff: "staff_id",
        index: ("index", "photos_by_staff", "id"),
    },
    Owned {
        table: "consents",
        person: "person_id",
        staff: "staff_id",
        index: ("index", "consents_by_staff", "id"),
    },
    Owned {
        table: "idempotency",
        person: "person_id",
        staff: "staff_id",
        index: ("unique index", "idempotency_key_of_staff", "key"),
    },
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for owned in OWNED {
            let Owned {
                table,
                person,
                staff,
                index: (kind, name, second),
            } = &owned;
            if is_sqlite(manager) {
                rebuild(manager, table, (&owned.alone(), &owned.either())).await?;
            } else {
                let change = format!(
                    "ALTER TABLE {table} ALTER COLUMN {person} DROP NOT NULL, \
                     ADD COLUMN {staff} bigint REFERENCES staff (id), \
                     ADD CONSTRAINT {table}_owner CHECK (({person} IS NULL) <> ({staff} IS NULL))"
                );
                run(manager, &change).await?;
            }
            let index = format!("CREATE {kind} {name} ON {table} ({staff}, {second})");
            run(manager, &index).await?;
        }
        Ok(())
    }

    /// Refused while something belongs to staff, which the schema before has no place for.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for Owned { table, staff, .. } in OWNED {
            let theirs = format!("SELECT '' AS line FROM {table} WHERE {staff} IS NOT NULL");
            if !rows(manager, &theirs).await?.is_empty() {
                let why = format!("{table} has rows of staff, which would be lost");
                return Err(DbErr::Migration(why));
            }
        }
        for owned in OWNED {
            let Owned {
                table,
                person,
                staff,
                index: (_, name, _),
            } = &owned;
            run(manager, &format!("DROP INDEX {name}")).await?;
            if is_sqlite(manager) {
                rebuild(manager, table, (&owned.either(), &owned.alone())).await?;
            } else {
                let change = format!(
                    "ALTER TABLE {table} DROP COLUMN {staff}, ALTER COLUMN {person} SET NOT NULL"
                );
                run(manager, &change).await?;
            }
        }
        Ok(())
    }
}

impl Owned {
    /// How SQLite wrote the column down when there were only people.
    fn alone(&self) -> String {
        format!("\"{}\" integer NOT NULL", self.person)
    }

    fn either(&self) -> String {
        let Self { person, staff, .. } = self;
        format!(
            "\"{person}\" integer, \"{staff}\" integer REFERENCES \"staff\" (\"id\") \
             CHECK ((\"{person}\" IS NULL) <> (\"{staff}\" IS NULL))"
        )
    }
}

fn is_sqlite(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == DbBackend::Sqlite
}
