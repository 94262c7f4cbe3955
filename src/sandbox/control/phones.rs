//! The visitors' phones.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Refused;
use crate::sandbox::{
    Answered, App, ChatLine, MiniPush, Notice, PageConfig, Person, Pushed, Sandbox, Sms, Unpushed,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    nickname: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MenuTap {
    /// The key of a click button of the menu.
    key: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    text: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Tags {
    tags: Vec<i64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScannedCode)]
pub(super) struct Scanned {
    /// What the code says, as `qrcode/create` gave it.
    url: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Subscribed {
    app: App,
    list: Vec<Answered>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct LoginCode {
    code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnPhone {
    /// With or without +86.
    phone: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Configured {
    /// Whether `wx.config` says ok.
    accepted: bool,
}

#[derive(Deserialize, IntoParams)]
pub(super) struct WhosePhone {
    /// With or without +86; every phone when it is left out.
    #[serde(default)]
    phone: String,
}

/// Everybody with WeChat.
#[utoipa::path(get, path = "/control/people", tag = "phones",
    responses((status = 200, body = Vec<Person>)))]
pub(super) async fn people(State(sandbox): State<Sandbox>) -> Json<Vec<Person>> {
    Json(sandbox.people())
}

/// Somebody new with WeChat, who does not follow the account yet.
#[utoipa::path(post, path = "/control/people", tag = "phones", request_body = NewPerson,
    responses((status = 200, body = Person)))]
pub(super) async fn add_person(
    State(sandbox): State<Sandbox>,
    Json(new): Json<NewPerson>,
) -> Json<Person> {
    Json(sandbox.add_person(&new.nickname))
}

/// Follows the account.
#[utoipa::path(post, path = "/control/people/{openid}/follow", tag = "phones",
    responses((status = 200, body = Pushed), (status = 404, body = Refused)))]
pub(super) async fn follow(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
) -> Result<Json<Pushed>, Unpushed> {
    sandbox.follow(&openid).await.map(Json)
}

/// Stops following the account.
#[utoipa::path(post, path = "/control/people/{openid}/unfollow", tag = "phones",
    responses((status = 200, body = Pushed), (status = 404, body = Refused)))]
pub(super) async fn unfollow(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
) -> Result<Json<Pushed>, Unpushed> {
    sandbox.unfollow(&openid).await.map(Json)
}

/// Refuses the account's messages (拒收).
#[utoipa::path(post, path = "/control/people/{openid}/block", tag = "phones",
    responses((status = 204), (status = 404, body = Refused)))]
pub(super) async fn block(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
) -> Result<StatusCode, Unpushed> {
    sandbox
        .block(&openid, true)
        .map(|()| StatusCode::NO_CONTENT)
}

/// Takes the account's messages again.
#[utoipa::path(post, path = "/control/people/{openid}/unblock", tag = "phones",
    responses((status = 204), (status = 404, body = Refused)))]
pub(super) async fn unblock(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
) -> Result<StatusCode, Unpushed> {
    sandbox
        .block(&openid, false)
        .map(|()| StatusCode::NO_CONTENT)
}

/// What `wx.login` gives to the mini-program: works once, for five minutes.
#[utoipa::path(post, path = "/control/people/{openid}/mini-code", tag = "phones",
    responses((status = 200, body = LoginCode), (status = 404, body = Refused)))]
pub(super) async fn mini_code(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
) -> Result<Json<LoginCode>, Unpushed> {
    sandbox
        .mini_code(&openid)
        .map(|code| Json(LoginCode { code }))
}

/// What the phone button of the mini-program gives: works once, for five minutes.
#[utoipa::path(post, path = "/control/people/{openid}/phone-code", tag = "phones",
    request_body = OwnPhone,
    responses((status = 200, body = LoginCode), (status = 404, body = Refused)))]
pub(super) async fn phone_code(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
    Json(own): Json<OwnPhone>,
) -> Result<Json<LoginCode>, Unpushed> {
    sandbox
        .phone_code(&openid, &own.phone)
        .map(|code| Json(LoginCode { code }))
}

/// Does something in the mini-program that the service is told of.
#[utoipa::path(post, path = "/control/people/{openid}/mini-push", tag = "phones",
    request_body = MiniPush,
    responses((status = 200, body = Pushed), (status = 404, body = Refused),
        (status = 502, body = Refused)))]
pub(super) async fn mini_push(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
    Json(push): Json<MiniPush>,
) -> Result<Json<Pushed>, Unpushed> {
    sandbox.mini_push(&openid, &push).await.map(Json)
}

/// Opens a page inside WeChat that calls `wx.config`.
#[utoipa::path(post, path = "/control/page", tag = "phones", request_body = PageConfig,
    responses((status = 200, body = Configured)))]
pub(super) async fn page(
    State(sandbox): State<Sandbox>,
    Json(page): Json<PageConfig>,
) -> Json<Configured> {
    Json(Configured {
        accepted: sandbox.configures(&page),
    })
}

