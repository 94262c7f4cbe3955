//! What WeChat and WeCom share, and nothing of ours: the hand of Tencent.
//!
//! A callback comes in by a [`Mailbox`](callback::Mailbox), which checks who sent it, opens its
//! envelope and gives out an [`Incoming`](incoming::Incoming); the answer goes back through the same
//! mailbox, sealed as the mode wants it. In the other direction every call leaves by the one
//! [`Caller`](call::Caller), carries a token out of a [`TokenHolder`](token::TokenHolder), and its
//! answer passes one check, which also says what to do about a refusal.

pub mod call;
pub mod callback;
pub mod check;
pub mod element;
pub mod envelope;
pub mod errcode;
pub mod incoming;
pub mod signature;
pub mod token;
pub mod xml;

#[cfg(test)]
pub(crate) mod payloads;
#[cfg(test)]
pub(crate) mod peer;
#[cfg(test)]
pub(crate) mod vectors;
