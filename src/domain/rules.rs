//! What an area asks of those who come in and go out by its gates.

use super::hours::Hours;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// When people may come in; they may leave at any time.
    pub hours: Hours,
    /// How many entries one pass has in a day of the calendar on campus; none is no limit.
    pub entries_a_day: Option<i16>,
    pub passback: Passback,
    /// So many minutes after an entry somebody who was not seen leaving is taken to have left; none: never.
    pub reentry_minutes: Option<i16>,
    pub exits: Exits,
    pub outage: Outage,
}

/// As the audit has them.
impl std::fmt::Display for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let or_none = |bound: Option<i16>| bound.map_or("none".to_owned(), |n| n.to_string());
        write!(
            f,
            "hours={} entries_a_day={} passback={} reentry_minutes={} exits={} outage={}",
            self.hours,
            or_none(self.entries_a_day),
            self.passback.as_str(),
            or_none(self.reentry_minutes),
            self.exits.as_str(),
            self.outage.as_str()
        )
    }
}

/// What becomes of a pass that comes in while it is inside, handed back over the fence perhaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passback {
    /// Nobody looks.
    #[default]
    Off,
    /// It opens, with an alert.
    Soft,
    /// It does not open.
    Hard,
}

impl Passback {
    /// Its short text in a column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Soft => "soft",
            Self::Hard => "hard",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Off, Self::Soft, Self::Hard]
            .into_iter()
            .find(|passback| passback.as_str() == text)
    }
}

/// What a gate does on the way in while the database cannot be asked. Nobody knows then who is inside, how
/// often a pass was used and, of one that was not seen a moment ago, whether it was revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outage {
    /// It opens for nobody: the guards do.
    #[default]
    Refuse,
    /// It opens, with an alert, for a code that is signed and says that it is good there and then.
    Signed,
}

impl Outage {
    /// Its short text in a column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Signed => "signed",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Refuse, Self::Signed]
            .into_iter()
            .find(|outage| outage.as_str() == text)
    }
}

/// What a gate does on the way out with what was never a pass. What was one always leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exits {
    #[default]
    Refuse,
    /// It opens, with an alert.
    Open,
}

impl Exits {
    /// Its short text in a column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Open => "open",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Refuse, Self::Open]
            .into_iter()
            .find(|exits| exits.as_str() == text)
    }
}
