//! The blacklist is asked whenever somebody applies, is approved, or stands at a gate.
//!
//! It is asked behind the lock of the area, as [`super::blacklist::add`] changes it: either the entry is
//! seen here, or the pass is seen there.

use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::approvals::DecideError;
use crate::ctx::Ctx;
use crate::domain::campus::Gate;
use crate::domain::gate::Holding;
use crate::domain::message::Message;
use crate::domain::screening::{Effect, Entry, Hit, Place, marks_of, ruling};
use crate::domain::visit::Visit;
use crate::domain::visitor::Visitor;
use crate::ids::{AreaId, VisitorId};
use crate::outbox;
use crate::secret::Masked;
use crate::store::{StoreError, areas, blacklist, hits, vehicles, visitors};

/// What rules each of some visitors in an area now, in their order. The contact of a group answers for its
/// vehicles.
pub async fn rulings(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    visitors: &[Visitor],
    area: AreaId,
) -> Result<Vec<Option<Entry>>, StoreError> {
    let now = ctx.clock.now();
    let vehicles = vehicles::of_visits(db, visitors.iter().map(|visitor| visitor.visit)).await?;
    let marks_of = |visitor: &Visitor| {
        let mut marks = marks_of(&ctx.keys, visitor);
        let theirs = vehicles.iter().filter(|(visit, _)| *visit == visitor.visit);
        marks.extend(theirs.map(|(_, plate)| ctx.keys.keyed_hash(plate)));
        marks
    };
    let marks: Vec<_> = visitors.iter().map(marks_of).collect();
    let entries = blacklist::fitting(db, marks.iter().flatten()).await?;
    let of_one = |marks: &Vec<_>| {
        let fitting = entries.iter().filter(|entry| marks.contains(&entry.hash));
        ruling(fitting, area, now).cloned()
    };
    Ok(marks.iter().map(of_one).collect())
}

/// Screens a visitor who is in a new or changed visit, whose area is held. Those who must hear of it are
/// told. Says whether they may be in it.
pub(super) async fn screen(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
    visitor: &Visitor,
) -> Result<bool, StoreError> {
    let mut ruling = rulings(txn, ctx, std::slice::from_ref(visitor), visit.area).await?;
    let Some(entry) = ruling.pop().flatten() else {
        return Ok(true);
    };
    if entry.effect == Effect::Refuse {
        return Ok(false);
    }
    tell(txn, ctx, &entry, visitor.id, Place::Application).await?;
    Ok(true)
}

/// The visitors of a visit against whom the list has nothing at this moment: passes are issued to these
/// and to nobody else.
pub(super) struct Cleared {
    pub visitors: Vec<Visitor>,
    /// Whether one of them must be looked at.
    pub review: bool,
}

/// Screens everybody in a visit that is about to be approved, and holds its area.
///
/// # Errors
/// [`DecideError::Blocked`] with the first whom the list refuses.
pub(super) async fn clear(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
) -> Result<Cleared, DecideError> {
    areas::lock(txn, visit.area).await?;
    let visitors = visitors::of_visits(txn, [visit.id]).await?;
    let rulings = rulings(txn, ctx, &visitors, visit.area).await?;
    let mut review = false;
    for (visitor, entry) in visitors.iter().zip(&rulings) {
        match entry.as_ref().map(|entry| entry.effect) {
            Some(Effect::Refuse) => {
                return Err(DecideError::Blocked {
                    place: visitor.place,
                    name: Masked::name(visitor.name.as_str()),
                });
            }
            Some(Effect::Review) => review = true,
            Some(Effect::Notify) | None => {}
        }
    }
    Ok(Cleared { visitors, review })
}

/// Tells the guards of a holder on the list who stands at a gate, whatever it said to them.
pub(super) async fn met_at_gate(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    holding: &Holding,
    gate: &Gate,
) -> Result<(), StoreError> {
    match ruling(&holding.listed, gate.area, ctx.clock.now()) {
        Some(entry) => tell(txn, ctx, entry, holding.pass.visitor, Place::Gate(gate.id)).await,
        None => Ok(()),
    }
}

/// Writes down that somebody was met, and tells of it the first time.
async fn tell(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    entry: &Entry,
    visitor: VisitorId,
    place: Place,
) -> Result<(), StoreError> {
    let hit = Hit {
        id: ctx.mint(),
        entry: entry.id,
        visitor,
        place,
        at: ctx.clock.now(),
    };
    if hits::insert_once(txn, &hit).await? {
        outbox::post(txn, ctx, &Message::BlacklistHit { hit: hit.id }).await?;
    }
    Ok(())
}
