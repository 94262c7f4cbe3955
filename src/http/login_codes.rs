//! Logging in outside WeChat: a phone, and the code that an SMS brings to it.

use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::cookie::CookieJar;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::address::ClientAddress;
use super::extract::Json;
use super::fields::Fields;
use super::problem::{Problem, ProblemOut};
use super::session::{GUEST_COOKIE, cookie};
use super::state::Site;
use crate::actions::login_codes::{AGAIN_AFTER, ask, check};
use crate::domain::Phone;
use crate::domain::login_code::{Digits, LIFETIME};
use crate::store::budgets::Budget;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginPhoneIn {
    #[schema(example = "13800000003")]
    phone: String,
}

/// Says nothing of whether anybody has this phone.
#[derive(Serialize, ToSchema)]
pub struct CodeSentOut {
    /// Seconds until another may be asked for.
    #[schema(example = 60)]
    again_after: i64,
    /// Seconds for which this one is good.
    #[schema(example = 300)]
    lapses_after: i64,
}

/// Sends a code to a phone; the answer is the same whoever's it is
#[utoipa::path(post, path = "/api/login/sms", operation_id = "send_login_code", tag = "login",
    request_body = LoginPhoneIn,
    responses((status = 202, body = CodeSentOut), (status = 422, body = ProblemOut),
        (status = 429, body = ProblemOut)))]
pub async fn send(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Json(LoginPhoneIn { phone }): Json<LoginPhoneIn>,
) -> Result<(StatusCode, Json<CodeSentOut>), Problem> {
    site.doors.limits.login(from)?;
    let mut fields = Fields::default();
    let phone = fields.take("phone", Phone::parse(&phone));
    let phone = fields.finish(phone)?;
    match ask(&site.ctx, &phone, from).await? {
        Budget::Left => {
            let sent = CodeSentOut {
                again_after: AGAIN_AFTER.num_seconds(),
                lapses_after: LIFETIME.num_seconds(),
            };
            Ok((StatusCode::ACCEPTED, Json(sent)))
        }
        Budget::Spent => Err(Problem::too_often()),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginCodeIn {
    #[schema(example = "13800000003")]
    phone: String,
    /// Six digits; they work once and for five minutes.
    #[schema(example = "042815")]
    code: String,
}

/// Logs in with the code that was sent last; five tries, and every refusal alike
#[utoipa::path(post, path = "/api/login/sms/check", operation_id = "check_login_code", tag = "login",
    request_body = LoginCodeIn,
    responses((status = 204), (status = 422, body = ProblemOut), (status = 429, body = ProblemOut)))]
pub async fn log_in(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    jar: CookieJar,
    Json(LoginCodeIn { phone, code }): Json<LoginCodeIn>,
) -> Result<(CookieJar, StatusCode), Problem> {
    site.doors.limits.login(from)?;
    let mut fields = Fields::default();
    let phone = fields.take("phone", Phone::parse(&phone));
    let typed = fields.take("code", Digits::parse(&code));
    let (phone, typed) = fields.finish(phone.zip(typed))?;
    let token = check(&site.ctx, &phone, &typed).await?;
    let token = token.ok_or_else(Problem::sms_code)?;
    let session = cookie(GUEST_COOKIE, &token, site.doors.insecure);
    Ok((jar.add(session), StatusCode::NO_CONTENT))
}
