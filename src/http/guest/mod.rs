//! The API of a visitor: whom, where and why to visit, pictures, visits, registrations with a resident, the
//! invitation and the pass behind a link, and what may be sent; and the resident's link.

pub mod choices;
pub mod invitations;
pub mod own;
pub mod passes;
pub mod photos;
pub mod registrations;
pub mod residents;
pub mod subscriptions;
pub mod visits;
