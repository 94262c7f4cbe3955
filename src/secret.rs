//! What must not be read by whoever holds the database or the log: values sealed at rest, keyed
//! hashes to search by, link tokens, masks.
//!
//! The ring comes from the environment (`[keys]`) and lives in `Ctx`; rows carry only
//! [`Sealed`] text, and `store` never holds a key.

use std::fmt;
use std::marker::PhantomData;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::entropy::Entropy;

/// A value that is kept encrypted. `PURPOSE` is bound into the ciphertext, so a sealed phone put
/// into the column of ID numbers does not open.
pub trait Sealable: Sized {
    const PURPOSE: &'static str;
    fn expose(&self) -> &str;
    /// Reads back what [`Sealable::expose`] gave; `None` when it is not such a value.
    fn read_back(text: String) -> Option<Self>;
}

/// The ciphertext of a `T`, as it stands in a column: `<key id>.<base64url of nonce and ciphertext>`.
pub struct Sealed<T> {
    text: String,
    of: PhantomData<fn() -> T>,
}

impl<T> Sealed<T> {
    /// Takes a column's text as it is; whether it opens is seen when it is opened.
    #[must_use]
    pub fn from_column(text: String) -> Self {
        Self {
            text,
            of: PhantomData,
        }
    }

    #[must_use]
    pub fn as_column(&self) -> &str {
        &self.text
    }
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self::from_column(self.text.clone())
    }
}

impl<T> PartialEq for Sealed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T> Eq for Sealed<T> {}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed")
    }
}

/// A sealed value does not open: a key that is not in the ring, a changed text, or another purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed {0} does not open: its key is not in the ring or it was changed")]
pub struct Unopened(pub &'static str);

/// A key as the settings give it: a short id and 32 bytes.
#[derive(Clone)]
pub struct NamedKey {
    pub id: String,
    pub bytes: [u8; 32],
}

/// The keys of a campus. The first data key seals, all of them open: that is how keys roll over.
#[derive(Clone)]
pub struct KeyRing {
    data: Vec<(String, Aes256Gcm)>,
    index: [u8; 32],
    link: [u8; 32],
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing")
    }
}

impl KeyRing {
    /// A ring of data keys (newest first), the key of the keyed hashes and the key of the links.
    /// The last two do not roll over: what they made is searched by equality.
    #[must_use]
    pub fn new(newest: NamedKey, older: Vec<NamedKey>, index: [u8; 32], link: [u8; 32]) -> Self {
        let cipher = |key: NamedKey| (key.id, Aes256Gcm::new(&key.bytes.into()));
        let data = std::iter::once(newest).chain(older).map(cipher).collect();
        Self { data, index, link }
    }

    /// Seals a value under the newest key.
    #[must_use]
    pub fn seal<T: Sealable>(&self, entropy: &Entropy, value: &T) -> Sealed<T> {
        let (id, sealed) = self.seal_bytes(entropy, T::PURPOSE, value.expose().as_bytes());
        Sealed::from_column(format!("{id}.{}", BASE64URL_NOPAD.encode(&sealed)))
    }

    /// # Errors
    /// [`Unopened`] when no key of the ring opens it.
    pub fn open<T: Sealable>(&self, sealed: &Sealed<T>) -> Result<T, Unopened> {
        let unopened = Unopened(T::PURPOSE);
        let (id, text) = sealed.text.split_once('.').ok_or(unopened)?;
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| unopened)?;
        let plain = self.open_bytes(id, T::PURPOSE, &bytes)?;
        String::from_utf8(plain)
            .ok()
            .and_then(T::read_back)
            .ok_or(unopened)
    }

    /// Seals raw bytes (a photo); gives the id of the key, to be kept beside them, and nonce and
    /// ciphertext in one.
    #[must_use]
    pub fn seal_bytes(&self, entropy: &Entropy, purpose: &str, plain: &[u8]) -> (&str, Vec<u8>) {
        let (id, cipher) = &self.data[0];
        let nonce = entropy.bytes::<12>();
        let payload = Payload {
            msg: plain,
            aad: purpose.as_bytes(),
        };
        #[expect(
            clippy::expect_used,
            reason = "GCM fails only past 64 GiB, far over any limit here"
        )]
        let sealed = cipher
            .encrypt(&Nonce::from(nonce), payload)
            .expect("less than 64 GiB");
        (id, [&nonce[..], &sealed].concat())
    }

    /// # Errors
    /// [`Unopened`] when the key is not in the ring, or the bytes or the purpose differ.
    pub fn open_bytes(
        &self,
        key_id: &str,
        purpose: &'static str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, Unopened> {
        let unopened = Unopened(purpose);
        let (_, cipher) = self
            .data
            .iter()
            .find(|(id, _)| id == key_id)
            .ok_or(unopened)?;
        let (nonce, sealed) = sealed.split_first_chunk::<12>().ok_or(unopened)?;
        let payload = Payload {
            msg: sealed,
            aad: purpose.as_bytes(),
        };
        cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| unopened)
    }

    /// The hash by which a sealed value is searched: the same for equal values, and of no use
    /// without the key. 32 hexadecimal characters.
    #[must_use]
    pub fn keyed_hash<T: Sealable>(&self, value: &T) -> KeyedHash {
        let mac = hmac_sha256(&self.index, &[T::PURPOSE, "\0", value.expose()]);
        KeyedHash(HEXLOWER.encode(&mac[..16]))
    }

    /// 256 bits that only the holder of the link key can foresee, the same for the same text.
    #[must_use]
    pub fn derive(&self, purpose: &str, text: &str) -> [u8; 32] {
        hmac_sha256(&self.link, &[purpose, "\0", text])
    }

    /// The token of a link: 128 bits that only the holder of the link key can make, so it need not
    /// be stored to be sent again. A new `generation` makes the old link worthless.
    #[must_use]
    pub fn link_token(&self, kind: &str, id: i64, generation: i32) -> LinkToken {
        let (id, generation) = (id.to_string(), generation.to_string());
        let mac = hmac_sha256(&self.link, &[kind, "\0", &id, "\0", &generation]);
        LinkToken(BASE64URL_NOPAD.encode(&mac[..16]))
    }
}

