//! 访客申请单.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, SelectStatement, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, NotSet,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{StoreError, corrupt, owned, people, visitor_search};
use crate::domain::actors::Account;
use crate::domain::mode::Mode;
use crate::domain::visit::{Decider, Host, Stage, Visit};
use crate::domain::{AreaNote, Comment, Note, Window};
use crate::ids::{PersonId, StaffId, VisitId};
use crate::secret::KeyedHash;

mod counts;
mod forgetting;

pub use counts::{count_pending, count_submitted, count_submitted_to, count_undecided};
pub use forgetting::{forget, hold_of, hold_to_forget, of_account, open};

row!("visits" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    mode: String,
    stage: String,
    stage_at: DateTimeUtc,
    stage_by: Option<i64>,
    stage_comment: Option<String>,
    initiator_person_id: Option<i64>,
    initiator_staff_id: Option<i64>,
    host_id: Option<i64>,
    department_id: i64,
    area_id: i64,
    reason_id: i64,
    area_note: Option<String>,
    note: Option<String>,
    starts_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    submitted_at: DateTimeUtc,
    arrived_at: Option<DateTimeUtc>,
    version: i32,
    // When it lost the personal data of its visitors.
    forgotten_at: Option<DateTimeUtc>,
});

pub(super) use row::{Column, Entity};

pub async fn insert(db: &impl ConnectionTrait, visit: &Visit) -> Result<(), StoreError> {
    to_row(visit).into_active_model().insert(db).await?;
    Ok(())
}

/// Writes the visit as it is now, if nobody changed it since `visit.version` was read.
///
/// # Errors
/// [`StoreError::Changed`] when somebody did.
pub async fn update(db: &impl ConnectionTrait, visit: &Visit) -> Result<(), StoreError> {
    let row = row::Model {
        version: visit.version + 1,
        ..to_row(visit)
    };
    let mut change = row.into_active_model().reset_all();
    change.forgotten_at = NotSet;
    let done = row::Entity::update_many()
        .set(change)
        .filter(row::Column::Id.eq(visit.id.get()))
        .filter(row::Column::Version.eq(visit.version))
        .exec(db)
        .await?;
    if done.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Changed)
    }
}

/// Writes down that the first of each of some visits has come in.
pub async fn arrive(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = VisitId>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::ArrivedAt, Expr::value(at))
        .col_expr(
            row::Column::Version,
            Expr::col(row::Column::Version).add(1_i32),
        )
        .filter(row::Column::Id.is_in(ids.into_iter().map(VisitId::get)))
        .filter(row::Column::ArrivedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: VisitId) -> Result<Option<Visit>, StoreError> {
    row::Entity::find_by_id(id.get())
        .one(db)
        .await?
        .map(visit)
        .transpose()
}

/// Some visits, in no order.
pub async fn find_many(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = VisitId>,
) -> Result<Vec<Visit>, StoreError> {
    let ids = ids.into_iter().map(VisitId::get);
    let found = row::Entity::find().filter(row::Column::Id.is_in(ids));
    found.all(db).await?.into_iter().map(visit).collect()
}

/// Loads a visit for a transaction that will change it.
pub async fn lock(db: &impl ConnectionTrait, id: VisitId) -> Result<Option<Visit>, StoreError> {
    row::Entity::find_by_id(id.get())
        .lock(LockType::NoKeyUpdate)
        .one(db)
        .await?
        .map(visit)
        .transpose()
}

/// Holds some visits, in the order of their ids; gives those of which nobody has come in.
pub async fn lock_awaited(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = VisitId>,
) -> Result<HashSet<VisitId>, StoreError> {
    let held = row::Entity::find()
        .filter(row::Column::Id.is_in(ids.into_iter().map(VisitId::get)))
        .order_by_asc(row::Column::Id)
        .lock(LockType::NoKeyUpdate);
    let held = held.all(db).await?.into_iter();
    let awaited = held.filter(|visit| visit.arrived_at.is_none());
    Ok(awaited.map(|visit| visit.id.into()).collect())
}

/// Somebody's own visit, to change it; another's is not found.
pub async fn lock_of(
    db: &impl ConnectionTrait,
    by: Account,
    id: VisitId,
) -> Result<Option<Visit>, StoreError> {
    let own = row::Entity::find_by_id(id.get()).filter(begun(by));
    own.lock(LockType::NoKeyUpdate)
        .one(db)
        .await?
        .map(visit)
        .transpose()
}

pub async fn find_of(
    db: &impl ConnectionTrait,
    by: Account,
    id: VisitId,
) -> Result<Option<Visit>, StoreError> {
    let own = row::Entity::find_by_id(id.get()).filter(begun(by));
    own.one(db).await?.map(visit).transpose()
}

/// What somebody looks for among what they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// 预约记录, 邀约记录.
    Visits,
    /// 团体通行.
    Groups,
    /// 登记记录.
    Registrations,
    All,
}

