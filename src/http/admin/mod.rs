//! The API of administrators.

pub mod blacklist;
pub mod imports;
