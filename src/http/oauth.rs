//! Logging in from a browser inside WeChat (visitors) or WeCom (staff).
//!
//! The state goes to the platform and into a cookie; only the browser that holds the cookie can come
//! back with it, and only once. The code is consumed before anything else happens, and the browser is
//! sent on to a clean URL, so that a reload does not bring the code again.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use super::address::ClientAddress;
use super::extract::Query;
use super::problem::Problem;
use super::session::{GUEST_COOKIE, STAFF_COOKIE, cookie};
use super::state::Site;
use crate::actions::sessions::{log_in, log_in_staff};
use crate::store::people::WechatNames;
use crate::wechat::oauth::Scope;
use crate::wecom::oauth::SignedIn;

const STATE_COOKIE: &str = "campus_login";

#[derive(Deserialize)]
pub struct Start {
    /// Where to go afterwards: a path of ours.
    to: Option<String>,
}

#[derive(Deserialize)]
pub struct Back {
    code: Option<String>,
    state: Option<String>,
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
    let (code, to, jar) = finish(jar, back)?;
    Ok(land(jar, &to, guest(&site, &code).await))
}

async fn guest(site: &Site, code: &str) -> Result<Cookie<'static>, Problem> {
    let known = site.clients.account.exchange_code(code).await;
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
    let (code, to, jar) = finish(jar, back)?;
    Ok(land(jar, &to, member(&site, &code).await))
}

async fn member(site: &Site, code: &str) -> Result<Cookie<'static>, Problem> {
    let known = site.clients.wecom.exchange_code(code).await;
    site.clients.health.note("wecom", &known);
    let SignedIn::Member(userid) = known? else {
        return Err(Problem::forbidden());
    };
    let token = log_in_staff(&site.ctx, &userid).await?;
    Ok(cookie(STAFF_COOKIE, &token, site.doors.insecure))
}

/// A login that names no path of ours leads to `home`.
fn begin(site: &Site, jar: CookieJar, to: Option<String>, home: &str) -> (String, CookieJar) {
    let state = site.ctx.entropy.token();
    let to = to
        .filter(|to| is_own_path(to))
        .unwrap_or_else(|| home.to_owned());
    let value = format!("{state}.{}", BASE64URL_NOPAD.encode(to.as_bytes()));
    let cookie = Cookie::build((STATE_COOKIE, value))
        .path("/login")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(!site.doors.insecure)
        .max_age(time::Duration::minutes(10));
    (state, jar.add(cookie))
}

/// The code, and where to go; the state is spent.
fn finish(jar: CookieJar, back: Back) -> Result<(String, String, CookieJar), Problem> {
    let held = jar
        .get(STATE_COOKIE)
        .map(|cookie| cookie.value().to_owned());
    let held = held.ok_or_else(Problem::login_code)?;
    let (state, to) = held.split_once('.').ok_or_else(Problem::login_code)?;
    if back.state.as_deref() != Some(state) {
        return Err(Problem::login_code());
    }
    let to = BASE64URL_NOPAD.decode(to.as_bytes()).ok();
    let to = to
        .and_then(|to| String::from_utf8(to).ok())
        .filter(|to| is_own_path(to));
    let to = to.ok_or_else(Problem::login_code)?;
    let code = back
        .code
        .filter(|code| !code.is_empty())
        .ok_or_else(Problem::login_code)?;
    Ok((
        code,
        to,
        jar.remove(Cookie::build(STATE_COOKIE).path("/login")),
    ))
}

/// On to the page with the session, or the problem. The spent state leaves the browser either way:
/// its code will not work a second time.
fn land(jar: CookieJar, to: &str, session: Result<Cookie<'static>, Problem>) -> Response {
    match session {
        Ok(session) => (jar.add(session), Redirect::to(to)).into_response(),
        Err(problem) => (jar, problem).into_response(),
    }
}

/// A path on this site: `//host` and `/\host` would lead to another, and so would `/<tab>/host`, for
/// browsers drop control characters (WHATWG URL, "basic URL parser").
fn is_own_path(to: &str) -> bool {
    let strange = |c: char| c == '\\' || c.is_control();
    to.starts_with('/') && !to.starts_with("//") && !to.contains(strange)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode, header};

    use super::*;

    #[test]
    fn a_login_leads_back_to_this_site_only() {
        for to in ["/h5/book", "/h5/visits/1?x=2#y", "/"] {
            assert!(is_own_path(to), "{to}");
        }
        for to in [
            "",
            "h5",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "/\t/evil.example",
            "/\0",
            "/a\u{85}b",
        ] {
            assert!(!is_own_path(to), "{to}");
        }
    }

    #[test]
    fn a_login_that_fails_spends_its_state_as_one_that_works() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "campus_login=s.LzE".parse().unwrap());
        let spent = |session| {
            let back = Back {
                code: Some("code".to_owned()),
                state: Some("s".to_owned()),
            };
            let Ok((_, to, jar)) = finish(CookieJar::from_headers(&headers), back) else {
                panic!("the state is the browser's own");
            };
            let response = land(jar, &to, session);
            let set = response.headers().get_all(header::SET_COOKIE).iter();
            let removed = set
                .filter_map(|line| line.to_str().ok())
                .any(|line| line.starts_with("campus_login=;") && line.contains("Max-Age=0"));
            (response.status(), removed)
        };
        let failed = Err(Problem::login_code());
        assert_eq!(spent(failed), (StatusCode::UNAUTHORIZED, true));
        let worked = Ok(Cookie::new("campus_guest", "t"));
        assert_eq!(spent(worked), (StatusCode::SEE_OTHER, true));
    }
}
