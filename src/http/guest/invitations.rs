//! The invitation behind a link: whoever holds the link sees it, and who is logged in may join.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::invitations;
use crate::ctx::{Ctx, Shared};
use crate::domain::actors::Guest;
use crate::domain::invitation::Joined;
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path};
use crate::http::forms::AcceptIn;
use crate::http::guest::passes::SharedLinkOut;
use crate::http::invitation::InvitedOut;
use crate::http::keyed::Keyed;
use crate::http::limits::book_from;
use crate::http::problem::{Problem, ProblemOut};
use crate::http::qr;
use crate::http::state::Site;

/// The invitation behind a link
#[utoipa::path(get, path = "/api/invitations/{token}", operation_id = "find_invitation", tag = "visitor",
    params(("token" = String, Path)),
    responses((status = 200, body = InvitedOut), (status = 404, body = ProblemOut)))]
pub async fn find(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    site.doors.limits.link(from)?;
    let shown = one(&site.ctx, &token).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(shown)).into_response())
}

/// The best link to give away
///
/// Into the mini-program where it has such a page, else to this invitation's own.
#[utoipa::path(get, path = "/api/invitations/{token}/link", operation_id = "invitation_link", tag = "visitor",
    params(("token" = String, Path)),
    responses((status = 200, body = SharedLinkOut), (status = 404, body = ProblemOut)))]
pub async fn link(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Path(token): Path<String>,
) -> Result<SharedLinkOut, Problem> {
    site.doors.limits.link(from)?;
    let found = invitations::find(&site.ctx, &token).await?;
    let invitation = found.and_then(|facts| facts.invitation);
    let until = invitation.ok_or_else(Problem::not_found)?.lapses_at;
    let shared = Shared::Invitation(&token);
    Ok(site
        .clients
        .best_link(&site.ctx, shared, until)
        .await
        .into())
}

/// A picture to save and share
///
/// The mini-program's code where it has such a page, else the QR of the link.
#[utoipa::path(get, path = "/api/invitations/{token}/qr.png", tag = "visitor",
    params(("token" = String, Path)),
    responses((status = 200, content_type = "image/png"), (status = 404, body = ProblemOut)))]
pub async fn picture(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    site.doors.limits.link(from)?;
    one(&site.ctx, &token).await?;
    let shared = Shared::Invitation(&token);
    let picture = match site.clients.code(&site.ctx, shared).await {
        Some(code) => code,
        None => qr::png(&site.ctx.link(&format!("/i/{token}")))?,
    };
    // WeChat draws now the one and now the other.
    let kind = match picture.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        _ => "image/jpeg",
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, picture).into_response())
}

/// What came of joining.
#[derive(Serialize, ToSchema)]
pub struct AcceptedOut {
    /// `accepted`, or `full` when it was the last place and the visit is submitted.
    #[schema(example = "accepted")]
    outcome: &'static str,
    invited: InvitedOut,
}

/// 接受邀请
///
/// One phone may fill several places; a place that was kept for a phone needs that phone proven. Sent
/// again with the same `Idempotency-Key` it takes no second place.
#[utoipa::path(post, path = "/api/invitations/{token}/accept", tag = "visitor", request_body = AcceptIn,
    params(("token" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = AcceptedOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn accept(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    guest: Guest,
    Path(token): Path<String>,
    Keyed { form, key }: Keyed<AcceptIn>,
) -> Result<(StatusCode, Json<AcceptedOut>), Problem> {
    let (ctx, details) = (&site.ctx, form.details()?);
    // Whoever joins gets an SMS too, when it is approved.
    book_from(ctx, from).await?;
    let joined = invitations::accept(ctx, &guest, &token, key.as_ref(), &details).await?;
    let out = AcceptedOut {
        outcome: match joined {
            Joined::Accepted => "accepted",
            Joined::AndFull => "full",
        },
        invited: one(ctx, &token).await?,
    };
    Ok((StatusCode::CREATED, Json(out)))
}

async fn one(ctx: &Ctx, token: &str) -> Result<InvitedOut, Problem> {
    let facts = invitations::find(ctx, token).await?;
    facts
        .and_then(|facts| InvitedOut::of(ctx, &facts))
        .ok_or_else(Problem::not_found)
}
