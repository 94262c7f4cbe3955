//! A visit with everything that a screen or a message says of it, loaded for many visits at once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use super::{
    StoreError, areas, corrupt, departments, groups, invitations, invitees, passes, reasons,
    registrations, staff, visitors,
};
use crate::domain::actors::Account;
use crate::domain::campus::{Area, Member, Purpose};
use crate::domain::group::Group;
use crate::domain::invitation::{Course, Invitation, Invitee};
use crate::domain::pass::Pass;
use crate::domain::resident::Registration;
use crate::domain::visit::{Host, Visit};
use crate::domain::visitor::Visitor;
use crate::ids::{PersonId, StaffId};
use crate::secret::Masked;

#[derive(Clone, Debug)]
pub struct VisitFacts {
    /// As it stands now, whatever was stored.
    pub visit: Visit,
    /// Who began it, when that is a member of staff; else the first visitor did.
    pub staff: Option<Member>,
    pub host: HostFacts,
    pub area: Area,
    pub reason: Purpose,
    /// By place.
    pub visitors: Vec<Visitor>,
    pub passes: Vec<Pass>,
    /// As it stands now; none of a visit that invites nobody.
    pub invitation: Option<Invitation>,
    pub invitees: Vec<Invitee>,
    /// What was typed about the resident; none of a visit to staff.
    pub registration: Option<Registration>,
    /// Of 团体通行, whose contact is the only visitor.
    pub group: Option<Group>,
}

/// 被访人 as screens and messages name them.
#[derive(Clone, Debug)]
pub struct HostFacts {
    /// None of a resident.
    pub staff: Option<StaffId>,
    pub name: String,
    /// Of a resident, their quarter's desk.
    pub department: String,
    pub phone: Masked,
}

impl HostFacts {
    fn of_staff(member: &Member) -> Self {
        Self {
            staff: Some(member.id),
            name: member.name.as_str().to_owned(),
            department: member.department_name.clone(),
            phone: member.phone.mask.clone(),
        }
    }

    fn of_resident(typed: &Registration, desk: &str) -> Self {
        Self {
            staff: None,
            name: typed.called(),
            department: desk.to_owned(),
            phone: typed.phone.mask.clone(),
        }
    }
}

impl VisitFacts {
    /// 提交者, 发起人.
    #[must_use]
    pub fn submitter(&self) -> &str {
        let staff = self.staff.as_ref().map(|member| member.name.as_str());
        let first = self.visitors.first().map(|visitor| visitor.name.as_str());
        staff.or(first).unwrap_or_default()
    }

    /// The passes that are this person's own, and not a companion's.
    pub fn passes_of(&self, person: PersonId) -> impl Iterator<Item = &Pass> {
        let theirs = move |pass: &&Pass| {
            let mut visitors = self.visitors.iter();
            visitors.any(|visitor| visitor.id == pass.visitor && visitor.person == Some(person))
        };
        self.passes.iter().filter(theirs)
    }

    /// 状态 as `viewer` may know it, as short text and as the screen says it. Whoever types in a registration
    /// is told only that it is submitted while more would tell of the residents' register; but the
    /// visitor, whose phone is proven to be theirs, has it by SMS.
    #[must_use]
    pub fn stage_for(&self, viewer: Account) -> (&'static str, &'static str) {
        let stage = &self.visit.stage;
        let theirs = |visitor: &Visitor| visitor.person.map(Account::Person) == Some(viewer);
        if self.visit.tells_of_residents() && !self.visitors.iter().any(theirs) {
            return SUBMITTED;
        }
        (stage.as_str(), stage.word())
    }

    /// 张小雨, or 张小雨等3人.
    #[must_use]
    pub fn party(&self) -> String {
        let listed = self.visitors.len();
        let group = self.group.as_ref();
        let people = group.map_or(listed, |group| {
            usize::from(group.headcount.get().unsigned_abs())
        });
        match (self.visitors.first(), people) {
            (None, _) => String::new(),
            (Some(alone), 1) => alone.name.as_str().to_owned(),
            (Some(first), people) => format!("{}等{people}人", first.name.as_str()),
        }
    }
}

/// The stage of a registration that is not told.
pub const SUBMITTED: (&str, &str) = ("submitted", "已提交");

