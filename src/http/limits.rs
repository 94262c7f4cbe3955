//! How often somebody may ask, where asking often is an attack.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::Problem;
use crate::ids::PersonId;

/// The limits of one process.
pub struct Limits {
    hosts: DefaultKeyedRateLimiter<PersonId>,
    logins: DefaultKeyedRateLimiter<IpAddr>,
    links: DefaultKeyedRateLimiter<IpAddr>,
    bookings: DefaultKeyedRateLimiter<IpAddr>,
}

/// Names are looked up one at a time; twenty a minute is a search through the staff.
const HOSTS_A_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// A campus behind one address logs in more often than a person does.
const LOGINS_A_MINUTE: NonZeroU32 = NonZeroU32::new(120).unwrap();
/// Each booking sends SMS. Behind one address of a phone company are many people; more than this in a
/// day is an attack on the campus's purse. What one person and one number get is counted in the database.
const BOOKINGS_A_DAY: NonZeroU32 = NonZeroU32::new(1000).unwrap();
const DAY: Duration = Duration::from_hours(24);
/// A link has 128 bits; this only keeps guessing from being free.
const LINKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(300).unwrap();

impl Default for Limits {
    fn default() -> Self {
        Self {
            hosts: RateLimiter::keyed(Quota::per_minute(HOSTS_A_MINUTE)),
            logins: RateLimiter::keyed(Quota::per_minute(LOGINS_A_MINUTE)),
            links: RateLimiter::keyed(Quota::per_minute(LINKS_A_MINUTE)),
            bookings: RateLimiter::keyed(daily(BOOKINGS_A_DAY)),
        }
    }
}

/// So many in a day, which come back evenly over the next.
fn daily(most: NonZeroU32) -> Quota {
    let each = DAY / most.get();
    Quota::with_period(each).map_or_else(|| Quota::per_hour(most), |quota| quota.allow_burst(most))
}

impl Limits {
    pub fn host(&self, of: PersonId) -> Result<(), Problem> {
        self.hosts.check_key(&of).map_err(|_| Problem::too_often())
    }

    pub fn login(&self, from: IpAddr) -> Result<(), Problem> {
        self.logins
            .check_key(&from)
            .map_err(|_| Problem::too_often())
    }

    pub fn link(&self, from: IpAddr) -> Result<(), Problem> {
        self.links
            .check_key(&from)
            .map_err(|_| Problem::too_often())
    }

    pub fn booking(&self, from: IpAddr) -> Result<(), Problem> {
        self.bookings
            .check_key(&from)
            .map_err(|_| Problem::too_often())
    }

    /// Forgets those who have not asked for a while.
    pub fn sweep(&self) {
        self.hosts.retain_recent();
        self.logins.retain_recent();
        self.links.retain_recent();
        self.bookings.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_books_so_often_a_day_and_another_is_not_held_up() {
        let limits = Limits::default();
        let (one, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        for _ in 0..BOOKINGS_A_DAY.get() {
            assert_eq!(limits.booking(one), Ok(()));
        }
        assert_eq!(limits.booking(one), Err(Problem::too_often()));
        assert_eq!(limits.booking(other), Ok(()));
    }
}
