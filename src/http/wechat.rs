//! `/wechat`: what people do in the conversation with the account.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use futures::FutureExt;

use super::callback::{ToAccount, echo};
use super::problem::Problem;
use super::replay::Said;
use super::state::Site;
use crate::actions;
use crate::chat;
use crate::tencent::incoming::Incoming;
use crate::wechat::account::CustomMessage;
use crate::wechat::event::Event;
use crate::wechat::reply::Reply;

pub async fn test(State(site): State<Site>, uri: Uri) -> Result<Response, Problem> {
    echo(&site, &site.doors.account, &uri)
}

pub async fn receive(
    State(site): State<Site>,
    ToAccount(incoming): ToAccount,
) -> Result<Response, Problem> {
    site.doors
        .replays
        .once(&site, |site| &site.doors.account, incoming, answer)
        .await
}

async fn answer(site: Site, incoming: Incoming, delivery: String) -> Result<Said, Problem> {
    let event = Event::from(&incoming);
    let openid = incoming.from().to_owned();
    let Some(reply) = chat::answer(&site.ctx, &delivery, &openid, &event).await? else {
        return Ok(Said {
            reply: None,
            late: None,
        });
    };
    let at = chrono::DateTime::from_timestamp(incoming.created_at(), 0).unwrap_or_default();
    let xml = reply.to_xml(&incoming, at);
    let late = async move {
        let Reply::Text(text) = reply else { return };
        let message = CustomMessage::Text(text);
        let sent = site.clients.account.send_custom(&openid, &message).await;
        let Err(error) = sent else { return };
        tracing::info!(%error, "the chat is closed to a late answer");
        if let Err(error) = actions::people::answer_late(&site.ctx, &openid, at).await {
            tracing::error!(%error, "a late answer is lost");
        }
    };
    Ok(Said {
        reply: Some(xml),
        late: Some(late.boxed()),
    })
}
