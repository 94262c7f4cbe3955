//! What the account answers in a conversation, and what it learns from one. Every answer is links
//! and facts of the person who asks; the words are in [`phrases`].

mod phrases;
mod scenes;
mod subscriptions;
mod words;

pub use scenes::{
    of_gate as scene_of_gate, of_invitation as scene_of_invitation, of_pass as scene_of_pass,
};
pub use subscriptions::note_subscription;

use crate::actions;
use crate::actions::outbox::Report;
use crate::ctx::Ctx;
use crate::domain::subscription::Sender;
use crate::store::StoreError;
use crate::templates::Channel;
use crate::wechat::event::{Event, TemplateOutcome};
use crate::wechat::reply::Reply;

/// The key of the menu button 重工校园通.
pub const MENU_KEY: &str = "CAMPUS_PASS";
/// The key of 访客审批 in the menu of staff.
const APPROVALS_KEY: &str = "APPROVALS";

/// Answers what `openid` did; `None` is silence.
///
/// # Errors
/// When the database does not answer; WeChat then asks again.
pub async fn answer(
    ctx: &Ctx,
    delivery: &str,
    openid: &str,
    event: &Event,
) -> Result<Option<Reply>, StoreError> {
    match event {
        Event::Click { key } if key == MENU_KEY => {
            meet(ctx, openid).await?;
            Ok(Some(Reply::Text(phrases::entrance(ctx))))
        }
        Event::Click { key } if key == APPROVALS_KEY => {
            meet(ctx, openid).await?;
            Ok(Some(Reply::Text(phrases::approvals(ctx))))
        }
        Event::Subscribe { scene } => {
            meet(ctx, openid).await?;
            let welcome = phrases::welcome(ctx);
            let said = match scene {
                Some(scene) => Box::pin(scenes::answer(ctx, openid, scene)).await?,
                None => None,
            };
            Ok(Some(Reply::Text(match said {
                Some(said) => format!("{said}\n\n{welcome}"),
                None => welcome,
            })))
        }
        Event::Scan { scene } => {
            meet(ctx, openid).await?;
            let said = Box::pin(scenes::answer(ctx, openid, scene)).await?;
            Ok(Some(Reply::Text(
                said.unwrap_or_else(|| phrases::entrance(ctx)),
            )))
        }
        Event::Text { content } => {
            meet(ctx, openid).await?;
            let words = Box::pin(words::answer(ctx, openid, content)).await?;
            Ok(Some(Reply::Text(words)))
        }
        Event::TemplateSent { message, outcome } => {
            let outcome = match outcome {
                TemplateOutcome::Delivered => "delivered",
                TemplateOutcome::Blocked => "failed: user block",
                TemplateOutcome::Failed => "failed: system failed",
            };
            let report = Report {
                provider_id: message.to_string(),
                outcome: outcome.to_owned(),
            };
            let (channel, reports) = (Channel::Template, [report]);
            Box::pin(actions::outbox::report(ctx, delivery, channel, &reports)).await?;
            Ok(None)
        }
        Event::SubscriptionAsked(_)
        | Event::SubscriptionChanged(_)
        | Event::SubscriptionSent(_) => {
            let sender = Sender::Account;
            Box::pin(note_subscription(ctx, delivery, sender, openid, event)).await?;
            Ok(None)
        }
        // Nothing of ours hangs on these yet.
        Event::Click { .. }
        | Event::Image { .. }
        | Event::Voice { .. }
        | Event::Location { .. }
        | Event::Link { .. }
        | Event::Unsubscribe
        | Event::View { .. }
        | Event::ViewMiniProgram { .. }
        | Event::ScanCode { .. }
        | Event::Pictures { .. }
        | Event::LocationSelect { .. }
        | Event::Position { .. }
        | Event::MediaChecked { .. }
        | Event::Unknown => Ok(None),
    }
}

/// Answers what a member of staff wrote in the WeCom application.
///
/// # Errors
/// When the database does not answer; WeCom then asks again.
pub async fn answer_staff(ctx: &Ctx, userid: &str, text: &str) -> Result<String, StoreError> {
    words::answer_staff(ctx, userid, text).await
}

/// Makes sure that the follower has a row; asked again within the hour, without a query.
async fn meet(ctx: &Ctx, openid: &str) -> Result<(), StoreError> {
    if ctx.caches.met.get(openid).is_none() {
        // Boxed, as all that asks the database is: the answers that do not would carry its size.
        Box::pin(actions::people::meet(ctx, openid)).await?;
        ctx.caches.met.get_or_insert(openid.to_owned(), || ());
    }
    Ok(())
}
