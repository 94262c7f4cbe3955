//! What a replica remembers for a while so as not to ask twice. Nothing here decides anything: to
//! forget it costs a query, and whoever opens a gate looks again behind a lock.

mod reads;
mod recent;

pub use reads::Reads;
pub use recent::Recent;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::sync::Cache;

use crate::dialects::Spoken;
use crate::domain::actors::Reader;
use crate::domain::campus::DeviceId;
use crate::domain::gate::{Holding, News};
use crate::domain::pass_code::Claims;
use crate::ids::PassId;
use crate::secret::KeyedHash;

/// How many followers are remembered; about 10 MB.
const MOST_FOLLOWERS: usize = 100_000;

/// More devices than a campus has gates.
const MOST_DEVICES: usize = 10_000;

/// As many as may come on a busy day; less than 1 KB each.
const MOST_PASSES: usize = 100_000;

/// Signed codes that were found genuine; about 100 bytes each.
const MOST_CODES: usize = 100_000;

/// Answers of the last minute, or of the last ten seconds at 1,000 scans a second: whoever asks again does so at
/// once, and later is answered from the tables. Less than 1 KB each.
const MOST_ANSWERS: usize = 10_000;

/// Links that are shared in a day.
const MOST_LINKS: u64 = 10_000;

/// A clone is the same memory.
#[derive(Clone, Debug)]
pub struct Caches {
    /// Followers whose row is known to be there, by openid.
    pub met: Arc<Recent<String, ()>>,
    /// What gates are answered from.
    pub gates: Arc<GateReads>,
    /// URL links that were made and when they run out, by the hash of the path they stand for.
    pub links: Cache<String, (String, DateTime<Utc>)>,
    /// The version of the gates' list, as it was last seen.
    list_version: Arc<AtomicI64>,
}

/// What is asked at every scan.
#[derive(Debug)]
pub struct GateReads {
    /// Devices, and as they were last seen for when the database cannot be asked: they are then told
    /// that nothing can be decided, which must be signed too.
    pub devices: Reads<DeviceId, Arc<Reader>>,
    /// Devices that cannot sign, by the hash of the key in their address, each with how often gates had changed
    /// when it was read.
    pub spoken: Reads<String, Arc<(i64, Spoken)>>,
    /// Passes that somebody holds before a reader. What they have done at gates is not in it.
    pub passes: Reads<PassId, Arc<Holding>>,
    /// The marks of everybody on the blacklist: who has none of them is not looked for there.
    pub listed: Reads<(), Arc<HashSet<KeyedHash>>>,
    /// Codes whose signature fits, by a keyed hash of them.
    pub codes: Recent<[u8; 16], Claims>,
    /// What a device was answered to a number of its own.
    pub answers: Recent<(DeviceId, String), Arc<Answer>>,
}

/// An answer that was given.
#[derive(Clone, Debug)]
pub struct Answer {
    pub request_hash: String,
    pub body: String,
    pub at: DateTime<Utc>,
}

impl Caches {
    /// What gates read is good for so long without a word that it has changed.
    #[must_use]
    pub fn new(fresh_for: Duration) -> Self {
        let met = Arc::new(Recent::new(MOST_FOLLOWERS, Duration::from_hours(1)));
        let gates = GateReads {
            devices: Reads::new(MOST_DEVICES, fresh_for),
            spoken: Reads::new(MOST_DEVICES, fresh_for),
            passes: Reads::new(MOST_PASSES, fresh_for),
            listed: Reads::new(1, fresh_for),
            codes: Recent::new(MOST_CODES, Duration::from_hours(1)),
            answers: Recent::new(MOST_ANSWERS, Duration::from_mins(1)),
        };
        let links = Cache::builder()
            .max_capacity(MOST_LINKS)
            .time_to_live(Duration::from_hours(24))
            .build();
        Self {
            met,
            gates: Arc::new(gates),
            links,
            list_version: Arc::default(),
        }
    }

    /// Forgets what has changed.
    pub fn hear(&self, news: &News) {
        match news {
            News::Passes(ids) => ids.iter().for_each(|id| self.gates.passes.forget(id)),
            News::EveryPass => {
                self.gates.passes.forget_all();
                self.gates.listed.forget_all();
            }
            News::Gates => {
                self.gates.devices.forget_all();
                self.gates.spoken.forget_all();
            }
        }
    }

    #[must_use]
    pub fn list_version(&self) -> i64 {
        self.list_version.load(Ordering::Relaxed)
    }

    /// Versions only grow, whatever order they are seen in.
    pub fn see_list_version(&self, version: i64) {
        self.list_version.fetch_max(version, Ordering::Relaxed);
    }
}
