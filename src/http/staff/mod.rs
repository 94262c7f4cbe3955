//! The API of staff.

pub mod approvals;
