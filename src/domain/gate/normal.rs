//! What readers do to a code, undone.

use std::borrow::Cow;

/// Takes off surrounding spaces, CR and LF, a BOM (as one character, or as the three that it looks like when
/// its bytes are read one by one) and an ECI prefix, undoes per-cent encoding however often it was done, and
/// gives capitals, which codes are made of.
#[must_use]
pub fn normalise(content: &str) -> String {
    let mut text = Cow::Borrowed(content);
    loop {
        let decoded = per_cent_decoded(&text);
        let bare = without_prefix(decoded.trim_matches(is_nothing));
        // Each round takes something away, so there is a last one.
        if bare.len() == text.len() {
            return bare.to_uppercase();
        }
        text = Cow::Owned(bare.to_owned());
    }
}

fn is_nothing(c: char) -> bool {
    // A space in a query is a plus.
    c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '+')
}

/// Without `\000001`, by which a reader names the encoding, or a BOM in Latin-1.
fn without_prefix(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix("ï»¿") {
        return rest;
    }
    let number = text
        .strip_prefix('\\')
        .and_then(|rest| rest.split_at_checked(6));
    match number {
        Some((digits, rest)) if digits.bytes().all(|b| b.is_ascii_digit()) => rest,
        Some(_) | None => text,
    }
}

/// What is no encoding, or of no text, stays as it is.
fn per_cent_decoded(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let digit = |at: usize| {
        let digit = bytes.get(at).copied().map(char::from)?.to_digit(16)?;
        u8::try_from(digit).ok()
    };
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    if decoded.len() == bytes.len() {
        return Cow::Borrowed(text);
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whatever_readers_do_to_a_code_is_undone() {
        for told in [
            "YEAQ7",
            "yeaq7",
            "  YEAQ7 ",
            "YEAQ7\r\n",
            "\u{feff}YEAQ7",
            "ï»¿YEAQ7",
            "\\000001YEAQ7",
            "\\000026 yeaq7\n",
            "\u{feff}\\000001YEAQ7",
            "%20YEAQ7%0D%0A",
            "%EF%BB%BFYEAQ7",
            "%5C000001YEAQ7",
            "%5c000001yeaq7%0d%0a",
            "%2520YEAQ7",
            "%59EAQ7",
            "+YEAQ7+",
            "\u{2}YEAQ7\u{3}",
        ] {
            assert_eq!(normalise(told), "YEAQ7", "{told:?}");
        }
        for (told, left) in [
            ("\\0001YEAQ7", "\\0001YEAQ7"),
            ("100%", "100%"),
            ("%zz", "%ZZ"),
            ("%FF", "%FF"),
            ("", ""),
        ] {
            assert_eq!(normalise(told), left);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_read_makes_it_fall_over(told in ".{0,40}") {
            let once = normalise(&told);
            prop_assert!(once.chars().count() <= told.chars().count() * 3);
        }
    }
}
