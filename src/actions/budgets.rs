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
    // Addresses are personal data, and the row need not say whose it is.
    let address = ctx.keys.derive("address", &address.to_string());
    let subject = format!("bookings:{}", HEXLOWER.encode(&address[..16]));
    let today = day_start(ctx.clock.now());
    let txn = begin(&ctx.db).await?;
    let budget = budgets::spend(&txn, &subject, BOOKINGS_FROM_AN_ADDRESS, today).await?;
    commit(txn).await?;
    Ok(budget)
}
