//! 审批路线: who is asked about which visit, one after the other, as the campus has set it.
//!
//! A route is a rule: the first whose conditions a visit meets gives it its steps, which are written
//! down when the visit is submitted, so that a route that is changed later changes nothing that is under
//! way. A visit that meets none is put before the approvers of its host's department.

use chrono::Duration;

use super::mode::Mode;
use super::visit::{Host, Visit};
use crate::ids::{AreaId, DepartmentId, ReasonId, RouteId, StaffId};

/// How many steps a route may have; a visitor who waits for more has given up.
pub const MOST_STEPS: usize = 5;

/// A year in minutes: no step waits longer for anything.
const LONGEST: u32 = 365 * 24 * 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub id: RouteId,
    /// What the console calls it.
    pub name: String,
    /// Routes are tried from the lowest place up.
    pub place: i16,
    /// One that is not open is passed over.
    pub open: bool,
    pub when: Conditions,
    /// In their order. None at all: 无需审批, approved when it is submitted.
    pub steps: Vec<RouteStep>,
    /// Counts the changes; an update names the one it saw.
    pub version: i32,
}

/// Which visits go by a route. What is not named may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    pub mode: Option<Mode>,
    pub area: Option<AreaId>,
    pub reason: Option<ReasonId>,
    /// The host's.
    pub department: Option<DepartmentId>,
    /// 时长 of at least so many days, as 时长 is counted on the screens.
    pub days: Option<i64>,
}

/// One step of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteStep {
    pub who: Who,
    pub quorum: Quorum,
    pub waits: Waits,
}

/// Who is asked, as the rule says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The approvers of the host's department, or of the residents' desk.
    HostDepartment,
    /// The approvers of another department: 保卫处.
    Department(DepartmentId),
    /// The host confirms. A visit that the host began needs no such word, and one to a resident has no
    /// host on the staff: the step falls away.
    Host,
    Member(StaffId),
    Administrators,
}

/// Who is asked about one visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The approvers of a department.
    Department(DepartmentId),
    Member(StaffId),
    Administrators,
    /// Nobody: the rule itself decides.
    Nobody,
}

impl Asked {
    /// Whether somebody has no say in this, whatever their office: nobody decides what they began
    /// themselves, nor as an approver whether they are visited. A host who is asked to confirm is asked
    /// just that.
    #[must_use]
    pub fn excludes(self, visit: &Visit, staff: StaffId) -> bool {
        let host = visit.host == Host::Staff(staff) && self != Self::Member(staff);
        host || visit.initiator == staff.into()
    }
}

/// How many of those who are asked must agree. One who rejects or returns is enough in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// 或签.
    Any,
    /// 会签.
    All,
}

impl Quorum {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Any, Self::All]
            .into_iter()
            .find(|quorum| quorum.as_str() == text)
    }
}

/// What happens when nobody answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// 催办 after so long.
    pub remind_after: Option<Minutes>,
    /// 超时 after so long, and what the rule decides then.
    pub ends_after: Option<(Minutes, TimeOut)>,
}

/// 1 minute to a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minutes(u32);

impl Minutes {
    /// `None` outside.
    #[must_use]
    pub fn new(minutes: i64) -> Option<Self> {
        let minutes = u32::try_from(minutes).ok()?;
        (1..=LONGEST).contains(&minutes).then_some(Self(minutes))
    }

    #[must_use]
    pub fn get(self) -> i32 {
        // A year of minutes fits.
        i32::try_from(self.0).unwrap_or(i32::MAX)
    }

    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::minutes(i64::from(self.0))
    }
}

/// What the rule decides when the time of a step is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeOut {
    Approve,
    Reject,
}

impl TimeOut {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Approve, Self::Reject]
            .into_iter()
            .find(|end| end.as_str() == text)
    }
}

/// A step as it will be written down for one visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    pub asked: Asked,
    pub quorum: Quorum,
    pub waits: Waits,
}

impl Planned {
    /// One of those asked is enough, and nobody presses them.
    #[must_use]
    pub fn plain(asked: Asked) -> Self {
        Self {
            asked,
            quorum: Quorum::Any,
            waits: Waits::default(),
        }
    }
}

impl Conditions {
    fn hold(&self, visit: &Visit) -> bool {
        self.mode.is_none_or(|mode| mode == visit.mode)
            && self.area.is_none_or(|area| area == visit.area)
            && self.reason.is_none_or(|reason| reason == visit.reason)
            && self.department.is_none_or(|one| one == visit.department)
            && self.days.is_none_or(|days| visit.window.days() >= days)
    }
}

impl RouteStep {
    /// Who that is for this visit; `None` when there is nobody to ask.
    fn plan(&self, visit: &Visit) -> Option<Planned> {
        let asked = match self.who {
            Who::HostDepartment => Asked::Department(visit.department),
            Who::Department(id) => Asked::Department(id),
            Who::Host => match visit.host {
                Host::Staff(id) if visit.initiator != id.into() => Asked::Member(id),
                Host::Staff(_) | Host::Resident => return None,
            },
            Who::Member(id) => Asked::Member(id),
            Who::Administrators => Asked::Administrators,
        };
        Some(Planned {
            asked,
            quorum: self.quorum,
            waits: self.waits,
        })
    }
}

