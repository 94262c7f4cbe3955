//! The doors for requests: WeChat's and WeCom's callbacks, the reports of SMS providers, the API of pages
//! and mini-program, staff, gates, links and the built pages.
//!
//! A handler is a few lines: who asks is an extractor (`session`, `reader`, `callback`), what
//! they ask is a parsed type ([`extract`], [`fields`]), what happens is an action, and what goes
//! wrong is a [`problem::Problem`] from one table.

pub mod extract;
pub mod fields;
pub mod language;
pub mod problem;
pub mod rights;

mod export;
mod forms;
mod group;
mod group_pass;
mod invitation;
mod keyed;
mod lists;
mod qr;
mod refusals;
mod registration;
mod roster;
mod visit;

mod address;
mod callback;
mod limits;
mod replay;
mod session;

mod mini;
mod sms;
mod wechat;
mod wecom;

mod cas;
mod jssdk;
mod login;
mod login_codes;
mod oauth;
mod roundtrip;

pub mod admin;
pub mod guest;
pub mod staff;

mod gate;
mod guard;
mod reader;

mod observe;
mod operators;
mod pages;

mod router;
mod state;

pub use operators::metrics_router;
pub use router::{api_document, router};
pub use state::Site;
