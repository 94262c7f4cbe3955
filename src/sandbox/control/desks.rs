//! The staff's WeCom.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Refused;
use crate::sandbox::{Card, Pushed, Sandbox, StaffMember, Unpushed, WorkMessage};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMember {
    userid: String,
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CardTap {
    task_id: String,
    /// The key of a button.
    key: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Tapped {
    #[serde(flatten)]
    pushed: Pushed,
    /// The card as it looks after the reply.
    card: Card,
}

/// Everybody with WeCom.
#[utoipa::path(get, path = "/control/wecom", tag = "desks",
    responses((status = 200, body = Vec<StaffMember>)))]
pub(super) async fn staff(State(sandbox): State<Sandbox>) -> Json<Vec<StaffMember>> {
    Json(sandbox.staff())
}

/// Gives a member of staff a WeCom.
#[utoipa::path(post, path = "/control/wecom", tag = "desks", request_body = NewMember,
    responses((status = 204)))]
pub(super) async fn add_staff(
    State(sandbox): State<Sandbox>,
    Json(new): Json<NewMember>,
) -> StatusCode {
    sandbox.add_staff(&new.userid, &new.name);
    StatusCode::NO_CONTENT
}

/// Leaves WeCom: nobody of this name is there any more.
#[utoipa::path(delete, path = "/control/wecom/{userid}", tag = "desks",
    responses((status = 204)))]
pub(super) async fn leave(
    State(sandbox): State<Sandbox>,
    Path(userid): Path<String>,
) -> StatusCode {
    sandbox.remove_staff(&userid);
    StatusCode::NO_CONTENT
}

/// Takes away the licence without which the application's messages do not reach a member.
#[utoipa::path(post, path = "/control/wecom/{userid}/unlicense", tag = "desks",
    responses((status = 204)))]
pub(super) async fn unlicense(
    State(sandbox): State<Sandbox>,
    Path(userid): Path<String>,
) -> StatusCode {
    sandbox.unlicense(&userid);
    StatusCode::NO_CONTENT
}

/// What the application sent to somebody, oldest first, as it looks now.
#[utoipa::path(get, path = "/control/wecom/{userid}/messages", tag = "desks",
    responses((status = 200, body = Vec<WorkMessage>)))]
pub(super) async fn messages(
    State(sandbox): State<Sandbox>,
    Path(userid): Path<String>,
) -> Json<Vec<WorkMessage>> {
    Json(sandbox.work_messages(&userid))
}

/// Taps a button of a card.
#[utoipa::path(post, path = "/control/wecom/{userid}/tap", tag = "desks", request_body = CardTap,
    responses((status = 200, body = Tapped), (status = 404, body = Refused),
        (status = 422, body = Refused), (status = 502, body = Refused)))]
pub(super) async fn tap(
    State(sandbox): State<Sandbox>,
    Path(userid): Path<String>,
    Json(tap): Json<CardTap>,
) -> Result<Json<Tapped>, Unpushed> {
    let (pushed, card) = sandbox.tap_card(&userid, &tap.task_id, &tap.key).await?;
    Ok(Json(Tapped { pushed, card }))
}
