//! What we owe the outside, and its delivery.
//!
//! [`post`] puts a message into the transaction that makes it true: a row for each recipient and each
//! chain of channels, ids and a kind, never words. A [`Worker`] for each lane leases rows, loads what
//! is true by then, renders it and sends it with no transaction open. A row ends sent, dead with its
//! reason, or overtaken; until then it comes back. A worker that dies leaves a lease that runs out, and
//! what it may have sent is sent again with the same idempotency key, or, where a channel has none,
//! marked as doubtful.

mod channels;
mod deliver;
mod ending;
mod post;
mod sms;
mod subject;
mod subscription;

pub use deliver::{Delivered, Worker};
pub use post::{post, post_to};
