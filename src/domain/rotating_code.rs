//! The rotating code on a pass's page: short, quick to read, and worthless as a picture a step later
//! (`docs/codes.md`).
//!
//! Version 2, 16 bytes, all numbers big endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | 0xC2: the format and its version |
//! | 8 | pass id |
//! | 2 | the low bits of the step, 30 seconds long, counted from 1970 |
//! | 5 | the first of HMAC-SHA256(link key, `rotating code` NUL pass id SPACE step), numbers in decimal |
//!
//! Written as base32 without padding (RFC 4648, upper case): 26 characters, a QR of version 2. The MAC is over
//! the whole step, so a code never comes round again. Only this service checks it, and only for devices that
//! it knows: 40 bits are not to be guessed at a gate.

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use subtle::ConstantTimeEq;

use crate::ids::PassId;
use crate::secret::KeyRing;

const VERSION: u8 = 0xC2;
/// Seconds.
pub const STEP: i64 = 30;
/// What the two bytes can tell apart.
const ROUND: i64 = 1 << 16;
/// A code of last year is known for an old one: a round is 22 days.
const ROUNDS: i64 = 17;

/// The step at a time.
#[must_use]
pub fn step_at(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(STEP)
}

/// The code of a pass in a step.
#[must_use]
pub fn rotating_code(keys: &KeyRing, pass: PassId, step: i64) -> String {
    let mut code = vec![VERSION];
    code.extend(pass.get().to_be_bytes());
    code.extend(&step.to_be_bytes()[6..]);
    code.extend(mac(keys, pass, step));
    BASE32_NOPAD.encode(&code)
}

/// What came of reading one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Of this step, the one before or the one after.
    Fresh(PassId),
    /// Ours, of another step.
    Stale(PassId),
}

impl Rotation {
    /// Reads what a reader sent, without what readers add; nothing when it is not ours.
    #[must_use]
    pub fn read(keys: &KeyRing, text: &str, now: DateTime<Utc>) -> Option<Self> {
        let code = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
        let [VERSION, rest @ ..] = code.as_slice() else {
            return None;
        };
        let (id, rest) = rest.split_first_chunk()?;
        let (low, told) = rest.split_first_chunk()?;
        if told.len() != MAC {
            return None;
        }
        let pass = PassId::from(i64::from_be_bytes(*id));
        let this = step_at(now);
        // The last step with these low bits that is not half a round ahead.
        let next = this + ROUND / 2;
        let newest = next - (next - i64::from(u16::from_be_bytes(*low))).rem_euclid(ROUND);
        let mut steps = (0..ROUNDS).map(|round| newest - round * ROUND);
        let step = steps.find(|step| mac(keys, pass, *step).ct_eq(told).into())?;
        Some(if (step - this).abs() <= 1 {
            Self::Fresh(pass)
        } else {
            Self::Stale(pass)
        })
    }
}

const MAC: usize = 5;

fn mac(keys: &KeyRing, pass: PassId, step: i64) -> [u8; MAC] {
    let whole = keys.derive("rotating code", &format!("{pass} {step}"));
    let mut first = [0; MAC];
    first.copy_from_slice(&whole[..MAC]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::NamedKey;

    fn keys(link: u8) -> KeyRing {
        let key = NamedKey {
            id: "k".into(),
            bytes: [1; 32],
        };
        KeyRing::new(key, vec![], [2; 32], [link; 32])
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_431_200 + seconds, 0).unwrap()
    }

    #[test]
    fn a_code_is_good_in_its_step_and_beside_it() {
        let keys = keys(3);
        let pass = PassId::from(1_628_957_678_243_860_481);
        let code = rotating_code(&keys, pass, step_at(at(0)));
        assert_eq!(code.len(), 26);
        let read = |seconds| Rotation::read(&keys, &code, at(seconds));
        for seconds in [-30, -1, 0, 29, 30, 59] {
            assert_eq!(read(seconds), Some(Rotation::Fresh(pass)), "{seconds}");
        }
        let day = 24 * 3600;
        for seconds in [-31, 60, 600, day, 22 * day, 23 * day, 46 * day, 366 * day] {
            assert_eq!(read(seconds), Some(Rotation::Stale(pass)), "{seconds}");
        }
        // A whole round later the two bytes are the same.
        assert_eq!(read(ROUND * STEP), Some(Rotation::Stale(pass)));
    }

    #[test]
    fn codes_are_those_of_the_peer() {
        // Made by `scripts/codes.py`, which has nothing of this code.
        let vectors = include_str!("../../tests/data/codes.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        let link: [u8; 32] = std::array::from_fn(|n| 32 + u8::try_from(n).unwrap());
        let key = NamedKey {
            id: "k".into(),
            bytes: [1; 32],
        };
        let keys = KeyRing::new(key, vec![], [2; 32], link);
        let rotating = vectors["rotating"].as_array().unwrap();
        assert_eq!(rotating.len(), 12);
        for one in rotating {
            let pass = PassId::from(one["pass"].as_str().unwrap().parse::<i64>().unwrap());
            let at = DateTime::from_timestamp(one["at"].as_i64().unwrap(), 0).unwrap();
            let code = one["code"].as_str().unwrap();
            assert_eq!(rotating_code(&keys, pass, step_at(at)), code);
            assert_eq!(Rotation::read(&keys, code, at), Some(Rotation::Fresh(pass)));
        }
    }

    #[test]
    fn a_code_that_was_touched_is_nobodys() {
        let ours = keys(3);
        let code = rotating_code(&ours, 77.into(), step_at(at(0)));
        let bytes = BASE32_NOPAD.decode(code.as_bytes()).unwrap();
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1;
            let forged = BASE32_NOPAD.encode(&bytes);
            assert_eq!(Rotation::read(&ours, &forged, at(0)), None, "{place}");
        }
        assert_eq!(Rotation::read(&keys(4), &code, at(0)), None);
        assert_eq!(Rotation::read(&ours, &code[..24], at(0)), None);
        assert_eq!(Rotation::read(&ours, "", at(0)), None);
    }
}
