//! `/wecom`: what staff do in the WeCom application.

use axum::extract::State;
use axum::response::Response;

use super::callback::{ToWecom, answer, echo};
use super::extract::Query;
use super::problem::Problem;
use super::state::Site;
use crate::actions::cards::{Tapped, tap};
use crate::tencent::callback::CallbackQuery;
use crate::wecom::event::Event;
use crate::wecom::reply::Reply;

pub async fn test(
    State(site): State<Site>,
    query: Query<CallbackQuery>,
) -> Result<Response, Problem> {
    echo(&site, &site.doors.wecom, &query)
}

pub async fn receive(
    State(site): State<Site>,
    ToWecom(incoming): ToWecom,
) -> Result<Response, Problem> {
    let reply = match Event::from(&incoming) {
        Event::CardClicked(click) => {
            match tap(&site.ctx, incoming.from(), &click.task_id, &click.key).await? {
                Tapped::Settled(word) => Some(Reply::UpdateButton(word.to_owned())),
                Tapped::Ignored => None,
            }
        }
        // Nothing of ours hangs on these yet.
        Event::Text { .. }
        | Event::Image { .. }
        | Event::EnterAgent
        | Event::Subscribe
        | Event::Unsubscribe
        | Event::Click { .. }
        | Event::View { .. }
        | Event::ContactChanged { .. }
        | Event::CardMenuClicked(_)
        | Event::ApprovalChanged { .. }
        | Event::Unknown => None,
    };
    let xml = reply.map(|reply| reply.to_xml(&incoming, site.ctx.clock.now()));
    Ok(answer(&site, &site.doors.wecom, xml))
}
