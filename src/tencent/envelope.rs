//! The sealed envelope of a callback: AES-256-CBC around `random | length | message | receive id`.

use std::fmt;
use std::str::FromStr;

use aes::Aes256;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};

/// The platforms pad to 32 bytes, twice the block of the cipher.
const BLOCK: usize = 32;
const RANDOM: usize = 16;
const LENGTH: usize = 4;

/// The last character of an `EncodingAESKey` often carries bits that no byte needs, and padding
/// comes and goes between SDKs: the strict engines refuse half of all real keys.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The 43 characters of the console, as the 32 bytes they stand for.
#[derive(Clone)]
pub struct EncodingAesKey([u8; 32]);

impl FromStr for EncodingAesKey {
    type Err = BadAesKey;

    fn from_str(text: &str) -> Result<Self, BadAesKey> {
        let bytes = BASE64.decode(text.trim()).map_err(|_| BadAesKey)?;
        bytes.try_into().map(Self).map_err(|_| BadAesKey)
    }
}

impl EncodingAesKey {
    /// The 43 characters, as a console shows them.
    #[must_use]
    pub fn reveal(&self) -> String {
        data_encoding::BASE64_NOPAD.encode(&self.0)
    }
}

impl fmt::Debug for EncodingAesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncodingAesKey")
    }
}

/// The text is not 32 bytes in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an EncodingAESKey is 43 characters of base64")]
pub struct BadAesKey;

/// What seals and opens for one app: its key, and the id that stands at the end of each message (the
/// app id; for WeCom the corp id).
#[derive(Clone, Debug)]
pub struct Envelope {
    pub key: EncodingAesKey,
    pub receive_id: String,
}

impl Envelope {
    /// The message inside. Nothing is allocated by a length that the ciphertext only claims.
    ///
    /// # Errors
    /// [`EnvelopeError`], for whatever was not sealed with this key for this receiver. The caller has
    /// checked `msg_signature` before, so the differences between the errors help no stranger.
    pub fn open(&self, base64: &str) -> Result<Vec<u8>, EnvelopeError> {
        let sealed = BASE64.decode(base64).map_err(|_| EnvelopeError::Base64)?;
        if sealed.is_empty() || !sealed.len().is_multiple_of(BLOCK) {
            return Err(EnvelopeError::Length);
        }
        let padded = cbc::Decryptor::<Aes256>::new(&self.key.0.into(), &self.iv().into())
            .decrypt_padded_vec::<NoPadding>(&sealed)
            .map_err(|_| EnvelopeError::Length)?;
        let plain = unpad(&padded).ok_or(EnvelopeError::Padding)?;
        let (message, receive_id) = split(plain).ok_or(EnvelopeError::Layout)?;
        if receive_id != self.receive_id.as_bytes() {
            return Err(EnvelopeError::Receiver);
        }
        Ok(message.to_vec())
    }

    /// The message sealed, in base64. `random` must be new for each message: the initialisation
    /// vector is a part of the key and always the same.
    #[must_use]
    pub fn seal(&self, message: &[u8], random: [u8; RANDOM]) -> String {
        // A message of 4 GiB cannot come this far: the whole of it is in memory, as a reply in XML.
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let mut plain = [&random, &length.to_be_bytes()[..], message].concat();
        plain.extend_from_slice(self.receive_id.as_bytes());
        let pad = BLOCK - plain.len() % BLOCK;
        #[expect(clippy::cast_possible_truncation, reason = "the pad is 1 to 32")]
        plain.resize(plain.len() + pad, pad as u8);
        let sealed = cbc::Encryptor::<Aes256>::new(&self.key.0.into(), &self.iv().into())
            .encrypt_padded_vec::<NoPadding>(&plain);
        BASE64.encode(sealed)
    }

    fn iv(&self) -> [u8; 16] {
        let mut iv = [0; 16];
        iv.copy_from_slice(&self.key.0[..16]);
        iv
    }
}

/// Why an envelope does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("the ciphertext is not base64")]
    Base64,
    #[error("the ciphertext is not a number of whole blocks")]
    Length,
    #[error("the padding is not 1 to 32 equal bytes")]
    Padding,
    #[error("the message is longer than the envelope")]
    Layout,
    #[error("the envelope is sealed for another app")]
    Receiver,
}

fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let pad = usize::from(*padded.last()?);
    let (plain, tail) = padded.split_at_checked(padded.len().checked_sub(pad)?)?;
    let honest = (1..=BLOCK).contains(&pad) && tail.iter().all(|&byte| usize::from(byte) == pad);
    honest.then_some(plain)
}

