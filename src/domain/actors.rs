//! Who asks. The doors find out which of these somebody is; actions take them as arguments, so that
//! an action without the right kind of actor does not compile.

use super::campus::{Device, Member, Role};
use crate::ids::PersonId;

/// Somebody who came through WeChat: by a login, or by a message that WeChat signed.
#[derive(Clone, Debug)]
pub struct Guest {
    pub id: PersonId,
}

/// A member of staff who is logged in.
#[derive(Clone, Debug)]
pub struct Staff {
    pub member: Member,
}

/// A member of staff who decides for their department.
#[derive(Clone, Debug)]
pub struct Approver {
    pub member: Member,
}

impl Approver {
    /// The member as an approver, if they are one.
    #[must_use]
    pub fn of(member: Member) -> Option<Self> {
        member.is(Role::Approver).then_some(Self { member })
    }
}

/// A gate's device whose signature was checked.
#[derive(Clone, Debug)]
pub struct Reader {
    pub device: Device,
}
