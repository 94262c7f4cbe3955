//! What is seen of a request from outside: a log line and figures, by the route's pattern. The path
//! itself may hold a link's token and the query a code, so neither is ever written down.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::request_id::RequestId;
use tracing::Instrument;

pub async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("(none)", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
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
