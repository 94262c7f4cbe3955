//! What a visit or an invitation refuses, as problems: the one who comes too late is told why.

use axum::http::StatusCode;

use super::problem::Problem;
use crate::domain::invitation::Refusal;
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

/// A field of the visitor with this number in a list, or of the only one.
pub fn of_visitor(number: Option<usize>, field: &str) -> String {
    match number {
        Some(number) => format!("visitors[{number}].{field}"),
        None => format!("visitor.{field}"),
    }
}

fn conflict(code: &'static str, detail: String) -> Problem {
    Problem {
        status: StatusCode::CONFLICT,
        code,
        detail,
        errors: Vec::new(),
    }
}
