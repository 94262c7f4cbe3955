//! The API of staff.

pub mod approvals;
pub mod groups;
pub mod invitations;
