//! The fields of a request, wherever a board puts them.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::Request;

/// Fields by their names in small letters.
pub struct Fields(HashMap<String, String>);

impl Fields {
    /// Of the query, and of a body that is a form or an object of JSON, whatever its content type says.
    pub fn of(request: &Request<'_>) -> Self {
        let mut fields = HashMap::new();
        let mut add = |name: &str, value: String| {
            fields.entry(name.to_ascii_lowercase()).or_insert(value);
        };
        for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
            add(&name, value.into_owned());
        }
        match serde_json::from_slice::<Value>(request.body) {
            Ok(Value::Object(object)) => {
                for (name, value) in object {
                    match value {
                        Value::String(text) => add(&name, text),
                        Value::Number(number) => add(&name, number.to_string()),
                        _ => {}
                    }
                }
            }
            Ok(_) | Err(_) => {
                for (name, value) in form_urlencoded::parse(request.body) {
                    add(&name, value.into_owned());
                }
            }
        }
        Self(fields)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn get_or_empty(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

/// The text of a body, in UTF-8 or else in GBK, as the cameras of older years send it.
pub fn text(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::GBK.decode_without_bom_handling(body).0,
    }
}
