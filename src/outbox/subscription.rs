//! Subscription messages: sent when the wallet has a grant for one of the apps that know the person.

use super::channels::{Learned, Tried, person_of};
use super::ending::Attempt;
use crate::ctx::{Clients, Ctx};
use crate::domain::subscription::Sender;
use crate::store::StoreError;
use crate::store::outbox::Owed;
use crate::store::subscriptions::{self, Wallet};
use crate::templates::{Facts, SubscriptionText};
use crate::tencent::call::CallError;
use crate::wechat::subscription::SubscriptionMessage;

/// WeChat knows of no grant.
const NO_GRANT: i64 = 43101;

pub async fn by_subscription(
    ctx: &Ctx,
    clients: &Clients,
    owed: &Owed,
    facts: &Facts,
    texts: &[SubscriptionText],
) -> Result<Tried, StoreError> {
    let Some(person) = person_of(ctx, owed.to).await? else {
        return Ok(Attempt::Closed("is nobody whom WeChat knows").into());
    };
    for text in texts {
        let openid = match text.sender {
            Sender::Mini => &person.names.mini_openid,
            Sender::Account => &person.names.oa_openid,
        };
        let Some(openid) = openid else { continue };
        let wallet = Wallet {
            person: person.id,
            sender: text.sender,
            template_id: text.id.clone(),
        };
        if subscriptions::find(&ctx.db.read, &wallet).await?.left() > 0 {
            return Ok(send(clients, facts, text, openid, wallet).await);
        }
    }
    Ok(Attempt::Closed("has granted no such message").into())
}

async fn send(
    clients: &Clients,
    facts: &Facts,
    text: &SubscriptionText,
    openid: &str,
    wallet: Wallet,
) -> Tried {
    let mut data = Vec::new();
    for field in &text.data {
        match field.render(facts) {
            Ok(value) => data.push((field.name.clone(), value)),
            Err(_) => return Attempt::Closed("a fact does not fit its field").into(),
        }
    }
    let message = SubscriptionMessage {
        to: openid.to_owned(),
        template_id: text.id.clone(),
        page: text.page.as_ref().map(|page| page.render(facts)),
        mini_program: None,
        data,
    };
    let (channel, sent) = match text.sender {
        Sender::Mini => {
            let sent = clients.mini.send_subscription(&message).await;
            ("mini_program", sent)
        }
        Sender::Account => {
            let sent = clients.account.send_subscription(&message).await;
            ("official_account", sent)
        }
    };
    clients.health.note(channel, &sent);
    let learned = match &sent {
        Ok(_) => Learned::GrantSpent(wallet),
        Err(error) if error.errcode() == Some(NO_GRANT) => Learned::NoGrant(wallet),
        Err(_) => Learned::Nothing,
    };
    Tried {
        attempt: sent.map_or_else(failed, Attempt::Accepted),
        learned,
    }
}

fn failed(error: CallError) -> Attempt {
    Attempt::Failed(error)
}
