//! Logging in with a code of the mini-program, who one is, and logging out.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum_extra::extract::cookie::CookieJar;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::address::ClientAddress;
use super::extract::Json;
use super::problem::{Problem, ProblemOut};
use super::session::{sessions_of, without_cookies};
use super::state::Site;
use crate::actions::people::prove_phone;
use crate::actions::sessions::{log_in, log_out, log_out_everywhere};
use crate::domain::Phone;
use crate::domain::actors::Guest;
use crate::ids::PersonId;
use crate::secret::Sealable;
use crate::store::people::{self, WechatNames};
use crate::tencent::errcode::Class;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MiniLoginIn {
    /// What `wx.login` gave; works once and for five minutes.
    code: String,
}

#[derive(Serialize, ToSchema)]
pub struct SessionOut {
    /// To be sent as `Authorization: Bearer …`.
    token: String,
}

/// Logs in from the mini-program
#[utoipa::path(post, path = "/api/login/mini", tag = "login", request_body = MiniLoginIn,
    responses((status = 200, body = SessionOut), (status = 401, body = ProblemOut)))]
pub async fn mini(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Json(MiniLoginIn { code }): Json<MiniLoginIn>,
) -> Result<Json<SessionOut>, Problem> {
    site.doors.limits.login(from)?;
    let known = site.clients.mini.log_in(&code).await;
    site.clients.health.note("mini_program", &known);
    let known = known?;
    let names = WechatNames {
        oa_openid: None,
        mini_openid: Some(known.openid),
        unionid: known.unionid,
    };
    Ok(Json(SessionOut {
        token: log_in(&site.ctx, &names).await?.0,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneCodeIn {
    /// What the phone button gave (`getPhoneNumber`); works once and for five minutes.
    code: String,
}

#[derive(Serialize, ToSchema)]
pub struct PhoneOut {
    /// In full: it is the person's own.
    phone: String,
    /// As others see it.
    #[schema(example = "139****0003")]
    masked: String,
}

/// Proves my phone with the mini-program's button
#[utoipa::path(post, path = "/api/login/mini/phone", tag = "login", request_body = PhoneCodeIn,
    responses((status = 200, body = PhoneOut), (status = 401, body = ProblemOut),
        (status = 422, body = ProblemOut), (status = 503, body = ProblemOut)))]
pub async fn phone(
    State(site): State<Site>,
    guest: Guest,
    ClientAddress(from): ClientAddress,
    Json(PhoneCodeIn { code }): Json<PhoneCodeIn>,
) -> Result<Json<PhoneOut>, Problem> {
    site.doors.limits.login(from)?;
    let verified = site.clients.mini.phone(&code).await;
    site.clients.health.note("mini_program", &verified);
    let verified = match verified {
        Err(error) if error.class() == Some(Class::Never) => return Err(Problem::phone_code()),
        verified => verified?,
    };
    // The campus's SMS reaches no others.
    if verified.country_code != "86" {
        return Err(Problem::foreign_phone());
    }
    let phone = Phone::parse(&verified.number)?;
    prove_phone(&site.ctx, &guest, &phone).await?;
    Ok(Json(PhoneOut {
        phone: phone.expose().to_owned(),
        masked: phone.masked().as_str().to_owned(),
    }))
}

/// The person of a session, with what prefills the next form.
#[derive(Serialize, ToSchema)]
pub struct MeOut {
    id: PersonId,
    name: Option<String>,
    /// In full: it is the person's own.
    phone: Option<String>,
}

/// Who I am
#[utoipa::path(get, path = "/api/me", tag = "login",
    responses((status = 200, body = MeOut), (status = 401, body = ProblemOut)))]
pub async fn me(State(site): State<Site>, guest: Guest) -> Result<Json<MeOut>, Problem> {
    let person = people::find(&site.ctx.db.read, guest.id).await?;
    let person = person.ok_or_else(Problem::unauthorized)?;
    let phone = person
        .phone
        .and_then(|phone| site.ctx.keys.open::<Phone>(&phone.sealed).ok());
    Ok(Json(MeOut {
        id: guest.id,
        name: person.name.map(|name| name.as_str().to_owned()),
        phone: phone.map(|phone| phone.expose().to_owned()),
    }))
}

/// Ends the sessions of this request, the visitor's and the member of staff's
#[utoipa::path(post, path = "/api/logout", tag = "login", responses((status = 204)))]
pub async fn logout(
    State(site): State<Site>,
    jar: CookieJar,
    request: Request,
) -> Result<(CookieJar, StatusCode), Problem> {
    let (parts, _) = request.into_parts();
    for session in sessions_of(&parts, &site).await? {
        log_out(&site.ctx, session.id).await?;
    }
    Ok((without_cookies(jar), StatusCode::NO_CONTENT))
}

/// Ends every session of whoever asks, on every phone and PC
#[utoipa::path(post, path = "/api/logout/everywhere", tag = "login",
    responses((status = 204), (status = 401, body = ProblemOut)))]
pub async fn logout_everywhere(
    State(site): State<Site>,
    jar: CookieJar,
    request: Request,
) -> Result<(CookieJar, StatusCode), Problem> {
    let (parts, _) = request.into_parts();
    let sessions = sessions_of(&parts, &site).await?;
    if sessions.is_empty() {
        // Nothing was ended, and nobody must believe that it was.
        return Err(Problem::unauthorized());
    }
    for session in sessions {
        log_out_everywhere(&site.ctx, session.account).await?;
    }
    Ok((without_cookies(jar), StatusCode::NO_CONTENT))
}
