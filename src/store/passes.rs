//! 通行凭证.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::{StoreError, corrupt, vehicles, visitors};
use crate::domain::campus::AreaSet;
use crate::domain::pass::Pass;
use crate::domain::{Plate, Window};
use crate::ids::{PassId, VisitId, VisitorId};

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
    };
    row.into_active_model().insert(db).await?;
    Ok(())
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

/// Revokes every pass of a visit; says how many.
pub async fn revoke_of_visit(
    db: &impl ConnectionTrait,
    visit: VisitId,
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    // Locked in the order of their ids, as the passages' writer locks them, and not against the
    // foreign keys of passages, which the writer has taken before.
    row::Entity::find()
        .filter(row::Column::VisitId.eq(visit.get()))
        .order_by_asc(row::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(db)
        .await?;
    revoke_those(db, row::Column::VisitId.eq(visit.get()), at).await
}

/// Revokes these passes; says how many were not yet.
pub async fn revoke(
    db: &impl ConnectionTrait,
    passes: impl IntoIterator<Item = PassId>,
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let ids = passes.into_iter().map(PassId::get);
    revoke_those(db, row::Column::Id.is_in(ids), at).await
}

async fn revoke_those(
    db: &impl ConnectionTrait,
    those: SimpleExpr,
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let done = row::Entity::update_many()
        .col_expr(row::Column::RevokedAt, Expr::value(at))
        .col_expr(
            row::Column::Version,
            Expr::col(row::Column::Version).add(1_i32),
        )
        .filter(those)
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

/// The passes of the vehicles and visitors with this plate: those that are good now first, and of the others
/// the last issued. Whoever comes every day has many, of which the old ones say nothing more.
pub async fn of_plate(
    db: &impl ConnectionTrait,
    plate: &Plate,
    now: DateTime<Utc>,
) -> Result<Vec<Pass>, StoreError> {
    use row::Column::{EndsAt, Id, RevokedAt, StartsAt, VisitId, VisitorId};
    let theirs = Condition::any()
        .add(VisitId.in_subquery(vehicles::visits_with(plate)))
        .add(VisitorId.in_subquery(visitors::with_plate(plate)));
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

/// Counts so many entries, if the pass is still what was decided about. Says whether it was: this is what
/// makes a stale picture of a pass harmless. A vehicle is none, and only asks whether the pass still stands.
pub async fn enter(
    db: &impl ConnectionTrait,
    seen: &Pass,
    entries: i32,
) -> Result<bool, StoreError> {
    use row::Column::{Entries, EntryLimit, Id, RevokedAt, Version};
    let after = || Expr::col(Entries).add(entries);
    let room = Condition::any()
        .add(EntryLimit.is_null())
        .add(after().lte(Expr::col(EntryLimit)));
    let done = row::Entity::update_many()
        .col_expr(Entries, after())
        .filter(Id.eq(seen.id.get()))
        .filter(RevokedAt.is_null())
        .filter(Version.eq(seen.version))
        .filter(room)
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

fn pass(row: row::Model) -> Result<Pass, StoreError> {
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
