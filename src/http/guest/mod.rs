//! The API of a visitor: whom, where and why to visit, pictures, visits, the pass behind a link, and
//! what may be sent.

pub mod booking;
pub mod choices;
pub mod passes;
pub mod photos;
pub mod subscriptions;
pub mod visits;
