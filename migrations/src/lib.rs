//! The database's shape, one step a file, the same steps on SQLite and PostgreSQL.
//!
//! A step that has landed is never edited: the next change is the next step. Ids are made by the
//! service (`campus_pass::ids`), times are UTC, enumerations are short text, and what must be
//! kept sealed is text that this schema cannot read. Names of columns say what is in them:
//! `…_sealed` is ciphertext, `…_hash` a keyed hash, `…_mask` what may be shown.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::MigrationTrait;

mod m0001_campus;
mod m0002_people;
mod m0003_visits;
mod m0004_gates;
mod m0005_messages;
mod m0006_records;
mod m0007_deliveries;
mod m0008_proven_phones;
mod m0009_indexes;
mod m0010_budgets;
mod m0011_lanes;
mod m0020_subscriptions;
mod m0021_pass_codes;
mod m0022_accounts;
mod m0023_invitations;
mod m0030_residents;
mod m0035_blacklist;
mod m0036_area_limits;
mod m0040_photo_ends;
mod m0050_groups;
mod m0060_routes;
mod m0070_lists;
mod m0071_console;
mod m0072_blacklist;
mod m0073_months;
mod m0080_forgetting;
mod m0090_area_rules;
mod m0091_presences;
mod m0092_gate_list;
mod m0098_dialects;
mod m0100_login_codes;
mod m0101_posts;
mod m0110_outage;
mod m0111_repeats;
mod m0112_reader_keys;
mod rebuild;

/// Every step, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_campus::Migration),
            Box::new(m0002_people::Migration),
            Box::new(m0003_visits::Migration),
            Box::new(m0004_gates::Migration),
            Box::new(m0005_messages::Migration),
            Box::new(m0006_records::Migration),
            Box::new(m0007_deliveries::Migration),
            Box::new(m0008_proven_phones::Migration),
            Box::new(m0009_indexes::Migration),
            Box::new(m0010_budgets::Migration),
            Box::new(m0011_lanes::Migration),
            Box::new(m0020_subscriptions::Migration),
            Box::new(m0021_pass_codes::Migration),
            Box::new(m0022_accounts::Migration),
            Box::new(m0023_invitations::Migration),
            Box::new(m0030_residents::Migration),
            Box::new(m0035_blacklist::Migration),
            Box::new(m0036_area_limits::Migration),
            Box::new(m0040_photo_ends::Migration),
            Box::new(m0050_groups::Migration),
            Box::new(m0060_routes::Migration),
            Box::new(m0070_lists::Migration),
            Box::new(m0071_console::Migration),
            Box::new(m0072_blacklist::Migration),
            Box::new(m0073_months::Migration),
            Box::new(m0080_forgetting::Migration),
            Box::new(m0090_area_rules::Migration),
            Box::new(m0091_presences::Migration),
            Box::new(m0092_gate_list::Migration),
            Box::new(m0098_dialects::Migration),
            Box::new(m0100_login_codes::Migration),
            Box::new(m0101_posts::Migration),
            Box::new(m0110_outage::Migration),
            Box::new(m0111_repeats::Migration),
            Box::new(m0112_reader_keys::Migration),
        ]
    }
}

/// The shorthands the steps are written in.
mod shape {
    use sea_orm_migration::prelude::*;
    pub use sea_orm_migration::schema::{
        big_integer as bits, big_integer as id, big_integer_null as id_null, boolean, integer,
        integer_null, small_integer, small_integer_null, text, text_null,
        timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null,
    };

    /// A table whose rows carry an id made by the service.
    pub fn table(name: &'static str) -> TableCreateStatement {
        Table::create()
            .table(name)
            .col(id("id").primary_key())
            .take()
    }

    /// `column` names a row of `parent`, which cannot go while it does.
    pub fn refers(column: &'static str, parent: &'static str) -> ForeignKeyCreateStatement {
        ForeignKey::create()
            .from_col(column)
            .to(parent, "id")
            .take()
    }

    pub fn index(
        table: &'static str,
        name: &'static str,
        columns: &[&'static str],
    ) -> IndexCreateStatement {
        let mut index = Index::create().name(name).table(table).take();
        for column in columns {
            index.col(*column);
        }
        index
    }

    pub fn unique(
        table: &'static str,
        name: &'static str,
        columns: &[&'static str],
    ) -> IndexCreateStatement {
        index(table, name, columns).unique().take()
    }

    /// Drops the tables, the last made first.
    pub async fn drop(manager: &SchemaManager<'_>, made: &[&'static str]) -> Result<(), DbErr> {
        for table in made.iter().rev() {
            manager
                .drop_table(Table::drop().table(*table).take())
                .await?;
        }
        Ok(())
    }
}
