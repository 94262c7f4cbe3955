//! 通行凭证: the right to go in, issued in the transaction that approves and revoked in the one that
//! withdraws.

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;

use super::campus::{AreaSet, Slot};
use super::{Window, plain};
use crate::ids::{PassId, VisitId, VisitorId};
use crate::secret::KeyRing;

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
    /// How many of those are taken; not counted where there is no limit.
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

/// Six characters that stand for a pass's link where there is no room for it: they open nothing without
/// the end of the visitor's phone number, and only so often.
#[derive(Clone, PartialEq, Eq)]
pub struct PassCode(String);

/// Without what looks like something else: 0 and O, 1 and I and L, U and V.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

impl PassCode {
    const LENGTH: usize = 6;

    /// The code of a pass; a new generation of its link has another one.
    #[must_use]
    pub fn of(keys: &KeyRing, pass: &Pass) -> Self {
        let bytes = keys.derive(
            "pass code",
            &format!("{} {}", pass.id, pass.link_generation),
        );
        let (number, _) = bytes.split_at(8);
        let mut number = u64::from_be_bytes(number.try_into().unwrap_or_default());
        let mut code = String::new();
        for _ in 0..Self::LENGTH {
            let place = usize::try_from(number % 30).unwrap_or_default();
            code.push(char::from(ALPHABET[place]));
            number /= 30;
        }
        Self(code)
    }

    /// What somebody typed: small letters and spaces do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = plain(text).chars().filter(|c| *c != ' ').collect();
        let text = text.to_ascii_uppercase();
        let known = text.bytes().all(|byte| ALPHABET.contains(&byte));
        (known && text.len() == Self::LENGTH).then_some(Self(text))
    }

    /// For the SMS.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored. Keyed, since whoever had the rows could try all codes otherwise.
    #[must_use]
    pub fn hash(&self, keys: &KeyRing) -> String {
        HEXLOWER.encode(&keys.derive("pass code's hash", &self.0)[..16])
    }
}

impl Pass {
    /// Of the passes of one plate the one to speak of at a gate: one that is good there, else the one that is
    /// nearest to it, and of those alike the first.
    #[must_use]
    pub fn nearest(passes: Vec<Self>, slot: Slot, now: DateTime<Utc>) -> Option<Self> {
        let far = |pass: &Self| {
            let state = match pass.state(now) {
                PassState::Valid => 0,
                PassState::NotYet => 1,
                PassState::Expired => 2,
                PassState::Revoked => 3,
            };
            let wait = (pass.window.from() - now).max(chrono::Duration::zero());
            (state, !pass.areas.holds(slot), wait)
        };
        passes.into_iter().min_by_key(far)
    }

    /// How many entries are left, where they are counted.
    #[must_use]
    pub fn entries_left(&self) -> Option<i32> {
        self.entry_limit.map(|limit| (limit - self.entries).max(0))
    }

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
