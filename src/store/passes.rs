//! 通行凭证.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Related, RelationDef,
};

use super::{StoreError, corrupt, vehicles, visitors, visits};
use crate::domain::campus::AreaSet;
use crate::domain::pass::Pass;
use crate::domain::visit::Visit;
use crate::domain::visitor::Visitor;
use crate::domain::{Plate, Window};
use crate::ids::{PassId, VisitId, VisitorId};
use crate::secret::KeyedHash;

row!("passes" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    visit_id: i64,
    visitor_id: i64,
    key_no: i16,
    link_hash: String,
    link_generation: i32,
    starts_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    areas: i64,
    entry_limit: Option<i32>,
    entries: i32,
    issued_at: DateTimeUtc,
    revoked_at: Option<DateTimeUtc>,
    version: i32,
    listed: Option<i64>,
});

pub(super) use row::{Column, Entity};

pub async fn insert(
    db: &impl ConnectionTrait,
    pass: &Pass,
    link_hash: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = row::Model {
        id: pass.id.get(),
        visit_id: pass.visit.get(),
        visitor_id: pass.visitor.get(),
        key_no: i16::from(pass.key_no),
        link_hash: link_hash.to_owned(),
        link_generation: pass.link_generation,
        starts_at: pass.window.from(),
        ends_at: pass.window.until(),
        areas: pass.areas.0.cast_signed(),
        entry_limit: pass.entry_limit,
        entries: pass.entries,
        issued_at: at,
        revoked_at: pass.revoked_at,
        version: pass.version,
        listed: None,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// How often each of these passes has changed.
pub async fn versions(
    db: &impl ConnectionTrait,
    ids: &[PassId],
) -> Result<HashMap<PassId, i32>, StoreError> {
    let found = row::Entity::find()
        .select_only()
        .columns([row::Column::Id, row::Column::Version])
        .filter(row::Column::Id.is_in(ids.iter().map(|id| id.get())));
    let found: Vec<(i64, i32)> = found.into_tuple().all(db).await?;
    Ok(found
        .into_iter()
        .map(|(id, version)| (id.into(), version))
        .collect())
}

/// The visitor who has each of these passes.
pub(super) async fn holders(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, i64>, StoreError> {
    let held = row::Entity::find()
        .select_only()
        .columns([row::Column::Id, row::Column::VisitorId])
        .filter(row::Column::Id.is_in(ids));
    let held = held.into_tuple::<(i64, i64)>().all(db).await?;
    Ok(held.into_iter().collect())
}

pub async fn find(db: &impl ConnectionTrait, id: PassId) -> Result<Option<Pass>, StoreError> {
    row::Entity::find_by_id(id.get())
        .one(db)
        .await?
        .map(pass)
        .transpose()
}

/// A pass with whose it is and for what, in one query: every pass that is cold at a gate costs it.
pub async fn find_held(
    db: &impl ConnectionTrait,
    id: PassId,
) -> Result<Option<(Pass, Option<Visitor>, Option<Visit>)>, StoreError> {
    let held = row::Entity::find_by_id(id.get())
        .find_also_related(visitors::Entity)
        .find_also_related(visits::Entity);
    // All of one: SQLite would plan anew each time for what `one` binds as a limit.
    let Some((row, holder, visit)) = held.all(db).await?.pop() else {
        return Ok(None);
    };
    let holder = holder.map(visitors::visitor).transpose()?;
    let visit = visit.map(visits::visit).transpose()?;
    Ok(Some((pass(row)?, holder, visit)))
}

impl Related<visitors::Entity> for row::Entity {
    fn to() -> RelationDef {
        row::Entity::belongs_to(visitors::Entity)
            .from(row::Column::VisitorId)
            .to(visitors::Column::Id)
            .into()
    }
}

impl Related<visits::Entity> for row::Entity {
    fn to() -> RelationDef {
        row::Entity::belongs_to(visits::Entity)
            .from(row::Column::VisitId)
            .to(visits::Column::Id)
            .into()
    }
}

pub async fn find_by_link(
    db: &impl ConnectionTrait,
    link_hash: &str,
) -> Result<Option<Pass>, StoreError> {
    let found = row::Entity::find().filter(row::Column::LinkHash.eq(link_hash));
    found.one(db).await?.map(pass).transpose()
}

pub async fn of_visits(
    db: &impl ConnectionTrait,
    visits: impl IntoIterator<Item = VisitId>,
) -> Result<Vec<Pass>, StoreError> {
    let ids = visits.into_iter().map(VisitId::get);
    let theirs = row::Entity::find().filter(row::Column::VisitId.is_in(ids));
    theirs.all(db).await?.into_iter().map(pass).collect()
}

/// Those of a visit, held in the order in which the passages' writer takes them, and not against the
/// foreign keys of passages, which it has taken before.
pub async fn lock_of_visit(
    db: &impl ConnectionTrait,
    visit: VisitId,
) -> Result<Vec<PassId>, StoreError> {
    let theirs = row::Entity::find()
        .filter(row::Column::VisitId.eq(visit.get()))
        .order_by_asc(row::Column::Id)
        .lock(LockType::NoKeyUpdate);
    let ids = theirs.all(db).await?.into_iter().map(|row| row.id.into());
    Ok(ids.collect())
}

/// Revokes these passes; says how many were not yet.
pub async fn revoke(
    db: &impl ConnectionTrait,
    passes: impl IntoIterator<Item = PassId>,
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let ids = passes.into_iter().map(PassId::get);
    let done = row::Entity::update_many()
        .col_expr(row::Column::RevokedAt, Expr::value(at))
        .col_expr(
            row::Column::Version,
            Expr::col(row::Column::Version).add(1_i32),
        )
        .col_expr(row::Column::Listed, Expr::value(None::<i64>))
        .filter(row::Column::Id.is_in(ids))
        .filter(row::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// The passes of some visitors that are or will be good, held in the order in which the passages'
/// writer takes them.
pub async fn lock_live(
    db: &impl ConnectionTrait,
    visitors: impl IntoIterator<Item = VisitorId>,
    now: DateTime<Utc>,
) -> Result<Vec<Pass>, StoreError> {
    let live = row::Entity::find()
        .filter(row::Column::VisitorId.is_in(visitors.into_iter().map(VisitorId::get)))
        .filter(row::Column::RevokedAt.is_null())
        .filter(row::Column::EndsAt.gte(now))
        .order_by_asc(row::Column::VisitId)
        .order_by_asc(row::Column::Id)
        .lock(LockType::NoKeyUpdate);
    live.all(db).await?.into_iter().map(pass).collect()
}

/// The ids of the visitors whose pass is or will be good.
pub(super) fn live_holders(now: DateTime<Utc>) -> SelectStatement {
    Query::select()
        .column(row::Column::VisitorId)
        .from(row::Entity)
        .and_where(row::Column::RevokedAt.is_null())
        .and_where(row::Column::EndsAt.gte(now))
        .take()
}

/// The passes of the vehicles and visitors with this plate, of which [`Pass::nearest`] is one.
pub async fn of_plate(
    db: &impl ConnectionTrait,
    plate: &Plate,
    now: DateTime<Utc>,
) -> Result<Vec<Pass>, StoreError> {
    let theirs = Condition::any()
        .add(row::Column::VisitId.in_subquery(vehicles::visits_with(plate)))
        .add(row::Column::VisitorId.in_subquery(visitors::with_plate(plate)));
    perhaps(db, theirs, now).await
}

/// The same of whoever has this document.
pub async fn of_document(
    db: &impl ConnectionTrait,
    document: &KeyedHash,
    now: DateTime<Utc>,
) -> Result<Vec<Pass>, StoreError> {
    let theirs = row::Column::VisitorId.in_subquery(visitors::with_document(document));
    perhaps(db, Condition::all().add(theirs), now).await
}

/// The same of a visitor.
pub async fn of_visitor(
    db: &impl ConnectionTrait,
    visitor: VisitorId,
    now: DateTime<Utc>,
) -> Result<Vec<Pass>, StoreError> {
    let theirs = row::Column::VisitorId.eq(visitor.get());
    perhaps(db, Condition::all().add(theirs), now).await
}

/// Those that are good now first, and of the others the last issued. Whoever comes every day has many, of
/// which the old ones say nothing more.
async fn perhaps(
    db: &impl ConnectionTrait,
    theirs: Condition,
    now: DateTime<Utc>,
) -> Result<Vec<Pass>, StoreError> {
    use row::Column::{EndsAt, Id, RevokedAt, StartsAt};
    let good = RevokedAt
        .is_null()
        .and(StartsAt.lte(now))
        .and(EndsAt.gte(now));
    let found = row::Entity::find()
        .filter(theirs)
        .order_by_desc(good)
        .order_by_desc(Id)
        .limit(20);
    found.all(db).await?.into_iter().map(pass).collect()
}

/// Whether a pass has changed since it stood in a version of the gates' list.
pub async fn any_unlisted(db: &impl ConnectionTrait) -> Result<bool, StoreError> {
    let one = row::Entity::find().filter(row::Column::Listed.is_null());
    let one = one.select_only().column(row::Column::Id).limit(1);
    Ok(one.into_tuple::<i64>().one(db).await?.is_some())
}

/// Puts at most `most` passes that stand in no version of the gates' list into this one; says how many. What
/// somebody else holds at the moment waits for the next.
pub async fn list_as(
    db: &impl ConnectionTrait,
    version: i64,
    most: u64,
) -> Result<u64, StoreError> {
    let waiting = row::Entity::find()
        .filter(row::Column::Listed.is_null())
        .order_by_asc(row::Column::Id)
        .limit(most)
        .lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
    let ids: Vec<_> = waiting
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.id)
        .collect();
    let done = row::Entity::update_many()
        .col_expr(row::Column::Listed, Expr::value(Some(version)))
        .filter(row::Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// What changed after a version of the gates' list up to another, of what is not over, each with the version
/// in which it stands, oldest first.
pub async fn listed_since(
    db: &impl ConnectionTrait,
    (after, until): (i64, i64),
    now: DateTime<Utc>,
    most: u64,
) -> Result<Vec<(i64, Pass)>, StoreError> {
    use row::Column::{EndsAt, Id, Listed};
    let changed = row::Entity::find()
        .filter(Listed.gt(after))
        .filter(Listed.lte(until))
        .filter(EndsAt.gte(now))
        .order_by_asc(Listed)
        .order_by_asc(Id)
        .limit(most);
    let rows = changed.all(db).await?.into_iter();
    rows.map(|row| Ok((row.listed.unwrap_or_default(), pass(row)?)))
        .collect()
}

/// Those of some ids as they are now, held by visit and pass: nothing else takes them until the end.
pub async fn lock_many(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = PassId>,
) -> Result<Vec<Pass>, StoreError> {
    let held = row::Entity::find()
        .filter(row::Column::Id.is_in(ids.into_iter().map(PassId::get)))
        .order_by_asc(row::Column::VisitId)
        .order_by_asc(row::Column::Id)
        .lock(LockType::NoKeyUpdate);
    held.all(db).await?.into_iter().map(pass).collect()
}

/// Counts so many more entries of each of some passes, which the caller holds.
pub async fn count_entries(
    db: &impl ConnectionTrait,
    passes: impl IntoIterator<Item = PassId>,
    more: i32,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(
            row::Column::Entries,
            Expr::col(row::Column::Entries).add(more),
        )
        .filter(row::Column::Id.is_in(passes.into_iter().map(PassId::get)))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) fn pass(row: row::Model) -> Result<Pass, StoreError> {
    let corrupt = corrupt("passes", row.id);
    Ok(Pass {
        id: row.id.into(),
        visit: row.visit_id.into(),
        visitor: row.visitor_id.into(),
        key_no: u8::try_from(row.key_no).map_err(|_| corrupt())?,
        link_generation: row.link_generation,
        window: Window::new(row.starts_at, row.ends_at).map_err(|_| corrupt())?,
        areas: AreaSet(row.areas.cast_unsigned()),
        entry_limit: row.entry_limit,
        entries: row.entries,
        revoked_at: row.revoked_at,
        version: row.version,
    })
}
