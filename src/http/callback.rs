//! Deliveries of WeChat and WeCom, as extractors: signature, decryption and parsing are done before a
//! handler sees an event, and what fails is refused before any work.

use axum::extract::{FromRequest, Request};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};

use super::extract::Raw;
use super::problem::Problem;
use super::state::Site;
use crate::tencent::callback::{CallbackQuery, Mailbox};
use crate::tencent::incoming::Incoming;

/// A delivery to the Official Account.
pub struct ToAccount(pub Incoming);
/// A delivery to the mini-program.
pub struct ToMini(pub Incoming);
/// A delivery to the WeCom application.
pub struct ToWecom(pub Incoming);

impl FromRequest<Site> for ToAccount {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        open(request, site, &site.doors.account).await.map(Self)
    }
}

impl FromRequest<Site> for ToMini {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        open(request, site, &site.doors.mini).await.map(Self)
    }
}

impl FromRequest<Site> for ToWecom {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        open(request, site, &site.doors.wecom).await.map(Self)
    }
}

async fn open(request: Request, site: &Site, door: &Mailbox) -> Result<Incoming, Problem> {
    let query = query(request.uri())?;
    let Raw(body) = Raw::from_request(request, site).await?;
    door.open(&query, &body, site.ctx.clock.now())
        .map_err(|refusal| {
            tracing::warn!(wechat.refusal = refusal.code(), "a delivery was refused");
            Problem::from(refusal)
        })
}

fn query(uri: &Uri) -> Result<CallbackQuery, Problem> {
    CallbackQuery::parse(uri.query().unwrap_or_default())
        .ok_or_else(|| Problem::malformed("refused"))
}

/// The console's test of an address.
pub fn echo(site: &Site, door: &Mailbox, uri: &Uri) -> Result<Response, Problem> {
    let text = door.echo(&query(uri)?, site.ctx.clock.now())?;
    Ok(([(header::CONTENT_TYPE, "text/plain")], text).into_response())
}
