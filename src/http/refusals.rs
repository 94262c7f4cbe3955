//! What a visit or an invitation refuses, as problems: the one who comes too late is told why.

use axum::http::StatusCode;

use super::problem::Problem;
use crate::actions::approvals::DecideError;
use crate::actions::blacklist::ListError;
use crate::actions::campus::CampusError;
use crate::actions::delegations::DelegateError;
use crate::actions::outbox::ResendError;
use crate::actions::readers::ReadError;
use crate::actions::registers::RegisterError;
use crate::actions::reveal::RevealError;
use crate::actions::routes::RouteError;
use crate::domain::invitation::Refusal;
use crate::domain::limits::LimitError;
use crate::domain::visit::VisitError;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Full => "invitation_full",
            Refusal::Lapsed => "invitation_lapsed",
            Refusal::Submitted => "invitation_submitted",
            Refusal::Withdrawn => "invitation_withdrawn",
            Refusal::Reserved => "place_reserved",
            Refusal::NotYours => "place_not_yours",
            Refusal::AlreadyIn => "already_joined",
            Refusal::NobodyIn => "nobody_joined",
            Refusal::NoEmptyPlace => "no_empty_place",
            Refusal::LastPlace => "last_place",
        };
        conflict(code, refusal.to_string())
    }
}

impl From<VisitError> for Problem {
    fn from(error: VisitError) -> Self {
        let code = match error {
            VisitError::Decided(_) => "visit_decided",
            VisitError::Over => "visit_over",
            VisitError::NotWithdrawable(_) => "visit_not_withdrawable",
            VisitError::NotReturned(_) => "visit_not_returned",
        };
        conflict(code, error.to_string())
    }
}

impl From<LimitError> for Problem {
    fn from(limit: LimitError) -> Self {
        let (field, code) = match limit {
            LimitError::TodayOnly | LimitError::TooFar(_) => ("starts_at", "area_too_far"),
            LimitError::TooLong(_) => ("ends_at", "area_too_long"),
            LimitError::TooManyToday(_) => ("area", "area_too_many_today"),
            LimitError::Overlaps(number) => {
                let field = of_visitor(number, "id_number");
                return Self::field(&field, "visit_overlaps", limit.to_string());
            }
        };
        Self::field(field, code, limit.to_string())
    }
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        let said = error.to_string();
        match error {
            ListError::NotFound => Self {
                detail: said,
                ..Self::not_found()
            },
            ListError::UnknownArea => Self::field("area", "area_unknown", said),
            ListError::Past => Self::field("until", "until_past", said),
            ListError::Listed => conflict("already_listed", said),
            ListError::Lifted => conflict("already_lifted", said),
            ListError::Store(error) => error.into(),
        }
    }
}

impl From<CampusError> for Problem {
    fn from(error: CampusError) -> Self {
        match error {
            CampusError::Unknown(_) => Self::not_found(),
            CampusError::Store(error) => error.into(),
            // What a command says to the operator; nobody else is told more than that it did not happen.
            other => {
                tracing::error!(error = %other, "the register did not take something");
                Self::failure()
            }
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        let said = error.to_string();
        match error {
            RegisterError::NotFound => Self {
                detail: said,
                ..Self::not_found()
            },
            RegisterError::Changed => conflict("changed_meanwhile", said),
            RegisterError::Taken(field) => Self::field(field, "taken", said),
            RegisterError::TooManyAreas => conflict("too_many_areas", said),
            RegisterError::UnknownDepartment => {
                Self::field("department", "department_unknown", said)
            }
            RegisterError::UnknownArea => Self::field("area", "area_unknown", said),
            RegisterError::UnknownGate => Self::field("gate", "gate_unknown", said),
            RegisterError::LastAdministrator => conflict("last_administrator", said),
            RegisterError::Store(error) => error.into(),
        }
    }
}

impl From<DecideError> for Problem {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::NotFound => Self {
                detail: error.to_string(),
                ..Self::not_found()
            },
            DecideError::Blocked { .. } => conflict("visitor_blocked", error.to_string()),
            DecideError::Own => conflict("own_visit", error.to_string()),
            DecideError::Answered(_) => conflict("step_answered", error.to_string()),
            DecideError::Review => conflict("visitor_review", error.to_string()),
            DecideError::Visit(error) => error.into(),
            DecideError::Store(error) => error.into(),
        }
    }
}

impl From<RouteError> for Problem {
    fn from(error: RouteError) -> Self {
        let said = error.to_string();
        match error {
            RouteError::NotFound => Self {
                detail: said,
                ..Self::not_found()
            },
            RouteError::Changed => conflict("changed_meanwhile", said),
            RouteError::Unknown { field } => Self::field(&field, "unknown", said),
            RouteError::Store(error) => error.into(),
        }
    }
}

impl From<RevealError> for Problem {
    fn from(error: RevealError) -> Self {
        match error {
            RevealError::NotFound => Self::not_found(),
            RevealError::Unopened(error) => {
                tracing::error!(%error, "a sealed value does not open");
                Self::failure()
            }
            RevealError::Store(error) => error.into(),
        }
    }
}

impl From<ResendError> for Problem {
    fn from(error: ResendError) -> Self {
        let said = error.to_string();
        match error {
            ResendError::NotFound => Self {
                detail: said,
                ..Self::not_found()
            },
            ResendError::NotDead => conflict("message_not_dead", said),
            ResendError::Store(error) => error.into(),
        }
    }
}

impl From<DelegateError> for Problem {
    fn from(error: DelegateError) -> Self {
        let said = error.to_string();
        match error {
            DelegateError::NotFound => Self {
                detail: said,
                ..Self::not_found()
            },
            DelegateError::UnknownMember => Self::field("to", "staff_unknown", said),
            DelegateError::Oneself => Self::field("to", "delegation_to_oneself", said),
            DelegateError::Past => Self::field("ends_at", "delegation_past", said),
            DelegateError::TooLong => Self::field("ends_at", "delegation_too_long", said),
            DelegateError::Overlaps => conflict("delegation_overlaps", said),
            DelegateError::Store(error) => error.into(),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        let said = error.to_string();
        match error {
            ReadError::NoVisit | ReadError::NoGrant => Self {
                detail: said,
                ..Self::not_found()
            },
            ReadError::UnknownMember => Self::field("staff", "staff_unknown", said),
            ReadError::UnknownOver => Self::field("over", "over_unknown", said),
            ReadError::Granted => conflict("already_granted", said),
            ReadError::Store(error) => error.into(),
        }
    }
}

/// A field of the visitor with this number in a list, or of the only one.
pub fn of_visitor(number: Option<usize>, field: &str) -> String {
    match number {
        Some(number) => format!("visitors[{number}].{field}"),
        None => format!("visitor.{field}"),
    }
}

pub fn conflict(code: &'static str, detail: String) -> Problem {
    Problem {
        status: StatusCode::CONFLICT,
        code,
        detail,
        errors: Vec::new(),
    }
}
