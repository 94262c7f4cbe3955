//! While the database cannot be asked: gates are answered by what is known and as their area wants it, and what
//! opens is kept elsewhere until it can.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::passage;
use super::recognise::claimed;
use super::spool::{Opening, Spool};
use crate::ctx::{Answered, Asked, Ctx};
use crate::domain::campus::Direction;
use crate::domain::gate::{Content, Credential, Facts, Kind, Reason, Verdict, decide};
use crate::domain::rules;

/// How long the database is left alone once it has failed: whoever waits for it meanwhile would wait in vain.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Outage {
    pub spool: Spool,
    /// Until when the database is not asked.
    pub until: Instant,
}

impl Outage {
    pub fn begin(&mut self) {
        self.until = Instant::now() + PAUSE;
    }

    pub fn lasts(&self) -> bool {
        Instant::now() < self.until
    }

    /// Waits until it is time to look whether it is over.
    pub async fn over(&self) {
        tokio::time::sleep_until(self.until.into()).await;
    }

    /// Stores some of what has waited; if that fails, it is not over.
    pub async fn end(&mut self, ctx: &Ctx) {
        let stored = tokio::time::timeout(PAUSE, self.spool.give_back(ctx)).await;
        match stored {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "the spool cannot be stored yet");
                self.begin();
            }
            Err(_) => self.begin(),
        }
    }

    /// Answers that rest on nothing but memory and what is signed; none where nothing can be decided. What opens
    /// has been flushed to disk.
    pub fn answer(&mut self, ctx: &Ctx, waiting: &[Asked]) -> Vec<Option<Answered>> {
        let now = ctx.clock.now();
        let mut openings = Vec::new();
        let mut answers = Vec::with_capacity(waiting.len());
        for asked in waiting {
            let verdict = blind(asked, now);
            answers.push(verdict.map(|verdict| {
                let device = &asked.reader.device;
                let what = (&asked.scan, asked.request_hash.as_str(), &asked.credential);
                let passage = passage(ctx, device, what, &verdict, now);
                let answer = Answered::With(passage.answer.clone());
                if verdict.opens() {
                    openings.push(Opening::at(&device.gate, passage, &asked.credential));
                }
                (verdict.opens(), answer)
            }));
        }
        let kept = openings.is_empty() || self.keep(&openings);
        let told = |(opens, answer): (bool, Answered)| (kept || !opens).then_some(answer);
        answers.into_iter().map(|one| one.and_then(told)).collect()
    }

    fn keep(&mut self, openings: &[Opening]) -> bool {
        match self.spool.keep(openings) {
            Ok(()) => {
                let number = u64::try_from(openings.len()).unwrap_or(u64::MAX);
                metrics::counter!("campus_pass_passages_spooled_total").increment(number);
                true
            }
            Err(error) => {
                tracing::error!(%error, "openings can be kept nowhere");
                false
            }
        }
    }
}

/// What is decided without the database; none where it must be asked.
fn blind(asked: &Asked, now: DateTime<Utc>) -> Option<Verdict> {
    let (gate, scan) = (&asked.reader.device.gate, &asked.scan);
    let facts = Facts {
        gate,
        credential: &asked.credential,
    };
    let verdict = decide(facts, scan, now);
    if !verdict.opens() {
        // Nobody knows what was counted meanwhile.
        return (verdict.reason < Reason::Quota).then_some(verdict);
    }
    let signed = matches!(scan.kind, Kind::Qr | Kind::Card);
    let wanted = signed && gate.rules.outage == rules::Outage::Signed;
    let opens = scan.direction == Direction::Out || wanted;
    opens.then_some(Verdict {
        alert: Some(Reason::Unavailable),
        ..verdict
    })
}

/// What is known of a thing that was read, when the database cannot be asked.
pub(super) fn known(ctx: &Ctx, content: &Content, now: DateTime<Utc>) -> Option<Credential> {
    match content.kind {
        Kind::Qr | Kind::Card => claimed(ctx, content, now),
        Kind::Plate | Kind::Face | Kind::IdCard | Kind::Other => None,
    }
}
