//! The API of administrators.

pub mod blacklist;
pub mod readers;
pub mod routes;
