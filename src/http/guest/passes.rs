//! The pass behind a link: whoever holds the link sees it.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::passes::{Shown, find_by_code, show};
use crate::ctx::{Ctx, Link, Shared};
use crate::domain::pass::PassCode;
use crate::domain::plain;
use crate::domain::rotating_code::STEP;
use crate::domain::window::campus_time;
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::qr;
use crate::http::state::Site;

#[derive(Serialize, ToSchema)]
pub struct PassOut {
    /// `valid`, `not_yet`, `expired` or `revoked`.
    #[schema(example = "valid")]
    state: &'static str,
    /// 状态 of its visit: a pass that was `revoked` went with a `withdrawn` or `rejected` one, else by itself.
    #[schema(example = "approved")]
    stage: &'static str,
    /// How many may still come in with it; none where nobody counts.
    entries_left: Option<i32>,
    /// Whether there is a face photo, whose consent can be taken back.
    has_face: bool,
    /// The holder's name, masked; of a group 团体通行 and how many people it is for.
    #[schema(example = "张*")]
    holder: String,
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
    /// What the page writes beside that QR, 核验证件, when it shows it for want of a rotating one: whoever
    /// sees it at the gate looks at the holder's document.
    code_mark: Option<&'static str>,
    /// The codes to show instead while there are any left; none when it would open nothing, or is a group's.
    rotating: Option<RotatingOut>,
}

/// The QRs of the next ten minutes, each to be shown from its moment until the next one's.
#[derive(Serialize, ToSchema)]
pub struct RotatingOut {
    #[schema(example = 30)]
    step_seconds: i64,
    /// Modules on a side, without the quiet zone.
    #[schema(example = 25)]
    size: usize,
    codes: Vec<RotatingCodeOut>,
}

#[derive(Serialize, ToSchema)]
pub struct RotatingCodeOut {
    from: DateTime<FixedOffset>,
    /// From the top: the bits of each number are a row's modules, 1 is dark, the highest of `size` bits is the
    /// leftmost.
    rows: Vec<u32>,
}

impl RotatingOut {
    fn of(codes: &[(DateTime<Utc>, String)]) -> Result<Self, Problem> {
        let drawn: Result<Vec<_>, Problem> = codes
            .iter()
            .map(|(from, code)| Ok((campus_time(*from), qr::rows(code)?)))
            .collect();
        let drawn = drawn?;
        Ok(Self {
            step_seconds: STEP,
            size: drawn.first().map_or(0, |(_, (size, _))| *size),
            codes: drawn
                .into_iter()
                .map(|(from, (_, rows))| RotatingCodeOut { from, rows })
                .collect(),
        })
    }
}

impl PassOut {
    pub fn of(ctx: &Ctx, shown: Shown) -> Result<Self, Problem> {
        Ok(Self {
            state: shown.state.as_str(),
            stage: shown.stage.as_str(),
            entries_left: shown.pass.entries_left(),
            has_face: shown.has_face,
            holder: shown.holder,
            host: shown.host,
            area: shown.area,
            starts_at: campus_time(shown.pass.window.from()),
            ends_at: campus_time(shown.pass.window.until()),
            now: campus_time(ctx.clock.now()),
            code_mark: shown.rotating.is_some().then_some("核验证件"),
            rotating: shown.rotating.as_deref().map(RotatingOut::of).transpose()?,
            qr_svg: shown.code.as_deref().map(qr::svg).transpose()?,
            code: shown.code,
        })
    }
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
    let out = PassOut::of(&site.ctx, shown)?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(out)).into_response())
}

#[derive(Serialize, ToSchema)]
pub struct SharedLinkOut {
    url: String,
    /// From then on it leads nowhere; none when it lasts as long as its page.
    expires_at: Option<DateTime<FixedOffset>>,
}

impl From<Link> for SharedLinkOut {
    fn from(link: Link) -> Self {
        Self {
            url: link.url,
            expires_at: link.expires_at.map(campus_time),
        }
    }
}

impl IntoResponse for SharedLinkOut {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, "no-store")], Json(self)).into_response()
    }
}

/// The best link to give away: into the mini-program where it has such a page, else to this pass's
#[utoipa::path(get, path = "/api/passes/{token}/link", tag = "visitor",
    params(("token" = String, Path)),
    responses((status = 200, body = SharedLinkOut), (status = 404, body = ProblemOut)))]
pub async fn link(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    site.doors.limits.link(from)?;
    let shown = show(&site.ctx, &token).await?;
    let shown = shown.ok_or_else(Problem::not_found)?;
    let (shared, until) = (Shared::Pass(&token), shown.pass.window.until());
    let link = site.clients.best_link(&site.ctx, shared, until).await;
    Ok(SharedLinkOut::from(link).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeIn {
    /// The six characters of the SMS.
    #[schema(example = "K7Q2MP")]
    code: String,
    /// The last four digits of the phone that got the SMS.
    #[schema(example = "0003")]
    phone_last4: String,
}

#[derive(Serialize, ToSchema)]
pub struct LinkOut {
    /// The pass's page, from the root.
    #[schema(example = "/p/…")]
    link: String,
}

/// The link of a pass for the code of an SMS; five tries, and every refusal alike
#[utoipa::path(post, path = "/api/passes/by-code", tag = "visitor", request_body = CodeIn,
    responses((status = 200, body = LinkOut), (status = 404, body = ProblemOut),
        (status = 429, body = ProblemOut)))]
pub async fn by_code(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Json(CodeIn { code, phone_last4 }): Json<CodeIn>,
) -> Result<Response, Problem> {
    site.doors.limits.link(from)?;
    let digits = plain(&phone_last4);
    let four = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    let found = match PassCode::parse(&code) {
        Some(code) if four => find_by_code(&site.ctx, &code, &digits).await?,
        _ => None,
    };
    let token = found.ok_or_else(Problem::pass_code)?;
    let link = format!("/p/{}", token.reveal());
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(LinkOut { link }),
    )
        .into_response())
}
