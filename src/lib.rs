pub mod clock;
pub mod entropy;
pub mod ids;
pub mod sandbox;
pub mod secret;
