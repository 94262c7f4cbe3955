//! The API of staff.

pub mod approvals;
pub mod colleagues;
pub mod delegations;
mod flow;
pub mod groups;
pub mod invitations;
pub mod me;
pub mod readers;
pub mod trays;
