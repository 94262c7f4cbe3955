//! The version of the gates' list.

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};

use super::{StoreError, corrupt};

row!("gate_list" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    version: i64,
    policy_version: i64,
    policy_hash: String,
});

/// How far the list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    pub version: i64,
    /// The version with which the rules, the gates or the keys last changed, and a hash of them.
    pub policy_version: i64,
    pub policy_hash: String,
}

/// The only row.
const ROW: i64 = 1;

pub async fn find(db: &impl ConnectionTrait) -> Result<Edition, StoreError> {
    let row = row::Entity::find_by_id(ROW).one(db).await?;
    row.map(edition).ok_or_else(corrupt("gate_list", ROW))
}

/// Holds it: versions are made one after the other, so whoever sees one sees all before it.
pub async fn lock(db: &impl ConnectionTrait) -> Result<Edition, StoreError> {
    let row = row::Entity::find_by_id(ROW).lock(LockType::NoKeyUpdate);
    let row = row.one(db).await?;
    row.map(edition).ok_or_else(corrupt("gate_list", ROW))
}

pub async fn update(db: &impl ConnectionTrait, edition: &Edition) -> Result<(), StoreError> {
    let row = row::Model {
        id: ROW,
        version: edition.version,
        policy_version: edition.policy_version,
        policy_hash: edition.policy_hash.clone(),
    };
    row.into_active_model().reset_all().update(db).await?;
    Ok(())
}

fn edition(row: row::Model) -> Edition {
    Edition {
        version: row.version,
        policy_version: row.policy_version,
        policy_hash: row.policy_hash,
    }
}
