//! Those who are expected today, and those who are inside: what a guard looks for.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{StoreError, passages, passes, presences, vehicles, visitors, visits};
use crate::domain::campus::Direction;
use crate::domain::gate::Reason;
use crate::domain::keyword::Keyword;
use crate::domain::pass::Pass;
use crate::domain::presence::Presence;
use crate::domain::visit::Visit;
use crate::domain::window::day_start;
use crate::ids::{AreaId, PassId, VisitId};

/// More than a guard reads through.
const MOST: u64 = 20;
/// How many ids stand in one query.
const CHUNK: usize = 500;

/// The passes of today that a keyword finds, the first to come first. Only what is approved has one, and what
/// was taken back has none that stands.
pub async fn list(
    db: &impl ConnectionTrait,
    keyword: &Keyword,
    now: DateTime<Utc>,
) -> Result<Vec<Pass>, StoreError> {
    use passes::Column::{Id, RevokedAt, StartsAt, VisitId, VisitorId};
    let theirs = match keyword {
        Keyword::Number(visit) => Condition::all().add(VisitId.eq(visit.get())),
        Keyword::Phone(phone) => {
            Condition::all().add(VisitorId.in_subquery(visitors::with_phone(phone)))
        }
        Keyword::Name(start) => Condition::all().add(VisitorId.in_subquery(visitors::named(start))),
        Keyword::Plate(plate) => Condition::any()
            .add(VisitId.in_subquery(vehicles::visits_with(plate)))
            .add(VisitorId.in_subquery(visitors::with_plate(plate))),
    };
    let found = passes::Entity::find()
        .filter(of_today(now))
        .filter(RevokedAt.is_null())
        .filter(theirs)
        .order_by_asc(StartsAt)
        .order_by_asc(Id)
        .limit(MOST);
    found.all(db).await?.into_iter().map(passes::pass).collect()
}

fn of_today(now: DateTime<Utc>) -> Condition {
    let today = day_start(now);
    Condition::all()
        .add(passes::Column::EndsAt.gte(today))
        .add(passes::Column::StartsAt.lt(today + Duration::days(1)))
}

/// Some visits, in no order.
pub async fn visits_of(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = VisitId>,
) -> Result<Vec<Visit>, StoreError> {
    let those = visits::Column::Id.is_in(ids.into_iter().map(VisitId::get));
    let rows = visits::Entity::find().filter(those).all(db).await?;
    rows.into_iter().map(visits::visit).collect()
}

/// A pass that has gone into an area.
#[derive(Clone, Debug)]
pub struct Gone {
    pub pass: Pass,
    pub area: AreaId,
    pub presence: Presence,
}

/// The passes of today that have gone in somewhere, those that came out again and those that were revoked
/// since too.
pub async fn gone_in(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<Gone>, StoreError> {
    let entered = Query::select()
        .column(presences::Column::PassId)
        .from(presences::Entity)
        .and_where(presences::Column::EnteredAt.is_not_null())
        .take();
    let found = passes::Entity::find()
        .filter(of_today(now))
        .filter(passes::Column::Id.in_subquery(entered));
    let found = found.all(db).await?.into_iter().map(passes::pass);
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let mut gone = Vec::new();
    for some in found.chunks(CHUNK) {
        let presences = presences::of_passes(db, some.iter().map(|pass| pass.id)).await?;
        let passes: HashMap<_, _> = some.iter().map(|pass| (pass.id, pass)).collect();
        let one = |((pass, area), presence): ((PassId, AreaId), Presence)| Gone {
            pass: passes[&pass].clone(),
            area,
            presence,
        };
        gone.extend(presences.into_iter().map(one));
    }
    Ok(gone)
}

/// The number of the device at which each of these passes came in last.
pub async fn last_doors(
    db: &impl ConnectionTrait,
    passes: &[PassId],
) -> Result<HashMap<PassId, String>, StoreError> {
    use passages::Column::{DeviceId, Direction as Way, Id, PassId as Of, Reason as Said};
    let mut doors = HashMap::new();
    for some in passes.chunks(CHUNK) {
        let entries = passages::Entity::find()
            .select_only()
            .columns([Of, DeviceId])
            .filter(Of.is_in(some.iter().map(|pass| pass.get())))
            .filter(Said.eq(Reason::Ok.as_str()))
            .filter(Way.ne(Direction::Out.as_str()))
            .order_by_asc(Id);
        let rows: Vec<(i64, String)> = entries.into_tuple().all(db).await?;
        doors.extend(rows.into_iter().map(|(pass, door)| (pass.into(), door)));
    }
    Ok(doors)
}
