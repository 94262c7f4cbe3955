//! The last exchanges between the service and the outside, with everything secret taken out.

use std::collections::VecDeque;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::faults::FaultKind;

/// Enough to see what a thousand calls at once led to.
const KEPT: usize = 2000;

/// What stands for a secret.
const REMOVED: &str = "…";

/// Whose values never stand in the log.
const SECRET_NAMES: &[&str] = &[
    "ResponseCode",
    "access_token",
    "code",
    "refresh_token",
    "response_code",
    "secret",
    "session_key",
    "ticket",
];

/// One exchange.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Exchange {
    pub at: DateTime<Utc>,
    pub direction: Direction,
    pub method: String,
    /// Without the query, which carries the tokens.
    pub path: String,
    pub status: u16,
    /// The number of a provider's answer.
    #[schema(value_type = Option<Object>)]
    pub errcode: Option<Value>,
    #[schema(value_type = Object)]
    pub request: Value,
    #[schema(value_type = Object)]
    pub response: Value,
    /// The fault that the call ran into.
    pub fault: Option<FaultKind>,
}

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The service asked the outside.
    ToOutside,
    /// The outside told the service.
    ToService,
}

impl Exchange {
    pub(super) fn to_the_outside(
        at: DateTime<Utc>,
        method: String,
        path: String,
        asked: &[u8],
        status: StatusCode,
        answer: &[u8],
    ) -> Self {
        let answer = body(answer);
        let places = [
            "/errcode",
            "/Code",
            "/Response/Error/Code",
            "/Response/SendStatusSet/0/Code",
        ];
        let errcode = places.iter().find_map(|place| answer.pointer(place));
        Self {
            at,
            direction: Direction::ToOutside,
            method,
            path,
            status: status.as_u16(),
            errcode: errcode.cloned(),
            request: cleaned(body(asked)),
            response: cleaned(answer),
            fault: None,
        }
    }

    pub(super) fn to_the_service(
        at: DateTime<Utc>,
        path: &str,
        told: Value,
        status: u16,
        answer: Value,
    ) -> Self {
        Self {
            at,
            direction: Direction::ToService,
            method: "POST".to_owned(),
            path: path.to_owned(),
            status,
            errcode: None,
            request: cleaned(told),
            response: cleaned(answer),
            fault: None,
        }
    }
}

/// The newest exchanges, oldest first.
#[derive(Default)]
pub(super) struct Log(VecDeque<Exchange>);

impl Log {
    pub(super) fn add(&mut self, exchange: Exchange) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(exchange);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Exchange> {
        self.0.iter()
    }
}

fn body(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

/// The value with its secrets taken out, however deep they stand.
fn cleaned(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| {
                    let secret = SECRET_NAMES.contains(&name.as_str());
                    let hidden = secret && value.is_string();
                    let value = if hidden {
                        REMOVED.into()
                    } else {
                        cleaned(value)
                    };
                    (name, value)
                })
                .collect(),
        ),
        Value::Array(values) => values.into_iter().map(cleaned).collect(),
        Value::String(text) => Value::String(without_links(&text)),
        plain => plain,
    }
}

/// Takes out what opens a gate: the token of a pass or invitation link, alone or in an address.
fn without_links(text: &str) -> String {
    let is_token = |word: &str| {
        word.len() == 22
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if is_token(text) {
        return REMOVED.to_owned();
    }
    let mut clean = text.to_owned();
    for mark in ["/p/", "/i/"] {
        for (at, _) in text.match_indices(mark) {
            if let Some(token) = text.get(at + 3..at + 25).filter(|token| is_token(token)) {
                clean = clean.replace(token, REMOVED);
            }
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_secrets_and_links_are_taken_out() {
        let told = json!({
            "secret": "s3", "errcode": 0, "Code": "Ok",
            "data": [{"url": "http://x/p/abcdefghijklmnopqrstuv?a=1"}],
            "TemplateParamSet": ["ABCDEFGHIJKLMNOPQRSTU_", "03月02日14:00"],
        });
        assert_eq!(
            cleaned(told),
            json!({
                "secret": "…", "errcode": 0, "Code": "Ok",
                "data": [{"url": "http://x/p/…?a=1"}],
                "TemplateParamSet": ["…", "03月02日14:00"],
            })
        );
    }

    #[test]
    fn the_oldest_exchange_gives_way() {
        let mut log = Log::default();
        for n in 0..=KEPT {
            let path = n.to_string();
            let at = DateTime::UNIX_EPOCH;
            let status = StatusCode::OK;
            log.add(Exchange::to_the_outside(
                at,
                "GET".into(),
                path,
                b"",
                status,
                b"",
            ));
        }
        let paths: Vec<_> = log.all().map(|exchange| exchange.path.as_str()).collect();
        assert_eq!(
            (paths.len(), paths[0], paths[KEPT - 1]),
            (KEPT, "1", "2000")
        );
    }
}
