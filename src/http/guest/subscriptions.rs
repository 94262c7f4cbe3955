//! 订阅消息: what a page may ask for, and what it was answered.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::subscriptions::{self, Answer};
use crate::ctx::Ctx;
use crate::domain::actors::Guest;
use crate::domain::subscription::Sender;
use crate::http::extract::Json;
use crate::http::problem::{Problem, ProblemOut};

/// More templates than WeChat puts into one question.
const MOST_ANSWERS: usize = 20;

#[derive(Serialize, ToSchema)]
pub struct SubscriptionOut {
    /// Which app asks and sends: `mini` (the mini-program) or `account` (a page in WeChat).
    #[schema(example = "mini")]
    app: &'static str,
    /// `visit_result` or `pass_issued`.
    #[schema(example = "visit_result")]
    name: String,
    /// For `tmplIds` of `wx.requestSubscribeMessage`, or of the page's own button.
    template_id: String,
    /// How many messages may be sent.
    left: i32,
    /// Whether to ask now, on the tap with which the person applies.
    ask: bool,
}

/// What I may be asked to let the campus send
#[utoipa::path(get, path = "/api/subscriptions", tag = "visitor",
    responses((status = 200, body = [SubscriptionOut]), (status = 401, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    guest: Guest,
) -> Result<Json<Vec<SubscriptionOut>>, Problem> {
    let offers = subscriptions::offers(&ctx, &guest).await?.into_iter();
    let out = offers.map(|offer| SubscriptionOut {
        app: offer.sender.as_str(),
        name: offer.name,
        template_id: offer.template_id,
        left: offer.left,
        ask: offer.worth_asking,
    });
    Ok(Json(out.collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswersIn {
    /// `mini` or `account`.
    #[schema(example = "mini")]
    app: String,
    answers: Vec<AnswerIn>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerIn {
    template_id: String,
    /// As WeChat says it: `accept`, `reject`, `ban` or `filter`.
    #[schema(example = "accept")]
    answer: String,
}

/// Tells what I answered when the page asked
#[utoipa::path(post, path = "/api/subscriptions", tag = "visitor", request_body = AnswersIn,
    responses((status = 204), (status = 401, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn tell(
    State(ctx): State<Ctx>,
    guest: Guest,
    Json(told): Json<AnswersIn>,
) -> Result<StatusCode, Problem> {
    let sender = Sender::parse(&told.app)
        .ok_or_else(|| Problem::field("app", "app_unknown", "应为 mini 或 account"))?;
    if told.answers.len() > MOST_ANSWERS {
        return Err(Problem::field(
            "answers",
            "answers_too_many",
            "一次最多20条",
        ));
    }
    let answers = told.answers.into_iter().map(|told| Answer {
        accepted: told.answer == "accept",
        template_id: told.template_id,
    });
    let answers: Vec<_> = answers.collect();
    subscriptions::tell(&ctx, &guest, sender, &answers).await?;
    Ok(StatusCode::NO_CONTENT)
}
