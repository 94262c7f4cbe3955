//! WeChat itself: the Official Account (公众号) and the mini-program (小程序).
//!
//! [`event`] types what comes in and [`reply`] writes what goes straight back. What we ask of WeChat
//! is asked of an [`OfficialAccount`](account::OfficialAccount) or a
//! [`MiniProgram`](mini::MiniProgram); the files named after a topic add that topic's calls to them.

pub mod event;
pub mod reply;

pub mod account;
mod app;
pub mod jssdk;
pub mod menu;
pub mod mini;
pub mod oauth;
pub mod subscription;
pub mod template;
pub mod user;

#[cfg(test)]
mod calls;
