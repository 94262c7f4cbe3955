//! `keys`: a fresh set for `[keys]`, or the one in use with new keys in front, as environment variables.

use std::path::Path;

use clap::Subcommand;
use data_encoding::BASE64;

use crate::config::{self, Environment, Faults};
use crate::entropy::Entropy;

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Print a fresh set. Keep it: what is sealed with a lost key stays sealed.
    New,
    /// Print the set in use with new keys to seal and to sign codes with; the ones before go on opening and
    /// verifying. The keys of hashes and links stay, since what they made is searched for.
    Roll,
}

pub fn run(
    command: &KeysCommand,
    file: Option<&Path>,
    environment: &Environment,
) -> Result<(), Faults> {
    let lines = match command {
        KeysCommand::New => fresh(&Entropy::System).to_vec(),
        KeysCommand::Roll => {
            let text = |key: &str| config::text(file, environment, key);
            let ring = |of: usize, current: &str, older: &str| {
                let older = [text(current)?, text(older)?];
                let older: Vec<_> = { older.into_iter() }
                    .filter(|keys| !keys.is_empty())
                    .collect();
                Ok::<_, Faults>((another(of, &older), older.join(",")))
            };
            let data = ring(0, "keys.data", "keys.data_older")?;
            let code = ring(3, "keys.code", "keys.code_older")?;
            vec![
                ("CAMPUS_PASS__KEYS__DATA", data.0),
                ("CAMPUS_PASS__KEYS__DATA_OLDER", data.1),
                ("CAMPUS_PASS__KEYS__CODE", code.0),
                ("CAMPUS_PASS__KEYS__CODE_OLDER", code.1),
            ]
        }
    };
    for (name, value) in lines {
        println!("{name}={value}");
    }
    Ok(())
}

/// The key at this place of a fresh set, drawn until it has a name that none of the older ones has.
fn another(of: usize, older: &[String]) -> String {
    let name = |key: &str| key.split(':').next().unwrap_or_default().trim().to_owned();
    let taken: Vec<_> = { older.iter().flat_map(|keys| keys.split(',')) }
        .map(name)
        .collect();
    loop {
        let new = fresh(&Entropy::System)[of].1.clone();
        if !taken.contains(&name(&new)) {
            return new;
        }
    }
}

/// The id and the number are drawn as well, so that the keys of two campuses hardly ever share them.
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

    #[test]
    fn a_new_key_has_the_one_number_that_is_left() {
        let older: Vec<_> = (1..=255)
            .filter(|n| *n != 77)
            .map(|n| format!("{n}:x"))
            .collect();
        assert!(another(3, &[older.join(",")]).starts_with("77:"));
    }

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
