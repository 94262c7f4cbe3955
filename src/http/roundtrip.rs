//! The round trip of a login: away to a platform's page, and back.
//!
//! The state goes along and into a cookie; only the browser that holds the cookie can come back with it,
//! and only once.

use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use super::problem::Problem;
use super::state::Site;

const STATE_COOKIE: &str = "campus_login";

#[derive(Deserialize)]
pub struct Start {
    /// Where to go afterwards: a path of ours.
    pub to: Option<String>,
}

/// Remembers where to go afterwards, which is `home` when no path of ours is asked for; gives the state,
/// and the cookie that proves it.
pub fn begin(site: &Site, jar: CookieJar, to: Option<String>, home: &str) -> (String, CookieJar) {
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

/// Where to go; the state is spent.
pub fn finish(jar: CookieJar, came_back: Option<&str>) -> Result<(String, CookieJar), Problem> {
    let held = jar
        .get(STATE_COOKIE)
        .map(|cookie| cookie.value().to_owned());
    let held = held.ok_or_else(Problem::login_code)?;
    let (state, to) = held.split_once('.').ok_or_else(Problem::login_code)?;
    if came_back != Some(state) {
        return Err(Problem::login_code());
    }
    let to = BASE64URL_NOPAD.decode(to.as_bytes()).ok();
    let to = to
        .and_then(|to| String::from_utf8(to).ok())
        .filter(|to| is_own_path(to));
    let to = to.ok_or_else(Problem::login_code)?;
    Ok((to, jar.remove(Cookie::build(STATE_COOKIE).path("/login"))))
}

/// On to the page with the session, or the problem. The spent state leaves the browser either way:
/// its code will not work a second time.
pub fn land(jar: CookieJar, to: &str, session: Result<Cookie<'static>, Problem>) -> Response {
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
    use super::is_own_path;

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
        ] {
            assert!(!is_own_path(to), "{to}");
        }
    }
}
