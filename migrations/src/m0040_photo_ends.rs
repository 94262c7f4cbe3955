//! When a picture is erased: one that no visitor of a visit has, a day after it came.

use sea_orm_migration::prelude::*;

use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// By which a picture's visitors are found.
const USES: [(&str, &str); 2] = [
    ("visitors_by_id_photo", "id_photo_id"),
    ("visitors_by_face_photo", "face_photo_id"),
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let photos = Table::alter()
            .table("photos")
            // Empty while a visitor has it.
            .add_column(time_null("erase_at"))
            .take();
        manager.alter_table(photos).await?;
        let due = index("photos", "photos_by_end", &["erase_at"]);
        manager.create_index(due).await?;
        for (name, column) in USES {
            manager
                .create_index(index("visitors", name, &[column]))
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in USES {
            let index = Index::drop().name(name).table("visitors").to_owned();
            manager.drop_index(index).await?;
        }
        let due = Index::drop()
            .name("photos_by_end")
            .table("photos")
            .to_owned();
        manager.drop_index(due).await?;
        let photos = Table::alter()
            .table("photos")
            .drop_column("erase_at")
            .take();
        manager.alter_table(photos).await
    }
}
