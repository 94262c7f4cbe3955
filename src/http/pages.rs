//! The built pages, out of the binary. Deep links get their app's index; `/assets/*` never changes
//! under one name.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::extract::Path;
use super::problem::Problem;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Dist;

/// No script but ours, no other host at all. Vant and Element Plus set styles on elements, hence `unsafe-inline` for
/// styles alone; the sandbox's page shows the others in frames of the same origin.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; \
    style-src 'self' 'unsafe-inline'; script-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'self'";

pub async fn h5() -> Result<Response, Problem> {
    page("h5/index.html")
}

/// The console; what it shows is held at the doors of the API.
pub async fn admin() -> Result<Response, Problem> {
    page("admin/index.html")
}

/// A page behind a link: the link is a secret, so no other site hears of it and nothing is kept.
pub async fn link() -> Result<Response, Problem> {
    let mut response = page("h5/index.html")?;
    let store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, store);
    Ok(response)
}

pub async fn sandbox() -> Result<Response, Problem> {
    page("sandbox/index.html")
}

/// The mini-program on a phone of the sandbox's.
pub async fn mini_program() -> Result<Response, Problem> {
    page("mini/index.html")
}

pub async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let file = Dist::get(&format!("assets/{name}")).ok_or_else(Problem::not_found)?;
    let kind = file.metadata.mimetype().to_owned();
    let forever = "public, max-age=31536000, immutable".to_owned();
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, forever),
    ];
    Ok((headers, file.data).into_response())
}

fn page(name: &str) -> Result<Response, Problem> {
    let file = Dist::get(name).ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    Ok((headers, file.data).into_response())
}
