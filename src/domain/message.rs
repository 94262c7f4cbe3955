//! What people must be told, by kind: which facts each kind brings, so that a template that asks for
//! another one is refused at start.

use super::actors::Account;
use crate::ids::{
    DeadlineId, HitId, InvitationId, InviteeId, LoginCodeId, OutboxId, PassId, PersonId,
    RegistrationId, StaffId, StepId, VisitId, VisitorId,
};

/// Something that happened of which somebody must hear. It names rows, not words: what is said is
/// rendered when it is sent, from what is true then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A step waits for the department's approvers.
    ApprovalWaiting {
        step: StepId,
    },
    /// A step has waited for so long that those who are asked are reminded.
    ApprovalReminder {
        step: StepId,
    },
    /// A step was decided. The step and not the visit: one that is returned twice is told twice.
    VisitApproved {
        step: StepId,
    },
    VisitRejected {
        step: StepId,
    },
    VisitReturned {
        step: StepId,
    },
    PassIssued {
        pass: PassId,
    },
    GuestArrived {
        visit: VisitId,
    },
    /// Somebody was invited by name.
    Invited {
        invitee: InviteeId,
    },
    /// Somebody is registered to visit a resident.
    Registered {
        registration: RegistrationId,
    },
    /// The time is about to run out. The deadline and not the invitation: one that is extended is warned
    /// of again.
    InvitationLapsing {
        deadline: DeadlineId,
    },
    InvitationLapsed {
        invitation: InvitationId,
    },
    /// A card that still shows buttons, of a step that is decided.
    CardSettled {
        card: OutboxId,
    },
    /// Somebody new follows the account: ask WeChat who they are, to link them with their
    /// mini-program self.
    FollowerSeen {
        person: PersonId,
    },
    /// Somebody on the blacklist was met.
    BlacklistHit {
        hit: HitId,
    },
    /// What somebody asked the account at this second, in seconds since 1970, was answered after WeChat
    /// had stopped waiting, and could not be told in the chat either.
    AnswerLate {
        asked_at: i64,
    },
    /// Somebody outside WeChat logs in with a phone.
    LoginCode {
        code: LoginCodeId,
    },
}

