//! The API of a visitor: whom, where and why to visit, pictures, visits, and the invitation and the pass
//! behind a link.

pub mod choices;
pub mod invitations;
pub mod passes;
pub mod photos;
pub mod visits;
