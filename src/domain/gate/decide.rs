//! The decision: whatever stands against a scan is gathered, and the reason that outranks the others is
//! told. So the precedence is the order of [`Reason`] and of nothing else.

use chrono::{DateTime, Utc};

use super::{Credential, Facts, Holding, Known, Reason, Scan, Verdict};
use crate::domain::campus::{Direction, Gate};
use crate::domain::pass::PassState;
use crate::domain::rules::{Exits, Passback};
use crate::domain::screening::{Effect, Entry, ruling};
use crate::domain::window::short_time;

/// Decides. On the way out, whatever once was a pass opens: nobody is locked in.
#[must_use]
pub fn decide(facts: Facts, scan: &Scan, now: DateTime<Utc>) -> Verdict {
    let gate = facts.gate;
    match (facts.credential, scan.direction) {
        (Credential::Pass(holding), Direction::In | Direction::Both) => enter(gate, holding, now),
        (Credential::Pass(holding), Direction::Out) => {
            let alert = should_not_be_inside(gate, holding, now);
            open(FAREWELL.to_owned(), alert, shown(gate, holding))
        }
        (stranger, Direction::In | Direction::Both) => {
            refuse(against_stranger(stranger, gate, now))
        }
        (stranger, Direction::Out) => {
            let refused = refuse(against_stranger(stranger, gate, now));
            match gate.rules.exits {
                Exits::Refuse => refused,
                Exits::Open => open(FAREWELL.to_owned(), Some(refused.reason), Vec::new()),
            }
        }
    }
}

const FAREWELL: &str = "再见，一路平安";

/// Something that stands against a scan.
struct Objection {
    reason: Reason,
    say: &'static str,
    hint: Option<String>,
}

fn no(reason: Reason, say: &'static str) -> Objection {
    Objection {
        reason,
        say,
        hint: None,
    }
}

fn enter(gate: &Gate, holding: &Holding, now: DateTime<Utc>) -> Verdict {
    let passback = passback(gate, holding, now);
    let mut against = against_holding(gate, holding, now);
    against.extend(against_gate(gate, now));
    against.extend(against_entry(gate, holding, now));
    if passback == Some(Passback::Hard) {
        against.push(no(Reason::Passback, "已在校内，请先离校或联系门岗"));
    }
    if !against.is_empty() {
        return refuse(against);
    }
    let until = short_time(holding.pass.window.until(), now);
    let say = format!("欢迎，{}至{until}", gate.area_name);
    let alert = passback.map(|_| Reason::Passback);
    open(say, alert, shown(gate, holding))
}

fn open(say: String, alert: Option<Reason>, display: Vec<String>) -> Verdict {
    Verdict {
        reason: Reason::Ok,
        alert,
        say,
        hint: None,
        display,
    }
}

/// With the reason that outranks the others, and of two of one rank the first.
fn refuse(against: Vec<Objection>) -> Verdict {
    let first = against.into_iter().min_by_key(|objection| objection.reason);
    first.map_or_else(Verdict::unavailable, |objection| Verdict {
        reason: objection.reason,
        alert: None,
        say: objection.say.to_owned(),
        hint: objection.hint,
        display: Vec::new(),
    })
}

fn shown(gate: &Gate, holding: &Holding) -> Vec<String> {
    vec![holding.holder.clone(), gate.area_name.clone()]
}

/// What stands against whatever has no pass.
fn against_stranger(stranger: &Credential, gate: &Gate, now: DateTime<Utc>) -> Vec<Objection> {
    match stranger {
        Credential::Bad => vec![no(Reason::BadCode, "无效的二维码")],
        Credential::NoPlate => vec![no(Reason::BadCode, "未识别到车牌")],
        Credential::Unknown { stale } => {
            let unknown = no(Reason::Unknown, "没有找到该凭证");
            stale
                .then(stale_code)
                .into_iter()
                .chain([unknown])
                .collect()
        }
        Credential::Unapproved { listed } => {
            let waits = no(Reason::Unapproved, "申请尚未通过审批");
            let blocked = against_listed(listed, gate, now);
            blocked.into_iter().chain([waits]).collect()
        }
        Credential::Pass(holding) => against_holding(gate, holding, now),
    }
}

