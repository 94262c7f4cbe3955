//! One message by one channel: words rendered, recipient looked up, call made.

use std::time::Duration;

use chrono::{DurationRound, TimeDelta};

use super::ending::Attempt;
use super::sms;
use super::subject::About;
use super::subscription::by_subscription;
use crate::ctx::{Clients, Ctx};
use crate::domain::message::Recipient;
use crate::store::budgets::{self, Budget};
use crate::store::outbox::Owed;
use crate::store::people::{Person, WechatNames};
use crate::store::subscriptions::Wallet;
use crate::store::{StoreError, begin, commit, people, staff, visitors};
use crate::templates::{CardText, Channel, Facts, Template, WechatTemplate};
use crate::tencent::call::CallError;
use crate::wechat::template::TemplateMessage;
use crate::wecom::card::{Button, ButtonAction, ButtonStyle, Card, Foot};
use crate::wecom::message::{CardUpdate, Message};

/// The longest time for which WeCom remembers what it sent.
const NO_REPEAT: Duration = Duration::from_mins(30);

/// WeCom drops what comes after the thirtieth message to one member within a minute, and says nothing.
/// Half of it in each minute of the clock keeps any sixty seconds within that.
const MOST_A_MINUTE: u64 = 15;

/// What came of it, and what there is to remember.
pub struct Tried {
    pub attempt: Attempt,
    pub learned: Learned,
}

/// What an answer told us besides that the message was taken.
pub enum Learned {
    Nothing,
    /// The card was sent, and can be changed with this code.
    CardSent(Option<String>),
    /// The card's code is spent.
    CardChanged,
    /// One message fewer can be sent from the wallet.
    GrantSpent(Wallet),
    /// None can.
    NoGrant(Wallet),
    /// How WeChat knows a follower across the campus's apps.
    Names(WechatNames),
}

impl From<Attempt> for Tried {
    fn from(attempt: Attempt) -> Self {
        Self {
            attempt,
            learned: Learned::Nothing,
        }
    }
}

/// Whether the channel still knows a message that comes twice, so that it is not shown twice. It knows
/// one for a while, and a message may have been sent first when it was owed.
pub fn is_keyed(channel: Channel, age: chrono::Duration) -> bool {
    match channel {
        // client_msg_id is remembered for ten minutes.
        Channel::Template => age < chrono::Duration::minutes(10),
        // The duplicate check, for as long as it is asked for.
        Channel::WecomCard | Channel::WecomText => age.to_std().is_ok_and(|age| age < NO_REPEAT),
        // A code that works once, and a question.
        Channel::CardUpdate | Channel::UserInfo => true,
        Channel::Sms | Channel::Subscription => false,
    }
}

/// Tries `channel`.
pub async fn attempt(
    ctx: &Ctx,
    clients: &Clients,
    owed: &Owed,
    about: &About,
    template: &Template,
    channel: Channel,
) -> Result<Tried, StoreError> {
    let unworded = || Attempt::Closed("the template has no words for this channel").into();
    match channel {
        Channel::Subscription => {
            by_subscription(ctx, clients, owed, &about.facts, &template.subscriptions).await
        }
        Channel::Template => match &template.wechat {
            Some(words) => by_template(ctx, clients, owed, &about.facts, words).await,
            None => Ok(unworded()),
        },
        Channel::Sms => match &template.sms {
            Some(words) => sms::send(ctx, clients, owed, &about.facts, words).await,
            None => Ok(unworded()),
        },
        Channel::WecomCard => match &template.card {
            Some(words) => by_card(ctx, clients, owed, &about.facts, words).await,
            None => Ok(unworded()),
        },
        Channel::WecomText => match &template.text {
            Some(words) => {
                let text = Message::Text(words.render(&about.facts));
                by_wecom(ctx, clients, owed, &text).await
            }
            None => Ok(unworded()),
        },
        Channel::CardUpdate => match &template.card_update {
            Some(words) => {
                let text = words.render(&about.facts);
                by_card_update(ctx, clients, owed, about, text).await
            }
            None => Ok(unworded()),
        },
        Channel::UserInfo => by_user_info(ctx, clients, owed).await,
    }
}

async fn by_template(
    ctx: &Ctx,
    clients: &Clients,
    owed: &Owed,
    facts: &Facts,
    words: &WechatTemplate,
) -> Result<Tried, StoreError> {
    let person = person_of(ctx, owed.to).await?;
    let Some(openid) = person.and_then(|person| person.names.oa_openid) else {
        return Ok(Attempt::Closed("does not follow the account").into());
    };
    let mut data = Vec::new();
    for field in &words.data {
        match field.render(facts) {
            Ok(value) => data.push((field.name.clone(), value)),
            Err(_) => return Ok(Attempt::Closed("a fact does not fit its field").into()),
        }
    }
    let message = TemplateMessage {
        to: openid,
        template_id: words.id.clone(),
        url: words.url.as_ref().map(|url| url.render(facts)),
        mini_program: None,
        client_msg_id: Some(format!("campus-pass-{}", owed.id)),
        data,
    };
    let sent = clients.account.send_template(&message).await;
    clients.health.note("official_account", &sent);
    Ok(match sent {
        Ok(id) => Attempt::Accepted(Some(id.to_string())),
        Err(error) => Attempt::Failed(error),
    }
    .into())
}

/// The person of WeChat whom a message is for, if it is for one.
pub async fn person_of(ctx: &Ctx, to: Recipient) -> Result<Option<Person>, StoreError> {
    let db = &ctx.db.read;
    let person = match to {
        Recipient::Person(id) => Some(id),
        Recipient::Visitor(id) => visitors::find(db, id)
            .await?
            .and_then(|visitor| visitor.person),
        Recipient::Staff(_)
        | Recipient::Invitee(_)
        | Recipient::Resident(_)
        | Recipient::Caller(_) => None,
    };
    match person {
        Some(id) => people::find(db, id).await,
        None => Ok(None),
    }
}

