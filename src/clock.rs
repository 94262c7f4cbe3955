//! The only door to the time of day. Code takes a [`Clock`] or a `now`; `chrono::Utc::now` is closed by
//! clippy.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Tells the time in UTC, cut to microseconds: PostgreSQL keeps no more, and a time that is read
/// back must equal the one that was stored.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until somebody moves it; microseconds since 1970.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// A clock standing at `at`.
    #[must_use]
    pub fn at(at: DateTime<Utc>) -> Self {
        Self::Set(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match self {
            #[expect(clippy::disallowed_methods, reason = "this is the door")]
            Self::System => Utc::now().timestamp_micros(),
            Self::Set(micros) => micros.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Moves a standing clock; the machine's own clock is not ours to move, and stays.
    pub fn set(&self, at: DateTime<Utc>) {
        match self {
            Self::System => {}
            Self::Set(micros) => micros.store(at.timestamp_micros(), Ordering::SeqCst),
        }
    }
}
