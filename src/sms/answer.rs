//! What the two providers' answers have in common: JSON, whatever the status, and refusals by name.

use reqwest::{StatusCode, Url};
use serde_json::Value;

use crate::tencent::call::{Answer, CallError, Code};
use crate::tencent::errcode::Class;

/// The JSON of an answer. Without it the status speaks.
pub(super) fn read(answer: &Answer) -> Result<Value, CallError> {
    match serde_json::from_slice(&answer.body) {
        Ok(value) => Ok(value),
        Err(_) if answer.status.is_success() => Err(CallError::Malformed),
        // A gateway that got no answer in time has passed the message on.
        Err(_) if answer.status == StatusCode::GATEWAY_TIMEOUT => Err(CallError::Unknown),
        Err(_) => Err(CallError::of_status(answer.status)),
    }
}

/// A refusal by name, with the id that the provider's support asks for.
pub(super) fn refused(name: &str, request_id: &Value, class: Class) -> CallError {
    CallError::Refused {
        code: Code::Named(plain(name)),
        class,
        rid: request_id.as_str().map(plain),
        hint: None,
    }
}

/// The class of the first prefix that fits; what no row names is `Never`.
pub(super) fn class(name: &str, table: &[(&str, Class)]) -> Class {
    let row = table.iter().find(|(prefix, _)| name.starts_with(prefix));
    row.map_or(Class::Never, |(_, class)| *class)
}

/// `host` and, when it is not the usual one, `:port`: what the client will write into the header, and
/// so what must be signed.
pub(super) fn host(base_url: &str) -> String {
    let url = Url::parse(base_url).ok();
    let host = url
        .as_ref()
        .and_then(|url| Some((url.host_str()?, url.port())));
    match host {
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host.to_owned(),
        None => String::new(),
    }
}

/// A provider's name for a thing is letters, digits and a few signs: nothing else reaches a log.
pub(super) fn plain(name: &str) -> String {
    let sign = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.chars().filter(sign).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_without_json_says_whether_the_message_may_be_on_its_way() {
        let of = |status: StatusCode| {
            let body = b"<html>".to_vec();
            read(&Answer { status, body }).unwrap_err()
        };
        assert_eq!(of(StatusCode::GATEWAY_TIMEOUT), CallError::Unknown);
        assert_eq!(of(StatusCode::OK), CallError::Malformed);
        assert_eq!(of(StatusCode::BAD_GATEWAY).class(), Some(Class::Busy));
        assert_eq!(
            of(StatusCode::NOT_FOUND).class(),
            Some(Class::Configuration)
        );
    }
}
