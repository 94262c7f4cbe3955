//! `/wechat`: what people do in the conversation with the account.

use axum::extract::State;
use axum::response::Response;

use super::callback::{ToAccount, answer, echo};
use super::extract::Query;
use super::problem::Problem;
use super::state::Site;
use crate::chat;
use crate::tencent::callback::CallbackQuery;
use crate::wechat::event::Event;

pub async fn test(
    State(site): State<Site>,
    query: Query<CallbackQuery>,
) -> Result<Response, Problem> {
    echo(&site, &site.doors.account, &query)
}

pub async fn receive(
    State(site): State<Site>,
    ToAccount(incoming): ToAccount,
) -> Result<Response, Problem> {
    let event = Event::from(&incoming);
    let reply = chat::answer(&site.ctx, incoming.from(), &event).await?;
    let xml = reply.map(|reply| reply.to_xml(&incoming, site.ctx.clock.now()));
    Ok(answer(&site, &site.doors.account, xml))
}
