//! The lane really turned: only now somebody has gone through, where a device tells.

use super::held::Held;
use super::recognise::load;
use crate::ctx::Ctx;
use crate::domain::actors::Reader;
use crate::domain::campus::Direction;
use crate::domain::gate::{Credential, Kind, Known};
use crate::ids::PassageId;
use crate::store::{StoreError, begin, commit, passages};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was not known, or was told before: once is as good as twice.
    Noted,
    /// This device has opened for no such scan.
    NoSuchOpening,
}

/// Counts whoever went through by an opening of this device.
pub async fn passed(ctx: &Ctx, reader: &Reader, id: PassageId) -> Result<Told, StoreError> {
    let (device, now) = (&reader.device, ctx.clock.now());
    let txn = begin(&ctx.db).await?;
    let Some(opening) = passages::find_opening(&txn, &device.id, id).await? else {
        return Ok(Told::NoSuchOpening);
    };
    let credential = match opening.pass {
        Some(pass) => load(&txn, ctx, pass, &Known::InPerson { stale: false }).await?,
        None => Credential::Unknown { stale: false },
    };
    let mut held = Held::take(&txn, std::iter::once(&credential)).await?;
    if !passages::mark_passed(&txn, id, now).await? {
        return Ok(Told::Noted);
    }
    let credential = held.now(&txn, ctx, &credential, device.gate.area).await?;
    let way = (device.gate.area, opening.direction);
    match credential.holding() {
        Some(holding) if opening.kind == Kind::Plate && opening.direction != Direction::Out => {
            held.arrive(holding, now);
        }
        Some(holding) if opening.kind != Kind::Plate => {
            held.go_through(holding, way, now);
        }
        Some(_) | None => {}
    }
    held.keep(&txn, ctx).await?;
    commit(txn).await?;
    Ok(Told::Noted)
}
