//! Invitations: how many may come, until when they may say so, and who was asked by name.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("invitations")
                    .col(id("visit_id").unique_key())
                    .col(text("link_hash").unique_key())
                    .col(integer("link_generation"))
                    .col(small_integer("capacity"))
                    .col(time("lapses_at"))
                    // One running of the clock, which is warned of once; an extension begins another.
                    .col(id("deadline_id").unique_key())
                    // When the initiator is to be warned; empty when they were, or need not be.
                    .col(time_null("warn_at"))
                    // `full`, `lapsed`, `submitted` or `withdrawn`; both empty while it is open.
                    .col(text_null("ending"))
                    .col(time_null("ended_at"))
                    .foreign_key(&mut refers("visit_id", "visits"))
                    .take(),
            )
            .await?;
        // `ending` first: what is open is little, and all that is asked for by time.
        for (name, column) in [
            ("invitations_by_lapse", "lapses_at"),
            ("invitations_by_warning", "warn_at"),
        ] {
            manager
                .create_index(index("invitations", name, &["ending", column]))
                .await?;
        }
        manager
            .create_table(
                table("invitees")
                    .col(id("invitation_id"))
                    .col(text("name"))
                    .col(text("phone_sealed"))
                    .col(text("phone_hash"))
                    .col(text("phone_mask"))
                    // Who took the place; empty while nobody has.
                    .col(id_null("visitor_id"))
                    .foreign_key(&mut refers("invitation_id", "invitations"))
                    .foreign_key(&mut refers("visitor_id", "visitors"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index(
                "invitees",
                "invitees_by_invitation",
                &["invitation_id", "id"],
            ))
            .await?;
        let area_note = text_null("area_note");
        let visits = Table::alter().table("visits").add_column(area_note).take();
        manager.alter_table(visits).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let visits = Table::alter()
            .table("visits")
            .drop_column("area_note")
            .take();
        manager.alter_table(visits).await?;
        drop(manager, &["invitations", "invitees"]).await
    }
}