fn split(plain: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = plain.get(RANDOM..)?;
    let (length, rest) = rest.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;
    use crate::tencent::vectors::{self, Vector};

    fn envelope(vector: &Vector) -> Envelope {
        Envelope {
            key: vector.encoding_aes_key.parse().unwrap(),
            receive_id: vector.receive_id.clone(),
        }
    }

    /// Seals bytes as they are, to make what no honest peer would.
    fn seal_raw(envelope: &Envelope, plain: &[u8]) -> String {
        let sealed = cbc::Encryptor::<Aes256>::new(&envelope.key.0.into(), &envelope.iv().into())
            .encrypt_padded_vec::<NoPadding>(plain);
        BASE64.encode(sealed)
    }

    fn padded(plain: &[u8]) -> Vec<u8> {
        let pad = BLOCK - plain.len() % BLOCK;
        [plain, &vec![u8::try_from(pad).unwrap(); pad]].concat()
    }

    #[test]
    fn what_the_documents_wxjava_and_easywechat_sealed_opens_and_seals_to_the_same_bytes() {
        let kinds = ["decrypt_message", "encrypt_reply", "verify_url"];
        for vector in kinds.iter().flat_map(|kind| vectors::of_kind(kind)) {
            let envelope = envelope(&vector);
            let opened = envelope.open(&vector.ciphertext_b64).unwrap();
            assert_eq!(
                String::from_utf8(opened).unwrap(),
                vector.plaintext,
                "{}",
                vector.id
            );

            let random = HEXLOWER.decode(vector.random16_hex.as_bytes()).unwrap();
            let sealed = envelope.seal(vector.plaintext.as_bytes(), random.try_into().unwrap());
            assert_eq!(sealed, vector.ciphertext_b64, "{}", vector.id);
        }
    }

    #[test]
    fn a_key_may_come_padded_or_with_idle_bits_and_is_never_shown() {
        let bare: EncodingAesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
            .parse()
            .unwrap();
        let padded: EncodingAesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C="
            .parse()
            .unwrap();
        assert_eq!(bare.0, padded.0);
        assert_eq!(format!("{bare:?}"), "EncodingAesKey");
        for text in [
            "",
            "short",
            "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C2",
            "重庆",
        ] {
            assert_eq!(
                text.parse::<EncodingAesKey>().unwrap_err(),
                BadAesKey,
                "{text}"
            );
        }
    }

    #[test]
    fn an_envelope_for_another_app_is_refused() {
        let vector = vectors::named("wecom-official-sample-msg");
        let mut other = envelope(&vector);
        for receive_id in ["wxOTHER", "", "wx5823bf96d3bd56c", "wx5823bf96d3bd56c77"] {
            other.receive_id = receive_id.into();
            assert_eq!(
                other.open(&vector.ciphertext_b64),
                Err(EnvelopeError::Receiver)
            );
        }
    }

    #[test]
    fn a_cut_or_torn_ciphertext_is_refused() {
        let vector = vectors::named("wecom-official-sample-msg");
        let (envelope, whole) = (envelope(&vector), vector.ciphertext_b64.as_str());
        assert_eq!(
            envelope.open(&whole[..whole.len() - 4]),
            Err(EnvelopeError::Length)
        );
        assert_eq!(envelope.open(""), Err(EnvelopeError::Length));
        assert_eq!(envelope.open("重庆"), Err(EnvelopeError::Base64));
    }

    #[test]
    fn a_length_that_reaches_past_the_end_is_refused() {
        let envelope = envelope(&vectors::named("wecom-official-sample-msg"));
        for length in [0x7fff_ffff_u32, 0xffff_ffff, 30] {
            let plain = [
                &[7; 16],
                &length.to_be_bytes()[..],
                b"hi wx5823bf96d3bd56c7",
            ]
            .concat();
            let sealed = seal_raw(&envelope, &padded(&plain));
            assert_eq!(
                envelope.open(&sealed),
                Err(EnvelopeError::Layout),
                "{length}"
            );
        }
        let short = seal_raw(&envelope, &padded(b"only this"));
        assert_eq!(envelope.open(&short), Err(EnvelopeError::Layout));
    }

    #[test]
    fn padding_of_0_of_33_or_of_unequal_bytes_is_refused() {
        let envelope = envelope(&vectors::named("wecom-official-sample-msg"));
        let mut unequal = [9; 64];
        unequal[60] = 8;
        for plain in [[0; 64], [33; 64], [255; 64], unequal] {
            let sealed = seal_raw(&envelope, &plain);
            assert_eq!(envelope.open(&sealed), Err(EnvelopeError::Padding));
        }
    }

    #[test]
    fn a_message_of_any_length_up_to_4096_opens() {
        let key = EncodingAesKey([9; 32]);
        let receive_id = "wx0".to_owned();
        let envelope = Envelope { key, receive_id };
        let message: Vec<u8> = (0..=250).cycle().take(4096).collect();
        for length in 0..=message.len() {
            let sealed = envelope.seal(&message[..length], [3; 16]);
            assert_eq!(envelope.open(&sealed).as_deref(), Ok(&message[..length]));
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(
            message in prop::collection::vec(any::<u8>(), 0..4096),
            key in any::<[u8; 32]>(),
            random in any::<[u8; 16]>(),
            receive_id in "[a-z0-9]{0,40}",
        ) {
            let envelope = Envelope { key: EncodingAesKey(key), receive_id };
            let sealed = envelope.seal(&message, random);
            prop_assert_eq!(envelope.open(&sealed), Ok(message));
        }

        #[test]
        fn no_bytes_make_it_panic(plain in prop::collection::vec(any::<u8>(), 0..8)) {
            let envelope = Envelope { key: EncodingAesKey([1; 32]), receive_id: "wx".into() };
            let mut block = [3; 64];
            block[16..16 + plain.len()].copy_from_slice(&plain);
            drop(envelope.open(&seal_raw(&envelope, &block)));
        }
    }

    #[test]
    fn every_length_to_4096_opens() {
        let envelope = envelope(&vectors::named("wecom-official-sample-msg"));
        for length in 0..4096 {
            let message = vec![b'x'; length];
            let sealed = envelope.seal(&message, [1; 16]);
            assert_eq!(envelope.open(&sealed).unwrap().len(), length);
        }
    }
}
