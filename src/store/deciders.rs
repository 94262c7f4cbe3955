//! Who is asked by a step: the holders of an office as they are now, and those in their place.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::approval_steps::{ADMINISTRATORS, Column, Entity, Step, open, step};
use super::{StoreError, approval_votes, delegations, staff, visits};
use crate::domain::campus::{Member, Role};
use crate::domain::route::Asked;
use crate::domain::visit::Visit;
use crate::ids::StaffId;

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
    // Whoever has left is asked in vain.
    members.retain(|member| !member.has_left() && !asked.excludes(visit, member.id));
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

/// A member's own name, and those in whose place they are now.
pub async fn names(
    db: &impl ConnectionTrait,
    by: &Member,
    now: DateTime<Utc>,
) -> Result<Names, StoreError> {
    let mut voices = vec![by.clone()];
    let delegations = delegations::in_force(db, now).await?;
    let from = delegations
        .iter()
        .filter(|one| one.to == by.id)
        .map(|one| one.from);
    voices.extend(staff::find_many(db, from).await?);
    Ok(Names { of: by.id, voices })
}

/// In whose name somebody may answer: their own, and of those who have put them in their place.
#[derive(Clone, Debug)]
pub struct Names {
    /// Who answers.
    pub of: StaffId,
    pub voices: Vec<Member>,
}

impl Names {
    /// Whether one of them is asked.
    #[must_use]
    pub fn cover(&self, asked: Asked) -> bool {
        let is_asked = |voice: &Member| match asked {
            Asked::Department(id) => voice.is(Role::Approver) && voice.department == id,
            Asked::Member(id) => voice.id == id,
            Asked::Administrators => voice.is(Role::Administrator),
            Asked::Nobody => false,
        };
        self.voices.iter().any(is_asked)
    }

    /// Whether it is their own, or of somebody in whose place they are.
    #[must_use]
    pub fn include(&self, staff: StaffId) -> bool {
        self.voices.iter().any(|voice| voice.id == staff)
    }

    /// The steps that ask one of these names.
    pub(super) fn asked(&self) -> Condition {
        any(self.voices.iter().map(asks))
    }

    /// The same without those in which whoever is asked has no say, or has said their word.
    fn waited_for(&self) -> Condition {
        let waits = |voice: &Member| {
            let answered = approval_votes::steps_with(voice.id);
            Condition::all()
                .add(asks(voice))
                .add(may_decide(voice.id))
                .add(Column::Id.not_in_subquery(answered))
        };
        any(self.voices.iter().map(waits))
    }
}

fn any(of: impl Iterator<Item = Condition>) -> Condition {
    of.fold(Condition::any(), Condition::add)
}

/// The steps that ask a member.
fn asks(member: &Member) -> Condition {
    use Column::{Asked, DepartmentId, StaffId};
    let department = member.is(Role::Approver).then_some(member.department);
    let administers = member.is(Role::Administrator);
    Condition::any()
        .add(StaffId.eq(member.id.get()))
        .add_option(department.map(|id| DepartmentId.eq(id.get())))
        .add_option(administers.then(|| Asked.eq(ADMINISTRATORS)))
}

/// The open steps that ask one of these members.
pub async fn steps_asking(
    db: &impl ConnectionTrait,
    members: &[Member],
) -> Result<Vec<Step>, StoreError> {
    let found = Entity::find()
        .filter(open())
        .filter(any(members.iter().map(asks)))
        .order_by_asc(Column::Id);
    found.all(db).await?.into_iter().map(step).collect()
}

/// The visits in which one of these names is asked and has not answered.
#[must_use]
pub fn visits_todo(names: &Names) -> SelectStatement {
    Query::select()
        .column(Column::VisitId)
        .from(Entity)
        .cond_where(open())
        .cond_where(names.waited_for())
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