impl Message {
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::ApprovalWaiting { .. } => Kind::ApprovalWaiting,
            Self::ApprovalReminder { .. } => Kind::ApprovalReminder,
            Self::VisitApproved { .. } => Kind::VisitApproved,
            Self::VisitRejected { .. } => Kind::VisitRejected,
            Self::VisitReturned { .. } => Kind::VisitReturned,
            Self::PassIssued { .. } => Kind::PassIssued,
            Self::GuestArrived { .. } => Kind::GuestArrived,
            Self::Invited { .. } => Kind::Invited,
            Self::Registered { .. } => Kind::Registered,
            Self::InvitationLapsing { .. } => Kind::InvitationLapsing,
            Self::InvitationLapsed { .. } => Kind::InvitationLapsed,
            Self::CardSettled { .. } => Kind::CardSettled,
            Self::FollowerSeen { .. } => Kind::FollowerSeen,
            Self::BlacklistHit { .. } => Kind::BlacklistHit,
            Self::AnswerLate { .. } => Kind::AnswerLate,
            Self::LoginCode { .. } => Kind::LoginCode,
        }
    }

    /// The row it is about, or what else tells it from others of its kind to the same person.
    #[must_use]
    pub fn subject(&self) -> i64 {
        match self {
            Self::ApprovalWaiting { step }
            | Self::ApprovalReminder { step }
            | Self::VisitApproved { step }
            | Self::VisitRejected { step }
            | Self::VisitReturned { step } => step.get(),
            Self::GuestArrived { visit } => visit.get(),
            Self::Invited { invitee } => invitee.get(),
            Self::Registered { registration } => registration.get(),
            Self::InvitationLapsing { deadline } => deadline.get(),
            Self::InvitationLapsed { invitation } => invitation.get(),
            Self::PassIssued { pass } => pass.get(),
            Self::CardSettled { card } => card.get(),
            Self::FollowerSeen { person } => person.get(),
            Self::BlacklistHit { hit } => hit.get(),
            Self::AnswerLate { asked_at } => *asked_at,
            Self::LoginCode { code } => code.get(),
        }
    }

    /// The message of a kind about a row; the other way round from [`Message::kind`].
    #[must_use]
    pub fn of(kind: Kind, subject: i64) -> Self {
        match kind {
            Kind::ApprovalWaiting => Self::ApprovalWaiting {
                step: subject.into(),
            },
            Kind::ApprovalReminder => Self::ApprovalReminder {
                step: subject.into(),
            },
            Kind::VisitApproved => Self::VisitApproved {
                step: subject.into(),
            },
            Kind::VisitRejected => Self::VisitRejected {
                step: subject.into(),
            },
            Kind::VisitReturned => Self::VisitReturned {
                step: subject.into(),
            },
            Kind::PassIssued => Self::PassIssued {
                pass: subject.into(),
            },
            Kind::GuestArrived => Self::GuestArrived {
                visit: subject.into(),
            },
            Kind::Invited => Self::Invited {
                invitee: subject.into(),
            },
            Kind::Registered => Self::Registered {
                registration: subject.into(),
            },
            Kind::InvitationLapsing => Self::InvitationLapsing {
                deadline: subject.into(),
            },
            Kind::InvitationLapsed => Self::InvitationLapsed {
                invitation: subject.into(),
            },
            Kind::CardSettled => Self::CardSettled {
                card: subject.into(),
            },
            Kind::FollowerSeen => Self::FollowerSeen {
                person: subject.into(),
            },
            Kind::BlacklistHit => Self::BlacklistHit {
                hit: subject.into(),
            },
            Kind::AnswerLate => Self::AnswerLate { asked_at: subject },
            Kind::LoginCode => Self::LoginCode {
                code: subject.into(),
            },
        }
    }
}

/// The kinds of message; each has a file in `message_templates/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    ApprovalWaiting,
    ApprovalReminder,
    VisitApproved,
    VisitRejected,
    VisitReturned,
    PassIssued,
    GuestArrived,
    Invited,
    Registered,
    InvitationLapsing,
    InvitationLapsed,
    CardSettled,
    FollowerSeen,
    BlacklistHit,
    AnswerLate,
    LoginCode,
}

impl Kind {
    pub const ALL: [Self; 16] = [
        Self::ApprovalWaiting,
        Self::ApprovalReminder,
        Self::VisitApproved,
        Self::VisitRejected,
        Self::VisitReturned,
        Self::PassIssued,
        Self::GuestArrived,
        Self::Invited,
        Self::Registered,
        Self::InvitationLapsing,
        Self::InvitationLapsed,
        Self::CardSettled,
        Self::FollowerSeen,
        Self::BlacklistHit,
        Self::AnswerLate,
        Self::LoginCode,
    ];

