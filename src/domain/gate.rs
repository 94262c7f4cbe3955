//! What a gate decides: one pure function over facts, with a closed list of reasons and their one
//! precedence.

use chrono::{DateTime, Utc};

use super::Plate;
use super::campus::{Direction, Gate};
use super::pass::{Pass, PassState};
use super::screening::{Effect, Entry, ruling};
use super::window::short_time;

/// What a device read.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The device's own number of the scan: the same again is the same scan.
    pub nonce: String,
    pub direction: Direction,
}

/// What is known about the thing that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Credential {
    /// Forged, malformed, or of a kind this gate does not take.
    Bad,
    /// A camera saw no plate, or none that there can be.
    NoPlate,
    /// Genuine, but there is no such pass.
    Unknown,
    Pass(Holding),
}

/// A pass and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    pub pass: Pass,
    /// Whose it is: a name, masked, a group, or a vehicle's plate.
    pub holder: String,
    /// Whether somebody of the visit has come in before.
    pub arrived: bool,
    /// The entries of the blacklist that fit the holder, wherever they count.
    pub listed: Vec<Entry>,
    pub known: Known,
}

/// By what a gate knows of a pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Its code, which somebody holds before the reader: an entry.
    ByCode,
    /// The plate of a vehicle. It takes none of the entries, which are for people.
    ByPlate(Plate),
}

impl Known {
    /// How many entries of the pass it takes.
    #[must_use]
    pub fn entries(&self) -> i32 {
        match self {
            Self::ByCode => 1,
            Self::ByPlate(_) => 0,
        }
    }
}

/// Why, in the order in which a reason outranks those after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    BadCode,
    Unknown,
    /// The holder is on the blacklist.
    Blocked,
    Revoked,
    NotYet,
    Expired,
    /// This gate is not among the places the pass is good for, or is closed.
    Area,
    /// Every entry it was good for is used.
    UsedUp,
    /// Nothing can be decided.
    Unavailable,
    Ok,
}

impl Reason {
    pub const ALL: [Self; 10] = [
        Self::BadCode,
        Self::Unknown,
        Self::Blocked,
        Self::Revoked,
        Self::NotYet,
        Self::Expired,
        Self::Area,
        Self::UsedUp,
        Self::Unavailable,
        Self::Ok,
    ];

    /// `r` in the answer to a device.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadCode => "bad_code",
            Self::Unknown => "unknown",
            Self::Blocked => "blocked",
            Self::Revoked => "revoked",
            Self::NotYet => "not_yet",
            Self::Expired => "expired",
            Self::Area => "area",
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
        Self::refuse(Reason::Unavailable, "系统繁忙，请联系门岗", None)
    }

    fn refuse(reason: Reason, say: &str, hint: Option<String>) -> Self {
        Self {
            reason,
            say: say.to_owned(),
            hint,
            display: Vec::new(),
        }
    }
}

/// Decides. On the way out, whatever once was a pass opens: nobody is locked in.
#[must_use]
pub fn decide(gate: &Gate, credential: &Credential, scan: &Scan, now: DateTime<Utc>) -> Verdict {
    let Holding {
        pass,
        holder,
        listed,
        known,
        ..
    } = match credential {
        Credential::Bad => return Verdict::refuse(Reason::BadCode, "无效的二维码", None),
        Credential::NoPlate => return Verdict::refuse(Reason::BadCode, "未识别到车牌", None),
        Credential::Unknown => return Verdict::refuse(Reason::Unknown, "没有找到该凭证", None),
        Credential::Pass(holding) => holding,
    };
    let display = vec![holder.clone(), gate.area_name.clone()];
    if scan.direction == Direction::Out {
        let say = "再见，一路平安".to_owned();
        return Verdict {
            reason: Reason::Ok,
            say,
            hint: None,
            display,
        };
    }
    if ruling(listed, gate.area, now).is_some_and(|entry| entry.effect == Effect::Refuse) {
        // Said aloud before a queue, so it does not say why.
        return Verdict::refuse(Reason::Blocked, "暂不能通行，请联系门岗", None);
    }
    match pass.state(now) {
        PassState::Revoked => return Verdict::refuse(Reason::Revoked, "该凭证已撤销", None),
        PassState::NotYet => {
            let hint = format!("{} 起可入", short_time(pass.window.from(), now));
            return Verdict::refuse(Reason::NotYet, "未到预约时间", Some(hint));
        }
        PassState::Expired => return Verdict::refuse(Reason::Expired, "预约时间已过", None),
        PassState::Valid => {}
    }
    if !gate.open {
        return Verdict::refuse(Reason::Area, "此门暂停通行", None);
    }
    if !pass.areas.holds(gate.slot) {
        return Verdict::refuse(Reason::Area, "不在预约的到访区域", None);
    }
    let entries = pass.entries + known.entries();
    if pass.entry_limit.is_some_and(|limit| entries > limit) {
        return Verdict::refuse(Reason::UsedUp, "通行次数已用完", None);
    }
    let say = format!(
        "欢迎，{}至{}",
        gate.area_name,
        short_time(pass.window.until(), now)
    );
    Verdict {
        reason: Reason::Ok,
        say,
        hint: None,
        display,
    }
}
