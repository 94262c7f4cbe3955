//! The pass behind a link: whoever holds the link sees it.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::passes::show;
use crate::domain::window::campus_time;
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path};
use crate::http::problem::{Problem, ProblemOut};
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
        qr_svg: shown.code.as_deref().map(draw).transpose()?,
        code: shown.code,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(out)).into_response())
}

/// Black on white with the quiet zone of the standard, whatever the page's colours.
fn draw(code: &str) -> Result<String, Problem> {
    let qr = QrCode::with_error_correction_level(code, EcLevel::M).map_err(|error| {
        tracing::error!(%error, "a code does not fit a QR");
        Problem::failure()
    })?;
    Ok(qr.render::<svg::Color>().min_dimensions(240, 240).build())
}