/// A keyed hash as it stands in a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyedHash(String);

impl KeyedHash {
    #[must_use]
    pub fn from_column(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The 22 characters at the end of a link. Not `Display`: it must be asked for by name.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(String);

impl LinkToken {
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> String {
        token_hash(&self.0)
    }
}

/// The stored form of an opaque token (session, link): SHA-256 in hexadecimal. The tokens carry at
/// least 128 random bits, so no salt and no slow hash is needed.
#[must_use]
pub fn token_hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

/// HMAC-SHA256 over the parts, one after the other.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[impl AsRef<[u8]>]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length");
    for part in parts {
        mac.update(part.as_ref());
    }
    mac.finalize().into_bytes().into()
}

/// Text that may stand in a log, a list or the audit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Masked(String);

impl Masked {
    /// Takes a column's text, which was masked before it was stored.
    #[must_use]
    pub fn from_column(text: String) -> Self {
        Self(text)
    }

    /// The handbook's mask of a name: the first character, then an asterisk for each further one, at
    /// most five.
    #[must_use]
    pub fn name(name: &str) -> Self {
        let stars = name.chars().count().saturating_sub(1).min(5);
        Self(
            name.chars()
                .take(1)
                .chain(std::iter::repeat_n('*', stars))
                .collect(),
        )
    }

    /// The handbook's mask of a phone: `139****0003`.
    #[must_use]
    pub fn phone(phone: &str) -> Self {
        let digits: Vec<char> = phone.chars().collect();
        let keep = |range: &[char]| range.iter().collect::<String>();
        match digits.len() {
            n @ 8.. => Self(format!(
                "{}****{}",
                keep(&digits[..3]),
                keep(&digits[n - 4..])
            )),
            n => Self("*".repeat(n)),
        }
    }

    /// The mask of a document's number: the first three and the last four characters of a long one.
    /// Below 15 characters that would leave next to nothing to guess, so a short one keeps its first
    /// and its last two, and one of five or fewer keeps nothing.
    #[must_use]
    pub fn document(number: &str) -> Self {
        let characters: Vec<char> = number.chars().collect();
        let keep = |range: &[char]| range.iter().collect::<String>();
        let (first, last) = match characters.len() {
            15.. => (3, 4),
            6.. => (1, 2),
            n => return Self("*".repeat(n)),
        };
        let end = characters.len() - last;
        Self(format!(
            "{}****{}",
            keep(&characters[..first]),
            keep(&characters[end..])
        ))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Word(String);
    impl Sealable for Word {
        const PURPOSE: &'static str = "word";
        fn expose(&self) -> &str {
            &self.0
        }
        fn read_back(text: String) -> Option<Self> {
            Some(Self(text))
        }
    }

    fn key(id: &str, byte: u8) -> NamedKey {
        NamedKey {
            id: id.into(),
            bytes: [byte; 32],
        }
    }

    #[test]
    fn an_older_key_still_opens_and_a_stranger_s_does_not() {
        let entropy = Entropy::seeded(1);
        let old = KeyRing::new(key("k1", 1), vec![], [9; 32], [8; 32]);
        let rolled = KeyRing::new(key("k2", 2), vec![key("k1", 1)], [9; 32], [8; 32]);
        let other = KeyRing::new(key("k1", 3), vec![], [9; 32], [8; 32]);
        let sealed = old.seal(&entropy, &Word("重庆".into()));

        assert!(!sealed.as_column().contains("重庆"));
        assert_eq!(rolled.open(&sealed), Ok(Word("重庆".into())));
        assert_eq!(other.open(&sealed), Err(Unopened("word")));
        assert!(
            rolled
                .seal(&entropy, &Word("x".into()))
                .as_column()
                .starts_with("k2.")
        );
    }

    #[test]
    fn masks_are_the_handbooks() {
        let masks = ["信息中心测试账号3", "刘明", "张", ""].map(|name| Masked::name(name).0);
        assert_eq!(masks, ["信*****", "刘*", "张", ""]);
        assert_eq!(Masked::phone("13912340003").0, "139****0003");
        assert_eq!(Masked::phone("1234").0, "****");
    }

    #[test]
    fn a_short_document_shows_less_than_a_long_one() {
        for (number, mask) in [
            ("11010519491231002X", "110****002X"),
            ("110105491231002", "110****1002"),
            ("11010549123100", "1****00"),
            ("H12345678", "H****78"),
            ("12345678", "1****78"),
            ("E12345", "E****45"),
            ("12345", "*****"),
        ] {
            assert_eq!(Masked::document(number).0, mask, "{number}");
        }
    }

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        // RFC 4231, test case 2.
        let mac = hmac_sha256(b"Jefe", &["what do ya want for nothing?"]);
        assert_eq!(
            HEXLOWER.encode(&mac),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