/// The visits that somebody began, newest first, those before `before`.
pub async fn list_of(
    db: &impl ConnectionTrait,
    by: Account,
    which: Records,
    before: Option<VisitId>,
    limit: u64,
) -> Result<Vec<Visit>, StoreError> {
    let (residential, group) = (Mode::Residential.as_str(), Mode::Group.as_str());
    let mut own = row::Entity::find().filter(begun(by));
    own = match which {
        Records::Visits => own.filter(row::Column::Mode.is_not_in([residential, group])),
        Records::Groups => own.filter(row::Column::Mode.eq(group)),
        Records::Registrations => own.filter(row::Column::Mode.eq(residential)),
        Records::All => own,
    };
    if let Some(before) = before {
        own = own.filter(row::Column::Id.lt(before.get()));
    }
    let rows = own
        .order_by_desc(row::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(visit).collect()
}

/// Whether somebody with this document is in another visit to the same area at the same time, one that is
/// approved or may still be. One may begin at the second at which the other ends, and what is over by
/// `now` is in nobody's way.
pub async fn overlaps(
    db: &impl ConnectionTrait,
    visit: &Visit,
    document: &KeyedHash,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    use row::Column::{AreaId, EndsAt, Id, Stage, StartsAt};
    let others = row::Entity::find()
        .filter(Id.in_subquery(visitor_search::visits_of(document)))
        .filter(Id.ne(visit.id.get()))
        .filter(AreaId.eq(visit.area.get()))
        .filter(Stage.is_in(["inviting", "pending", "approved"]))
        .filter(StartsAt.lt(visit.window.until()))
        .filter(EndsAt.gt(Ord::max(visit.window.from(), now)));
    Ok(others.count(db).await? > 0)
}

/// Whether one of these visits may still be approved.
pub(super) async fn may_come_of(
    db: &impl ConnectionTrait,
    those: SelectStatement,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let waiting = row::Entity::find()
        .filter(row::Column::Id.in_subquery(those))
        .filter(row::Column::Stage.is_in(["inviting", "pending"]))
        .filter(row::Column::EndsAt.gte(now));
    Ok(waiting.count(db).await? > 0)
}

/// Visits whose end has passed and whose stored stage does not say so yet, oldest end first.
pub async fn find_over(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<VisitId>, StoreError> {
    let over = row::Entity::find()
        .filter(row::Column::Stage.is_in(["pending", "returned", "approved"]))
        .filter(row::Column::EndsAt.lt(now))
        .order_by_asc(row::Column::EndsAt)
        .limit(limit);
    Ok(over
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.id.into())
        .collect())
}

pub(super) async fn give(
    db: &impl ConnectionTrait,
    from: PersonId,
    to: PersonId,
) -> Result<(), StoreError> {
    people::give_rows::<row::Entity>(db, row::Column::InitiatorPersonId, from, to).await
}

fn begun(by: Account) -> SimpleExpr {
    use row::Column::{InitiatorPersonId, InitiatorStaffId};
    owned(by, InitiatorPersonId, InitiatorStaffId)
}

fn to_row(visit: &Visit) -> row::Model {
    let (initiator_person_id, initiator_staff_id) = visit.initiator.as_columns();
    let (at, by, comment) = match &visit.stage {
        Stage::Inviting | Stage::Pending => (visit.submitted_at, None, None),
        Stage::Approved { by, at, comment } => (*at, by.as_column(), comment.as_ref()),
        Stage::Rejected { by, at, comment } | Stage::Returned { by, at, comment } => {
            (*at, by.as_column(), Some(comment))
        }
        Stage::Withdrawn { at } | Stage::Lapsed { at } | Stage::Completed { at } => {
            (*at, None, None)
        }
    };
    row::Model {
        id: visit.id.get(),
        mode: visit.mode.as_str().to_owned(),
        stage: visit.stage.as_str().to_owned(),
        stage_at: at,
        stage_by: by,
        stage_comment: comment.map(|comment| comment.as_str().to_owned()),
        initiator_person_id,
        initiator_staff_id,
        host_id: visit.host.staff().map(StaffId::get),
        department_id: visit.department.get(),
        area_id: visit.area.get(),
        reason_id: visit.reason.get(),
        area_note: visit
            .area_note
            .as_ref()
            .map(|note| note.as_str().to_owned()),
        note: visit.note.as_ref().map(|note| note.as_str().to_owned()),
        starts_at: visit.window.from(),
        ends_at: visit.window.until(),
        submitted_at: visit.submitted_at,
        arrived_at: visit.arrived_at,
        version: visit.version,
        forgotten_at: None,
    }
}

pub(super) fn visit(row: row::Model) -> Result<Visit, StoreError> {
    let corrupt = corrupt("visits", row.id);
    let at = row.stage_at;
    let by = Decider::from_column(row.stage_by);
    let comment = row.stage_comment.as_deref().map(Comment::parse).transpose();
    let comment = comment.map_err(|_| corrupt())?;
    let said = comment.clone().ok_or_else(&corrupt);
    let stage = match row.stage.as_str() {
        "inviting" => Stage::Inviting,
        "pending" => Stage::Pending,
        "approved" => Stage::Approved { by, at, comment },
        "rejected" => Stage::Rejected {
            by,
            at,
            comment: said?,
        },
        "returned" => Stage::Returned {
            by,
            at,
            comment: said?,
        },
        "withdrawn" => Stage::Withdrawn { at },
        "lapsed" => Stage::Lapsed { at },
        "completed" => Stage::Completed { at },
        _ => return Err(corrupt()),
    };
    let area_note = row.area_note.as_deref().map(AreaNote::parse).transpose();
    let note = row.note.as_deref().map(Note::parse).transpose();
    let initiator = Account::from_columns(row.initiator_person_id, row.initiator_staff_id);
    Ok(Visit {
        id: row.id.into(),
        mode: Mode::parse(&row.mode).ok_or_else(&corrupt)?,
        initiator: initiator.ok_or_else(&corrupt)?,
        host: row
            .host_id
            .map_or(Host::Resident, |id| Host::Staff(id.into())),
        department: row.department_id.into(),
        area: row.area_id.into(),
        reason: row.reason_id.into(),
        area_note: area_note.map_err(|_| corrupt())?,
        note: note.map_err(|_| corrupt())?,
        window: Window::new(row.starts_at, row.ends_at).map_err(|_| corrupt())?,
        submitted_at: row.submitted_at,
        arrived_at: row.arrived_at,
        stage,
        version: row.version,
    })
}
