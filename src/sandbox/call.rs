//! One call from the service to the outside, and its answer: HTTP 200 and a number that says what was wrong.

use std::fmt::Display;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::Sandbox;

/// More than any call of the service needs.
pub(super) const BODY_LIMIT: usize = 1 << 20;

/// What was asked.
pub(super) struct Call {
    pub sandbox: Sandbox,
    pub headers: HeaderMap,
    pub body: Bytes,
    query: Vec<(String, String)>,
}

/// A refusal with a number of the provider's.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    pub errcode: i64,
    pub errmsg: String,
}

pub(super) type Answer = Result<Value, Refusal>;

/// The answer of a call that has nothing to say.
pub(super) fn ok() -> Value {
    json!({"errcode": 0, "errmsg": "ok"})
}

impl Refusal {
    pub(super) fn new(errcode: i64, errmsg: impl Into<String>) -> Self {
        Self {
            errcode,
            errmsg: errmsg.into(),
        }
    }
}

impl Call {
    /// A parameter of the query, empty when there is none.
    pub(super) fn query(&self, name: &str) -> &str {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// All parameters of the query, decoded.
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.query
    }

    /// The JSON body, an object. WeChat looks into it whatever the content type says.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let wrong =
            |error: &dyn Display| Refusal::new(47001, format!("data format error, {error}"));
        let fields: Map<String, Value> =
            serde_json::from_slice(&self.body).map_err(|error| wrong(&error))?;
        serde_json::from_value(Value::Object(fields)).map_err(|error| wrong(&error))
    }

    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.headers.get(header::COOKIE)?.to_str().ok()?;
        let pairs = cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(key, _)| *key == name);
        found.next().map(|(_, value)| value.to_owned())
    }
}

impl FromRequest<Sandbox> for Call {
    type Rejection = StatusCode;

    async fn from_request(request: Request, sandbox: &Sandbox) -> Result<Self, StatusCode> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, BODY_LIMIT).await;
        Ok(Self {
            sandbox: sandbox.clone(),
            query: query_pairs(parts.uri.query()),
            headers: parts.headers,
            body: body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?,
        })
    }
}

/// The decoded pairs of a query.
pub(super) fn query_pairs(query: Option<&str>) -> Vec<(String, String)> {
    let url = Url::parse(&format!("http://x/?{}", query.unwrap_or_default()));
    url.map(|url| url.query_pairs().into_owned().collect())
        .unwrap_or_default()
}

/// A JSON answer; always 200, as the providers do.
pub(super) fn json_response(value: &Value) -> Response {
    let body = Body::from(value.to_string());
    (
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        body,
    )
        .into_response()
}

/// Leads back to a page of the service, as login pages do, and remembers in a cookie who was logging
/// in.
pub(super) fn redirect(page: Url, who: (&str, &str)) -> Response {
    let (cookie, value) = who;
    let cookie = format!("{cookie}={value}; Path=/; SameSite=Lax");
    let headers = [
        (header::LOCATION, String::from(page)),
        (header::SET_COOKIE, cookie),
    ];
    (StatusCode::FOUND, headers).into_response()
}

/// The address, when it is on the service's own host (网页授权域名).
pub(super) fn own_page(sandbox: &Sandbox, address: &str) -> Option<Url> {
    let service = Url::parse(&sandbox.settings().service).ok()?;
    let page = Url::parse(address).ok()?;
    (page.origin() == service.origin()).then_some(page)
}

/// The page on which WeChat and WeCom say that a login cannot begin.
pub(super) fn fault_page(text: &str) -> Response {
    axum::response::Html(format!("<!doctype html><meta charset=utf-8><p>{text}</p>"))
        .into_response()
}
