//! The body of an answer, field for field as the gate's contract gives it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::ctx::Ctx;
use crate::domain::gate::{Reason, Verdict};
use crate::ids::PassageId;

#[derive(Serialize)]
struct Answer<'a> {
    ok: u8,
    r: &'static str,
    /// What is wrong though it opens: for the guards, and for no screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Act>,
    say: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    disp: &'a [String],
    did: PassageId,
    /// Seconds since 1970.
    st: i64,
    /// The version of the offline list.
    lv: i64,
}

/// Which relay to close, for how many milliseconds.
#[derive(Serialize)]
struct Act {
    relay: u8,
    ms: u16,
}

pub(super) fn body(ctx: &Ctx, verdict: &Verdict, id: PassageId, now: DateTime<Utc>) -> String {
    let answer = Answer {
        ok: u8::from(verdict.opens()),
        r: verdict.reason.as_str(),
        alert: verdict.alert.map(Reason::as_str),
        // Three seconds are what a turnstile gives one person.
        act: verdict.opens().then_some(Act { relay: 0, ms: 3000 }),
        say: &verdict.say,
        hint: verdict.hint.as_deref(),
        disp: &verdict.display,
        did: id,
        st: now.timestamp(),
        lv: ctx.caches.list_version(),
    };
    serde_json::to_string(&answer).unwrap_or_else(|_| r#"{"ok":0,"r":"unavailable"}"#.to_owned())
}
