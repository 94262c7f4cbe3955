//! The API of a visitor: whom, where and why to visit, pictures, visits, and the pass behind a link.

pub mod booking;
pub mod choices;
pub mod passes;
pub mod photos;
pub mod visits;
