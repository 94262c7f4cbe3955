//! What the account and the mini-program are told of subscription messages.

use crate::actions;
use crate::actions::outbox::Report;
use crate::actions::subscriptions::{Answer, Asked, hear};
use crate::ctx::Ctx;
use crate::domain::subscription::Sender;
use crate::store::StoreError;
use crate::templates::Channel;
use crate::wechat::event::{Event, Grant, SubscriptionReport};

/// Writes down the answers to our question, and what became of what was sent; another event is nothing
/// to it.
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
