//! The API of administrators.

pub mod blacklist;