    /// Its short text in a column, and the stem of its template's file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApprovalWaiting => "approval_waiting",
            Self::ApprovalReminder => "approval_reminder",
            Self::VisitApproved => "visit_approved",
            Self::VisitRejected => "visit_rejected",
            Self::VisitReturned => "visit_returned",
            Self::PassIssued => "pass_issued",
            Self::GuestArrived => "guest_arrived",
            Self::Invited => "invited",
            Self::Registered => "registered",
            Self::InvitationLapsing => "invitation_lapsing",
            Self::InvitationLapsed => "invitation_lapsed",
            Self::CardSettled => "card_settled",
            Self::FollowerSeen => "follower_seen",
            Self::BlacklistHit => "blacklist_hit",
            Self::AnswerLate => "answer_late",
            Self::LoginCode => "login_code",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The facts a template of this kind may use, as `{name}`.
    #[must_use]
    pub fn facts(self) -> Vec<&'static str> {
        let (of_visit, own): (&[&str], &[&str]) = match self {
            Self::ApprovalWaiting | Self::ApprovalReminder => {
                (OF_VISIT, &["visitors", "approval_link"])
            }
            Self::VisitApproved | Self::VisitRejected | Self::VisitReturned => {
                (OF_VISIT, &["visitors", "comment", "result", "visit_link"])
            }
            Self::PassIssued => (
                OF_VISIT,
                &["visitors", "pass_token", "pass_link", "pass_code"],
            ),
            Self::GuestArrived => (OF_VISIT, &["visitors", "arrived_at"]),
            Self::Invited => (
                OF_VISIT,
                &["invitee", "lapses_at", "lapses_short", "invitation_token"],
            ),
            Self::Registered => (OF_VISIT, &["visitor", "dates", "registration_token"]),
            Self::InvitationLapsing | Self::InvitationLapsed => (
                OF_VISIT,
                &[
                    "lapses_at",
                    "lapses_short",
                    "joined",
                    "capacity",
                    "result",
                    "visit_link",
                ],
            ),
            Self::CardSettled => (&[], &["result"]),
            Self::FollowerSeen => (&[], &[]),
            Self::BlacklistHit => (
                OF_VISIT,
                &["visitor", "mark", "effect", "cause", "place", "met_at"],
            ),
            Self::AnswerLate => (&[], &["records_link"]),
            Self::LoginCode => (&[], &["login_code", "minutes"]),
        };
        [of_visit, own].concat()
    }
}

/// What every message about a visit knows.
const OF_VISIT: &[&str] = &[
    "number",
    "submitter",
    "host",
    "department",
    "area",
    "reason",
    "starts_at",
    "ends_at",
    "starts_short",
    "days",
];

/// Whose door a message leaves by. Each has a worker of its own, so that a crowd before one, or one that
/// does not open, holds up nobody at the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// WeChat, for the Official Account and the mini-program.
    Account,
    Wecom,
    Sms,
}

impl Lane {
    pub const ALL: [Self; 3] = [Self::Account, Self::Wecom, Self::Sms];

    /// Its short text in a column and in the figures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Wecom => "wecom",
            Self::Sms => "sms",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == text)
    }
}

/// Who is told about a visit that somebody began: a person, or a member of staff.
impl From<Account> for Recipient {
    fn from(account: Account) -> Self {
        match account {
            Account::Person(id) => Self::Person(id),
            Account::Staff(id) => Self::Staff(id),
        }
    }
}

/// One who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recipient {
    Person(PersonId),
    Visitor(VisitorId),
    Invitee(InviteeId),
    /// The phone that was typed for a resident.
    Resident(RegistrationId),
    /// The phone that was typed to log in.
    Caller(LoginCodeId),
    Staff(StaffId),
}

impl Recipient {
    /// Its kind as short text in a column, and the row.
    #[must_use]
    pub fn as_column(self) -> (&'static str, i64) {
        match self {
            Self::Person(id) => ("person", id.get()),
            Self::Visitor(id) => ("visitor", id.get()),
            Self::Invitee(id) => ("invitee", id.get()),
            Self::Resident(id) => ("resident", id.get()),
            Self::Caller(id) => ("caller", id.get()),
            Self::Staff(id) => ("staff", id.get()),
        }
    }

    /// The member of staff, if it is one.
    #[must_use]
    pub fn staff(self) -> Option<StaffId> {
        match self {
            Self::Staff(id) => Some(id),
            Self::Person(_)
            | Self::Visitor(_)
            | Self::Invitee(_)
            | Self::Resident(_)
            | Self::Caller(_) => None,
        }
    }

    #[must_use]
    pub fn from_column(kind: &str, id: i64) -> Option<Self> {
        match kind {
            "person" => Some(Self::Person(id.into())),
            "visitor" => Some(Self::Visitor(id.into())),
            "invitee" => Some(Self::Invitee(id.into())),
            "resident" => Some(Self::Resident(id.into())),
            "caller" => Some(Self::Caller(id.into())),
            "staff" => Some(Self::Staff(id.into())),
            _ => None,
        }
    }
}
