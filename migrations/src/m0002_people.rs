//! Those who come through WeChat, their logins, pictures and consents.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("people")
                    // One person may be known by each of these, and is known by at least one.
                    .col(text_null("oa_openid").unique_key())
                    .col(text_null("mini_openid").unique_key())
                    .col(text_null("unionid").unique_key())
                    .col(text_null("name"))
                    .col(text_null("phone_sealed"))
                    .col(text_null("phone_hash"))
                    .col(text_null("phone_mask"))
                    .col(time("created_at"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                table("sessions")
                    .col(text("token_hash").unique_key())
                    .col(id_null("person_id"))
                    .col(id_null("staff_id"))
                    .col(time("created_at"))
                    .col(time("seen_at"))
                    .col(time("expires_at"))
                    .col(time_null("revoked_at"))
                    .foreign_key(&mut refers("person_id", "people"))
                    .foreign_key(&mut refers("staff_id", "staff"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("sessions", "sessions_by_person", &["person_id"]))
            .await?;
        manager
            .create_table(
                table("photos")
                    .col(id("person_id"))
                    .col(text("kind"))
                    .col(text("key_id"))
                    .col(integer("bytes"))
                    .col(time("created_at"))
                    .foreign_key(&mut refers("person_id", "people"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("photos", "photos_by_person", &["person_id"]))
            .await?;
        manager
            .create_table(
                table("consents")
                    .col(id("person_id"))
                    .col(id_null("photo_id"))
                    .col(text("purpose"))
                    .col(text("text_version"))
                    .col(time("given_at"))
                    .col(time_null("withdrawn_at"))
                    .foreign_key(&mut refers("person_id", "people"))
                    .foreign_key(&mut refers("photo_id", "photos"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("consents", "consents_by_person", &["person_id"]))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["people", "sessions", "photos", "consents"]).await
    }
}
