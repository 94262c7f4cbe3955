pub mod clock;
pub mod config;
pub mod domain;
pub mod entropy;
pub mod ids;
pub mod secret;
pub mod store;
