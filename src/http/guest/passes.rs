//! The pass behind a link: whoever holds the link sees it.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::passes::show;
use crate::domain::window::campus_time;
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::qr;
use crate::http::state::Site;
use crate::secret::Masked;

#[derive(Serialize, ToSchema)]
pub struct PassOut {
    /// `valid`, `not_yet`, `expired` or `revoked`.
    #[schema(example = "valid")]
    state: &'static str,
    /// The holder's name, masked.
    #[schema(value_type = String, example = "张*")]
    holder: Masked,
    host: String,
    area: String,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    /// The server's clock.
    now: DateTime<FixedOffset>,
    /// What the QR says; none when it would open nothing.
    code: Option<String>,
    /// The QR as an SVG document.
    qr_svg: Option<String>,
}

/// The pass behind a link
#[utoipa::path(get, path = "/api/passes/{token}", tag = "visitor",
    params(("token" = String, Path)),
    responses((status = 200, body = PassOut), (status = 404, body = ProblemOut)))]
pub async fn pass(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    site.doors.limits.link(from)?;
    let shown = show(&site.ctx, &token)
        .await?
        .ok_or_else(Problem::not_found)?;
    let out = PassOut {
        state: shown.state.as_str(),
        holder: shown.holder,
        host: shown.host,
        area: shown.area,
        starts_at: campus_time(shown.pass.window.from()),
        ends_at: campus_time(shown.pass.window.until()),
        now: campus_time(site.ctx.clock.now()),
        qr_svg: shown.code.as_deref().map(qr::svg).transpose()?,
        code: shown.code,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(out)).into_response())
}