/// Taps a click button of the menu; the reply lands in the chat as well.
#[utoipa::path(post, path = "/control/people/{openid}/tap", tag = "phones", request_body = MenuTap,
    responses((status = 200, body = Pushed), (status = 404, body = Refused),
        (status = 422, body = Refused), (status = 502, body = Refused)))]
pub(super) async fn tap(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
    Json(tap): Json<MenuTap>,
) -> Result<Json<Pushed>, Unpushed> {
    sandbox.tap(&openid, &tap.key).await.map(Json)
}

/// Writes to the account.
#[utoipa::path(post, path = "/control/people/{openid}/say", tag = "phones", request_body = Words,
    responses((status = 200, body = Pushed), (status = 404, body = Refused),
        (status = 422, body = Refused), (status = 502, body = Refused)))]
pub(super) async fn say(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
    Json(words): Json<Words>,
) -> Result<Json<Pushed>, Unpushed> {
    sandbox.say(&openid, &words.text).await.map(Json)
}

/// The chat with the account, oldest line first.
#[utoipa::path(get, path = "/control/people/{openid}/chat", tag = "phones",
    responses((status = 200, body = Vec<ChatLine>)))]
pub(super) async fn chat(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
) -> Json<Vec<ChatLine>> {
    Json(sandbox.chat(&openid))
}

/// The menu as it was created, `{"button": […]}`, or null.
#[utoipa::path(get, path = "/control/menu", tag = "phones",
    responses((status = 200, body = Option<Object>)))]
pub(super) async fn menu(State(sandbox): State<Sandbox>) -> Json<Option<Value>> {
    Json(sandbox.menu())
}

/// Scans a code of the account.
#[utoipa::path(post, path = "/control/people/{openid}/scan", tag = "phones", request_body = Scanned,
    responses((status = 200, body = Pushed), (status = 404, body = Refused)))]
pub(super) async fn scan(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
    Json(scanned): Json<Scanned>,
) -> Result<Json<Pushed>, Unpushed> {
    sandbox.scan_code(&openid, &scanned.url).await.map(Json)
}

/// Answers an app's question whether these may be sent: each acceptance buys one message. For the
/// mini-program, `mini-push` does the same.
#[utoipa::path(post, path = "/control/people/{openid}/subscriptions", tag = "phones",
    request_body = Subscribed,
    responses((status = 200, body = Pushed), (status = 404, body = Refused)))]
pub(super) async fn subscribe(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
    Json(told): Json<Subscribed>,
) -> Result<Json<Pushed>, Unpushed> {
    let pushed = sandbox.subscribe(&openid, told.app, &told.list).await;
    pushed.map(Json)
}

/// The subscription messages on somebody's phone, oldest first.
#[utoipa::path(get, path = "/control/people/{openid}/notices", tag = "phones",
    responses((status = 200, body = Vec<Notice>)))]
pub(super) async fn notices(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
) -> Json<Vec<Notice>> {
    Json(sandbox.notices(&openid))
}

/// The buttons that somebody sees, or null.
#[utoipa::path(get, path = "/control/people/{openid}/menu", tag = "phones",
    responses((status = 200, body = Option<Object>)))]
pub(super) async fn menu_of(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
) -> Json<Option<Value>> {
    Json(sandbox.menu_of(&openid))
}

/// Gives somebody these tags of the account, and no others.
#[utoipa::path(post, path = "/control/people/{openid}/tags", tag = "phones", request_body = Tags,
    responses((status = 204), (status = 404, body = Refused)))]
pub(super) async fn tag(
    State(sandbox): State<Sandbox>,
    Path(openid): Path<String>,
    Json(given): Json<Tags>,
) -> Result<StatusCode, Unpushed> {
    sandbox
        .tag(&openid, &given.tags)
        .map(|()| StatusCode::NO_CONTENT)
}

/// The SMS of a phone, oldest first.
#[utoipa::path(get, path = "/control/sms", tag = "phones", params(WhosePhone),
    responses((status = 200, body = Vec<Sms>)))]
pub(super) async fn sms(
    State(sandbox): State<Sandbox>,
    Query(whose): Query<WhosePhone>,
) -> Json<Vec<Sms>> {
    Json(sandbox.sms_to(&whose.phone))
}

/// Takes a phone out of service: what is sent to it is reported as failed.
#[utoipa::path(post, path = "/control/sms/{phone}/off", tag = "phones",
    responses((status = 204)))]
pub(super) async fn sms_off(
    State(sandbox): State<Sandbox>,
    Path(phone): Path<String>,
) -> StatusCode {
    sandbox.switch_phone(&phone, false);
    StatusCode::NO_CONTENT
}

/// Puts a phone back into service.
#[utoipa::path(post, path = "/control/sms/{phone}/on", tag = "phones",
    responses((status = 204)))]
pub(super) async fn sms_on(
    State(sandbox): State<Sandbox>,
    Path(phone): Path<String>,
) -> StatusCode {
    sandbox.switch_phone(&phone, true);
    StatusCode::NO_CONTENT
}
