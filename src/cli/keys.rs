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
    for (name, value) in fresh(&Entropy::System) {
        println!("{name}={value}");
    }
}

/// The id and the number are drawn as well, so that a new key hardly ever has an older one's.
fn fresh(entropy: &Entropy) -> [(&'static str, String); 4] {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let key = || BASE64.encode(&entropy.bytes::<32>());
    let letter = |byte: u8| char::from(LETTERS[usize::from(byte) % LETTERS.len()]);
    let id: String = entropy.bytes::<4>().map(letter).iter().collect();
    let [number] = entropy.bytes::<1>().map(|byte| byte % 255 + 1);
    [
        ("CAMPUS_PASS__KEYS__DATA", format!("k{id}:{}", key())),
        ("CAMPUS_PASS__KEYS__INDEX", key()),
        ("CAMPUS_PASS__KEYS__LINK", key()),
        ("CAMPUS_PASS__KEYS__CODE", format!("{number}:{}", key())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Environment};

    #[test]
    fn a_fresh_set_is_taken_and_has_an_id_and_a_number_of_its_own() {
        let sets = [1, 2].map(|seed| fresh(&Entropy::seeded(seed)));
        for set in &sets {
            let variables = set
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()));
            let environment = Environment::of(variables).unwrap();
            assert!(config::load(None, &environment).is_ok());
        }
        for place in [0, 3] {
            let [one, other] = [0, 1].map(|set| sets[set][place].1.split_once(':').unwrap().0);
            assert_ne!(one, other);
            assert_ne!(one, "0");
        }
    }
}
