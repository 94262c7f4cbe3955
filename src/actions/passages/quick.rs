//! Openings that need no lock: where nothing is counted, nobody's depends on another's.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::journal::Journal;
use super::spool::Opening;
use super::{again, in_time, kept, passage, timed};
use crate::ctx::{Answered, Asked, Ctx};
use crate::domain::campus::DeviceId;
use crate::domain::gate::{Facts, Holding, Known};
use crate::domain::rules::Passback;
use crate::ids::PassId;
use crate::store::{StoreError, news, passages, passes};

/// Answers whoever asks again while their opening waits to be stored.
pub(super) fn repeat(waiting: &mut Vec<Asked>, journal: &Journal, now: DateTime<Utc>) {
    if journal.is_empty() {
        return;
    }
    let mut known = Vec::new();
    let before = |asked: &mut Asked| {
        let found = journal.find(&number(asked)).map(kept);
        let is_known = found.is_some();
        known.extend(found);
        is_known
    };
    let repeats: Vec<Asked> = waiting.extract_if(.., before).collect();
    for (asked, before) in repeats.into_iter().zip(known) {
        let answered = again(&before, &asked.request_hash, now);
        let _ = asked.answer.send(Ok(answered));
    }
}

/// Answers whoever is let in or out without anything being counted; who is left has to go through the tables.
///
/// # Errors
/// When the database cannot be read in time: nobody was answered.
pub(super) async fn answer(
    ctx: &Ctx,
    waiting: &mut Vec<Asked>,
    journal: &mut Journal,
) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let truth = in_time(Truth::read(ctx, waiting)).await?;
    // Where the first of each number went: among these openings, or to the tables.
    let mut places: HashMap<_, Option<usize>> = HashMap::new();
    let mut openings: Vec<Opening> = Vec::new();
    let mut ready = Vec::new();
    for asked in std::mem::take(waiting) {
        let number = number(&asked);
        let before = places.get(&number).copied();
        if let Some(before) = before.flatten().and_then(|place| openings.get(place)) {
            let answered = again(&kept(&before.passage), &asked.request_hash, now);
            ready.push((asked, answered));
            continue;
        }
        let opening = truth.opening(ctx, &asked, now);
        match opening.filter(|_| before.is_none()) {
            Some(opening) => {
                let answered = Answered::With(opening.passage.answer.clone());
                places.insert(number, Some(openings.len()));
                openings.push(opening);
                ready.push((asked, answered));
            }
            None => {
                places.insert(number, None);
                waiting.push(asked);
            }
        }
    }
    if openings.is_empty() {
        return Ok(());
    }
    match journal.keep(openings) {
        Ok(()) => {
            metrics::counter!("campus_pass_passage_flushes_total").increment(1);
            for (asked, answered) in ready {
                // A reader that hung up has its answer kept, and gets it when it asks again.
                let _ = asked.answer.send(Ok(answered));
            }
        }
        Err(error) => {
            // The tables may have room where this file has none.
            tracing::error!(%error, "openings cannot be flushed to their file");
            waiting.extend(ready.into_iter().map(|(asked, _)| asked));
        }
    }
    Ok(())
}

fn number(asked: &Asked) -> (DeviceId, String) {
    (asked.reader.device.id.clone(), asked.scan.nonce.clone())
}

/// What may have changed since it was remembered.
#[derive(Default)]
struct Truth {
    gates: i64,
    passes: HashMap<PassId, i32>,
    spent: HashSet<(String, String)>,
}

impl Truth {
    /// Of those of whom nothing is counted.
    async fn read(ctx: &Ctx, waiting: &[Asked]) -> Result<Self, StoreError> {
        let db = &ctx.db.read;
        let (mut ids, mut numbers) = (Vec::new(), Vec::new());
        for asked in waiting {
            if let Some(holding) = uncounted(asked) {
                ids.push(holding.pass.id);
                numbers.push((&asked.reader.device.id, asked.scan.nonce.as_str()));
            }
        }
        let (Some(id), Some(number)) = (ids.first().copied(), numbers.first().copied()) else {
            return Ok(Self::default());
        };
        // Of a few lengths only: each is another statement, which SQLite prepares and remembers.
        let length = ids.len().next_power_of_two();
        ids.resize(length, id);
        numbers.resize(length, number);
        let (gates, passes, spent) = tokio::try_join!(
            news::gates_version(db),
            passes::versions(db, &ids),
            passages::spent(db, &numbers),
        )?;
        Ok(Self {
            gates,
            passes,
            spent,
        })
    }

    /// What opens for them, when what is known of them still holds and nothing is counted.
    fn opening(&self, ctx: &Ctx, asked: &Asked, now: DateTime<Utc>) -> Option<Opening> {
        let holding = uncounted(asked)?;
        let (device, scan) = (&asked.reader.device, &asked.scan);
        let number = (device.id.as_str().to_owned(), scan.nonce.clone());
        let holds = self.gates == asked.reader.version
            && self.passes.get(&holding.pass.id) == Some(&holding.pass.version)
            && !self.spent.contains(&number);
        if !holds {
            return None;
        }
        let facts = Facts {
            gate: &device.gate,
            credential: &asked.credential,
        };
        let verdict = timed(facts, scan, now);
        let what = (scan, asked.request_hash.as_str(), &asked.credential);
        verdict.opens().then(|| {
            let passage = passage(ctx, device, what, &verdict, now);
            Opening::at(&device.gate, passage, &asked.credential)
        })
    }
}

/// Whose it is, where neither entries nor who is inside are counted, no list has them, the device numbers what it
/// reads, and does not tell later whether somebody went through.
fn uncounted(asked: &Asked) -> Option<&Holding> {
    let (device, scan) = (&asked.reader.device, &asked.scan);
    let rules = &device.gate.rules;
    let counts = rules.passback != Passback::Off || rules.entries_a_day.is_some();
    let tells = device.habits.reports_passed || scan.repeats.is_some();
    let holding = asked.credential.holding()?;
    let alone = matches!(holding.known, Known::InPerson { .. });
    let limited = holding.pass.entry_limit.is_some() || !holding.listed.is_empty();
    (alone && !limited && !counts && !tells).then_some(holding)
}
