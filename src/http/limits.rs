//! How often somebody may ask, where asking often is an attack.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::Problem;
use crate::actions::budgets;
use crate::ctx::Ctx;
use crate::domain::actors::Account;
use crate::store::budgets::Budget;

/// Takes one of the bookings and invitations that an address has for the day, for all of them send SMS.
pub async fn book_from(ctx: &Ctx, address: IpAddr) -> Result<(), Problem> {
    match budgets::book_from(ctx, address).await? {
        Budget::Left => Ok(()),
        Budget::Spent => Err(Problem::too_often()),
    }
}

/// The limits of one process.
pub struct Limits {
    hosts: DefaultKeyedRateLimiter<Account>,
    logins: DefaultKeyedRateLimiter<IpAddr>,
    links: DefaultKeyedRateLimiter<IpAddr>,
}

/// Names are looked up one at a time; twenty a minute is a search through the staff.
const HOSTS_A_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// A campus behind one address logs in more often than a person does.
const LOGINS_A_MINUTE: NonZeroU32 = NonZeroU32::new(120).unwrap();
/// A link has 128 bits; this only keeps guessing from being free.
const LINKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(300).unwrap();

impl Default for Limits {
    fn default() -> Self {
        Self {
            hosts: RateLimiter::keyed(Quota::per_minute(HOSTS_A_MINUTE)),
            logins: RateLimiter::keyed(Quota::per_minute(LOGINS_A_MINUTE)),
            links: RateLimiter::keyed(Quota::per_minute(LINKS_A_MINUTE)),
        }
    }
}

impl Limits {
    pub fn host(&self, of: Account) -> Result<(), Problem> {
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

    /// Forgets those who have not asked for a while.
    pub fn sweep(&self) {
        self.hosts.retain_recent();
        self.logins.retain_recent();
        self.links.retain_recent();
    }
}
