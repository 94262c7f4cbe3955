//! What a gate must know to decide by itself: `GET /gate/v1/list`, `GET /gate/v1/keys`, and
//! `POST /gate/v1/heartbeat`, which says whether there is something new.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::must_be;
use crate::actions::gate_list::{Added, changes, publish};
use crate::ctx::Ctx;
use crate::domain::campus::Gate;
use crate::http::extract::{Query, read};
use crate::http::problem::Problem;
use crate::http::reader::Signed;
use crate::http::state::Site;
use crate::ids::PassId;

/// How long a request for changes may hang, in seconds: less than a stop of the service waits for it.
const LONGEST: u64 = 8;

#[derive(Deserialize)]
pub struct SinceIn {
    /// The version that the gate has; 0 when it has none.
    #[serde(default)]
    since: i64,
    /// For how many seconds to wait for something new, at most 8.
    #[serde(default)]
    wait: u64,
}

#[derive(Serialize)]
struct ListOut {
    /// The version that the gate has once it has taken this.
    lv: i64,
    /// 1: ask again at once.
    more: u8,
    /// 1: this is the whole list; forget what was there.
    full: u8,
    added: Vec<AddedOut>,
    revoked: Vec<PassId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<KeyOut>>,
    st: i64,
}

#[derive(Serialize)]
struct AddedOut {
    pass: PassId,
    /// Seconds since 1970, both in.
    nb: i64,
    na: i64,
    /// How many entries it is good for; null is no limit.
    limit: Option<i32>,
    plates: Vec<String>,
}

/// What holds at the gate that asks.
#[derive(Serialize)]
struct PolicyOut {
    /// The area's bit in the codes.
    slot: i16,
    open: u8,
    /// `mon-fri 06:00-23:00` on campus; empty is always.
    hours: String,
    entries_a_day: Option<i16>,
    passback: &'static str,
    reentry_minutes: Option<i16>,
    exits: &'static str,
    outage: &'static str,
}

#[derive(Serialize)]
struct KeyOut {
    /// Its number in the codes.
    no: u8,
    alg: &'static str,
    /// BASE64 of 32 bytes.
    key: String,
}

#[derive(Serialize)]
struct KeysOut {
    /// The one that signs now is the first.
    keys: Vec<KeyOut>,
    st: i64,
}

#[derive(Deserialize)]
struct HeartbeatIn {
    dev: String,
    /// The version of the list that the device has.
    #[serde(default)]
    lv: i64,
}

#[derive(Serialize)]
struct HeartbeatOut {
    need_pull: u8,
    st: i64,
    lv: i64,
}

/// What changed, at once when something has; else when something does, or with nothing in the end.
pub async fn list(
    State(site): State<Site>,
    Query(asked): Query<SinceIn>,
    signed: Signed,
) -> Result<Response, Problem> {
    let (ctx, gate) = (&site.ctx, &signed.reader.device.gate);
    for _ in 0..asked.wait.min(LONGEST) {
        if publish(ctx).await? != asked.since {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let changed = changes(ctx, gate, asked.since).await?;
    signed.answer_key().json(&ListOut {
        lv: changed.version,
        more: changed.more.into(),
        full: changed.whole.into(),
        added: changed.added.iter().map(AddedOut::of).collect(),
        revoked: changed.revoked,
        policy: changed.policy.then(|| PolicyOut::of(gate)),
        keys: changed.policy.then(|| live(ctx)),
        st: ctx.clock.now().timestamp(),
    })
}

pub async fn keys(State(site): State<Site>, signed: Signed) -> Result<Response, Problem> {
    signed.answer_key().json(&KeysOut {
        keys: live(&site.ctx),
        st: site.ctx.clock.now().timestamp(),
    })
}

pub async fn heartbeat(State(site): State<Site>, signed: Signed) -> Result<Response, Problem> {
    let told: HeartbeatIn = read(&signed.body)?;
    must_be(&signed, &told.dev)?;
    let version = publish(&site.ctx).await?;
    signed.answer_key().json(&HeartbeatOut {
        need_pull: u8::from(told.lv != version),
        st: site.ctx.clock.now().timestamp(),
        lv: version,
    })
}

fn live(ctx: &Ctx) -> Vec<KeyOut> {
    let out = |(no, key): (u8, [u8; 32])| KeyOut {
        no,
        alg: "Ed25519",
        key: BASE64.encode(&key),
    };
    ctx.codes.public().map(out).collect()
}

impl AddedOut {
    fn of(added: &Added) -> Self {
        let plates = added.plates.iter();
        Self {
            pass: added.pass.id,
            nb: added.pass.window.from().timestamp(),
            na: added.pass.window.until().timestamp(),
            limit: added.pass.entry_limit,
            plates: plates.map(|plate| plate.as_str().to_owned()).collect(),
        }
    }
}

impl PolicyOut {
    fn of(gate: &Gate) -> Self {
        let rules = &gate.rules;
        Self {
            slot: gate.slot.get(),
            open: gate.open.into(),
            hours: rules.hours.to_string(),
            entries_a_day: rules.entries_a_day,
            passback: rules.passback.as_str(),
            reentry_minutes: rules.reentry_minutes,
            exits: rules.exits.as_str(),
            outage: rules.outage.as_str(),
        }
    }
}
