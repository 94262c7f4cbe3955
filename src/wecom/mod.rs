//! WeCom (企业微信), where the staff are: one application of the college.
//!
//! [`event`] types what comes in, [`card`] is what an approver sees, [`reply`] changes the card that
//! was just clicked.

pub mod card;
pub mod event;
pub mod reply;
