//! api.weixin.qq.com, at the paths of its documents, and the login page of open.weixin.qq.com.

mod conditional;
mod custom;
mod fields;
mod links;
mod menu;
mod oauth;
mod phone;
mod subscribe;
mod template;
mod ticket;
mod token;
mod users;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use serde_json::{Value, json};

use super::Sandbox;
use super::call::{Answer, Call, Refusal, json_response};
use super::tokens::TokenFault;

pub(super) use conditional::Conditional;
pub(super) use custom::Windows;
pub(super) use links::{Scene, UrlLink};
pub use ticket::PageConfig;

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/cgi-bin/stable_token", posted(token::stable))
        .route("/cgi-bin/menu/create", posted(menu::create))
        .route("/cgi-bin/menu/get", asked(menu::current))
        .route("/cgi-bin/menu/delete", asked(menu::delete))
        .route("/cgi-bin/menu/addconditional", posted(conditional::add))
        .route("/cgi-bin/menu/delconditional", posted(conditional::delete))
        .route("/cgi-bin/menu/trymatch", posted(conditional::try_match))
        .route("/cgi-bin/get_current_selfmenu_info", asked(menu::in_use))
        .route("/cgi-bin/message/custom/send", posted(custom::send))
        .route("/cgi-bin/message/template/send", posted(template::send))
        .route(
            "/cgi-bin/message/subscribe/send",
            posted(subscribe::to_mini),
        )
        .route(
            "/cgi-bin/message/subscribe/bizsend",
            posted(subscribe::to_account),
        )
        .route("/wxaapi/newtmpl/gettemplate", asked(subscribe::list))
        .route(
            "/cgi-bin/template/get_all_private_template",
            asked(template::list),
        )
        .route("/cgi-bin/ticket/getticket", asked(ticket::jsapi))
        .route("/cgi-bin/user/info", asked(users::info))
        .route("/cgi-bin/qrcode/create", posted(links::create_code))
        .route("/wxa/getwxacodeunlimit", post(links::draw_code))
        .route("/wxa/generate_urllink", posted(links::make_link))
        .route("/wxa/business/getuserphonenumber", posted(phone::number))
        .route("/connect/oauth2/authorize", get(oauth::authorize))
        .route("/sns/oauth2/access_token", asked(oauth::access_token))
        .route("/sns/jscode2session", asked(oauth::session))
}

/// A refusal as WeChat words it: with a `rid` by which its support finds the call.
pub(super) fn refused(sandbox: &Sandbox, errcode: i64, errmsg: &str) -> Value {
    let [a, b] = [0; 2].map(|_: u8| u32::from_le_bytes(sandbox.entropy().bytes()));
    let rid = format!("{:08x}-{a:08x}-{b:08x}", sandbox.now().timestamp());
    json!({"errcode": errcode, "errmsg": format!("{errmsg} rid: {rid}")})
}

fn posted(answer: fn(&Call) -> Answer) -> MethodRouter<Sandbox> {
    post(async move |call: Call| respond(&call, answer(&call)))
}

fn asked(answer: fn(&Call) -> Answer) -> MethodRouter<Sandbox> {
    get(async move |call: Call| respond(&call, answer(&call)))
}

fn respond(call: &Call, answer: Answer) -> axum::response::Response {
    json_response(
        &answer.unwrap_or_else(|refusal| refused(&call.sandbox, refusal.errcode, &refusal.errmsg)),
    )
}

/// Checks the access token that every business call of the Official Account carries.
fn authorised(call: &Call) -> Result<(), Refusal> {
    authorised_as(call, &call.sandbox.settings().official_account.app_id)
}

/// The same for the mini-program's calls: neither app's token is the other's.
fn authorised_mini(call: &Call) -> Result<(), Refusal> {
    authorised_as(call, &call.sandbox.settings().mini_program.app_id)
}

fn authorised_as(call: &Call, app: &str) -> Result<(), Refusal> {
    let (sandbox, given) = (&call.sandbox, call.query("access_token"));
    let checked = sandbox.state().tokens.check(app, given, sandbox.now());
    checked.map_err(|fault| match fault {
        TokenFault::Missing => Refusal::new(41001, "access_token missing"),
        TokenFault::Unknown => Refusal::new(
            40001,
            "invalid credential, access_token is invalid or not latest",
        ),
        TokenFault::Expired => Refusal::new(42001, "access_token expired"),
    })
}
