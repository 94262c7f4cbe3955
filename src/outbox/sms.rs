//! One message by SMS, within the day's budgets, by the first provider that takes it.

use chrono::{DateTime, Utc};

use super::channels::Tried;
use super::ending::Attempt;
use super::subject::visit_of;
use crate::ctx::{Clients, Ctx};
use crate::domain::Phone;
use crate::domain::campus::SealedPhone;
use crate::domain::message::Recipient;
use crate::domain::window::day_start;
use crate::sms::may_have_gone_out;
use crate::store::budgets::{self, Budget};
use crate::store::outbox::Owed;
use crate::store::{
    StoreError, begin, commit, invitees, login_codes, people, registrations, staff, visitors,
};
use crate::templates::{Facts, SmsText};
use crate::tencent::call::CallError;
use crate::tencent::errcode::Class;

/// Sends the words to the recipient's phone.
pub async fn send(
    ctx: &Ctx,
    clients: &Clients,
    owed: &Owed,
    facts: &Facts,
    words: &SmsText,
) -> Result<Tried, StoreError> {
    let Some(to) = phone_of(ctx, owed.to, owed).await? else {
        return Ok(Attempt::Closed("has given no phone").into());
    };
    let Ok(phone) = ctx.keys.open::<Phone>(&to.sealed) else {
        return Ok(Attempt::Closed("the key of the phone is not in the ring").into());
    };
    let params = words.params.iter().map(|param| param.render(facts));
    let Ok(params) = params.collect::<Result<Vec<_>, _>>() else {
        return Ok(Attempt::Closed("a fact does not fit the provider's variable").into());
    };
    let now = ctx.clock.now();
    let today = day_start(now);
    let budgets = [
        (
            format!("sms:{}", to.hash.as_str()),
            ctx.policy.sms_daily_per_number,
        ),
        ("sms".to_owned(), ctx.policy.sms_daily_total),
    ];
    if take(ctx, &budgets, today).await? == Budget::Spent {
        tracing::warn!(outbox.id = %owed.id, "the day's budget of SMS is spent");
        return Ok(Attempt::OverBudget.into());
    }
    let sent = by_any(owed, clients, &phone.e164(), &words.name, &params, now).await;
    Ok(match sent {
        Ok(serial) => Attempt::Accepted(Some(serial)),
        Err(error) => {
            if !may_have_gone_out(&error) {
                let txn = begin(&ctx.db).await?;
                for (subject, _) in &budgets {
                    budgets::give_back(&txn, subject, today).await?;
                }
                commit(txn).await?;
            }
            Attempt::Failed(error)
        }
    }
    .into())
}

/// Asks one provider after the other until one takes the message, or may have taken it, or says that it
/// is the number's fault; gives the serial with whose it is. What all refused ends with the refusal that
/// is over soonest.
async fn by_any(
    owed: &Owed,
    clients: &Clients,
    phone: &str,
    name: &str,
    params: &[String],
    now: DateTime<Utc>,
) -> Result<String, CallError> {
    let mut refusals = Vec::new();
    for sender in &clients.sms {
        let provider = sender.gateway.provider();
        if let Some(error) = refusals.last() {
            let (to, id) = (provider.as_str(), owed.id);
            tracing::warn!(outbox.id = %id, sms.provider = to, %error, "the backup is asked");
        }
        let sent = sender.send(phone.to_owned(), name, params, now).await;
        clients.health.note(sender.channel(), &sent);
        match sent {
            Ok(receipt) => return Ok(provider.names(&receipt.serial)),
            Err(error) if sender.gateway.leaves_open(&error) => refusals.push(error),
            Err(error) => return Err(error),
        }
    }
    let soonest = refusals
        .into_iter()
        .min_by_key(|error| match error.class() {
            None | Some(Class::Busy) => 0,
            Some(Class::Configuration | Class::Token) => 1,
            Some(Class::Wait) => 2,
            Some(Class::Never | Class::Done) => 3,
        });
    Err(soonest.unwrap_or(CallError::Unreachable))
}

/// Takes one of each budget before the call, so that many calls at once keep to it; or of none.
async fn take(
    ctx: &Ctx,
    budgets: &[(String, u64)],
    today: DateTime<Utc>,
) -> Result<Budget, StoreError> {
    let txn = begin(&ctx.db).await?;
    for (subject, most) in budgets {
        if budgets::spend(&txn, subject, *most, today).await? == Budget::Spent {
            return Ok(Budget::Spent);
        }
    }
    commit(txn).await?;
    Ok(Budget::Left)
}

async fn phone_of(
    ctx: &Ctx,
    to: Recipient,
    owed: &Owed,
) -> Result<Option<SealedPhone>, StoreError> {
    let db = &ctx.db.read;
    Ok(match to {
        Recipient::Staff(id) => staff::find(db, id).await?.map(|member| member.phone),
        Recipient::Visitor(id) => visitors::find(db, id).await?.map(|visitor| visitor.phone),
        Recipient::Invitee(id) => invitees::find(db, id).await?.map(|invitee| invitee.phone),
        Recipient::Resident(id) => registrations::find(db, id).await?.map(|typed| typed.phone),
        Recipient::Caller(id) => login_codes::find(db, id).await?.map(|code| code.phone),
        Recipient::Person(id) => {
            // The phone on this application, which may be newer than what the person is known by.
            let visit = visit_of(db, &owed.message).await?;
            let visitors = visitors::of_visits(db, visit).await?;
            let theirs = visitors
                .into_iter()
                .find(|visitor| visitor.person == Some(id));
            match theirs {
                Some(visitor) => Some(visitor.phone),
                None => people::find(db, id).await?.and_then(|person| person.phone),
            }
        }
    })
}
