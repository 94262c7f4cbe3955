//! Who sent this: the SHA-1 that both platforms put into the query of a callback.

use data_encoding::HEXLOWER;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// SHA-1 over the parts, sorted and joined with nothing between them, in lower-case hexadecimal.
///
/// `signature` is made of the token, the timestamp and the nonce, and so never covers the body;
/// `msg_signature` adds the ciphertext.
/// Source: <https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html>.
#[must_use]
pub fn sign(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    HEXLOWER.encode(&Sha1::digest(parts.concat()))
}

/// Whether the signature that came is the one we made, in a time that does not tell where they part.
#[must_use]
pub fn matches(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tencent::vectors;

    #[test]
    fn signatures_are_those_of_the_official_documents_and_of_silenceper() {
        for vector in vectors::of_kind("plain_signature") {
            let signed = sign(&[&vector.token, &vector.timestamp, &vector.nonce]);
            assert!(matches(&vector.signature, &signed), "{}", vector.id);
        }
        for vector in vectors::of_kind("sorted_sha1") {
            let parts: Vec<&str> = vector.inputs.iter().rev().map(String::as_str).collect();
            assert_eq!(sign(&parts), vector.digest, "{}", vector.id);
        }
    }

    #[test]
    fn a_signature_that_is_shorter_or_differs_in_one_digit_does_not_match() {
        let signed = sign(&["a", "b", "c"]);
        assert!(!matches("", &signed));
        assert!(!matches(&signed[1..], &signed));
        assert!(!matches(&signed.to_uppercase(), &signed));
        assert!(!matches(&signed.replace('9', "8"), &signed));
    }
}
