//! The campus itself: where one goes, why, and who works there.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("areas")
                    .col(text("name").unique_key())
                    // The bit of this area in a signed code, 0 to 63.
                    .col(small_integer("slot").unique_key())
                    .col(boolean("open"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table("reasons")
                    .col(text("name").unique_key())
                    .col(boolean("open"))
                    .take(),
            )
            .await?;
        manager
            .create_table(table("departments").col(text("name").unique_key()).take())
            .await?;
        manager
            .create_table(
                table("staff")
                    .col(text("name"))
                    .col(id("department_id"))
                    .col(text("wecom_userid").unique_key())
                    .col(text("phone_sealed"))
                    .col(text("phone_hash"))
                    .col(text("phone_mask"))
                    // A comma-separated set of host, approver, reader, guard, administrator.
                    .col(text("roles"))
                    .foreign_key(&mut refers("department_id", "departments"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("staff", "staff_by_name", &["name"]))
            .await?;
        manager
            .create_index(index("staff", "staff_by_department", &["department_id"]))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["areas", "reasons", "departments", "staff"]).await
    }
}
