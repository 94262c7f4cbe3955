//! 团体通行: how many come with a group, and in which vehicles.

use sea_orm_migration::prelude::*;

use crate::rebuild::rows;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(groups()).await?;
        manager.create_table(vehicles()).await?;
        // A gate that reads a plate asks whose it is.
        let plates = index("vehicles", "vehicles_by_plate", &["plate"]);
        manager.create_index(plates).await
    }

    /// Refused while there is a visit of a group, for which the code before has no word.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let lost = "SELECT '' AS line FROM visits WHERE mode = 'group'";
        if !rows(manager, lost).await?.is_empty() {
            let why = "there are visits of groups, which would be lost";
            return Err(DbErr::Migration(why.to_owned()));
        }
        drop(manager, &["groups", "vehicles"]).await
    }
}

fn groups() -> TableCreateStatement {
    Table::create()
        .table("groups")
        .col(id("visit_id").primary_key())
        .col(small_integer("headcount"))
        .foreign_key(&mut refers("visit_id", "visits"))
        .take()
}

fn vehicles() -> TableCreateStatement {
    Table::create()
        .table("vehicles")
        .col(id("visit_id"))
        // Canonical.
        .col(text("plate"))
        .col(small_integer("place"))
        .primary_key(Index::create().col("visit_id").col("plate"))
        .foreign_key(&mut refers("visit_id", "visits"))
        .take()
}
