//! 订阅消息: what people answer when they are asked whether we may send, and what that is worth.

use sea_orm::DatabaseTransaction;

use super::people::recognise;
use crate::ctx::Ctx;
use crate::domain::actors::Guest;
use crate::domain::subscription::{Grants, Sender, Witness};
use crate::store::deliveries::{self, Seen};
use crate::store::people::WechatNames;
use crate::store::subscriptions::{self, Wallet};
use crate::store::{StoreError, begin, commit, visits};

/// The answer for one template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The app's own id.
    pub template_id: String,
    pub accepted: bool,
}

/// Where a person was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// By a question on the screen: an accepted one buys a message.
    OnScreen,
    /// In WeChat's settings, where nothing is bought.
    InSettings,
}

/// What a page should know of one template before it asks.
#[derive(Clone, Debug)]
pub struct Offer {
    pub sender: Sender,
    /// What the settings call it.
    pub name: String,
    pub template_id: String,
    pub left: i32,
    pub worth_asking: bool,
}

/// WeChat tells what somebody answered. The same `delivery` again counts nothing.
pub async fn hear(
    ctx: &Ctx,
    delivery: &str,
    sender: Sender,
    openid: &str,
    asked: Asked,
    answers: &[Answer],
) -> Result<(), StoreError> {
    let openid = Some(openid.to_owned());
    let names = match sender {
        Sender::Mini => WechatNames {
            mini_openid: openid,
            ..WechatNames::default()
        },
        Sender::Account => WechatNames {
            oa_openid: openid,
            ..WechatNames::default()
        },
    };
    let now = ctx.clock.now();
    let heard = async || {
        let txn = begin(&ctx.db).await?;
        if deliveries::claim(&txn, delivery, now).await? != Seen::First {
            return Ok(());
        }
        let person = recognise(&txn, ctx, &names).await?;
        for answer in ours(ctx, sender, answers) {
            let wallet = Wallet {
                person,
                sender,
                template_id: answer.template_id.clone(),
            };
            match asked {
                Asked::OnScreen => count(&txn, ctx, &wallet, answer, Witness::Push).await?,
                Asked::InSettings => {
                    let off_at = (!answer.accepted).then_some(now);
                    subscriptions::switch(&txn, ctx.mint(), &wallet, off_at).await?;
                }
            }
        }
        commit(txn).await
    };
    match heard().await {
        // Two first deliveries of one person at once: the second finds the row that the first made.
        Err(error) if StoreError::is_taken(&error) => heard().await,
        heard => heard,
    }
}

/// A page tells what its person answered.
pub async fn tell(
    ctx: &Ctx,
    by: &Guest,
    sender: Sender,
    answers: &[Answer],
) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    for answer in ours(ctx, sender, answers) {
        let wallet = Wallet {
            person: by.id,
            sender,
            template_id: answer.template_id.clone(),
        };
        count(&txn, ctx, &wallet, answer, Witness::Page).await?;
    }
    commit(txn).await
}

/// What can be asked of somebody, and whether it is worth it before they apply once more.
pub async fn offers(ctx: &Ctx, of: &Guest) -> Result<Vec<Offer>, StoreError> {
    let (db, now) = (&ctx.db.read, ctx.clock.now());
    let wallets = subscriptions::of_person(db, of.id).await?;
    // Each of these ends in a message of each template.
    let awaited = visits::count_undecided(db, of.id, now).await?;
    let texts = ctx.templates.subscriptions();
    let offer = |text: &&crate::templates::SubscriptionText| {
        let mut wallets = wallets.iter();
        let theirs = wallets
            .find(|(wallet, _)| wallet.sender == text.sender && wallet.template_id == text.id);
        let grants = theirs.map_or_else(Grants::default, |(_, grants)| *grants);
        Offer {
            sender: text.sender,
            name: text.name.clone(),
            template_id: text.id.clone(),
            left: grants.left(),
            worth_asking: grants.is_worth_asking(awaited, now),
        }
    };
    Ok(texts.iter().map(offer).collect())
}

async fn count(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    wallet: &Wallet,
    answer: &Answer,
    by: Witness,
) -> Result<(), StoreError> {
    if answer.accepted {
        subscriptions::grant(txn, ctx.mint(), wallet, by).await
    } else {
        subscriptions::refuse(txn, ctx.mint(), wallet, ctx.clock.now()).await
    }
}

/// Answers for templates that we send; the app may ask for others on its own account.
fn ours<'a>(ctx: &Ctx, sender: Sender, answers: &'a [Answer]) -> impl Iterator<Item = &'a Answer> {
    let texts = ctx.templates.subscriptions().into_iter();
    let sent = texts.filter(|text| text.sender == sender);
    let sent: Vec<_> = sent.map(|text| text.id.clone()).collect();
    let is_sent = move |answer: &&Answer| sent.contains(&answer.template_id);
    answers.iter().filter(is_sent)
}
