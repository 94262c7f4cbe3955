//! `/mini`: what WeChat tells of the mini-program (消息推送), in XML or JSON.

use axum::extract::State;
use axum::response::Response;

use super::callback::{ToMini, echo};
use super::extract::Query;
use super::problem::Problem;
use super::replay::Said;
use super::state::Site;
use crate::tencent::callback::CallbackQuery;
use crate::tencent::incoming::Incoming;
use crate::wechat::event::Event;

pub async fn test(
    State(site): State<Site>,
    query: Query<CallbackQuery>,
) -> Result<Response, Problem> {
    echo(&site, &site.doors.mini, &query)
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

/// Always silence: subscription messages are not sent yet, so nothing hangs on their grants and
/// reports, and the conversation is the account's.
async fn answer(_: Site, incoming: Incoming, _: String) -> Result<Said, Problem> {
    match Event::from(&incoming) {
        Event::SubscriptionAsked(grants) | Event::SubscriptionChanged(grants) => {
            let accepted = grants.iter().filter(|grant| grant.accepted).count();
            let asked = grants.len();
            tracing::info!(
                wechat.asked = asked,
                wechat.accepted = accepted,
                "subscriptions were answered"
            );
        }
        Event::SubscriptionSent(reports) => {
            for report in reports.iter().filter(|report| report.errcode != 0) {
                let errcode = report.errcode;
                tracing::warn!(
                    wechat.errcode = errcode,
                    "a subscription message did not arrive"
                );
            }
        }
        Event::Text { .. }
        | Event::Image { .. }
        | Event::Voice { .. }
        | Event::Location { .. }
        | Event::Link { .. }
        | Event::Subscribe { .. }
        | Event::Unsubscribe
        | Event::Scan { .. }
        | Event::Click { .. }
        | Event::View { .. }
        | Event::ViewMiniProgram { .. }
        | Event::ScanCode { .. }
        | Event::Pictures { .. }
        | Event::LocationSelect { .. }
        | Event::Position { .. }
        | Event::TemplateSent { .. }
        | Event::MediaChecked { .. }
        | Event::Unknown => {}
    }
    Ok(Said {
        reply: None,
        late: None,
    })
}
