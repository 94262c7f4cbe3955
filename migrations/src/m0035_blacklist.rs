//! 访客黑名单, where it was met, and the indexes by which the people whom an entry fits are found.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// An entry looks for live passes, and among the visitors who hold them for its mark. A name has no
/// index: its canonical form is not stored, so the holders of live passes are read and compared.
const LOOKED_UP: [(&str, &str, &[&str]); 4] = [
    ("passes", "passes_by_end", &["ends_at"]),
    ("visitors", "visitors_by_document", &["id_hash"]),
    ("visitors", "visitors_by_phone", &["phone_hash"]),
    ("visitors", "visitors_by_plate", &["plate"]),
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("blacklist")
                    // `id_number`, `phone`, `plate` or `name`.
                    .col(text("kind"))
                    .col(text("hash"))
                    .col(text("mask"))
                    // Empty: everywhere.
                    .col(id_null("area_id"))
                    // `refuse`, `review` or `notify`.
                    .col(text("effect"))
                    .col(text("cause"))
                    .col(id("added_by"))
                    .col(time("added_at"))
                    // Empty: for good.
                    .col(time_null("until"))
                    .col(time_null("lifted_at"))
                    // How many passes it revoked when it was added.
                    .col(integer("revoked"))
                    .foreign_key(&mut refers("area_id", "areas"))
                    .foreign_key(&mut refers("added_by", "staff"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("blacklist", "blacklist_by_hash", &["hash"]))
            .await?;
        manager
            .create_table(
                table("blacklist_hits")
                    .col(id("entry_id"))
                    .col(id("visitor_id"))
                    // `application` or `gate`.
                    .col(text("place"))
                    .col(id_null("gate_id"))
                    .col(time("at"))
                    .foreign_key(&mut refers("entry_id", "blacklist"))
                    .foreign_key(&mut refers("visitor_id", "visitors"))
                    .foreign_key(&mut refers("gate_id", "gates"))
                    .take(),
            )
            .await?;
        // Told once for each visitor at each place, however often they try.
        manager
            .create_index(unique(
                "blacklist_hits",
                "blacklist_hits_once",
                &["entry_id", "visitor_id", "place"],
            ))
            .await?;
        for (table, name, columns) in LOOKED_UP {
            manager.create_index(index(table, name, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in LOOKED_UP {
            let made = Index::drop().name(name).table(table).to_owned();
            manager.drop_index(made).await?;
        }
        drop(manager, &["blacklist", "blacklist_hits"]).await
    }
}
