//! Visits, by whoever is in them: what lists look for.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::visitors::{Column, Entity};
use super::{StoreError, visits};
use crate::domain::Plate;
use crate::domain::keyword::NameStart;
use crate::ids::VisitId;
use crate::secret::KeyedHash;

/// The ids of the visits in which somebody with this document is.
pub(super) fn visits_of(document: &KeyedHash) -> SelectStatement {
    visits()
        .and_where(Column::IdHash.eq(document.as_str()))
        .take()
}

/// The ids of the visits in which somebody is.
pub(super) fn visits() -> SelectStatement {
    Query::select().column(Column::VisitId).from(Entity).take()
}

/// The same of those whose name begins so.
pub(super) fn visits_named(start: &NameStart) -> SelectStatement {
    visits()
        .and_where(Column::Name.gte(start.first()))
        .and_where(Column::Name.lt(start.after()))
        .take()
}

/// More rows than this are not sorted for a page without being felt.
const FEW: u64 = 2000;

/// Whether more visitors are called so than are sorted for a page. Then the newest rows are looked at one by
/// one, and a page is soon full; of the others those that fit are looked up and sorted.
pub(super) async fn is_common(
    db: &impl ConnectionTrait,
    start: &NameStart,
) -> Result<bool, StoreError> {
    let named = Entity::find()
        .select_only()
        .column(Column::VisitId)
        .filter(Column::Name.gte(start.first()))
        .filter(Column::Name.lt(start.after()));
    let one_more = named.limit(1).offset(FEW).into_tuple::<i64>();
    Ok(one_more.one(db).await?.is_some())
}

/// A name begins so; no index is asked for it.
pub(super) fn is_called(start: &NameStart) -> SimpleExpr {
    let name = || Expr::cust("visitors.name || ''");
    name().gte(start.first()).and(name().lt(start.after()))
}

/// Whether a visit, which is older than `before`, has a visitor whose name begins so, looked up for each visit.
pub(super) fn one_is_called(start: &NameStart, before: Option<VisitId>) -> SelectStatement {
    let visit = || Expr::col((Entity, Column::VisitId));
    // PostgreSQL goes through both tables side by side, and does not see that it may begin as late in this one.
    let older = before.map(|before| visit().lt(before.get()));
    Query::select()
        .expr(Expr::value(1))
        .from(Entity)
        .and_where(visit().equals((visits::Entity, visits::Column::Id)))
        .and_where_option(older)
        .and_where(is_called(start))
        .take()
}

/// The same of the first of them.
pub(super) fn first_is_called(start: &NameStart, before: Option<VisitId>) -> SelectStatement {
    one_is_called(start, before)
        .and_where(Expr::col((Entity, Column::Place)).eq(1_i16))
        .take()
}

/// The same of those who are the first in theirs, and so began it unless staff did.
pub(super) fn visits_begun_by_named(start: &NameStart) -> SelectStatement {
    visits_named(start)
        .and_where(Column::Place.eq(1_i16))
        .take()
}

pub(super) fn visits_with_phone(phone: &KeyedHash) -> SelectStatement {
    visits()
        .and_where(Column::PhoneHash.eq(phone.as_str()))
        .take()
}

pub(super) fn visits_with_plate(plate: &Plate) -> SelectStatement {
    visits().and_where(Column::Plate.eq(plate.as_str())).take()
}
