//! What the console's first screen counts: a few queries, each by an index, over today alone.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use super::{StoreError, corrupt, invitations, outbox, passages, passes, visitor_search, visits};
use crate::domain::gate::Reason;
use crate::domain::stage::StageKind;
use crate::domain::window::Span;
use crate::ids::{AreaId, VisitId, first_at};

/// A visit, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub area: AreaId,
    pub stage: StageKind,
    pub starts_at: DateTime<Utc>,
}

/// Id, area, stored stage, start, end, arrival.
type Row = (
    i64,
    i64,
    String,
    DateTime<Utc>,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
);

/// The visits that begin in `day`, in the stages that they are in at `now`.
pub async fn visits_of(
    db: &impl ConnectionTrait,
    day: Span,
    now: DateTime<Utc>,
) -> Result<Vec<Counted>, StoreError> {
    use visits::Column::Id;
    let rows: Vec<Row> = beginning(day).into_tuple().all(db).await?;
    let run_out = ids(db, overdue(now)).await?;
    let joined = visits::Entity::find()
        .filter(Id.is_in(run_out.iter().copied()))
        .filter(Id.in_subquery(visitor_search::visits()));
    let joined = ids(db, joined).await?;
    let counted = |(id, area, stage, starts_at, ends_at, arrived): Row| {
        let stored = StageKind::parse(&stage).ok_or_else(corrupt("visits", id))?;
        let ended = run_out.contains(&id).then(|| joined.contains(&id));
        Ok(Counted {
            area: area.into(),
            stage: stored.at((ends_at < now, arrived.is_some()), ended),
            starts_at,
        })
    };
    rows.into_iter().map(counted).collect()
}

/// Those that begin in `day`.
#[must_use]
pub fn beginning(day: Span) -> Select<visits::Entity> {
    use visits::Column::{AreaId, ArrivedAt, EndsAt, Id, Stage, StartsAt};
    let begins = [
        day.from.map(|from| StartsAt.gte(from)),
        day.until.map(|until| StartsAt.lte(until)),
    ];
    let found = visits::Entity::find()
        .select_only()
        .columns([Id, AreaId, Stage, StartsAt, EndsAt, ArrivedAt]);
    { begins.into_iter().flatten() }.fold(found, QueryFilter::filter)
}

/// Those whose invitation has run out and was not submitted yet.
#[must_use]
pub fn overdue(now: DateTime<Utc>) -> Select<visits::Entity> {
    visits::Entity::find().filter(visits::Column::Id.in_subquery(invitations::run_out(now)))
}

async fn ids(
    db: &impl ConnectionTrait,
    found: Select<visits::Entity>,
) -> Result<HashSet<i64>, StoreError> {
    let found = found.select_only().column(visits::Column::Id);
    Ok(found.into_tuple().all(db).await?.into_iter().collect())
}

/// How many people have come in since then and not gone out again, as far as the gates tell: of a group's
/// pass every entry is another person, of any other pass the last scan counts.
pub async fn on_campus(db: &impl ConnectionTrait, since: DateTime<Utc>) -> Result<i64, StoreError> {
    let scans = scans(since);
    let rows: Vec<(i64, Option<i32>, String, i64, i64)> = scans.into_tuple().all(db).await?;
    let mut passes: HashMap<i64, Came> = HashMap::new();
    for (pass, limit, direction, scans, last) in rows {
        let came = passes.entry(pass).or_default();
        came.many = limit.is_some();
        let way = if direction == "out" {
            &mut came.out
        } else {
            &mut came.into
        };
        // A two-way device that does not say which way is taken for a way in.
        *way = (way.0 + scans, way.1.max(last));
    }
    Ok(passes.values().map(Came::inside).sum())
}

/// Scans that opened since then, by pass and way.
#[must_use]
pub fn scans(since: DateTime<Utc>) -> Select<passages::Entity> {
    use passages::Column::{Direction, Id, PassId, Reason as Said};
    passages::Entity::find()
        .select_only()
        .column(PassId)
        .column(passes::Column::EntryLimit)
        .column(Direction)
        .column_as(Id.count(), "scans")
        .column_as(Id.max(), "last")
        .join(JoinType::InnerJoin, passages::of_pass())
        .filter(Said.eq(Reason::Ok.as_str()))
        .filter(Id.gte(first_at(since)))
        .group_by(PassId)
        .group_by(passes::Column::EntryLimit)
        .group_by(Direction)
}

/// Scans of a pass, each way: how many, and the last.
#[derive(Default)]
struct Came {
    many: bool,
    into: (i64, i64),
    out: (i64, i64),
}

impl Came {
    fn inside(&self) -> i64 {
        if self.many {
            (self.into.0 - self.out.0).max(0)
        } else {
            i64::from(self.into.1 > self.out.1)
        }
    }
}

/// What waits for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub count: u64,
    /// The one that waits longest, and since when.
    pub longest: Option<(VisitId, DateTime<Utc>)>,
}

pub async fn waiting(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Waiting, StoreError> {
    use visits::Column::{Id, SubmittedAt};
    let pending = pending(now);
    let longest = pending
        .clone()
        .select_only()
        .columns([Id, SubmittedAt])
        .order_by_asc(SubmittedAt)
        .limit(1)
        .into_tuple::<(i64, DateTime<Utc>)>();
    let longest = longest.one(db).await?;
    Ok(Waiting {
        count: pending.count(db).await?,
        longest: longest.map(|(id, at)| (id.into(), at)),
    })
}

/// Those that wait, and whose time has not passed.
#[must_use]
pub fn pending(now: DateTime<Utc>) -> Select<visits::Entity> {
    use visits::Column::{EndsAt, Stage};
    let pending = visits::Entity::find().filter(Stage.eq(StageKind::Pending.as_str()));
    pending.filter(EndsAt.gte(now))
}

/// How many messages nobody could be told, in all and since then.
pub async fn dead_messages(
    db: &impl ConnectionTrait,
    since: DateTime<Utc>,
) -> Result<(u64, u64), StoreError> {
    let dead = dead();
    let of_today = dead.clone().filter(outbox::Column::Id.gte(first_at(since)));
    Ok((dead.count(db).await?, of_today.count(db).await?))
}

#[must_use]
pub fn dead() -> Select<outbox::Entity> {
    outbox::Entity::find().filter(outbox::Column::State.eq("dead"))
}