/// The first of the routes, by their places, that a visit goes by.
#[must_use]
pub fn choose<'a>(routes: &'a [Route], visit: &Visit) -> Option<&'a Route> {
    let open = routes.iter().filter(|route| route.open);
    open.filter(|route| route.when.hold(visit))
        .min_by_key(|route| (route.place, route.id))
}

/// The steps of a visit, never none: a visit that nobody need approve has one that asks nobody.
#[must_use]
pub fn plan(routes: &[Route], visit: &Visit) -> Vec<Planned> {
    let Some(route) = choose(routes, visit) else {
        return vec![Planned::plain(Asked::Department(visit.department))];
    };
    let steps: Vec<_> = route
        .steps
        .iter()
        .filter_map(|step| step.plan(visit))
        .collect();
    match (steps.is_empty(), visit.host) {
        (false, _) => steps,
        (true, Host::Staff(_)) => vec![Planned::plain(Asked::Nobody)],
        // Whom the residents' register does not know is for the desk: no rule may speak for a resident.
        (true, Host::Resident) => vec![Planned::plain(Asked::Department(visit.department))],
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::actors::Account;
    use crate::domain::visit::Stage;
    use crate::domain::window::Window;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn visit() -> Visit {
        let window = Window::new(at("2026-03-02T01:00:00Z"), at("2026-03-02T09:00:00Z"));
        Visit {
            id: 1.into(),
            mode: Mode::Booking,
            initiator: Account::Person(9.into()),
            host: Host::Staff(5.into()),
            department: 3.into(),
            area: 1.into(),
            reason: 2.into(),
            area_note: None,
            note: None,
            window: window.unwrap(),
            submitted_at: at("2026-03-01T01:00:00Z"),
            arrived_at: None,
            stage: Stage::Pending,
            version: 1,
        }
    }

    fn route(place: i16, when: Conditions, steps: &[Who]) -> Route {
        let step = |who: &Who| RouteStep {
            who: *who,
            quorum: Quorum::Any,
            waits: Waits::default(),
        };
        Route {
            id: i64::from(place).into(),
            name: String::new(),
            place,
            open: true,
            when,
            steps: steps.iter().map(step).collect(),
            version: 1,
        }
    }

    fn asked(routes: &[Route], visit: &Visit) -> Vec<Asked> {
        plan(routes, visit).iter().map(|step| step.asked).collect()
    }

    #[test]
    fn a_campus_that_has_set_nothing_asks_the_hosts_department() {
        assert_eq!(asked(&[], &visit()), [Asked::Department(3.into())]);
    }

    #[test]
    fn the_first_route_whose_every_condition_holds_is_taken() {
        let library = Conditions {
            area: Some(7.into()),
            ..Conditions::default()
        };
        let long = Conditions {
            mode: Some(Mode::Booking),
            days: Some(2),
            ..Conditions::default()
        };
        let routes = [
            route(3, Conditions::default(), &[Who::HostDepartment]),
            route(2, long, &[Who::HostDepartment, Who::Department(8.into())]),
            route(1, library, &[Who::Administrators]),
        ];
        assert_eq!(asked(&routes, &visit()), [Asked::Department(3.into())]);
        let window = Window::new(at("2026-03-02T01:00:00Z"), at("2026-03-03T09:00:00Z"));
        let longer = Visit {
            window: window.unwrap(),
            ..visit()
        };
        let both = [Asked::Department(3.into()), Asked::Department(8.into())];
        assert_eq!(asked(&routes, &longer), both);
        let elsewhere = Visit {
            area: 7.into(),
            ..longer.clone()
        };
        assert_eq!(asked(&routes, &elsewhere), [Asked::Administrators]);
        let mut closed = routes.clone();
        closed[2].open = false;
        assert_eq!(asked(&closed, &elsewhere), both);
    }

    #[test]
    fn a_host_confirms_only_what_another_began() {
        let routes = [route(1, Conditions::default(), &[Who::Host])];
        assert_eq!(asked(&routes, &visit()), [Asked::Member(5.into())]);
        let own = Visit {
            initiator: Account::Staff(5.into()),
            ..visit()
        };
        assert_eq!(asked(&routes, &own), [Asked::Nobody]);
        let resident = Visit {
            host: Host::Resident,
            ..visit()
        };
        assert_eq!(asked(&routes, &resident), [Asked::Department(3.into())]);
    }

    #[test]
    fn a_route_without_steps_asks_nobody() {
        let routes = [route(1, Conditions::default(), &[])];
        assert_eq!(asked(&routes, &visit()), [Asked::Nobody]);
    }

    #[test]
    fn a_wait_is_a_minute_to_a_year() {
        let taken = [0, 1, 525_600, 525_601, -5].map(|n| Minutes::new(n).map(Minutes::get));
        assert_eq!(taken, [None, Some(1), Some(525_600), None, None]);
    }
}
