//! Logging in by the campus's single sign-on: staff, from a PC, where no WeCom is at hand.
//!
//! CAS carries no state, so it travels in the address that CAS leads back to. CAS's user names are this
//! campus's WeCom userids: both come from the staff's numbers.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use serde::Deserialize;

use super::address::ClientAddress;
use super::extract::Query;
use super::problem::Problem;
use super::roundtrip::{Start, begin, finish, land};
use super::session::{STAFF_COOKIE, cookie};
use super::state::Site;
use crate::actions::sessions::log_in_staff;
use crate::cas::{Cas, CasError};
use crate::tencent::call::percent_encoded;

/// The longest ticket that a service should take (CAS 3.0, section 3.1.1).
const LONGEST_TICKET: usize = 256;

#[derive(Deserialize)]
pub struct Back {
    state: Option<String>,
    ticket: Option<String>,
}

pub async fn start(
    State(site): State<Site>,
    jar: CookieJar,
    Query(start): Query<Start>,
) -> Result<Response, Problem> {
    let cas = site.clients.cas.as_ref().ok_or_else(Problem::not_found)?;
    let (state, jar) = begin(&site, jar, start.to, "/h5/staff");
    let to = cas.login_url(&service(&site, &state));
    Ok((jar, Redirect::to(&to)).into_response())
}

pub async fn back(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    jar: CookieJar,
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    site.doors.limits.login(from)?;
    let cas = site.clients.cas.as_ref().ok_or_else(Problem::not_found)?;
    let state = back.state.ok_or_else(Problem::login_code)?;
    let (to, jar) = finish(jar, Some(&state))?;
    Ok(land(
        jar,
        &to,
        member(&site, cas, &state, back.ticket).await,
    ))
}

async fn member(
    site: &Site,
    cas: &Cas,
    state: &str,
    ticket: Option<String>,
) -> Result<Cookie<'static>, Problem> {
    let ticket = ticket
        .filter(|ticket| ticket.starts_with("ST-") && ticket.len() <= LONGEST_TICKET)
        .ok_or_else(Problem::login_code)?;
    let known = cas.validate(&service(site, state), &ticket).await;
    let call = match &known {
        Err(CasError::Call(error)) => Err(error.clone()),
        Ok(_) | Err(CasError::Ticket) => Ok(()),
    };
    site.clients.health.note("cas", &call);
    let token = log_in_staff(&site.ctx, &known?.user).await?;
    Ok(cookie(STAFF_COOKIE, &token, site.doors.insecure))
}

/// What a ticket is issued for and asked about with: the same, to the letter.
fn service(site: &Site, state: &str) -> String {
    let state = percent_encoded(state);
    site.ctx.link(&format!("/login/cas/callback?state={state}"))
}
