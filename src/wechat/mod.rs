//! WeChat itself: the Official Account (公众号) and the mini-program (小程序).
//!
//! [`event`] types what comes in, [`reply`] writes what goes straight back.

pub mod event;
pub mod reply;