async fn by_card(
    ctx: &Ctx,
    clients: &Clients,
    owed: &Owed,
    facts: &Facts,
    words: &CardText,
) -> Result<Tried, StoreError> {
    let url = words.url.render(facts);
    let button = |text: &str, style, action| Button {
        text: text.to_owned(),
        style,
        action,
    };
    let card = Card {
        title: words.title.render(facts),
        description: words.description.render(facts),
        subtitle: String::new(),
        rows: words
            .rows
            .iter()
            .map(|(l, text)| (l.clone(), text.render(facts)))
            .collect(),
        url: Some(url.clone()),
        task_id: owed.id.to_string(),
        foot: Foot::Buttons(vec![
            // The key is what `actions::cards` acts on.
            button(
                &words.approve,
                ButtonStyle::Primary,
                ButtonAction::Key("approve".into()),
            ),
            button(
                &words.reject,
                ButtonStyle::Danger,
                ButtonAction::Url(format!("{url}?decide=reject")),
            ),
            button(
                &words.return_,
                ButtonStyle::Plain,
                ButtonAction::Url(format!("{url}?decide=return")),
            ),
        ]),
    };
    by_wecom(ctx, clients, owed, &Message::Card(card)).await
}

async fn by_wecom(
    ctx: &Ctx,
    clients: &Clients,
    owed: &Owed,
    message: &Message,
) -> Result<Tried, StoreError> {
    let Some(userid) = userid_of(ctx, owed).await? else {
        return Ok(Attempt::Closed("is not on the staff").into());
    };
    if take_a_place(ctx, &userid).await? == Budget::Spent {
        return Ok(Attempt::Crowded.into());
    }
    let sent = clients
        .wecom
        .send(&[&userid], message, Some(NO_REPEAT))
        .await;
    clients.health.note("wecom", &sent);
    Ok(match sent {
        Ok(sent) if sent.invalid_users.contains(&userid) => {
            Attempt::Closed("is no member of the WeCom application").into()
        }
        Ok(sent) => Tried {
            attempt: Attempt::Accepted(Some(sent.message_id)),
            learned: match message {
                Message::Card(_) => Learned::CardSent(sent.response_code),
                Message::Text(_) => Learned::Nothing,
            },
        },
        Err(error) => Attempt::Failed(error).into(),
    })
}

/// One of the messages that a member is shown in this minute.
async fn take_a_place(ctx: &Ctx, userid: &str) -> Result<Budget, StoreError> {
    let now = ctx.clock.now();
    let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
    let subject = format!("wecom:{userid}");
    let txn = begin(&ctx.db).await?;
    let place = budgets::spend(&txn, &subject, MOST_A_MINUTE, minute).await?;
    commit(txn).await?;
    Ok(place)
}

async fn by_card_update(
    ctx: &Ctx,
    clients: &Clients,
    owed: &Owed,
    about: &About,
    text: String,
) -> Result<Tried, StoreError> {
    let userid = userid_of(ctx, owed).await?;
    let code = about
        .card
        .as_ref()
        .and_then(|card| card.response_code.as_deref());
    let (Some(userid), Some(code)) = (userid, code) else {
        return Ok(Attempt::Closed("the card cannot be changed any more").into());
    };
    let update = CardUpdate::ReplaceButtons(text);
    let changed = clients.wecom.update_card(&[&userid], code, &update).await;
    clients.health.note("wecom", &changed);
    Ok(match changed {
        Ok(_) => Tried {
            attempt: Attempt::Accepted(None),
            learned: Learned::CardChanged,
        },
        Err(error) => Attempt::Failed(error).into(),
    })
}

async fn userid_of(ctx: &Ctx, owed: &Owed) -> Result<Option<String>, StoreError> {
    match owed.to {
        Recipient::Staff(id) => Ok(staff::find(&ctx.db.read, id)
            .await?
            .map(|member| member.wecom_userid)),
        Recipient::Person(_)
        | Recipient::Visitor(_)
        | Recipient::Invitee(_)
        | Recipient::Resident(_)
        | Recipient::Caller(_) => Ok(None),
    }
}

async fn by_user_info(ctx: &Ctx, clients: &Clients, owed: &Owed) -> Result<Tried, StoreError> {
    let Recipient::Person(id) = owed.to else {
        return Ok(Attempt::Closed("is no person of WeChat").into());
    };
    let person = people::find(&ctx.db.read, id).await?;
    let Some(openid) = person.and_then(|person| person.names.oa_openid) else {
        return Ok(Attempt::Closed("does not follow the account").into());
    };
    let asked: Result<_, CallError> = clients.account.follower(&openid).await;
    clients.health.note("official_account", &asked);
    Ok(match asked {
        Ok(follower) => Tried {
            attempt: Attempt::Accepted(None),
            learned: Learned::Names(WechatNames {
                oa_openid: Some(openid),
                mini_openid: None,
                unionid: follower.unionid,
            }),
        },
        Err(error) => Attempt::Failed(error).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_knows_a_repeat_for_as_long_as_its_provider_does() {
        let known = |channel, minutes| is_keyed(channel, chrono::Duration::minutes(minutes));
        assert!(known(Channel::Template, 9) && !known(Channel::Template, 10));
        assert!(known(Channel::WecomText, 29) && !known(Channel::WecomText, 30));
        assert!(!known(Channel::Sms, 0) && !known(Channel::Subscription, 0));
        assert!(known(Channel::CardUpdate, 600));
    }
}
