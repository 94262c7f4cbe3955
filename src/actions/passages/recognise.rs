//! Whose is it that was read?

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use crate::ctx::Ctx;
use crate::domain::campus::Gate;
use crate::domain::gate::{Content, Credential, Holding, Kind, Known, normalise};
use crate::domain::mode::Mode;
use crate::domain::pass::Pass;
use crate::domain::pass_code::CodeRead;
use crate::domain::presence::Presence;
use crate::domain::rotating_code::Rotation;
use crate::domain::screening::marks_of;
use crate::domain::visit::Stage;
use crate::domain::{IdNumber, Plate};
use crate::ids::{PassId, VisitorId};
use crate::secret::{KeyedHash, Masked};
use crate::store::{StoreError, blacklist, passes, visitors, visits};

const IN_PERSON: Known = Known::InPerson { stale: false };

pub(super) async fn recognise(
    ctx: &Ctx,
    gate: &Gate,
    content: &Content,
    now: DateTime<Utc>,
) -> Result<Credential, StoreError> {
    let (db, text) = (&ctx.db.read, content.text.as_str());
    match content.kind {
        Kind::Qr => of_code(ctx, text, now).await,
        Kind::Card => match of_code(ctx, text, now).await? {
            // What is no code of ours may well be a card.
            Credential::Bad => Ok(Credential::Unknown { stale: false }),
            known => Ok(known),
        },
        Kind::Plate => {
            let Ok(plate) = Plate::parse(text) else {
                return Ok(Credential::NoPlate);
            };
            let theirs = passes::of_plate(db, &plate, now).await?;
            if let Some(pass) = Pass::nearest(theirs, gate.slot, now) {
                return load(db, ctx, pass.id, &Known::ByPlate(plate)).await;
            }
            let waits = visitors::wait_with_plate(db, &plate, now).await?;
            without_pass(ctx, waits, &ctx.keys.keyed_hash(&plate)).await
        }
        Kind::Face => {
            let Ok(number) = text.trim().parse::<i64>() else {
                return Ok(Credential::Bad);
            };
            of_face(ctx, gate, number.into(), now).await
        }
        Kind::IdCard => {
            let Ok(number) = IdNumber::parse(text) else {
                return Ok(Credential::Bad);
            };
            let hash = ctx.keys.keyed_hash(&number);
            let theirs = passes::of_document(db, &hash, now).await?;
            if let Some(pass) = Pass::nearest(theirs, gate.slot, now) {
                return load(db, ctx, pass.id, &IN_PERSON).await;
            }
            let waits = visitors::wait_with_document(db, &hash, now).await?;
            without_pass(ctx, waits, &hash).await
        }
        Kind::Other => Ok(Credential::Unknown { stale: false }),
    }
}

async fn of_code(ctx: &Ctx, text: &str, now: DateTime<Utc>) -> Result<Credential, StoreError> {
    let (db, text) = (&ctx.db.read, normalise(text));
    match Rotation::read(&ctx.keys, &text, now) {
        Some(Rotation::Fresh(pass)) => load(db, ctx, pass, &IN_PERSON).await,
        Some(Rotation::Stale(pass)) => load(db, ctx, pass, &Known::InPerson { stale: true }).await,
        None => match ctx.codes.read(&text) {
            CodeRead::Forged => Ok(Credential::Bad),
            CodeRead::Genuine(claims) => load(db, ctx, claims.pass, &IN_PERSON).await,
        },
    }
}

/// Whose picture was withdrawn is known by their face no longer, whatever a terminal still keeps.
async fn of_face(
    ctx: &Ctx,
    gate: &Gate,
    id: VisitorId,
    now: DateTime<Utc>,
) -> Result<Credential, StoreError> {
    let db = &ctx.db.read;
    let visitor = visitors::find(db, id).await?;
    if visitor.is_none_or(|visitor| visitor.face_photo.is_none()) {
        return Ok(Credential::Unknown { stale: false });
    }
    let theirs = passes::of_visitor(db, id, now).await?;
    match Pass::nearest(theirs, gate.slot, now) {
        Some(pass) => load(db, ctx, pass.id, &IN_PERSON).await,
        None => Ok(Credential::Unknown { stale: false }),
    }
}

async fn without_pass(ctx: &Ctx, waits: bool, mark: &KeyedHash) -> Result<Credential, StoreError> {
    if !waits {
        return Ok(Credential::Unknown { stale: false });
    }
    let listed = blacklist::fitting(&ctx.db.read, [mark]).await?;
    Ok(Credential::Unapproved { listed })
}

/// A pass with what there is to know of it but its presence, which only counts behind its lock. Of a group
/// it is known as a group's, by whatever code.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    id: PassId,
    known: &Known,
) -> Result<Credential, StoreError> {
    let Some(pass) = passes::find(db, id).await? else {
        let stale = *known == Known::InPerson { stale: true };
        return Ok(Credential::Unknown { stale });
    };
    let visitor = visitors::find(db, pass.visitor).await?;
    let visit = visits::find(db, pass.visit).await?;
    let name = visitor.as_ref().map_or("", |visitor| visitor.name.as_str());
    let group = visit.as_ref().is_some_and(|v| v.mode == Mode::Group);
    let known = match known {
        Known::InPerson { stale: false } if group => &Known::InGroup,
        known => known,
    };
    let holder = match known {
        Known::ByPlate(plate) => plate.as_str().to_owned(),
        Known::InGroup => "团体通行".to_owned(),
        Known::InPerson { .. } => Masked::name(name).to_string(),
    };
    let mut marks = visitor.map_or(vec![], |visitor| marks_of(&ctx.keys, &visitor));
    if let Known::ByPlate(plate) = known {
        marks.push(ctx.keys.keyed_hash(plate));
    }
    Ok(Credential::Pass(Holding {
        listed: blacklist::fitting(db, &marks).await?,
        holder,
        arrived: visit.as_ref().is_some_and(|v| v.arrived_at.is_some()),
        approved: visit.is_some_and(|visit| stands(&visit.stage)),
        known: known.clone(),
        presence: Presence::default(),
        pass,
    }))
}

/// Whether a visit was approved and has not been taken back. What was withdrawn has its passes revoked, and
/// is told so.
fn stands(stage: &Stage) -> bool {
    match stage {
        Stage::Approved { .. }
        | Stage::Withdrawn { .. }
        | Stage::Lapsed { .. }
        | Stage::Completed { .. } => true,
        Stage::Inviting | Stage::Pending | Stage::Rejected { .. } | Stage::Returned { .. } => false,
    }
}
