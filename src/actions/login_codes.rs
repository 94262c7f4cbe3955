//! Logging in with a code by SMS, outside WeChat. No captcha stands before it: what the codes may cost, and
//! how often somebody may guess, is bounded by number, by address and in all.

use std::net::IpAddr;

use chrono::{DateTime, Duration, DurationRound, Utc};
use sea_orm::DatabaseTransaction;

use super::budgets::of_address;
use super::sessions::{Token, open};
use crate::ctx::Ctx;
use crate::domain::Phone;
use crate::domain::actors::Account;
use crate::domain::campus::SealedPhone;
use crate::domain::login_code::{Digits, LoginCode};
use crate::domain::message::Message;
use crate::domain::window::day_start;
use crate::ids::PersonId;
use crate::outbox;
use crate::store::budgets::{Budget, spend};
use crate::store::people::{self, WechatNames};
use crate::store::{StoreError, begin, commit, login_codes};

/// One number asks for a code once in a minute of the clock: an SMS takes some seconds to come.
pub const AGAIN_AFTER: Duration = Duration::minutes(1);

/// And so often in a day. With five tries each that is fifty guesses at one in a million.
const TO_A_NUMBER: u64 = 10;

/// Behind one address of a phone company are many people; more than this in a day is an attack.
const FROM_AN_ADDRESS: u64 = 200;

/// All codes together take at most one in so many of the day's SMS, so that whoever spends them all keeps
/// nobody's pass from going out.
const SHARE: u64 = 4;

/// Sends a code to a phone, whoever's it is. Nothing is sent, and nothing taken from any budget, when one of
/// them is spent.
pub async fn ask(ctx: &Ctx, phone: &Phone, from: IpAddr) -> Result<Budget, StoreError> {
    let now = ctx.clock.now();
    let phone = ctx.seal_phone(phone);
    let txn = begin(&ctx.db).await?;
    if take(&txn, ctx, &phone, from, now).await? == Budget::Spent {
        return Ok(Budget::Spent);
    }
    let code = LoginCode {
        id: ctx.mint(),
        phone,
        asked_at: now,
        tries: 0,
        used_at: None,
    };
    login_codes::insert(&txn, &code).await?;
    outbox::post(&txn, ctx, &Message::LoginCode { code: code.id }).await?;
    commit(txn).await?;
    Ok(Budget::Left)
}

async fn take(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    phone: &SealedPhone,
    from: IpAddr,
    now: DateTime<Utc>,
) -> Result<Budget, StoreError> {
    let (today, number) = (day_start(now), phone.hash.as_str());
    let minute = now.duration_trunc(AGAIN_AFTER).unwrap_or(now);
    let all = (ctx.policy.sms_daily_total / SHARE).max(1);
    let budgets = [
        (format!("login-minute:{number}"), 1, minute),
        (format!("login:{number}"), TO_A_NUMBER, today),
        (of_address(ctx, "login", from), FROM_AN_ADDRESS, today),
        ("login".to_owned(), all, today),
    ];
    for (subject, most, since) in budgets {
        if spend(txn, &subject, most, since).await? == Budget::Spent {
            return Ok(Budget::Spent);
        }
    }
    Ok(Budget::Left)
}

/// Opens a session for whoever has the phone, when these are the digits that were sent to it last; they work
/// once. Nothing tells a wrong guess from a code that ran out, was used, or was never asked for.
pub async fn check(ctx: &Ctx, phone: &Phone, typed: &Digits) -> Result<Option<Token>, StoreError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    let last = login_codes::lock_last(&txn, &ctx.keys.keyed_hash(phone)).await?;
    let Some(mut code) = last.filter(|code| code.is_open(now)) else {
        return Ok(None);
    };
    let right = code.digits(&ctx.keys).are(typed);
    code.tries += 1;
    code.used_at = right.then_some(now);
    login_codes::update(&txn, &code).await?;
    let token = if right {
        let person = recognise(&txn, ctx, &code.phone, now).await?;
        Some(open(&txn, ctx, Account::Person(person)).await?)
    } else {
        None
    };
    commit(txn).await?;
    Ok(token)
}

/// The person whose number this was proven to be, or a new one, whose only name it is.
async fn recognise(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    phone: &SealedPhone,
    now: DateTime<Utc>,
) -> Result<PersonId, StoreError> {
    let person = match people::find_by_proven_phone(txn, &phone.hash).await? {
        Some(person) => person,
        None => {
            let id = ctx.mint();
            people::insert(txn, id, &WechatNames::default(), now).await?;
            id
        }
    };
    people::learn_phone(txn, person, phone, now).await?;
    Ok(person)
}
