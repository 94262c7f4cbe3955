//! The settings: the shipped `wechat.toml` under the operator's own file under the environment, read
//! once at start into types that cannot be wrong.
//!
//! The shipped file is the schema: it holds every key there is, and a key that it does not hold is a
//! fault. Reading collects every fault, each with its source, its key and the reason, so that an
//! operator mends them in one go. This is the only door to the environment.

mod database;
mod faults;
mod messages;
mod photos;
mod read;
mod retention;
mod rules;
mod sections;
mod sms;
mod sources;

pub use database::DatabaseUrl;
pub use faults::{Fault, Faults};
pub use sections::{
    Account, Bucket, Cas, Database, Gate, Keys, MiniProgram, Mode, PhotoStorage, Photos,
    Residential, Retention, SandboxGate, Server, Settings, Sms, SmsAccount, SmsProvider,
    TemplateIds, WeCom, Words,
};
pub use sources::{Environment, SHIPPED};

use std::path::Path;

/// Reads the settings: the shipped ones, under `file` if there is one, under the environment.
///
/// # Errors
/// Every fault there is.
pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Settings, Faults> {
    let sources = sources::layered(file, environment)?;
    let mut reader = read::Reader::new(&sources);
    let settings = rules::settings(&mut reader);
    match (settings, reader.faults) {
        (Some(settings), faults) if faults.0.is_empty() => Ok(settings),
        (_, faults) => Err(faults),
    }
}

/// What can be known of the menus and templates though there are faults: from the shipped settings
/// alone when a source cannot be read at all.
#[must_use]
pub fn words(file: Option<&Path>, environment: &Environment) -> Words {
    let sources = sources::layered(file, environment);
    let sources = sources.or_else(|_| sources::layered(None, &Environment::default()));
    sources.map_or_else(
        |_| Words::default(),
        |sources| rules::words(&mut read::Reader::new(&sources)),
    )
}

/// A setting as it is given, parsed or not.
///
/// # Errors
/// When a source cannot be read, or there is no such key.
pub fn text(file: Option<&Path>, environment: &Environment, key: &str) -> Result<String, Faults> {
    let sources = sources::layered(file, environment)?;
    let given = sources.all.get_string(key);
    given.map_err(|_| {
        Faults::from(Fault::new(
            sources.origin(key),
            key,
            "must be a single value",
        ))
    })
}
