//! Visits, the humans in them, and how they are decided.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("visits")
                    .col(text("mode"))
                    .col(text("stage"))
                    .col(time("stage_at"))
                    // Who decided and what they said; both empty while nobody has.
                    .col(id_null("stage_by"))
                    .col(text_null("stage_comment"))
                    .col(id("initiator_person_id"))
                    .col(id("host_id"))
                    .col(id("department_id"))
                    .col(id("area_id"))
                    .col(id("reason_id"))
                    .col(text_null("note"))
                    .col(time("starts_at"))
                    .col(time("ends_at"))
                    .col(time("submitted_at"))
                    // The first opening of a gate; told to the host once.
                    .col(time_null("arrived_at"))
                    .col(integer("version"))
                    .foreign_key(&mut refers("initiator_person_id", "people"))
                    .foreign_key(&mut refers("host_id", "staff"))
                    .foreign_key(&mut refers("department_id", "departments"))
                    .foreign_key(&mut refers("area_id", "areas"))
                    .foreign_key(&mut refers("reason_id", "reasons"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index(
                "visits",
                "visits_by_initiator",
                &["initiator_person_id", "id"],
            ))
            .await?;
        manager
            .create_index(index(
                "visits",
                "visits_by_department",
                &["department_id", "stage", "id"],
            ))
            .await?;
        manager
            .create_index(index("visits", "visits_by_end", &["stage", "ends_at"]))
            .await?;
        manager
            .create_table(
                table("visitors")
                    .col(id("visit_id"))
                    .col(id_null("person_id"))
                    .col(small_integer("place"))
                    .col(text("name"))
                    .col(text("phone_sealed"))
                    .col(text("phone_hash"))
                    .col(text("phone_mask"))
                    .col(text("id_kind"))
                    .col(text("id_sealed"))
                    .col(text("id_hash"))
                    .col(text("id_mask"))
                    .col(id("id_photo_id"))
                    .col(id_null("face_photo_id"))
                    .col(text_null("plate"))
                    .col(text_null("items"))
                    .foreign_key(&mut refers("visit_id", "visits"))
                    .foreign_key(&mut refers("person_id", "people"))
                    .foreign_key(&mut refers("id_photo_id", "photos"))
                    .foreign_key(&mut refers("face_photo_id", "photos"))
                    .take(),
            )
            .await?;
        manager
            .create_index(unique("visitors", "visitors_place", &["visit_id", "place"]))
            .await?;
        manager
            .create_table(
                table("approval_steps")
                    .col(id("visit_id"))
                    .col(small_integer("ordinal"))
                    .col(id("department_id"))
                    .col(id_null("decided_by"))
                    .col(text_null("decision"))
                    .col(text_null("comment"))
                    .col(time("asked_at"))
                    .col(time_null("decided_at"))
                    .foreign_key(&mut refers("visit_id", "visits"))
                    .foreign_key(&mut refers("department_id", "departments"))
                    .foreign_key(&mut refers("decided_by", "staff"))
                    .take(),
            )
            .await?;
        manager
            .create_index(unique(
                "approval_steps",
                "steps_in_order",
                &["visit_id", "ordinal"],
            ))
            .await?;
        manager
            .create_table(
                table("idempotency")
                    .col(id("person_id"))
                    .col(text("key"))
                    .col(text("request_hash"))
                    // What the first request made; a repeat is answered with it as it is now.
                    .col(id("subject_id"))
                    .col(time("created_at"))
                    .foreign_key(&mut refers("person_id", "people"))
                    .take(),
            )
            .await?;
        manager
            .create_index(unique(
                "idempotency",
                "idempotency_key",
                &["person_id", "key"],
            ))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &["visits", "visitors", "approval_steps", "idempotency"],
        )
        .await
    }
}
