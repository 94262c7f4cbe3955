//! qyapi.weixin.qq.com, at the paths of its documents, and the login page of WeCom.

mod card;
mod desk;
mod message;
mod oauth;
mod token;
mod update;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use serde_json::{Value, json};

use super::Sandbox;
use super::call::{Answer, Call, Refusal, json_response};
use super::tokens::TokenFault;

pub use card::{Button, Card, Detail};
pub(super) use desk::Desks;
pub use desk::{StaffMember, WorkMessage, WorkText};
pub(super) use oauth::{WHO, whose_desk};

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/cgi-bin/gettoken", asked(token::issue))
        .route("/cgi-bin/message/send", posted(message::send))
        .route(
            "/cgi-bin/message/update_template_card",
            posted(update::update),
        )
        .route("/connect/oauth2/authorize", get(oauth::authorize))
        .route("/cgi-bin/auth/getuserinfo", asked(oauth::user_info))
}

/// A refusal as WeCom words it.
pub(super) fn refused(errcode: i64, errmsg: &str) -> Value {
    let more = format!("https://open.work.weixin.qq.com/devtool/query?e={errcode}");
    json!({"errcode": errcode, "errmsg": format!("{errmsg}, more info at {more}")})
}

fn posted(answer: fn(&Call) -> Answer) -> MethodRouter<Sandbox> {
    post(async move |call: Call| respond(answer(&call)))
}

fn asked(answer: fn(&Call) -> Answer) -> MethodRouter<Sandbox> {
    get(async move |call: Call| respond(answer(&call)))
}

fn respond(answer: Answer) -> axum::response::Response {
    json_response(&answer.unwrap_or_else(|refusal| refused(refusal.errcode, &refusal.errmsg)))
}

/// Checks the access token that every business call carries.
fn authorised(call: &Call) -> Result<(), Refusal> {
    let (sandbox, given) = (&call.sandbox, call.query("access_token"));
    let corp = &sandbox.settings().wecom.corp_id;
    let checked = sandbox.state().tokens.check(corp, given, sandbox.now());
    checked.map_err(|fault| match fault {
        TokenFault::Missing => Refusal::new(41001, "access_token missing"),
        TokenFault::Unknown => Refusal::new(40014, "invalid access_token"),
        TokenFault::Expired => Refusal::new(42001, "access_token expired"),
    })
}

/// Checks that a message names the application whose token it carries.
fn own_agent(call: &Call, agent_id: i64) -> Result<(), Refusal> {
    if agent_id == call.sandbox.settings().wecom.agent_id {
        Ok(())
    } else {
        Err(Refusal::new(40056, "invalid agentid"))
    }
}