/// The facts of each visit, in the order they came, settled at `now`.
pub async fn of(
    db: &impl ConnectionTrait,
    visits: Vec<Visit>,
    now: DateTime<Utc>,
) -> Result<Vec<VisitFacts>, StoreError> {
    if visits.is_empty() {
        return Ok(Vec::new());
    }
    let staff_of = |visit: &Visit| match visit.initiator {
        Account::Person(_) => None,
        Account::Staff(id) => Some(id),
    };
    let hosts = visits.iter().filter_map(|visit| visit.host.staff());
    let mut named: Vec<_> = hosts.collect();
    named.extend(visits.iter().filter_map(staff_of));
    let members = staff::find_many(db, named).await?;
    let members: HashMap<_, _> = members.into_iter().map(|m| (m.id, m)).collect();
    let areas = areas::all(db).await?;
    let reasons = reasons::all(db).await?;
    let departments = departments::names(db).await?;
    let ids = || visits.iter().map(|visit| visit.id);
    let mut visitors = by(visitors::of_visits(db, ids()).await?, |v| v.visit);
    let mut passes = by(passes::of_visits(db, ids()).await?, |pass| pass.visit);
    let mut invitations = by(invitations::of_visits(db, ids()).await?, |i| i.visit);
    let mut groups = by(groups::of_visits(db, ids()).await?, |group| group.visit);
    let mut registrations = by(registrations::of_visits(db, ids()).await?, |r| r.visit);
    let asked: Vec<_> = invitations.values().flatten().map(|i| i.id).collect();
    let mut invitees = by(invitees::of_invitations(db, asked).await?, |i| i.invitation);
    let facts = |visit: Visit| {
        let corrupt = corrupt("visits", visit.id.get());
        let staff = staff_of(&visit).map(|id| members.get(&id).ok_or_else(&corrupt));
        let registration = registrations
            .remove(&visit.id)
            .and_then(|mut one| one.pop());
        let host = match visit.host {
            Host::Staff(id) => HostFacts::of_staff(members.get(&id).ok_or_else(&corrupt)?),
            Host::Resident => HostFacts::of_resident(
                registration.as_ref().ok_or_else(&corrupt)?,
                departments.get(&visit.department).ok_or_else(&corrupt)?,
            ),
        };
        let area = areas.iter().find(|area| area.id == visit.area);
        let reason = reasons.iter().find(|reason| reason.id == visit.reason);
        let visitors = visitors.remove(&visit.id).unwrap_or_default();
        let invitation = invitations.remove(&visit.id).and_then(|mut one| one.pop());
        let invitation = invitation.map(|invited| invited.settle(visitors.len(), now));
        let invitees = invitation.as_ref().and_then(|i| invitees.remove(&i.id));
        Ok(VisitFacts {
            staff: staff.transpose()?.cloned(),
            host,
            area: area.ok_or_else(&corrupt)?.clone(),
            reason: reason.ok_or_else(&corrupt)?.clone(),
            passes: passes.remove(&visit.id).unwrap_or_default(),
            group: groups.remove(&visit.id).and_then(|mut one| one.pop()),
            visit: settled(visit, invitation.as_ref(), visitors.len(), now),
            visitors,
            invitation,
            invitees: invitees.unwrap_or_default(),
            registration,
        })
    };
    visits.into_iter().map(facts).collect()
}

/// The facts of one visit.
pub async fn of_one(
    db: &impl ConnectionTrait,
    visit: Visit,
    now: DateTime<Utc>,
) -> Result<VisitFacts, StoreError> {
    let id = visit.id.get();
    of(db, vec![visit], now)
        .await?
        .pop()
        .ok_or_else(corrupt("visits", id))
}

/// The visit as its settled invitation and the clock leave it.
fn settled(
    visit: Visit,
    invitation: Option<&Invitation>,
    joined: usize,
    now: DateTime<Utc>,
) -> Visit {
    let visit = match invitation.map(|invited| invited.course) {
        Some(Course::Ended { at, .. }) => visit.end_inviting(joined, at),
        Some(Course::Open) | None => visit,
    };
    visit.settle(now)
}

fn by<K: std::hash::Hash + Eq, T>(rows: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
