//! The API of staff.

pub mod approvals;
pub mod invitations;
