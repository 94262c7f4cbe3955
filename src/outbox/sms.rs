//! One message by SMS, within the day's budgets.

use chrono::{DateTime, Utc};

use super::channels::Tried;
use super::ending::Attempt;
use super::subject::visit_of;
use crate::ctx::{Clients, Ctx};
use crate::domain::Phone;
use crate::domain::campus::SealedPhone;
use crate::domain::message::Recipient;
use crate::domain::window::day_start;
use crate::store::budgets::{self, Budget};
use crate::store::outbox::Owed;
use crate::store::{StoreError, begin, commit, invitees, people, staff, visitors};
use crate::templates::{Facts, SmsText};
use crate::tencent::call::CallError;

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
    let sms = clients.signed(phone.e164(), words.code.clone(), params);
    let sent = clients.sms.send(&sms, now).await;
    clients.health.note("sms", &sent);
    Ok(match sent {
        Ok(receipt) => Attempt::Accepted(Some(receipt.serial)),
        Err(error) => {
            // One whose answer was lost may have gone out.
            if !matches!(error, CallError::Unknown) {
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
