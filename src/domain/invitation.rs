//! 邀请: others may join a visit until every place is taken or the time runs out, whichever comes
//! first; then it is submitted with those who did.
//!
//! Nothing waits for a timer: [`Invitation::settle`] says what a stored invitation means now, and
//! every read and every join does that first. How it ended stays written down, so that whoever comes
//! too late is told why.

use chrono::{DateTime, Duration, Utc};

use super::campus::SealedPhone;
use super::{Fault, PersonName};
use crate::ids::{DeadlineId, InvitationId, InviteeId, VisitId, VisitorId};
use crate::secret::KeyedHash;

/// An invitation with its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub visit: VisitId,
    /// A new generation makes the old link worthless.
    pub link_generation: i32,
    pub capacity: Capacity,
    /// From this moment on nobody joins.
    pub lapses_at: DateTime<Utc>,
    /// Names this running of the clock: one is warned of once, and an extension begins another.
    pub deadline: DeadlineId,
    /// When the initiator is to be warned, until they were.
    pub warn_at: Option<DateTime<Utc>>,
    pub course: Course,
}

/// Whether it still takes people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Open,
    Ended { how: Ending, at: DateTime<Utc> },
}

/// How an invitation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every place is taken: submitted.
    Full,
    /// The time ran out: submitted with those who joined, or 已失效 when nobody did.
    Lapsed,
    /// The initiator submitted it early.
    Submitted,
    /// The initiator withdrew it.
    Withdrawn,
}

impl Ending {
    pub const ALL: [Self; 4] = [Self::Full, Self::Lapsed, Self::Submitted, Self::Withdrawn];

    /// Its short text in a column and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Lapsed => "lapsed",
            Self::Submitted => "submitted",
            Self::Withdrawn => "withdrawn",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == text)
    }
}

/// What came of somebody's joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// They are in, and places are left.
    Accepted,
    /// They took the last place, which submitted the visit.
    AndFull,
}

/// Why an invitation refuses what is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("名额已满")]
    Full,
    #[error("邀请已失效")]
    Lapsed,
    #[error("邀请已由发起人提交，不能再加入或更改")]
    Submitted,
    #[error("邀请已由发起人撤销")]
    Withdrawn,
    /// What is left is for people who were asked by name.
    #[error("剩余名额已留给指定的受邀人，请使用收到邀请的手机号")]
    Reserved,
    /// A named place, and a phone that was not proven to be its.
    #[error("该名额已留给指定的受邀人，请先用该手机号验证身份")]
    NotYours,
    #[error("该证件号已在受邀人员中")]
    AlreadyIn,
    #[error("还没有人接受邀请，不能提交")]
    NobodyIn,
    #[error("没有可关闭的空名额")]
    NoEmptyPlace,
    #[error("至少要保留一个名额，如不再邀请请撤销")]
    LastPlace,
}

impl From<Ending> for Refusal {
    fn from(how: Ending) -> Self {
        match how {
            Ending::Full => Self::Full,
            Ending::Lapsed => Self::Lapsed,
            Ending::Submitted => Self::Submitted,
            Ending::Withdrawn => Self::Withdrawn,
        }
    }
}

/// 来访人数: how many places there are, those who joined included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capacity(i16);

impl Capacity {
    /// # Errors
    /// Outside of 1 to 100.
    pub fn parse(places: i64) -> Result<Self, Fault> {
        match i16::try_from(places) {
            Ok(places @ 1..=100) => Ok(Self(places)),
            _ => Err(Fault::new("capacity_range", "来访人数仅允许输入1~100数字")),
        }
    }

    #[must_use]
    pub fn get(self) -> i16 {
        self.0
    }
}

/// 邀请有效时长, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term(i64);

impl Default for Term {
    /// The handbook's 120 minutes.
    fn default() -> Self {
        Self(120)
    }
}

impl Term {
    /// A week: whoever has not answered by then has forgotten the invitation.
    pub const LONGEST: Self = Self(7 * 24 * 60);

    /// # Errors
    /// Outside of a minute to a week.
    pub fn parse(minutes: i64) -> Result<Self, Fault> {
        if (1..=Self::LONGEST.0).contains(&minutes) {
            Ok(Self(minutes))
        } else {
            Err(Fault::new(
                "minutes_range",
                "邀请有效时长应为1~10080分钟（最长7天）",
            ))
        }
    }

