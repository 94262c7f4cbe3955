//! What is seen of a request from outside: a log line and figures, by the route's pattern. The path
//! itself may hold a link's token and the query a code, so neither is ever written down.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tower_http::request_id::RequestId;
use tracing::Instrument;

pub async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("(none)", MatchedPath::as_str).to_owned();
    let method = known(request.method()).to_owned();
    let id = request.extensions().get::<RequestId>();
    let id = id
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default();
    let span = tracing::info_span!(
        "request",
        request.id = id,
        http.method = method,
        http.route = route
    );
    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let (took, status) = (begun.elapsed(), response.status().as_u16());
    span.in_scope(|| {
        tracing::info!(
            http.status = status,
            http.ms = took.as_secs_f64() * 1000.0,
            "answered"
        );
    });
    let labels = [
        ("method", method),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("campus_pass_requests_total", &labels).increment(1);
    metrics::histogram!("campus_pass_request_seconds", &labels).record(took.as_secs_f64());
    response
}

/// The method, when HTTP has it: a client may write any word there, and each would be a figure of its
/// own for ever.
fn known(method: &Method) -> &str {
    let standard = [
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
    if standard.contains(method) {
        method.as_str()
    } else {
        "other"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_http_does_not_have_is_counted_as_other() {
        let method = |text: &str| known(&text.parse().unwrap()).to_owned();
        assert_eq!(
            ["GET", "PATCH", "get", "BREW", "X1"].map(method),
            ["GET", "PATCH", "other", "other", "other"]
        );
    }
}
