//! `/mini`: what WeChat tells of the mini-program (消息推送), in XML or JSON.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

use super::callback::{ToMini, echo};
use super::problem::Problem;
use super::replay::Said;
use super::state::Site;
use crate::chat::note_subscription;
use crate::domain::subscription::Sender;
use crate::tencent::incoming::Incoming;
use crate::wechat::event::Event;

pub async fn test(State(site): State<Site>, uri: Uri) -> Result<Response, Problem> {
    echo(&site, &site.doors.mini, &uri)
}

pub async fn receive(
    State(site): State<Site>,
    ToMini(incoming): ToMini,
) -> Result<Response, Problem> {
    site.doors
        .replays
        .once(&site, |site| &site.doors.mini, incoming, answer)
        .await
}

/// Always silence: what is told of subscription messages is written down, and the conversation is the
/// account's.
async fn answer(site: Site, incoming: Incoming, delivery: String) -> Result<Said, Problem> {
    let event = Event::from(&incoming);
    let openid = incoming.from();
    note_subscription(&site.ctx, &delivery, Sender::Mini, openid, &event).await?;
    Ok(Said {
        reply: None,
        late: None,
    })
}
