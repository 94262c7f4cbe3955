//! Who asks. The doors find out which of these somebody is; actions take them as arguments, so that
//! an action without the right kind of actor does not compile.

use std::sync::Arc;

use super::campus::{Device, Member, Role};
use crate::ids::{PersonId, StaffId};

/// Whoever can be logged in, and so begin a visit and own what they gave for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    Person(PersonId),
    Staff(StaffId),
}

impl Account {
    /// The two columns of a row that belongs to one of the two.
    #[must_use]
    pub fn as_columns(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Person(id) => (Some(id.get()), None),
            Self::Staff(id) => (None, Some(id.get())),
        }
    }

    /// `None` when the columns name nobody, or two.
    #[must_use]
    pub fn from_columns(person: Option<i64>, staff: Option<i64>) -> Option<Self> {
        match (person, staff) {
            (Some(id), None) => Some(Self::Person(id.into())),
            (None, Some(id)) => Some(Self::Staff(id.into())),
            (None, None) | (Some(_), Some(_)) => None,
        }
    }
}

impl From<StaffId> for Account {
    fn from(id: StaffId) -> Self {
        Self::Staff(id)
    }
}

/// As the audit names them.
impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Staff(id) => write!(f, "staff:{id}"),
        }
    }
}

/// Somebody who came through WeChat: by a login, or by a message that WeChat signed.
#[derive(Clone, Debug)]
pub struct Guest {
    pub id: PersonId,
}

impl From<&Guest> for Account {
    fn from(guest: &Guest) -> Self {
        Self::Person(guest.id)
    }
}

/// A member of staff who is logged in.
#[derive(Clone, Debug)]
pub struct Staff {
    pub member: Member,
}

impl Staff {
    /// Oneself as a host, when one may be visited.
    #[must_use]
    pub fn as_host(&self) -> Option<StaffId> {
        self.member.is(Role::Host).then_some(self.member.id)
    }
}

impl From<&Staff> for Account {
    fn from(staff: &Staff) -> Self {
        Self::Staff(staff.member.id)
    }
}

/// A member of staff who runs the whole thing: 访客管理员.
#[derive(Clone, Debug)]
pub struct Admin {
    pub member: Member,
}

impl Admin {
    /// As the audit names them.
    #[must_use]
    pub fn as_audited(&self) -> String {
        Account::Staff(self.member.id).to_string()
    }

    /// The member as an administrator, if they are one.
    #[must_use]
    pub fn of(member: Member) -> Option<Self> {
        member.is(Role::Administrator).then_some(Self { member })
    }
}

/// A member of staff who stands at the gates: 保卫, or 访客管理员.
#[derive(Clone, Debug)]
pub struct Guard {
    pub member: Member,
}

impl Guard {
    /// The member as a guard, if they are one.
    #[must_use]
    pub fn of(member: Member) -> Option<Self> {
        let guards = member.is(Role::Guard) || member.is(Role::Administrator);
        guards.then_some(Self { member })
    }
}

/// A gate's device whose signature was checked.
#[derive(Clone, Debug)]
pub struct Reader {
    pub device: Arc<Device>,
    /// How often gates had changed when it was looked up.
    pub version: i64,
}
