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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{Masked, Sealed};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minute)
    }

    /// One made at minute 0 that lapses at minute 120.
    fn invitation(capacity: i64) -> Invitation {
        let mut invitation = Invitation {
            id: 1.into(),
            visit: 2.into(),
            link_generation: 1,
            capacity: Capacity::parse(capacity).unwrap(),
            lapses_at: at(120),
            deadline: 3.into(),
            warn_at: None,
            course: Course::Open,
        };
        invitation.set_deadline(3.into(), at(0), at(120));
        invitation
    }

    fn phone(text: &str) -> KeyedHash {
        KeyedHash::from_column(text.to_owned())
    }

    fn invitee(id: i64, hash: &str, visitor: Option<i64>) -> Invitee {
        Invitee {
            id: id.into(),
            invitation: 1.into(),
            name: PersonName::parse("李四").unwrap(),
            phone: SealedPhone {
                sealed: Sealed::from_column(String::new()),
                hash: phone(hash),
                mask: Masked::from_column(String::new()),
            },
            visitor: visitor.map(VisitorId::from),
        }
    }

    #[test]
    fn it_ends_when_its_time_has_run_out_or_every_place_is_taken_and_stays_ended() {
        let course = |joined, minute| invitation(2).settle(joined, at(minute)).course;
        let ended = |how, minute| Course::Ended {
            how,
            at: at(minute),
        };
        assert_eq!(course(0, 119), Course::Open);
        assert_eq!(course(1, 119), Course::Open);
        assert_eq!(course(2, 60), ended(Ending::Full, 60));
        // The lapse is a fact of the clock, whenever it is looked at.
        for minute in [120, 121, 5000] {
            assert_eq!(course(0, minute), ended(Ending::Lapsed, 120));
            assert_eq!(course(1, minute), ended(Ending::Lapsed, 120));
        }
        for how in Ending::ALL {
            let mut over = invitation(2);
            over.end(how, at(7));
            let later = over.clone().settle(2, at(500));
            assert_eq!((&later, over.warn_at), (&over, None));
            assert_eq!(over.must_be_open(), Err(Refusal::from(how)));
            assert_eq!(Ending::parse(how.as_str()), Some(how));
        }
    }

    #[test]
    fn a_place_that_is_kept_is_for_the_proven_phone_alone() {
        let invitees = [invitee(7, "li", None), invitee(8, "wang", Some(5))];
        let place = |capacity, asked: &str, proven: Option<&str>, joined| {
            let proven = proven.map(phone);
            invitation(capacity).place_for(&phone(asked), proven.as_ref(), joined, &invitees)
        };
        let named = Ok(Place::Named(7.into()));
        for (capacity, asked, proven, joined, place_is) in [
            (3, "li", Some("li"), 1, named),
            (3, "li", None, 1, Err(Refusal::NotYours)),
            (3, "li", Some("zhao"), 1, Err(Refusal::NotYours)),
            (3, "zhao", None, 1, Ok(Place::Free)),
            (2, "zhao", Some("zhao"), 1, Err(Refusal::Reserved)),
            (2, "li", Some("li"), 1, named),
            (2, "zhao", None, 2, Err(Refusal::Full)),
            // A name that is in already keeps nothing.
            (3, "wang", None, 1, Ok(Place::Free)),
        ] {
            assert_eq!(
                place(capacity, asked, proven, joined),
                place_is,
                "{capacity} {asked} {proven:?} {joined}"
            );
        }
    }

    #[test]
    fn only_an_empty_place_is_closed_and_never_the_last() {
        let close = |capacity, joined, invitees: &[Invitee], named: Option<i64>| {
            let mut invitation = invitation(capacity);
            let closed = invitation.close_place(joined, invitees, named.map(InviteeId::from));
            closed.map(|()| invitation.capacity.get())
        };
        let (kept, taken) = (invitee(7, "li", None), invitee(8, "wang", Some(5)));
        assert_eq!(close(3, 1, &[], None), Ok(2));
        assert_eq!(close(2, 2, &[], None), Err(Refusal::NoEmptyPlace));
        assert_eq!(close(1, 0, &[], None), Err(Refusal::LastPlace));
        let both = [kept, taken];
        assert_eq!(close(2, 1, &both, None), Err(Refusal::NoEmptyPlace));
        assert_eq!(close(2, 1, &both, Some(7)), Ok(1));
        assert_eq!(close(3, 1, &both, Some(8)), Err(Refusal::NoEmptyPlace));
        assert_eq!(close(3, 1, &both, Some(9)), Err(Refusal::NoEmptyPlace));
    }

    #[test]
    fn the_warning_comes_a_quarter_of_the_time_before_and_a_quarter_of_an_hour_at_most() {
        for (term, warned) in [(120, 105), (60, 45), (40, 30), (4, 3), (10_080, 10_065)] {
            let mut invitation = invitation(2);
            invitation.set_deadline(9.into(), at(0), at(term));
            assert_eq!(invitation.warn_at, Some(at(warned)), "{term}");
        }
    }

    #[test]
    fn a_term_ends_with_the_visit_at_the_latest() {
        let term = Term::parse(60).unwrap();
        assert_eq!(term.after(at(0), at(90)), at(60));
        assert_eq!(term.after(at(0), at(45)), at(45));
        assert_eq!(Term::default().after(at(0), at(500)), at(120));
        for (minutes, fits) in [(0, false), (1, true), (10_080, true), (10_081, false)] {
            assert_eq!(Term::parse(minutes).is_ok(), fits, "{minutes}");
        }
        for (places, fits) in [
            (0, false),
            (1, true),
            (100, true),
            (101, false),
            (-1, false),
        ] {
            assert_eq!(Capacity::parse(places).is_ok(), fits, "{places}");
        }
    }
}
