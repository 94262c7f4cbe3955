//! The limits of an area, as far as only the database knows them.

use sea_orm::DatabaseTransaction;

use super::applications::BookError;
use crate::ctx::Ctx;
use crate::domain::Window;
use crate::domain::actors::Account;
use crate::domain::campus::Area;
use crate::domain::limits::{LimitError, Overlap};
use crate::domain::visit::Visit;
use crate::domain::visitor::Visitor;
use crate::domain::window::day_start;
use crate::ids::VisitId;
use crate::store::{StoreError, visits};

/// Holds an application against the limits of its area. `correcting` is the visit that is submitted
/// again, which counts as one.
pub(super) async fn check(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: Account,
    (window, area): (Window, &Area),
    correcting: Option<VisitId>,
) -> Result<(), BookError> {
    let now = ctx.clock.now();
    area.limits.check(window, now)?;
    // An office applies for many, so its own bound is the campus's.
    let (Some(most), Account::Person(_)) = (area.limits.a_day, by) else {
        return Ok(());
    };
    let today = day_start(now);
    let count = visits::count_submitted_to(txn, by, area.id, today, correcting).await?;
    if count >= u64::from(most.unsigned_abs()) {
        return Err(LimitError::TooManyToday(most).into());
    }
    Ok(())
}

/// Whether the visitor's document leaves them free for this visit to `area`, which is held: of two visits
/// at one time the second sees the first.
pub(super) async fn is_free(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    area: &Area,
    visit: &Visit,
    visitor: &Visitor,
) -> Result<bool, StoreError> {
    match (area.limits.overlap, &visitor.document) {
        // A visitor to a resident is known by no document.
        (Overlap::Allow, _) | (Overlap::Refuse, None) => Ok(true),
        (Overlap::Refuse, Some(document)) => {
            let now = ctx.clock.now();
            Ok(!visits::overlaps(txn, visit, &document.hash, now).await?)
        }
    }
}
