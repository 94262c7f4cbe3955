//! 邀请. Whoever changes one holds the lock of its visit.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::{StoreError, corrupt};
use crate::domain::invitation::{Capacity, Course, Ending, Invitation};
use crate::ids::{DeadlineId, InvitationId, VisitId};

row!("invitations" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    visit_id: i64,
    link_hash: String,
    link_generation: i32,
    capacity: i16,
    lapses_at: DateTimeUtc,
    deadline_id: i64,
    warn_at: Option<DateTimeUtc>,
    ending: Option<String>,
    ended_at: Option<DateTimeUtc>,
});

pub async fn insert(
    db: &impl ConnectionTrait,
    invitation: &Invitation,
    link_hash: &str,
) -> Result<(), StoreError> {
    let row = to_row(invitation, link_hash.to_owned());
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Writes everything anew but the link.
pub async fn update(db: &impl ConnectionTrait, invitation: &Invitation) -> Result<(), StoreError> {
    let mut change = to_row(invitation, String::new())
        .into_active_model()
        .reset_all();
    change.link_hash = sea_orm::NotSet;
    change.update(db).await?;
    Ok(())
}

pub async fn find(
    db: &impl ConnectionTrait,
    id: InvitationId,
) -> Result<Option<Invitation>, StoreError> {
    let found = row::Entity::find_by_id(id.get());
    found.one(db).await?.map(invitation).transpose()
}

pub async fn find_by_link(
    db: &impl ConnectionTrait,
    link_hash: &str,
) -> Result<Option<Invitation>, StoreError> {
    let found = row::Entity::find().filter(row::Column::LinkHash.eq(link_hash));
    found.one(db).await?.map(invitation).transpose()
}

/// The invitation whose deadline this still is.
pub async fn find_by_deadline(
    db: &impl ConnectionTrait,
    deadline: DeadlineId,
) -> Result<Option<Invitation>, StoreError> {
    let found = row::Entity::find().filter(row::Column::DeadlineId.eq(deadline.get()));
    found.one(db).await?.map(invitation).transpose()
}

/// The ids of the visits whose invitation has run out without anybody having written it down yet. One that
/// is full is written down by whoever took the last place.
pub(super) fn run_out(now: DateTime<Utc>) -> SelectStatement {
    Query::select()
        .column(row::Column::VisitId)
        .from(row::Entity)
        .and_where(row::Column::Ending.is_null())
        .and_where(row::Column::LapsesAt.lte(now))
        .take()
}

pub async fn of_visits(
    db: &impl ConnectionTrait,
    visits: impl IntoIterator<Item = VisitId>,
) -> Result<Vec<Invitation>, StoreError> {
    let ids = visits.into_iter().map(VisitId::get);
    let theirs = row::Entity::find().filter(row::Column::VisitId.is_in(ids));
    theirs.all(db).await?.into_iter().map(invitation).collect()
}

/// The ids of those of some visits.
pub(super) fn ids_of(visits: &[VisitId]) -> SelectStatement {
    Query::select()
        .column(row::Column::Id)
        .from(row::Entity)
        .and_where(row::Column::VisitId.is_in(visits.iter().map(|id| id.get())))
        .take()
}

/// The visits of open invitations whose time has run out, the oldest lapse first.
pub async fn find_due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<VisitId>, StoreError> {
    open_since(db, row::Column::LapsesAt, now).await
}

/// The visits of open invitations whose initiators are to be warned by now.
pub async fn find_to_warn(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<VisitId>, StoreError> {
    open_since(db, row::Column::WarnAt, now).await
}

async fn open_since(
    db: &impl ConnectionTrait,
    column: row::Column,
    now: DateTime<Utc>,
) -> Result<Vec<VisitId>, StoreError> {
    let visits: Vec<i64> = row::Entity::find()
        .select_only()
        .column(row::Column::VisitId)
        .filter(row::Column::Ending.is_null())
        .filter(column.lte(now))
        .order_by_asc(column)
        .into_tuple()
        .all(db)
        .await?;
    Ok(visits.into_iter().map(VisitId::from).collect())
}

fn to_row(invitation: &Invitation, link_hash: String) -> row::Model {
    let (ending, ended_at) = match invitation.course {
        Course::Open => (None, None),
        Course::Ended { how, at } => (Some(how.as_str().to_owned()), Some(at)),
    };
    row::Model {
        id: invitation.id.get(),
        visit_id: invitation.visit.get(),
        link_hash,
        link_generation: invitation.link_generation,
        capacity: invitation.capacity.get(),
        lapses_at: invitation.lapses_at,
        deadline_id: invitation.deadline.get(),
        warn_at: invitation.warn_at,
        ending,
        ended_at,
    }
}

fn invitation(row: row::Model) -> Result<Invitation, StoreError> {
    let corrupt = corrupt("invitations", row.id);
    let course = match (row.ending.as_deref().map(Ending::parse), row.ended_at) {
        (None, None) => Course::Open,
        (Some(Some(how)), Some(at)) => Course::Ended { how, at },
        _ => return Err(corrupt()),
    };
    Ok(Invitation {
        id: row.id.into(),
        visit: row.visit_id.into(),
        link_generation: row.link_generation,
        capacity: Capacity::parse(row.capacity.into()).map_err(|_| corrupt())?,
        lapses_at: row.lapses_at,
        deadline: row.deadline_id.into(),
        warn_at: row.warn_at,
        course,
    })
}
