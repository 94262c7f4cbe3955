//! 抄送: who may read a visit, by a rule for a department or an area, or because somebody named them.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{OnConflict, Query, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::{StoreError, corrupt, visits};
use crate::domain::visit::Visit;
use crate::ids::{AreaId, DepartmentId, GrantId, StaffId, VisitId};

row!("readers" {
    #[sea_orm(primary_key, auto_increment = false)]
    visit_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    staff_id: i64,
    /// The id of the rule; 0 when somebody did it by hand.
    #[sea_orm(primary_key, auto_increment = false)]
    source: i64,
    at: DateTimeUtc,
});

/// No rule has this id.
const BY_HAND: i64 = 0;

mod grants {
    row!("reading_grants" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i64,
        staff_id: i64,
        department_id: Option<i64>,
        area_id: Option<i64>,
        made_at: DateTimeUtc,
    });

    pub use row::*;
}

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub id: GrantId,
    pub staff: StaffId,
    pub over: Over,
}

/// Which visits it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The host's department.
    Department(DepartmentId),
    Area(AreaId),
}

/// Makes a rule; every visit that is not over by then is read by it as well.
pub async fn grant(
    db: &impl ConnectionTrait,
    grant: &Grant,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (department, area) = match grant.over {
        Over::Department(id) => (Some(id.get()), None),
        Over::Area(id) => (None, Some(id.get())),
    };
    let row = grants::Model {
        id: grant.id.get(),
        staff_id: grant.staff.get(),
        department_id: department,
        area_id: area,
        made_at: at,
    };
    row.into_active_model().insert(db).await?;
    for visit in not_over(db, grant.over, at).await? {
        insert(db, visit, grant.staff, Some(grant.id), at).await?;
    }
    Ok(())
}

/// Ends a rule, and what could be read by it; says whether there was one.
pub async fn revoke(db: &impl ConnectionTrait, id: GrantId) -> Result<bool, StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::Source.eq(id.get()))
        .exec(db)
        .await?;
    let done = grants::Entity::delete_by_id(id.get()).exec(db).await?;
    Ok(done.rows_affected > 0)
}

/// Every rule, the oldest first.
pub async fn grants(db: &impl ConnectionTrait) -> Result<Vec<Grant>, StoreError> {
    let all = grants::Entity::find().order_by_asc(grants::Column::Id);
    all.all(db).await?.into_iter().map(rule).collect()
}

pub async fn find_grant(
    db: &impl ConnectionTrait,
    id: GrantId,
) -> Result<Option<Grant>, StoreError> {
    let found = grants::Entity::find_by_id(id.get()).one(db).await?;
    found.map(rule).transpose()
}

/// A visit is submitted: it is read by whomever a rule names.
pub async fn add_by_rules(
    db: &impl ConnectionTrait,
    visit: &Visit,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let fitting = Condition::any()
        .add(grants::Column::DepartmentId.eq(visit.department.get()))
        .add(grants::Column::AreaId.eq(visit.area.get()));
    for row in grants::Entity::find().filter(fitting).all(db).await? {
        let (staff, grant) = (row.staff_id.into(), row.id.into());
        insert(db, visit.id, staff, Some(grant), at).await?;
    }
    Ok(())
}

/// Lets a member read a visit; once more changes nothing.
pub async fn insert(
    db: &impl ConnectionTrait,
    visit: VisitId,
    staff: StaffId,
    grant: Option<GrantId>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = row::Model {
        visit_id: visit.get(),
        staff_id: staff.get(),
        source: grant.map_or(BY_HAND, GrantId::get),
        at,
    };
    let key = [
        row::Column::VisitId,
        row::Column::StaffId,
        row::Column::Source,
    ];
    let once = OnConflict::columns(key).do_nothing().to_owned();
    let insert = row::Entity::insert(row.into_active_model()).on_conflict(once);
    insert.exec_without_returning(db).await?;
    Ok(())
}

/// Takes back what was given by hand; says whether it was.
pub async fn remove(
    db: &impl ConnectionTrait,
    visit: VisitId,
    staff: StaffId,
) -> Result<bool, StoreError> {
    let done = row::Entity::delete_by_id((visit.get(), staff.get(), BY_HAND))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// 抄送人 of a visit.
pub async fn of_visit(
    db: &impl ConnectionTrait,
    visit: VisitId,
) -> Result<Vec<StaffId>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::VisitId.eq(visit.get()))
        .order_by_asc(row::Column::At)
        .order_by_asc(row::Column::StaffId);
    let mut readers: Vec<StaffId> = Vec::new();
    for row in found.all(db).await? {
        let staff = row.staff_id.into();
        if !readers.contains(&staff) {
            readers.push(staff);
        }
    }
    Ok(readers)
}

/// The visits that a member may read.
#[must_use]
pub fn visits_read_by(staff: StaffId) -> SelectStatement {
    Query::select()
        .column(row::Column::VisitId)
        .from(row::Entity)
        .and_where(row::Column::StaffId.eq(staff.get()))
        .take()
}

/// The visits to a department or an area that are not over.
async fn not_over(
    db: &impl ConnectionTrait,
    over: Over,
    now: DateTime<Utc>,
) -> Result<Vec<VisitId>, StoreError> {
    let there = match over {
        Over::Department(id) => visits::Column::DepartmentId.eq(id.get()),
        Over::Area(id) => visits::Column::AreaId.eq(id.get()),
    };
    let found = visits::Entity::find()
        .select_only()
        .column(visits::Column::Id)
        .filter(there)
        .filter(visits::Column::EndsAt.gte(now));
    let ids: Vec<i64> = found.into_tuple().all(db).await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

fn rule(row: grants::Model) -> Result<Grant, StoreError> {
    let over = match (row.department_id, row.area_id) {
        (Some(id), None) => Over::Department(id.into()),
        (None, Some(id)) => Over::Area(id.into()),
        _ => return Err(corrupt("reading_grants", row.id)()),
    };
    Ok(Grant {
        id: row.id.into(),
        staff: row.staff_id.into(),
        over,
    })
}
