//! Codes by SMS, by which somebody outside WeChat shows that a phone is theirs. The code itself is nowhere:
//! it is computed from the row's id.

use sea_orm_migration::prelude::*;

use crate::rebuild::run;
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let codes = table("login_codes")
            .col(text("phone_sealed"))
            .col(text("phone_hash"))
            .col(text("phone_mask"))
            .col(time("asked_at"))
            .col(integer("tries"))
            .col(time_null("used_at"))
            .take();
        manager.create_table(codes).await?;
        let by_phone = index("login_codes", "login_codes_by_phone", &["phone_hash"]);
        manager.create_index(by_phone).await?;
        // Who logs in with a code is found by their number.
        let people = index("people", "people_by_phone", &["phone_hash"]);
        manager.create_index(people).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP INDEX people_by_phone").await?;
        drop(manager, &["login_codes"]).await
    }
}
