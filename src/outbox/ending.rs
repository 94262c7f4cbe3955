//! What an attempt means for its row: pure.

use chrono::{DateTime, Duration, Utc};

use crate::entropy::Entropy;
use crate::store::outbox::{Ending, Owed};
use crate::templates::{OnUnknown, Send};
use crate::tencent::call::CallError;
use crate::tencent::errcode::Class;

/// What one attempt by one channel came to.
#[derive(Debug)]
pub enum Attempt {
    /// The provider has it, under this number of its own.
    Accepted(Option<String>),
    /// This channel cannot reach this recipient, now or ever; the next one may.
    Closed(&'static str),
    /// It may have been sent, and its template would rather have it not told than told twice.
    Held,
    /// Our own budget for the day is spent.
    OverBudget,
    /// The recipient was told as much as the provider shows them in a minute.
    Crowded,
    Failed(CallError),
}

/// After this long a message is no news any more, even where it still holds.
const LIFE: Duration = Duration::days(7);

/// Whether a row that may have been sent already must not be sent again.
pub fn is_held(owed: &Owed, send: &Send, keyed: bool) -> bool {
    owed.doubtful && !keyed && send.on_unknown == OnUnknown::Hold
}

/// What becomes of the row. `keyed` says whether the channel knows a message that comes twice.
pub fn after(
    attempt: &Attempt,
    owed: &Owed,
    send: &Send,
    keyed: bool,
    now: DateTime<Utc>,
    entropy: &Entropy,
) -> Ending {
    let next_channel = |why: &str| match send.channel_for(owed.to, owed.channel + 1) {
        Some((next, channel)) => Ending::Later {
            due_at: now,
            channel: next,
            lane: channel.lane(),
            doubtful: owed.doubtful,
            why: "the next channel",
        },
        None => Ending::Never {
            why: why.to_owned(),
        },
    };
    let again = |after: Duration, doubtful: bool, why: &'static str| {
        if now - owed.created_at > LIFE {
            return Ending::Never {
                why: format!("given up after a week: {why}"),
            };
        }
        Ending::Later {
            due_at: now + jittered(after, entropy),
            channel: owed.channel,
            lane: owed.lane,
            doubtful: owed.doubtful || doubtful,
            why,
        }
    };
    // By no other channel either: it would be told twice.
    let held = || Ending::Never {
        why: "it may have been sent, and is not sent twice".to_owned(),
    };
    match attempt {
        Attempt::Accepted(_) => Ending::Sent,
        Attempt::Closed(why) => next_channel(why),
        Attempt::Held => held(),
        Attempt::OverBudget => next_channel("the day's budget of this channel is spent"),
        Attempt::Crowded => again(to_the_next_minute(now), false, "much else is told them"),
        Attempt::Failed(error) => match (error, error.class()) {
            (_, Some(Class::Done)) => Ending::Sent,
            (_, Some(Class::Never)) => next_channel(&error.to_string()),
            (_, Some(Class::Wait)) => again(Duration::minutes(10), false, "a quota is used up"),
            (_, Some(Class::Configuration | Class::Token)) => again(
                Duration::minutes(1),
                false,
                "the channel's settings are refused",
            ),
            (_, Some(Class::Busy)) => again(backoff(owed.attempts), false, "the provider is busy"),
            (CallError::Unreachable, _) => again(
                backoff(owed.attempts),
                false,
                "the provider is not reachable",
            ),
            (_, None) => match send.on_unknown {
                _ if keyed => again(backoff(owed.attempts), false, "the answer was lost"),
                OnUnknown::Resend if owed.doubtful => {
                    next_channel("the answer was lost twice, and it is not sent a third time")
                }
                OnUnknown::Resend => again(backoff(owed.attempts), true, "the answer was lost"),
                OnUnknown::Hold => held(),
            },
        },
    }
}

/// Until the clock's next minute, in which there is place again.
fn to_the_next_minute(now: DateTime<Utc>) -> Duration {
    Duration::minutes(1) - Duration::seconds(now.timestamp().rem_euclid(60))
}

/// 2, 4, 8 … seconds, up to ten minutes.
fn backoff(attempts: i32) -> Duration {
    Duration::seconds((2_i64 << attempts.clamp(0, 9)).min(600))
}

/// Up to a quarter more, so that a thousand rows do not come back in the same second.
fn jittered(pause: Duration, entropy: &Entropy) -> Duration {
    let most = u64::try_from(pause.num_milliseconds() / 4).unwrap_or(0);
    pause + Duration::milliseconds(i64::try_from(entropy.below(most + 1)).unwrap_or(0))
}
