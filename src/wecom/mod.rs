//! WeCom (企业微信), where the staff are: one application of the college.
//!
//! [`event`] types what comes in, [`card`] is what an approver sees, [`reply`] changes the card that
//! was just clicked; an [`Application`](application::Application) sends and signs people in.

pub mod event;

pub mod card;
pub mod reply;

pub mod application;
pub mod message;
pub mod oauth;

#[cfg(test)]
mod calls;
