//! The language of whoever asks, and the refusals in it.
//!
//! Chinese is said where something is refused, with its numbers and names. English is said by the code, from
//! one file of sentences for all pages and clients, and a test holds that no code is without.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

/// `code: sentence`, a line each.
const ENGLISH: &str = include_str!("english.txt");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    /// What `Accept-Language` (RFC 9110, 12.5.4) would rather have of the two; Chinese when it names neither.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let asked = headers.get(header::ACCEPT_LANGUAGE);
        let asked = asked.and_then(|asked| asked.to_str().ok());
        let ranges = asked.unwrap_or_default().split(',').filter_map(range);
        let mut best = (Self::Chinese, 0.0);
        for (language, weight) in ranges {
            // Of equal ones the first.
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// Its name in `Content-Language`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// Puts its own sentence for this code in place of the Chinese one.
    pub fn translate(self, code: &str, said: &mut String) {
        if let (Self::English, Some(sentence)) = (self, english(code)) {
            sentence.clone_into(said);
        }
    }
}

/// For an answer that is no problem and yet says what is wrong, such as that to a list.
impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// None of a code that only machines are told, in English always.
#[must_use]
pub fn english(code: &str) -> Option<&'static str> {
    let mut lines = ENGLISH.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(known, _)| *known == code)
        .map(|(_, said)| said)
}

/// `en-GB;q=0.8`.
fn range(text: &str) -> Option<(Language, f32)> {
    let (tag, weight) = text.split_once(';').unwrap_or((text, "q=1"));
    let language = match tag.trim().split('-').next()?.to_ascii_lowercase().as_str() {
        "zh" => Language::Chinese,
        "en" => Language::English,
        _ => return None,
    };
    let weight = weight.trim().strip_prefix("q=")?.parse().ok()?;
    Some((language, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_is_wanted_most_and_chinese_when_neither_is_named() {
        let told = |asked: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, asked.parse().unwrap());
            Language::of(&headers).tag()
        };
        assert_eq!(Language::of(&HeaderMap::new()), Language::Chinese);
        for (asked, expected) in [
            ("en", "en"),
            ("EN-us,en;q=0.9", "en"),
            ("zh-CN,zh;q=0.9,en-US;q=0.8,en;q=0.7", "zh-CN"),
            ("en;q=0.4, zh;q=0.5", "zh-CN"),
            ("fr-FR, en;q=0.3", "en"),
            ("fr-FR", "zh-CN"),
            ("en;q=0", "zh-CN"),
            ("*", "zh-CN"),
            ("en;q=nan, en;level=1, ;;,", "zh-CN"),
        ] {
            assert_eq!(told(asked), expected, "{asked}");
        }
    }
}
