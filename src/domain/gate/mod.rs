//! What a gate decides: [`decide`], one pure function over facts, with a closed list of reasons and their
//! one precedence, which is the order of [`Reason`]. What is read is a [`Content`]; what is known about it
//! a [`Credential`].

mod decide;
mod news;
mod normal;

pub use decide::decide;
pub use news::News;
pub use normal::normalise;

use super::Plate;
use super::campus::{Direction, Gate};
use super::pass::Pass;
use super::presence::Presence;
use super::screening::Entry;
use crate::secret::KeyedHash;

/// What was held before a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub kind: Kind,
    pub text: String,
}

/// `k` of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The text in a QR.
    Qr,
    /// What a camera took for a plate.
    Plate,
    /// The number by which a terminal knows somebody's face: the visitor's id.
    Face,
    /// The number of an ID card.
    IdCard,
    /// What a card reader read. Some readers send a QR as if it were a card.
    Card,
    /// What this program knows nothing of.
    Other,
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::Qr,
        Self::Plate,
        Self::Face,
        Self::IdCard,
        Self::Card,
        Self::Other,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::Plate => "plate",
            Self::Face => "face",
            Self::IdCard => "idcard",
            Self::Card => "card",
            Self::Other => "other",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Self {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.unwrap_or(Self::Other)
    }
}

/// A reading by a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The device's own number of the scan: the same again is the same scan.
    pub nonce: String,
    /// What was read, keyed, where the device did not give that number: readers repeat themselves, and are then
    /// known by it.
    pub repeats: Option<KeyedHash>,
    /// Which of the device's readers.
    pub reader: i16,
    pub kind: Kind,
    pub direction: Direction,
}

/// Everything that a decision rests on, but the scan and the time.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub gate: &'a Gate,
    pub credential: &'a Credential,
}

/// What is known about the thing that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Credential {
    /// Forged or malformed.
    Bad,
    /// A camera saw no plate, or none that there can be.
    NoPlate,
    /// There is no such pass; of a code, though it is genuine.
    Unknown {
        stale: bool,
    },
    /// Somebody who has no pass, but waits for one.
    Unapproved {
        /// The entries of the blacklist that fit them.
        listed: Vec<Entry>,
    },
    Pass(Holding),
}

impl Credential {
    /// The pass, where it is one.
    #[must_use]
    pub fn holding(&self) -> Option<&Holding> {
        match self {
            Self::Pass(holding) => Some(holding),
            Self::Bad | Self::NoPlate | Self::Unknown { .. } | Self::Unapproved { .. } => None,
        }
    }
}

/// A pass and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    pub pass: Pass,
    /// Whose it is: a name, masked, a group, or a vehicle's plate.
    pub holder: String,
    /// Whether somebody of the visit has come in before.
    pub arrived: bool,
    /// Whether the visit stands approved, or took place.
    pub approved: bool,
    /// The entries of the blacklist that fit the holder, wherever they count.
    pub listed: Vec<Entry>,
    pub known: Known,
    /// What it has done at the gates of this area.
    pub presence: Presence,
}

/// By what a gate knows of a pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Somebody stands before the reader: an entry.
    InPerson {
        /// With the code of a step that is over: a picture of the screen.
        stale: bool,
    },
    /// One of a group, who all have the same code.
    InGroup,
    /// The plate of a vehicle. It takes none of the entries, which are for people, and is no presence.
    ByPlate(Plate),
}

impl Known {
    /// How many entries of the pass it takes.
    #[must_use]
    pub fn entries(&self) -> i32 {
        match self {
            Self::InPerson { .. } | Self::InGroup => 1,
            Self::ByPlate(_) => 0,
        }
    }
}

/// Why, in the order in which a reason outranks those after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Forged or malformed.
    BadCode,
    /// A rotating code of an old step.
    StaleCode,
    Unknown,
    /// The holder is on the blacklist.
    Blocked,
    Revoked,
    Unapproved,
    NotYet,
    Expired,
    /// This gate is not among the places the pass is good for, or is closed.
    Area,
    /// As many entries as a day has.
    Quota,
    /// It is inside already, or, leaving, was never seen coming in.
    Passback,
    /// Every entry it was good for is used.
    UsedUp,
    /// Nothing can be decided.
    Unavailable,
    Ok,
}

impl Reason {
    pub const ALL: [Self; 14] = [
        Self::BadCode,
        Self::StaleCode,
        Self::Unknown,
        Self::Blocked,
        Self::Revoked,
        Self::Unapproved,
        Self::NotYet,
        Self::Expired,
        Self::Area,
        Self::Quota,
        Self::Passback,
        Self::UsedUp,
        Self::Unavailable,
        Self::Ok,
    ];

    /// `r` in the answer to a device.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadCode => "bad_code",
            Self::StaleCode => "stale_code",
            Self::Unknown => "unknown",
            Self::Blocked => "blocked",
            Self::Revoked => "revoked",
            Self::Unapproved => "unapproved",
            Self::NotYet => "not_yet",
            Self::Expired => "expired",
            Self::Area => "area",
            Self::Quota => "quota",
            Self::Passback => "passback",
            Self::UsedUp => "used_up",
            Self::Unavailable => "unavailable",
            Self::Ok => "ok",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// What the gate does, and what it says and shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub reason: Reason,
    /// What is wrong though it opens.
    pub alert: Option<Reason>,
    pub say: String,
    pub hint: Option<String>,
    pub display: Vec<String>,
}

impl Verdict {
    #[must_use]
    pub fn opens(&self) -> bool {
        self.reason == Reason::Ok
    }

    /// When the service itself cannot decide.
    #[must_use]
    pub fn unavailable() -> Self {
        Self {
            reason: Reason::Unavailable,
            alert: None,
            say: "系统繁忙，请联系门岗".to_owned(),
            hint: None,
            display: Vec::new(),
        }
    }
}
