//! 通行凭证: the right to go in, issued in the transaction that approves and revoked in the one that
//! withdraws.

use chrono::{DateTime, Utc};

use super::Window;
use super::campus::AreaSet;
use crate::ids::{PassId, VisitId, VisitorId};

#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    pub id: PassId,
    pub visit: VisitId,
    pub visitor: VisitorId,
    /// The signing key of its code, by its number in the ring.
    pub key_no: u8,
    /// A new generation makes the old link worthless.
    pub link_generation: i32,
    pub window: Window,
    pub areas: AreaSet,
    /// How many entries it is good for; none is no limit.
    pub entry_limit: Option<i32>,
    pub entries: i32,
    pub revoked_at: Option<DateTime<Utc>>,
    /// Counts changes of the right itself, not entries.
    pub version: i32,
}

/// What a pass page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassState {
    Valid,
    NotYet,
    Expired,
    Revoked,
}

impl PassState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NotYet => "not_yet",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl Pass {
    /// A revoked pass is told as revoked, whatever the hour.
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> PassState {
        match self.revoked_at {
            Some(_) => PassState::Revoked,
            None if now < self.window.from() => PassState::NotYet,
            None if self.window.is_over(now) => PassState::Expired,
            None => PassState::Valid,
        }
    }
}
