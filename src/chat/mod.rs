//! What the account answers in a conversation, and what it learns from one. Every answer is links
//! and facts of the person who asks; the words are in [`phrases`].

mod phrases;
mod words;

use crate::actions;
use crate::actions::outbox::Report;
use crate::actions::subscriptions::{Answer, Asked, hear};
use crate::ctx::Ctx;
use crate::domain::subscription::Sender;
use crate::store::StoreError;
use crate::templates::Channel;
use crate::wechat::event::{Event, Grant, SubscriptionReport, TemplateOutcome};
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
            let invited = scene
                .as_deref()
                .and_then(|scene| phrases::scene(ctx, scene));
            let words = invited.unwrap_or_else(|| phrases::welcome(ctx));
            Ok(Some(Reply::Text(words)))
        }
        Event::Scan { scene } => {
            meet(ctx, openid).await?;
            let invited = phrases::scene(ctx, scene);
            let words = invited.unwrap_or_else(|| phrases::entrance(ctx));
            Ok(Some(Reply::Text(words)))
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
            let report = Report {
                provider_id: message.to_string(),
                outcome: outcome.to_owned(),
            };
            actions::outbox::report(ctx, delivery, Channel::Template, &[report]).await?;
            Ok(None)
        }
        Event::SubscriptionAsked(_)
        | Event::SubscriptionChanged(_)
        | Event::SubscriptionSent(_) => {
            note_subscription(ctx, delivery, Sender::Account, openid, event).await?;
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

/// What the account or the mini-program is told of subscription messages: answers to our question, and
/// what became of what was sent.
///
/// # Errors
/// When the database does not answer; WeChat then tells it again.
pub async fn note_subscription(
    ctx: &Ctx,
    delivery: &str,
    sender: Sender,
    openid: &str,
    event: &Event,
) -> Result<(), StoreError> {
    let answers = |grants: &[Grant]| -> Vec<_> {
        let answer = |grant: &Grant| Answer {
            template_id: grant.template_id.clone(),
            accepted: grant.accepted,
        };
        grants.iter().map(answer).collect()
    };
    match event {
        Event::SubscriptionAsked(grants) => {
            hear(
                ctx,
                delivery,
                sender,
                openid,
                Asked::OnScreen,
                &answers(grants),
            )
            .await
        }
        Event::SubscriptionChanged(grants) => {
            hear(
                ctx,
                delivery,
                sender,
                openid,
                Asked::InSettings,
                &answers(grants),
            )
            .await
        }
        Event::SubscriptionSent(reports) => {
            let report = |report: &SubscriptionReport| Report {
                provider_id: report.message.clone(),
                outcome: match report.errcode {
                    0 => "delivered".to_owned(),
                    errcode => format!("failed: {errcode}"),
                },
            };
            let reports: Vec<_> = reports.iter().map(report).collect();
            actions::outbox::report(ctx, delivery, Channel::Subscription, &reports).await
        }
        _ => Ok(()),
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
