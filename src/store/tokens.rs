//! The access tokens of the outside's apps, shared by all replicas, sealed.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

use super::StoreError;
use crate::secret::{Sealable, Sealed};
use crate::tencent::token::AccessToken;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub app: String,
        pub token_sealed: String,
        pub fetched_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Sealable for AccessToken {
    const PURPOSE: &'static str = "access_token";

    fn expose(&self) -> &str {
        self.reveal()
    }

    fn read_back(text: String) -> Option<Self> {
        Some(Self::new(text))
    }
}

/// A token as it is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    pub token: Sealed<AccessToken>,
    pub fetched_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub async fn load(db: &impl ConnectionTrait, app: &str) -> Result<Option<Shared>, StoreError> {
    let shared = |row: row::Model| Shared {
        token: Sealed::from_column(row.token_sealed),
        fetched_at: row.fetched_at,
        expires_at: row.expires_at,
    };
    Ok(row::Entity::find_by_id(app.to_owned())
        .one(db)
        .await?
        .map(shared))
}

pub async fn save(db: &impl ConnectionTrait, app: &str, token: &Shared) -> Result<(), StoreError> {
    use row::Column::{App, ExpiresAt, FetchedAt, TokenSealed};

    let row = row::Model {
        app: app.to_owned(),
        token_sealed: token.token.as_column().to_owned(),
        fetched_at: token.fetched_at,
        expires_at: token.expires_at,
    };
    let newer = OnConflict::column(App)
        .update_columns([TokenSealed, FetchedAt, ExpiresAt])
        .to_owned();
    row::Entity::insert(row.into_active_model())
        .on_conflict(newer)
        .exec_without_returning(db)
        .await?;
    Ok(())
}
