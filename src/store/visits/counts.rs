//! How much somebody has applied for.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{begun, row};
use crate::domain::actors::Account;
use crate::ids::{AreaId, PersonId, StaffId, VisitId};
use crate::store::StoreError;

/// How many of somebody's applications wait with this host, or still invite.
pub async fn count_pending(
    db: &impl ConnectionTrait,
    by: Account,
    host: StaffId,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let waiting = row::Entity::find()
        .filter(begun(by))
        .filter(row::Column::HostId.eq(host.get()))
        .filter(row::Column::Stage.is_in(["inviting", "pending"]))
        .filter(row::Column::EndsAt.gte(now));
    Ok(waiting.count(db).await?)
}

/// How many of somebody's applications wait for a decision.
pub async fn count_undecided(
    db: &impl ConnectionTrait,
    initiator: PersonId,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let waiting = row::Entity::find()
        .filter(row::Column::InitiatorPersonId.eq(initiator.get()))
        .filter(row::Column::Stage.eq("pending"))
        .filter(row::Column::EndsAt.gte(now));
    Ok(waiting.count(db).await?)
}

/// How many applications somebody has submitted, or begun to invite for, since then.
pub async fn count_submitted(
    db: &impl ConnectionTrait,
    by: Account,
    since: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let submitted = row::Entity::find()
        .filter(begun(by))
        .filter(row::Column::SubmittedAt.gte(since));
    Ok(submitted.count(db).await?)
}

/// The same for one area, without the visit that is being corrected.
pub async fn count_submitted_to(
    db: &impl ConnectionTrait,
    by: Account,
    area: AreaId,
    since: DateTime<Utc>,
    but: Option<VisitId>,
) -> Result<u64, StoreError> {
    let mut submitted = row::Entity::find()
        .filter(begun(by))
        .filter(row::Column::AreaId.eq(area.get()))
        .filter(row::Column::SubmittedAt.gte(since));
    if let Some(but) = but {
        submitted = submitted.filter(row::Column::Id.ne(but.get()));
    }
    Ok(submitted.count(db).await?)
}
