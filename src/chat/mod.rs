//! What the account answers in a conversation, and what it learns from one. Every answer is links
//! and facts of the person who asks; the words are in [`phrases`].

mod phrases;
mod words;

use crate::actions;
use crate::ctx::Ctx;
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
        Event::Subscribe { .. } => {
            meet(ctx, openid).await?;
            Ok(Some(Reply::Text(phrases::welcome(ctx))))
        }
        Event::Text { content } => {
            meet(ctx, openid).await?;
            Ok(Some(Reply::Text(
                words::answer(ctx, openid, content).await?,
            )))
        }
        Event::TemplateSent { message, outcome } => {
            let outcome = match outcome {
                TemplateOutcome::Delivered => "delivered",
                TemplateOutcome::Blocked => "failed: user block",
                TemplateOutcome::Failed => "failed: system failed",
            };
            let id = message.to_string();
            actions::outbox::report(ctx, delivery, Channel::Template, &id, outcome).await?;
            Ok(None)
        }
        // Nothing of ours hangs on these yet.
        Event::Click { .. }
        | Event::Image { .. }
        | Event::Voice { .. }
        | Event::Location { .. }
        | Event::Link { .. }
        | Event::Unsubscribe
        | Event::Scan { .. }
        | Event::View { .. }
        | Event::ViewMiniProgram { .. }
        | Event::ScanCode { .. }
        | Event::Pictures { .. }
        | Event::LocationSelect { .. }
        | Event::Position { .. }
        | Event::SubscriptionAsked(_)
        | Event::SubscriptionChanged(_)
        | Event::SubscriptionSent(_)
        | Event::MediaChecked { .. }
        | Event::Unknown => Ok(None),
    }
}

/// Makes sure that the follower has a row; asked again within the hour, without a query.
async fn meet(ctx: &Ctx, openid: &str) -> Result<(), StoreError> {
    if ctx.caches.met.get(openid).is_none() {
        actions::people::meet(ctx, openid).await?;
        ctx.caches.met.insert(openid.to_owned(), ());
    }
    Ok(())
}
