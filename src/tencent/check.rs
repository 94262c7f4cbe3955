//! The one check that every answer passes, and what a failed call says of itself.

use std::fmt;
use std::net::IpAddr;

use reqwest::StatusCode;
use serde_json::Value;

use super::call::Answer;
use super::errcode::{self, Class};

/// The check. An answer of 200 says nothing: the platforms refuse with 200 and an `errcode`.
///
/// # Errors
/// [`CallError::Refused`], or [`CallError::Malformed`] when the answer is not JSON.
pub fn checked(answer: &Answer) -> Result<Value, CallError> {
    if !answer.status.is_success() {
        return Err(CallError::of_status(answer.status));
    }
    let value: Value = serde_json::from_slice(&answer.body).map_err(|_| CallError::Malformed)?;
    match value.get("errcode").map_or(Some(0), Value::as_i64) {
        Some(0) => Ok(value),
        Some(code) => Err(CallError::of_errcode(code, &value)),
        None => Err(CallError::Malformed),
    }
}

/// Why a call did not do what it should. It names no URL, no token and nothing of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("refused with {code} (rid {rid}, {hint})", rid = shown(.rid.as_deref()), hint = shown(.hint.as_deref()))]
    Refused {
        code: Code,
        class: Class,
        /// What the provider's support asks for.
        rid: Option<String>,
        /// The IP that is not in the whitelist, or the field of the template that is refused.
        hint: Option<String>,
    },
    /// Nothing was sent.
    #[error("not reachable")]
    Unreachable,
    /// It was sent, and nobody knows what became of it.
    #[error("sent, but not answered")]
    Unknown,
    /// It was answered with something that is not documented.
    #[error("answered with something that is not documented")]
    Malformed,
}

/// The name of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    Errcode(i64),
    /// A gateway between us answered, and not the platform.
    Http(u16),
    /// A provider that names its refusals: `isv.BUSINESS_LIMIT_CONTROL`.
    Named(String),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errcode(code) => write!(f, "{code}: {}", errcode::name(*code)),
            Self::Http(status) => write!(f, "HTTP {status}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl CallError {
    /// What to do, when it was refused.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        match self {
            Self::Refused { class, .. } => Some(*class),
            Self::Unreachable | Self::Unknown | Self::Malformed => None,
        }
    }

    /// The `errcode`, when it was refused with one.
    #[must_use]
    pub fn errcode(&self) -> Option<i64> {
        match self {
            Self::Refused {
                code: Code::Errcode(code),
                ..
            } => Some(*code),
            _ => None,
        }
    }

    /// What the provider's support asks for, for the log.
    #[must_use]
    pub fn rid(&self) -> Option<&str> {
        match self {
            Self::Refused { rid, .. } => rid.as_deref(),
            Self::Unreachable | Self::Unknown | Self::Malformed => None,
        }
    }

    /// The same error, when the call was the one that fetches a token.
    #[must_use]
    pub fn on_token_call(mut self) -> Self {
        if let Self::Refused {
            code: Code::Errcode(code),
            class,
            ..
        } = &mut self
        {
            *class = errcode::class_of_token_call(*code);
        }
        self
    }

    pub(crate) fn of_status(status: StatusCode) -> Self {
        let class = match status.as_u16() {
            429 => Class::Wait,
            500.. => Class::Busy,
            // 404 and its kin: the base URL is not what it should be.
            _ => Class::Configuration,
        };
        Self::Refused {
            code: Code::Http(status.as_u16()),
            class,
            rid: None,
            hint: None,
        }
    }

    fn of_errcode(code: i64, answer: &Value) -> Self {
        let message = answer["errmsg"].as_str().unwrap_or_default();
        Self::Refused {
            code: Code::Errcode(code),
            class: errcode::class(code),
            rid: rid(message),
            hint: hint(message),
        }
    }
}

/// WeChat writes `… rid: 6231b0e5-2ae1a4e5-0c2f7e2b`, WeCom `… hint: [1583904231_45_6f2c]`.
fn rid(message: &str) -> Option<String> {
    let (_, after) = message
        .split_once("rid: ")
        .or_else(|| message.split_once("hint: ["))?;
    let id: String = after
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(64)
        .collect();
    (!id.is_empty()).then_some(id)
}

/// Only what has the form of an address or of a field is taken out of the message: the rest of it may
/// quote what we sent.
fn hint(message: &str) -> Option<String> {
    let words = message.split([' ', ',', '!', ';']);
    let telling = |word: &&str| word.parse::<IpAddr>().is_ok() || is_field(word);
    words.into_iter().find(telling).map(str::to_owned)
}

/// `data.thing1.value` of `argument invalid! data.thing1.value invalid`.
fn is_field(word: &str) -> bool {
    word.starts_with("data.")
        && word.len() <= 64
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
}

fn shown(text: Option<&str>) -> &str {
    text.unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.into(),
        }
    }

    fn refusal(status: u16, body: &str) -> CallError {
        checked(&answer(status, body)).unwrap_err()
    }

    #[test]
    fn a_refusal_with_200_is_a_refusal_and_keeps_its_rid_and_nothing_else() {
        let error = refusal(
            200,
            r#"{"errcode":40001,"errmsg":"invalid credential, access_token SECRET rid: 6231b0e5-2ae1"}"#,
        );
        assert_eq!(
            (error.class(), error.rid()),
            (Some(Class::Token), Some("6231b0e5-2ae1"))
        );
        assert_snapshot!(error, @"refused with 40001: invalid credential (rid 6231b0e5-2ae1, -)");
        assert!(!format!("{error:?}").contains("SECRET"));
    }

    #[test]
    fn the_address_to_be_whitelisted_and_the_field_to_be_mended_are_named() {
        let refusals = [
            (
                40164,
                "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1-2",
            ),
            (
                60020,
                "not allow to access from your ip, hint: [158_4_6f], from ip: 203.0.113.7, more",
            ),
            (
                47003,
                "argument invalid! data.thing1.value invalid rid: 5f-6",
            ),
            (43101, "user refuse to accept the msg rid: 张三"),
        ];
        let shown = refusals.map(|(code, message)| {
            let body = json!({ "errcode": code, "errmsg": message });
            refusal(200, &body.to_string()).to_string()
        });
        assert_snapshot!(shown.join("\n"), @r"
        refused with 40164: this machine's IP is not in the whitelist (rid 1-2, 203.0.113.7)
        refused with 60020: this machine's IP is not trusted (rid 158_4_6f, 203.0.113.7)
        refused with 47003: a field of the template is refused (rid 5f-6, data.thing1.value)
        refused with 43101: the person has not granted this message (rid -, -)
        ");
    }

    #[test]
    fn an_answer_of_a_gateway_or_of_nobody_is_told_apart() {
        assert_eq!(refusal(502, "<html>").class(), Some(Class::Busy));
        assert_eq!(refusal(429, "").class(), Some(Class::Wait));
        assert_eq!(refusal(404, "{}").class(), Some(Class::Configuration));
        assert_eq!(refusal(200, "<html>"), CallError::Malformed);
        assert_eq!(refusal(200, r#"{"errcode":"0"}"#), CallError::Malformed);
        assert!(checked(&answer(200, r#"{"errcode":0}"#)).is_ok());
        assert!(checked(&answer(200, r#"{"ticket":"x"}"#)).is_ok());
    }
}
