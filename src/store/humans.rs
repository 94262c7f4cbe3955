//! 访客管理 and 访客车辆: those who came, each once, and the vehicles of every visit.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::visitor_search::{is_called, is_common};
use super::visitors::{Column, Entity, visitor};
use super::{StoreError, corrupt, vehicles, visits};
use crate::domain::Plate;
use crate::domain::keyword::NameStart;
use crate::domain::visit::Visit;
use crate::domain::visitor::Visitor;
use crate::ids::{VisitId, VisitorId};
use crate::secret::KeyedHash;

/// Somebody who is known by phone and name: a host may have filled in one phone for several guests.
#[derive(Clone, Debug)]
pub struct Human {
    /// Their details in their last visit.
    pub last: Visitor,
    pub last_visit: Visit,
    pub visits: i64,
}

/// Whom one looks for.
#[derive(Clone, Debug, Default)]
pub struct HumanFilter {
    pub name: Option<NameStart>,
    pub phone: Option<KeyedHash>,
}

/// Those who came last first: those whose last row is before `before`.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &HumanFilter,
    before: Option<VisitorId>,
    limit: u64,
) -> Result<Vec<Human>, StoreError> {
    let mut last = Entity::find().filter(Expr::exists(a_newer_one()).not());
    if let Some(name) = &filter.name {
        last = if is_common(db, name).await? {
            last.filter(is_called(name))
        } else {
            last.filter(Column::Name.gte(name.first()))
                .filter(Column::Name.lt(name.after()))
        };
    }
    if let Some(phone) = &filter.phone {
        last = last.filter(Column::PhoneHash.eq(phone.as_str()));
    }
    if let Some(before) = before {
        last = last.filter(Column::Id.lt(before.get()));
    }
    let rows = last.order_by_desc(Column::Id).limit(limit).all(db).await?;
    let last: Vec<Visitor> = rows.into_iter().map(visitor).collect::<Result<_, _>>()?;
    let counted = counts(db, &last).await?;
    let ids = last.iter().map(|visitor| visitor.visit);
    let visited = visits::find_many(db, ids).await?;
    let human = |last: Visitor| {
        let key = (
            last.phone.hash.as_str().to_owned(),
            last.name.as_str().to_owned(),
        );
        let at = visited.iter().position(|visit| visit.id == last.visit);
        let at = at.ok_or_else(corrupt("visitors", last.id.get()))?;
        Ok(Human {
            visits: counted.get(&key).copied().unwrap_or_default(),
            last_visit: visited[at].clone(),
            last,
        })
    };
    last.into_iter().map(human).collect()
}

/// In how many visits each is, by the hash of the phone and the name.
async fn counts(
    db: &impl ConnectionTrait,
    of: &[Visitor],
) -> Result<HashMap<(String, String), i64>, StoreError> {
    let phones = of.iter().map(|visitor| visitor.phone.hash.as_str());
    let counted = Entity::find()
        .select_only()
        .column(Column::PhoneHash)
        .column(Column::Name)
        .expr_as(Expr::col(Column::VisitId).count_distinct(), "visits")
        .filter(Column::PhoneHash.is_in(phones))
        .group_by(Column::PhoneHash)
        .group_by(Column::Name)
        .into_tuple::<(String, String, i64)>();
    let rows = counted.all(db).await?.into_iter();
    Ok(rows
        .map(|(phone, name, visits)| ((phone, name), visits))
        .collect())
}

/// A later row of the same human.
fn a_newer_one() -> SelectStatement {
    let newer = |column: Column| Expr::col(("newer", column));
    let same = |column: Column| newer(column).equals((Entity, column));
    Query::select()
        .expr(Expr::value(1))
        .from_as(Entity, "newer")
        .and_where(same(Column::PhoneHash))
        .and_where(same(Column::Name))
        .and_where(newer(Column::Id).gt(Expr::col((Entity, Column::Id))))
        .take()
}

/// A vehicle in a visit; the key of a page, too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vehicle {
    pub visit: VisitId,
    pub plate: String,
}

/// The vehicles of every visit, the newest visit first: those before `before`.
pub async fn list_vehicles(
    db: &impl ConnectionTrait,
    plate: Option<&Plate>,
    before: Option<&Vehicle>,
    limit: u64,
) -> Result<Vec<Vehicle>, StoreError> {
    use vehicles::{Column as Listed, Entity as Vehicles};
    let own = Entity::find()
        .select_only()
        .column(Column::VisitId)
        .column(Column::Plate)
        .filter(Column::Plate.is_not_null())
        .filter(fits(Column::VisitId, Column::Plate, plate, before))
        .order_by_desc(Column::VisitId)
        .order_by_desc(Column::Plate)
        .limit(limit);
    let of_groups = Vehicles::find()
        .select_only()
        .column(Listed::VisitId)
        .column(Listed::Plate)
        .filter(fits(Listed::VisitId, Listed::Plate, plate, before))
        .order_by_desc(Listed::VisitId)
        .order_by_desc(Listed::Plate)
        .limit(limit);
    let mut newest = BTreeSet::new();
    newest.extend(own.into_tuple::<(i64, String)>().all(db).await?);
    newest.extend(of_groups.into_tuple::<(i64, String)>().all(db).await?);
    let page = newest
        .into_iter()
        .rev()
        .take(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(page
        .map(|(visit, plate)| Vehicle {
            visit: visit.into(),
            plate,
        })
        .collect())
}

fn fits<C: ColumnTrait>(
    visit: C,
    number: C,
    plate: Option<&Plate>,
    before: Option<&Vehicle>,
) -> sea_orm::Condition {
    let before = before.map(|before| {
        let id = before.visit.get();
        let earlier: SimpleExpr = visit.lt(id);
        let same = visit.eq(id).and(number.lt(before.plate.as_str()));
        // The first part is what an index can begin at.
        visit.lte(id).and(earlier.or(same))
    });
    let plate = plate.map(|plate| number.eq(plate.as_str()));
    sea_orm::Condition::all()
        .add_option(before)
        .add_option(plate)
}
