//! `keys new`: a fresh set for `[keys]`, as environment variables.

use clap::Subcommand;
use data_encoding::BASE64;

use crate::entropy::Entropy;

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Print a fresh set. Keep it: what is sealed with a lost key stays sealed.
    New,
}

pub fn run(KeysCommand::New: &KeysCommand) {
    let key = || BASE64.encode(&Entropy::System.bytes::<32>());
    for (name, value) in [
        ("DATA", format!("k1:{}", key())),
        ("INDEX", key()),
        ("LINK", key()),
        ("CODE", format!("1:{}", key())),
    ] {
        println!("CAMPUS_PASS__KEYS__{name}={value}");
    }
}
