//! The signed code in a QR: what a gate can check with nothing but a public key (`docs/codes.md`).
//!
//! Version 1, 92 bytes, all numbers big endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | 0xC1: the format and its version |
//! | 1 | the signing key's number |
//! | 8 | pass id |
//! | 4 | not before, seconds since 1970 |
//! | 4 | not after, seconds since 1970, still in |
//! | 8 | areas, bit n is the area with slot n |
//! | 2 | flags, zero in this version |
//! | 64 | Ed25519 over the 28 bytes before |
//!
//! Written as base32 without padding (RFC 4648, upper case): 148 characters that fit a QR's
//! alphanumeric mode, and survive readers that trim, decode or put the code into a query.

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::campus::AreaSet;
use super::pass::Pass;
use crate::ids::PassId;

const VERSION: u8 = 0xC1;
const SIGNED: usize = 28;
const WHOLE: usize = SIGNED + 64;

/// The keys of the codes, by number: one signs, all verify. That is how keys roll over.
#[derive(Clone)]
pub struct CodeKeys {
    signing: (u8, SigningKey),
    verifying: Vec<(u8, VerifyingKey)>,
}

impl std::fmt::Debug for CodeKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CodeKeys({} signs)", self.signing.0)
    }
}

impl CodeKeys {
    /// The key that signs, by its number and 32-byte seed, and older ones that are still shown on
    /// somebody's phone.
    #[must_use]
    pub fn new(number: u8, seed: &[u8; 32], older: &[(u8, [u8; 32])]) -> Self {
        let signing = SigningKey::from_bytes(seed);
        let old = older
            .iter()
            .map(|(n, seed)| (*n, SigningKey::from_bytes(seed).verifying_key()));
        let verifying = std::iter::once((number, signing.verifying_key()))
            .chain(old)
            .collect();
        Self {
            signing: (number, signing),
            verifying,
        }
    }

    /// The number of the key that signs now.
    #[must_use]
    pub fn current(&self) -> u8 {
        self.signing.0
    }

    /// What gates need to verify without asking, by number: 32 bytes each, the one that signs first.
    pub fn public(&self) -> impl Iterator<Item = (u8, [u8; 32])> {
        let keys = self.verifying.iter();
        keys.map(|(number, key)| (*number, key.to_bytes()))
    }

    /// The code of a pass. Ed25519 is deterministic: the same pass has the same code each time, so
    /// none is stored. It is signed with the current key, whichever was current at issue.
    #[must_use]
    pub fn sign(&self, pass: &Pass) -> String {
        let (number, key) = &self.signing;
        let mut code = Vec::with_capacity(WHOLE);
        code.extend([VERSION, *number]);
        code.extend(pass.id.get().to_be_bytes());
        code.extend(seconds(pass.window.from()).to_be_bytes());
        code.extend(seconds(pass.window.until()).to_be_bytes());
        code.extend(pass.areas.0.to_be_bytes());
        code.extend([0, 0]);
        let signature = key.sign(&code);
        code.extend(signature.to_bytes());
        BASE32_NOPAD.encode(&code)
    }

    /// Reads what a reader sent, without what readers add.
    #[must_use]
    pub fn read(&self, content: &str) -> CodeRead {
        match self.verify(content) {
            Some(claims) => CodeRead::Genuine(claims),
            None => CodeRead::Forged,
        }
    }

    fn verify(&self, text: &str) -> Option<Claims> {
        let code = BASE32_NOPAD
            .decode(text.as_bytes())
            .ok()
            .filter(|code| code.len() == WHOLE)?;
        let (signed, signature) = code.split_at(SIGNED);
        if signed[0] != VERSION {
            return None;
        }
        let (_, key) = self
            .verifying
            .iter()
            .find(|(number, _)| *number == signed[1])?;
        key.verify_strict(signed, &Signature::from_slice(signature).ok()?)
            .ok()?;
        let long = |from: usize| {
            signed[from..from + 8]
                .try_into()
                .map(u64::from_be_bytes)
                .ok()
        };
        let short = |from: usize| {
            signed[from..from + 4]
                .try_into()
                .map(u32::from_be_bytes)
                .ok()
        };
        Some(Claims {
            pass: PassId::from(i64::try_from(long(2)?).ok()?),
            not_before: DateTime::from_timestamp(i64::from(short(10)?), 0)?,
            not_after: DateTime::from_timestamp(i64::from(short(14)?), 0)?,
            areas: AreaSet(long(18)?),
        })
    }
}

/// What came of reading a code.
#[derive(Clone, Debug, PartialEq)]
pub enum CodeRead {
    Genuine(Claims),
    /// Not ours: malformed, of an unknown key, or with a signature that does not fit.
    Forged,
}

/// What a genuine code says of its pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    pub pass: PassId,
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    pub areas: AreaSet,
}

fn seconds(at: DateTime<Utc>) -> u32 {
    u32::try_from(at.timestamp().max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use serde_json::Value;

    use super::*;
    use crate::domain::Window;

    /// Made by `scripts/codes.py`, which has nothing of this code.
    const VECTORS: &str = include_str!("../../tests/data/codes.json");

    #[test]
    fn codes_are_those_of_the_peer_and_are_read_back() {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let bytes = |value: &Value| HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap();
        let seed: [u8; 32] = bytes(&vectors["seed"]).try_into().unwrap();
        let signed = vectors["signed"].as_array().unwrap();
        assert_eq!(signed.len(), 3);
        for one in signed {
            let at = |name: &str| DateTime::from_timestamp(one[name].as_i64().unwrap(), 0).unwrap();
            let text = |name: &str| one[name].as_str().unwrap();
            let keys = CodeKeys::new(
                u8::try_from(one["number"].as_u64().unwrap()).unwrap(),
                &seed,
                &[],
            );
            let public: Vec<_> = keys.public().collect();
            assert_eq!(public[0].1.as_slice(), bytes(&vectors["public"]));
            let (from, until) = (at("not_before"), at("not_after"));
            let claims = Claims {
                pass: text("pass").parse::<i64>().unwrap().into(),
                not_before: from,
                not_after: until,
                areas: AreaSet(text("areas").parse().unwrap()),
            };
            let pass = Pass {
                id: claims.pass,
                visit: 1.into(),
                visitor: 1.into(),
                key_no: 1,
                link_generation: 1,
                window: Window::new(from, until).unwrap(),
                areas: claims.areas,
                entry_limit: None,
                entries: 0,
                revoked_at: None,
                version: 1,
            };
            assert_eq!(keys.sign(&pass), text("code"));
            assert_eq!(keys.read(text("code")), CodeRead::Genuine(claims));
        }
    }
}