    /// When it has run, from `from`; never past `until`, the visit's own end.
    #[must_use]
    pub fn after(self, from: DateTime<Utc>, until: DateTime<Utc>) -> DateTime<Utc> {
        (from + Duration::minutes(self.0)).min(until)
    }
}

/// Somebody who was asked by name and phone, and for whom a place is kept.
#[derive(Clone, Debug)]
pub struct Invitee {
    pub id: InviteeId,
    pub invitation: InvitationId,
    pub name: PersonName,
    pub phone: SealedPhone,
    /// Who took the place; none while nobody has.
    pub visitor: Option<VisitorId>,
}

/// Which place somebody takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Free,
    /// The one that was kept for this invitee.
    Named(InviteeId),
}

/// The longest warning before a lapse.
const WARNING: Duration = Duration::minutes(15);

impl Invitation {
    /// A new deadline: a quarter of the time before it, at most 15 minutes, the initiator is warned.
    pub fn set_deadline(&mut self, id: DeadlineId, now: DateTime<Utc>, lapses_at: DateTime<Utc>) {
        let warning = WARNING.min((lapses_at - now) / 4);
        self.deadline = id;
        self.lapses_at = lapses_at;
        self.warn_at = Some(lapses_at - warning);
    }

    /// What the stored invitation means at `now`, when so many have joined.
    #[must_use]
    pub fn settle(mut self, joined: usize, now: DateTime<Utc>) -> Self {
        if self.course == Course::Open && now >= self.lapses_at {
            self.end(Ending::Lapsed, self.lapses_at);
        } else if self.course == Course::Open && self.free(joined) == 0 {
            self.end(Ending::Full, now);
        }
        self
    }

    /// # Errors
    /// How it ended, when it has.
    pub fn must_be_open(&self) -> Result<(), Refusal> {
        match self.course {
            Course::Open => Ok(()),
            Course::Ended { how, .. } => Err(how.into()),
        }
    }

    pub fn end(&mut self, how: Ending, at: DateTime<Utc>) {
        self.course = Course::Ended { how, at };
        self.warn_at = None;
    }

    /// How many places nobody has taken, those that are kept for somebody included.
    #[must_use]
    pub fn free(&self, joined: usize) -> usize {
        usize::try_from(self.capacity.get())
            .unwrap_or(0)
            .saturating_sub(joined)
    }

    /// The place for a visitor with this phone: the one that is kept for it, which needs the proof
    /// that the phone is the asker's, or else a free one.
    ///
    /// # Errors
    /// When there is none for them.
    pub fn place_for(
        &self,
        phone: &KeyedHash,
        proven: Option<&KeyedHash>,
        joined: usize,
        invitees: &[Invitee],
    ) -> Result<Place, Refusal> {
        let kept = || invitees.iter().filter(|invitee| invitee.visitor.is_none());
        if let Some(named) = kept().find(|invitee| invitee.phone.hash == *phone) {
            return if proven == Some(phone) {
                Ok(Place::Named(named.id))
            } else {
                Err(Refusal::NotYours)
            };
        }
        match self.free(joined) {
            0 => Err(Refusal::Full),
            free if free <= kept().count() => Err(Refusal::Reserved),
            _ => Ok(Place::Free),
        }
    }

    /// Closes an empty place: the one that is kept for `named`, or one that is kept for nobody.
    ///
    /// # Errors
    /// When there is none, or it is the last of all.
    pub fn close_place(
        &mut self,
        joined: usize,
        invitees: &[Invitee],
        named: Option<InviteeId>,
    ) -> Result<(), Refusal> {
        let kept: Vec<_> = invitees.iter().filter(|i| i.visitor.is_none()).collect();
        let there = match named {
            Some(id) => kept.iter().any(|invitee| invitee.id == id),
            None => self.free(joined) > kept.len(),
        };
        if !there {
            return Err(Refusal::NoEmptyPlace);
        }
        let fewer = Capacity::parse(i64::from(self.capacity.get()) - 1);
        self.capacity = fewer.map_err(|_| Refusal::LastPlace)?;
        Ok(())
    }
}
