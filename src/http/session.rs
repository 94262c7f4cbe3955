//! Who asks: a guest or a member of staff, by bearer token or cookie.
//!
//! A cookie is sent by the browser whoever wrote the page, so a request that changes something and
//! is known by a cookie must come from our own pages.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use super::problem::Problem;
use super::state::Site;
use crate::actions::sessions::{self, LIFETIME, Token};
use crate::domain::actors::{Account, Admin, Guard, Guest, Staff};
use crate::store::sessions::Session;
use crate::store::staff;

/// A visitor's session.
pub const GUEST_COOKIE: &str = "campus_guest";
/// A member of staff's session, beside it: one browser may hold both.
pub const STAFF_COOKIE: &str = "campus_staff";

impl FromRequestParts<Site> for Guest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let session = session(parts, site, GUEST_COOKIE).await?;
        match session.account {
            Account::Person(id) => Ok(Self { id }),
            Account::Staff(_) => Err(Problem::forbidden()),
        }
    }
}

impl FromRequestParts<Site> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let session = session(parts, site, STAFF_COOKIE).await?;
        let Account::Staff(id) = session.account else {
            return Err(Problem::forbidden());
        };
        let member = staff::find(&site.ctx.db.read, id).await?;
        // By whatever way they left: a list that takes all roles from somebody ends no session.
        let member = member.filter(|member| !member.has_left());
        Ok(Self {
            member: member.ok_or_else(Problem::unauthorized)?,
        })
    }
}

impl FromRequestParts<Site> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let staff = Staff::from_request_parts(parts, site).await?;
        Self::of(staff.member).ok_or_else(Problem::forbidden)
    }
}

impl FromRequestParts<Site> for Guard {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let staff = Staff::from_request_parts(parts, site).await?;
        Self::of(staff.member).ok_or_else(Problem::forbidden)
    }
}

/// Somebody with a session, whoever it is.
pub struct LoggedIn;

impl FromRequestParts<Site> for LoggedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let sessions = sessions_of(parts, site).await?;
        sessions
            .first()
            .map(|_| Self)
            .ok_or_else(Problem::unauthorized)
    }
}

/// Every session of a request: a browser may hold one of each kind.
pub async fn sessions_of(parts: &Parts, site: &Site) -> Result<Vec<Session>, Problem> {
    let mut found = Vec::new();
    for cookie in [GUEST_COOKIE, STAFF_COOKIE] {
        match session(parts, site, cookie).await {
            Ok(session) => found.push(session),
            Err(problem) if problem == Problem::unauthorized() => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(found)
}

/// The session of either kind.
async fn session(parts: &Parts, site: &Site, cookie: &str) -> Result<Session, Problem> {
    let token = if let Some(token) = bearer(&parts.headers) {
        token.to_owned()
    } else {
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(cookie).ok_or_else(Problem::unauthorized)?;
        own_page(parts, &site.ctx.policy.public_url)?;
        token.value().to_owned()
    };
    sessions::find(&site.ctx, &token)
        .await?
        .ok_or_else(Problem::unauthorized)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

/// Browsers send `Origin` with every request that can change something.
fn own_page(parts: &Parts, public_url: &str) -> Result<(), Problem> {
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let origin = parts
        .headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    if origin == Some(public_url) {
        Ok(())
    } else {
        Err(Problem::foreign_origin())
    }
}

/// The cookie that carries a session: out of reach of scripts, and of other sites' requests.
pub fn cookie(name: &'static str, token: &Token, insecure: bool) -> Cookie<'static> {
    Cookie::build((name, token.0.clone()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(!insecure)
        .max_age(time::Duration::seconds(LIFETIME.num_seconds()))
        .build()
}

/// The browser forgets both sessions.
pub fn without_cookies(jar: CookieJar) -> CookieJar {
    let gone = |name: &'static str| Cookie::build(name).path("/");
    jar.remove(gone(GUEST_COOKIE)).remove(gone(STAFF_COOKIE))
}
