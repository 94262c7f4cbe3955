//! What one may cause us to spend in a day.

use std::net::IpAddr;

use data_encoding::HEXLOWER;

use crate::ctx::Ctx;
use crate::domain::window::day_start;
use crate::store::budgets::{self, Budget};
use crate::store::{StoreError, begin, commit};

/// Each booking sends SMS. Behind one address of a phone company are many people; more than this in a
/// day is an attack on the campus's purse. What one person and one number get is counted too.
const BOOKINGS_FROM_AN_ADDRESS: u64 = 1000;

/// Takes one of the bookings that an address has for the day.
pub async fn book_from(ctx: &Ctx, address: IpAddr) -> Result<Budget, StoreError> {
    let subject = of_address(ctx, "bookings", address);
    let today = day_start(ctx.clock.now());
    let txn = begin(&ctx.db).await?;
    let budget = budgets::spend(&txn, &subject, BOOKINGS_FROM_AN_ADDRESS, today).await?;
    commit(txn).await?;
    Ok(budget)
}

/// What the budget of an address is counted under.
pub(super) fn of_address(ctx: &Ctx, what: &str, address: IpAddr) -> String {
    // Whoever has one address of IPv6 has the 2^64 that begin alike.
    let network = match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x}", address.to_bits() >> 64),
    };
    // Addresses are personal data, and the row need not say whose it is.
    let address = ctx.keys.derive("address", &network);
    format!("{what}:{}", HEXLOWER.encode(&address[..16]))
}
