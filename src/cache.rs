//! What a replica remembers for a while so as not to ask twice. Nothing here decides anything: to
//! forget it costs a query.

use std::time::Duration;

use moka::sync::Cache;

use crate::domain::campus::{Device, DeviceId};

/// How many followers are remembered; about 10 MB.
const MOST_FOLLOWERS: u64 = 100_000;

/// More devices than a campus has gates.
const MOST_DEVICES: u64 = 10_000;

/// A clone is the same memory.
#[derive(Clone, Debug)]
pub struct Caches {
    /// Followers whose row is known to be there, by openid.
    pub met: Cache<String, ()>,
    /// Devices as they were last seen, for when the database cannot be asked: they are then told
    /// that nothing can be decided, which must be signed too.
    pub devices: Cache<DeviceId, Device>,
}

impl Default for Caches {
    fn default() -> Self {
        let met = Cache::builder()
            .max_capacity(MOST_FOLLOWERS)
            .time_to_live(Duration::from_hours(1))
            .build();
        let devices = Cache::builder().max_capacity(MOST_DEVICES).build();
        Self { met, devices }
    }
}