fn stale_code() -> Objection {
    Objection {
        hint: Some("请打开凭证页面重新出示".to_owned()),
        ..no(Reason::StaleCode, "二维码已过期")
    }
}

fn against_listed(listed: &[Entry], gate: &Gate, now: DateTime<Utc>) -> Option<Objection> {
    let refused = ruling(listed, gate.area, now).is_some_and(|e| e.effect == Effect::Refuse);
    // Said aloud before a queue, so it does not say why.
    refused.then(|| no(Reason::Blocked, "暂不能通行，请联系门岗"))
}

/// What stands against a pass whichever way it goes.
fn against_holding(gate: &Gate, holding: &Holding, now: DateTime<Utc>) -> Vec<Objection> {
    let pass = &holding.pass;
    let mut against = Vec::new();
    if holding.known == (Known::InPerson { stale: true }) {
        against.push(stale_code());
    }
    against.extend(against_listed(&holding.listed, gate, now));
    if !holding.approved {
        against.push(no(Reason::Unapproved, "申请尚未通过审批"));
    }
    match pass.state(now) {
        PassState::Revoked => against.push(no(Reason::Revoked, "该凭证已撤销")),
        PassState::NotYet => against.push(Objection {
            hint: Some(format!("{} 起可入", short_time(pass.window.from(), now))),
            ..no(Reason::NotYet, "未到预约时间")
        }),
        PassState::Expired => against.push(no(Reason::Expired, "预约时间已过")),
        PassState::Valid => {}
    }
    if !pass.areas.holds(gate.slot) {
        against.push(no(Reason::Area, "不在预约的到访区域"));
    }
    against
}

fn against_gate(gate: &Gate, now: DateTime<Utc>) -> Option<Objection> {
    if !gate.open {
        return Some(no(Reason::Area, "此门暂停通行"));
    }
    let hours = &gate.rules.hours;
    let opening = |at| format!("{} 开放", short_time(at, now));
    (!hours.are_open(now)).then(|| Objection {
        hint: hours.next_opening(now).map(opening),
        ..no(Reason::Area, "不在开放时间")
    })
}

/// What is counted. The places of a group are its entries of the day as well.
fn against_entry(gate: &Gate, holding: &Holding, now: DateTime<Utc>) -> Vec<Objection> {
    let (pass, known) = (&holding.pass, &holding.known);
    let mut against = Vec::new();
    let today = holding.presence.entries_on_day(now);
    let full = |most: i16| today >= i32::from(most);
    if is_one_person(known) && gate.rules.entries_a_day.is_some_and(full) {
        against.push(no(Reason::Quota, "今日通行次数已用完"));
    }
    let entries = pass.entries + known.entries();
    if pass.entry_limit.is_some_and(|limit| entries > limit) {
        against.push(no(Reason::UsedUp, "通行次数已用完"));
    }
    against
}

fn is_one_person(known: &Known) -> bool {
    match known {
        Known::InPerson { .. } => true,
        Known::InGroup | Known::ByPlate(_) => false,
    }
}

/// How the area takes it that somebody who is inside comes in.
fn passback(gate: &Gate, holding: &Holding, now: DateTime<Utc>) -> Option<Passback> {
    let rules = &gate.rules;
    let inside = holding.presence.is_inside_still(rules.reentry_minutes, now);
    let watched = rules.passback != Passback::Off && is_one_person(&holding.known);
    (watched && inside).then_some(rules.passback)
}

/// What is wrong with somebody who leaves.
fn should_not_be_inside(gate: &Gate, holding: &Holding, now: DateTime<Utc>) -> Option<Reason> {
    let against = against_holding(gate, holding, now).into_iter();
    // An old picture of a code tells nothing of whoever leaves with it.
    let wrong = against.map(|objection| objection.reason);
    let wrong = wrong.filter(|reason| *reason != Reason::StaleCode).min();
    let watched = gate.rules.passback != Passback::Off && is_one_person(&holding.known);
    let unseen = watched && !holding.presence.is_inside();
    wrong.or(unseen.then_some(Reason::Passback))
}

#[cfg(test)]
mod tests;
