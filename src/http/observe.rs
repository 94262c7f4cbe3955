//! What stands around every request: its number, its bound of time, a log line and figures, the
//! headers that every answer carries, and the body of a problem. One layer does it all, because axum
//! boxes and clones once more for each layer, and a callback costs no more than that.
//!
//! Figures and lines name the route's pattern. The path itself may hold a link's token and the query a
//! code, so neither is ever written down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use tracing::Instrument;

use super::language::Language;
use super::problem::{Problem, finish};
use crate::entropy::Entropy;

/// The header that carries a request's number out. One that comes in is the client's own affair: it
/// would be mistaken for one of ours.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the layer knows.
#[derive(Clone)]
pub struct Around {
    numbers: Arc<Numbers>,
    /// How long a request may take, its body included; `None` is for ever.
    patience: Option<Duration>,
}

impl Around {
    pub fn new(entropy: &Entropy, patience: Duration) -> Self {
        let numbers = Numbers {
            process: HEXLOWER.encode(&entropy.bytes::<8>()),
            next: AtomicU64::new(1),
        };
        Self {
            numbers: Arc::new(numbers),
            patience: Some(patience),
        }
    }

    /// The same, for what takes longer.
    pub fn patient(&self, patience: Duration) -> Self {
        Self {
            patience: Some(patience),
            ..self.clone()
        }
    }

    /// The same, for what hangs on purpose.
    pub fn unbounded(&self) -> Self {
        Self {
            patience: None,
            ..self.clone()
        }
    }
}

/// Numbers requests: 64 random bits for the process, so that two replicas never give the same number,
/// and a count.
struct Numbers {
    process: String,
    next: AtomicU64,
}

impl Numbers {
    fn draw(&self) -> String {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{}-{count:x}", self.process)
    }
}

pub async fn around(State(around): State<Around>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("(none)", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let language = Language::of(request.headers());
    let id = around.numbers.draw();
    let span = tracing::info_span!(
        "request",
        request.id = id,
        http.method = method,
        http.route = route
    );
    let begun = Instant::now();
    let answering = next.run(request).instrument(span.clone());
    let mut response = match around.patience {
        None => answering.await,
        Some(patience) => tokio::time::timeout(patience, answering)
            .await
            .unwrap_or_else(|_| Problem::timeout().into_response()),
    };
    let (took, status) = (begun.elapsed(), response.status());
    span.in_scope(|| {
        tracing::info!(
            http.status = status.as_u16(),
            http.ms = took.as_secs_f64() * 1000.0,
            "answered"
        );
    });
    let labels = [
        ("method", method.into()),
        ("route", metrics::SharedString::from(route)),
        ("status", status.as_str().to_owned().into()),
    ];
    metrics::histogram!("campus_pass_request_seconds", &labels).record(took.as_secs_f64());
    finish(&mut response, &id, language);
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(value);
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// What every answer carries, unless its handler said otherwise.
const ALWAYS: [(HeaderName, HeaderValue); 2] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
];

/// The method, when HTTP has it: a client may write any word there, and each would be a figure of its
/// own for ever.
fn known(method: &Method) -> &'static str {
    static STANDARD: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::CONNECT,
        Method::TRACE,
    ];
    let standard = STANDARD.iter().find(|standard| *standard == method);
    standard.map_or("other", Method::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_http_does_not_have_is_counted_as_other() {
        let method = |text: &str| known(&text.parse().unwrap());
        assert_eq!(
            ["GET", "PATCH", "get", "BREW", "X1"].map(method),
            ["GET", "PATCH", "other", "other", "other"]
        );
    }
}
