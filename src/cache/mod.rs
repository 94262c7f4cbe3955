//! What a replica remembers for a while so as not to ask twice. Nothing here decides anything: to
//! forget it costs a query.

mod recent;

pub use recent::Recent;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::sync::Cache;

use crate::domain::campus::{Device, DeviceId};

/// How many followers are remembered; about 10 MB.
const MOST_FOLLOWERS: usize = 100_000;

/// More devices than a campus has gates.
const MOST_DEVICES: u64 = 10_000;

/// Links that are shared in a day.
const MOST_LINKS: u64 = 10_000;

/// A clone is the same memory.
#[derive(Clone, Debug)]
pub struct Caches {
    /// Followers whose row is known to be there, by openid.
    pub met: Arc<Recent<String, ()>>,
    /// Devices as they were last seen, for when the database cannot be asked: they are then told
    /// that nothing can be decided, which must be signed too.
    pub devices: Cache<DeviceId, Device>,
    /// URL links that were made and when they run out, by the hash of the path they stand for.
    pub links: Cache<String, (String, DateTime<Utc>)>,
    /// The version of the gates' list, as it was last seen.
    list_version: Arc<AtomicI64>,
}

impl Caches {
    #[must_use]
    pub fn list_version(&self) -> i64 {
        self.list_version.load(Ordering::Relaxed)
    }

    /// Versions only grow, whatever order they are seen in.
    pub fn see_list_version(&self, version: i64) {
        self.list_version.fetch_max(version, Ordering::Relaxed);
    }
}

impl Default for Caches {
    fn default() -> Self {
        let met = Arc::new(Recent::new(MOST_FOLLOWERS, Duration::from_hours(1)));
        let devices = Cache::builder().max_capacity(MOST_DEVICES).build();
        let links = Cache::builder()
            .max_capacity(MOST_LINKS)
            .time_to_live(Duration::from_hours(24))
            .build();
        Self {
            met,
            devices,
            links,
            list_version: Arc::default(),
        }
    }
}
