//! Who is asked by a step: the holders of an office as they are now, and those in their place.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};

use super::approval_steps::{ADMINISTRATORS, Column, Entity, Step, open};
use super::{StoreError, approval_votes, delegations, staff, visits};
use crate::domain::campus::{Member, Role};
use crate::domain::route::Asked;
use crate::domain::visit::Visit;
use crate::ids::{DepartmentId, StaffId};

/// Those of whom a step wants a word about this visit, without those who have no say in it.
pub async fn of(
    db: &impl ConnectionTrait,
    asked: Asked,
    visit: &Visit,
) -> Result<Vec<Member>, StoreError> {
    let mut members = match asked {
        Asked::Department(id) => staff::approvers_of(db, id).await?,
        Asked::Member(id) => staff::find(db, id).await?.into_iter().collect(),
        Asked::Administrators => staff::with_role(db, &[Role::Administrator]).await?,
        Asked::Nobody => Vec::new(),
    };
    members.retain(|member| !asked.excludes(visit, member.id));
    Ok(members)
}

/// Those who are told of a step that is open: whoever has not answered yet, or who decides in their place.
pub async fn told(
    db: &impl ConnectionTrait,
    step: &Step,
    visit: &Visit,
    now: DateTime<Utc>,
) -> Result<Vec<StaffId>, StoreError> {
    let asked = step.plan.asked;
    let votes = approval_votes::of_steps(db, [step.id]).await?;
    let delegations = delegations::in_force(db, now).await?;
    let mut told = Vec::new();
    for member in of(db, asked, visit).await? {
        if votes.iter().any(|vote| vote.staff == member.id) {
            continue;
        }
        let mut deputies = delegations.iter().filter(|one| one.from == member.id);
        let deputy = deputies.find(|one| !asked.excludes(visit, one.to));
        let to = deputy.map_or(member.id, |one| one.to);
        if !told.contains(&to) {
            told.push(to);
        }
    }
    Ok(told)
}

/// A member, and those in whose place they are now.
pub async fn voices(
    db: &impl ConnectionTrait,
    by: &Member,
    now: DateTime<Utc>,
) -> Result<Vec<Member>, StoreError> {
    let mut voices = vec![by.clone()];
    let delegations = delegations::in_force(db, now).await?;
    let from = delegations
        .iter()
        .filter(|one| one.to == by.id)
        .map(|one| one.from);
    voices.extend(staff::find_many(db, from).await?);
    Ok(voices)
}

/// The names under which these voices are asked; the first is whoever answers.
#[must_use]
pub fn names(of: StaffId, voices: &[Member]) -> Names {
    let approvers = voices.iter().filter(|member| member.is(Role::Approver));
    Names {
        of,
        staff: voices.iter().map(|member| member.id).collect(),
        departments: approvers.map(|member| member.department).collect(),
        administrator: voices.iter().any(|one| one.is(Role::Administrator)),
    }
}

/// In whose name somebody may answer: their own, and of those who have put them in their place.
#[derive(Clone, Debug)]
pub struct Names {
    /// Who answers.
    pub of: StaffId,
    pub staff: Vec<StaffId>,
    /// The departments whose approvers they are.
    pub departments: Vec<DepartmentId>,
    pub administrator: bool,
}

impl Names {
    /// Whether one of them is asked.
    #[must_use]
    pub fn cover(&self, asked: Asked) -> bool {
        match asked {
            Asked::Department(id) => self.departments.contains(&id),
            Asked::Member(id) => self.staff.contains(&id),
            Asked::Administrators => self.administrator,
            Asked::Nobody => false,
        }
    }

    /// The steps that ask one of these names.
    fn asked(&self) -> Condition {
        use Column::{Asked, DepartmentId, StaffId};
        let departments = self.departments.iter().map(|id| id.get());
        let staff = self.staff.iter().map(|id| id.get());
        let mut names = Condition::any()
            .add(DepartmentId.is_in(departments))
            .add(StaffId.is_in(staff));
        if self.administrator {
            names = names.add(Asked.eq(ADMINISTRATORS));
        }
        names
    }
}

/// The visits in which one of these names is asked and has not answered.
#[must_use]
pub fn visits_todo(names: &Names) -> SelectStatement {
    Query::select()
        .column(Column::VisitId)
        .from(Entity)
        .cond_where(open())
        .cond_where(names.asked())
        .cond_where(may_decide(names.of))
        .and_where(Column::Id.not_in_subquery(approval_votes::steps_with(names.of)))
        .take()
}

/// As [`crate::domain::route::Asked::excludes`], in the query: not what they began themselves, nor, but when
/// they are asked in person, where they are visited.
fn may_decide(of: StaffId) -> Condition {
    let not_host = Condition::any()
        .add(Column::StaffId.eq(of.get()))
        .add(Column::VisitId.not_in_subquery(hosted_by(of)));
    Condition::all()
        .add(Column::VisitId.not_in_subquery(begun_by(of)))
        .add(not_host)
}

/// The visits that a member of staff is visited by.
fn hosted_by(host: StaffId) -> SelectStatement {
    Query::select()
        .column(visits::Column::Id)
        .from(visits::Entity)
        .and_where(visits::Column::HostId.eq(host.get()))
        .take()
}

/// The visits that a member of staff began.
fn begun_by(by: StaffId) -> SelectStatement {
    Query::select()
        .column(visits::Column::Id)
        .from(visits::Entity)
        .and_where(visits::Column::InitiatorStaffId.eq(by.get()))
        .take()
}

/// The visits in which a step that asked one of these names has been decided, or they have said a word.
#[must_use]
pub fn visits_done(names: &Names) -> SelectStatement {
    let voted = approval_votes::steps_with(names.of);
    let decided = Condition::all()
        .add(names.asked())
        .add(Column::DecidedAt.is_not_null());
    let done = Condition::any()
        .add(decided)
        .add(Column::Id.in_subquery(voted));
    Query::select()
        .column(Column::VisitId)
        .from(Entity)
        .cond_where(done)
        .take()
}
