//! Logging in from a browser inside WeChat (visitors) or WeCom (staff).
//!
//! The code is consumed before anything else happens, and the browser is sent on to a clean URL, so
//! that a reload does not bring the code again.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use serde::Deserialize;

use super::address::ClientAddress;
use super::extract::Query;
use super::problem::Problem;
use super::roundtrip::{Start, begin, finish, land};
use super::session::{GUEST_COOKIE, STAFF_COOKIE, cookie};
use super::state::Site;
use crate::actions::sessions::{log_in, log_in_staff};
use crate::store::people::WechatNames;
use crate::wechat::oauth::Scope;
use crate::wecom::oauth::SignedIn;

#[derive(Deserialize)]
pub struct Back {
    code: Option<String>,
    state: Option<String>,
}

impl Back {
    fn code(self) -> Result<String, Problem> {
        let code = self.code.filter(|code| !code.is_empty());
        code.ok_or_else(Problem::login_code)
    }
}

pub async fn wechat(
    State(site): State<Site>,
    jar: CookieJar,
    Query(start): Query<Start>,
) -> Response {
    let (state, jar) = begin(&site, jar, start.to, "/h5/book");
    let back = site.ctx.link("/login/wechat/callback");
    let to = site
        .clients
        .account
        .authorize_url(&back, Scope::Base, &state);
    (jar, Redirect::to(&to)).into_response()
}

pub async fn wechat_back(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    jar: CookieJar,
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    site.doors.limits.login(from)?;
    let (to, jar) = finish(jar, back.state.as_deref())?;
    Ok(land(jar, &to, guest(&site, back).await))
}

async fn guest(site: &Site, back: Back) -> Result<Cookie<'static>, Problem> {
    let known = site.clients.account.exchange_code(&back.code()?).await;
    site.clients.health.note("official_account", &known);
    let known = known?;
    let names = WechatNames {
        oa_openid: Some(known.openid),
        mini_openid: None,
        unionid: known.unionid,
    };
    let token = log_in(&site.ctx, &names).await?;
    Ok(cookie(GUEST_COOKIE, &token, site.doors.insecure))
}

pub async fn wecom(
    State(site): State<Site>,
    jar: CookieJar,
    Query(start): Query<Start>,
) -> Response {
    let (state, jar) = begin(&site, jar, start.to, "/h5/staff");
    let back = site.ctx.link("/login/wecom/callback");
    let to = site.clients.wecom.authorize_url(&back, &state);
    (jar, Redirect::to(&to)).into_response()
}

pub async fn wecom_back(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    jar: CookieJar,
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    site.doors.limits.login(from)?;
    let (to, jar) = finish(jar, back.state.as_deref())?;
    Ok(land(jar, &to, member(&site, back).await))
}

async fn member(site: &Site, back: Back) -> Result<Cookie<'static>, Problem> {
    let known = site.clients.wecom.exchange_code(&back.code()?).await;
    site.clients.health.note("wecom", &known);
    let SignedIn::Member(userid) = known? else {
        return Err(Problem::forbidden());
    };
    let token = log_in_staff(&site.ctx, &userid).await?;
    Ok(cookie(STAFF_COOKIE, &token, site.doors.insecure))
}
