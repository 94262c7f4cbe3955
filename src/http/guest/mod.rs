//! The API of a visitor: whom, where and why to visit, pictures, visits, the invitation and the pass behind
//! a link, and what may be sent.

pub mod choices;
pub mod invitations;
pub mod passes;
pub mod photos;
pub mod subscriptions;
pub mod visits;
