//! Indexes for what is looked up by another row's id, or by its age.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const MADE: [(&str, &str, &[&str]); 4] = [
    ("visitors", "visitors_by_person", &["person_id"]),
    ("passes", "passes_by_visitor", &["visitor_id"]),
    ("sessions", "sessions_by_staff", &["staff_id"]),
    ("receipts", "receipts_by_age", &["channel", "at"]),
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, columns) in MADE {
            manager.create_index(index(table, name, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in MADE {
            let made = Index::drop().name(name).table(table).to_owned();
            manager.drop_index(made).await?;
        }
        Ok(())
    }
}
