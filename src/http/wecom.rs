//! `/wecom`: what staff do in the WeCom application.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use futures::FutureExt;

use super::callback::{ToWecom, echo};
use super::problem::Problem;
use super::replay::Said;
use super::state::Site;
use crate::actions::cards::{Tapped, tap};
use crate::chat;
use crate::tencent::incoming::Incoming;
use crate::wecom::event::Event;
use crate::wecom::message::{CardUpdate, Message};
use crate::wecom::reply::Reply;

pub async fn test(State(site): State<Site>, uri: Uri) -> Result<Response, Problem> {
    echo(&site, &site.doors.wecom, &uri)
}

pub async fn receive(
    State(site): State<Site>,
    ToWecom(incoming): ToWecom,
) -> Result<Response, Problem> {
    site.doors
        .replays
        .once(&site, |site| &site.doors.wecom, incoming, answer)
        .await
}

async fn answer(site: Site, incoming: Incoming, delivery: String) -> Result<Said, Problem> {
    let silence = Said {
        reply: None,
        late: None,
    };
    let userid = incoming.from().to_owned();
    let at = chrono::DateTime::from_timestamp(incoming.created_at(), 0).unwrap_or_default();
    let click = match Event::from(&incoming) {
        Event::CardClicked(click) => click,
        Event::Text { content } => {
            let text = chat::answer_staff(&site.ctx, &userid, &content).await?;
            let late = say(site, userid, text.clone());
            return Ok(Said {
                reply: Some(Reply::Text(text).to_xml(&incoming, at)),
                late: Some(late.boxed()),
            });
        }
        // Nothing of ours hangs on these yet.
        Event::Image { .. }
        | Event::EnterAgent
        | Event::Subscribe
        | Event::Unsubscribe
        | Event::Click { .. }
        | Event::View { .. }
        | Event::ContactChanged { .. }
        | Event::CardMenuClicked(_)
        | Event::ApprovalChanged { .. }
        | Event::Unknown => return Ok(silence),
    };
    let tapped = tap(&site.ctx, &delivery, &userid, &click.task_id, &click.key).await?;
    let Tapped::Settled(word) = tapped else {
        return Ok(silence);
    };
    let xml = Reply::UpdateButton(word.clone()).to_xml(&incoming, at);
    // The click brought a code of its own, with which the card can still be changed.
    let late = async move {
        let update = CardUpdate::ReplaceButtons(word);
        let done = site
            .clients
            .wecom
            .update_card(&[&userid], &click.response_code, &update)
            .await;
        if let Err(error) = done {
            tracing::warn!(%error, "a card could not be changed late");
        }
    };
    Ok(Said {
        reply: Some(xml),
        late: Some(late.boxed()),
    })
}

/// An answer that came after WeCom had stopped waiting, as a message of its own.
async fn say(site: Site, userid: String, text: String) {
    let message = Message::Text(text);
    let sent = site.clients.wecom.send(&[&userid], &message, None).await;
    if let Err(error) = sent {
        tracing::warn!(%error, "a late answer could not be sent");
    }
}
