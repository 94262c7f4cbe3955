//! Whose is it that was read?

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::FutureExt;
use sea_orm::ConnectionTrait;

use super::mark;
use crate::ctx::Ctx;
use crate::domain::campus::Gate;
use crate::domain::gate::{Content, Credential, Holding, Kind, Known, normalise};
use crate::domain::mode::Mode;
use crate::domain::pass::Pass;
use crate::domain::pass_code::{Claims, CodeRead};
use crate::domain::presence::Presence;
use crate::domain::rotating_code::Rotation;
use crate::domain::screening::marks_of;
use crate::domain::visit::Stage;
use crate::domain::{IdNumber, Plate, Window};
use crate::ids::{PassId, VisitorId};
use crate::secret::{KeyedHash, Masked};
use crate::store::{StoreError, blacklist, passes, visitors};

const IN_PERSON: Known = Known::InPerson { stale: false };

pub(super) async fn recognise(
    ctx: &Ctx,
    gate: &Gate,
    content: &Content,
    now: DateTime<Utc>,
) -> Result<Credential, StoreError> {
    let text = content.text.as_str();
    match content.kind {
        Kind::Qr => of_code(ctx, content, now).await,
        Kind::Card => match of_code(ctx, content, now).await? {
            // What is no code of ours may well be a card.
            Credential::Bad => Ok(Credential::Unknown { stale: false }),
            known => Ok(known),
        },
        Kind::Plate => of_plate(ctx, gate, text, now).boxed().await,
        Kind::Face => of_face(ctx, gate, text, now).boxed().await,
        Kind::IdCard => of_document(ctx, gate, text, now).boxed().await,
        Kind::Other => Ok(Credential::Unknown { stale: false }),
    }
}

async fn of_code(
    ctx: &Ctx,
    content: &Content,
    now: DateTime<Utc>,
) -> Result<Credential, StoreError> {
    let text = normalise(&content.text);
    match Rotation::read(&ctx.keys, &text, now) {
        Some(Rotation::Fresh(pass)) => recall(ctx, pass, &IN_PERSON).await,
        Some(Rotation::Stale(pass)) => recall(ctx, pass, &Known::InPerson { stale: true }).await,
        None => match genuine(ctx, content, &text) {
            Some(claims) => recall(ctx, claims.pass, &IN_PERSON).await,
            None => Ok(Credential::Bad),
        },
    }
}

/// What a code says by itself, or what was last known of its pass.
pub(super) fn claimed(ctx: &Ctx, content: &Content, now: DateTime<Utc>) -> Option<Credential> {
    let text = normalise(&content.text);
    let last = |pass| {
        let held = ctx.caches.gates.passes.last(&pass);
        held.map(|held| Credential::Pass(Holding::clone(&held)))
    };
    match Rotation::read(&ctx.keys, &text, now) {
        Some(Rotation::Fresh(pass)) => last(pass),
        Some(Rotation::Stale(_)) => None,
        None => {
            let claims = genuine(ctx, content, &text)?;
            last(claims.pass).or_else(|| Some(Credential::Pass(taken_at_its_word(&claims)?)))
        }
    }
}

/// A pass as its code has it: in force, and of whom nobody knows.
fn taken_at_its_word(claims: &Claims) -> Option<Holding> {
    Some(Holding {
        pass: Pass {
            id: claims.pass,
            visit: 0.into(),
            visitor: 0.into(),
            key_no: 0,
            link_generation: 0,
            window: Window::new(claims.not_before, claims.not_after).ok()?,
            areas: claims.areas,
            entry_limit: None,
            entries: 0,
            revoked_at: None,
            // No row has it, so whoever can look at the row does.
            version: 0,
        },
        holder: String::new(),
        arrived: true,
        approved: true,
        listed: Vec::new(),
        known: IN_PERSON,
        presence: Presence::default(),
    })
}

/// What a signed code says. A signature costs as much as everything else together, so one that fits is
/// looked at once.
fn genuine(ctx: &Ctx, content: &Content, text: &str) -> Option<Claims> {
    let codes = &ctx.caches.gates.codes;
    let mark = mark(ctx, content);
    if let Some(claims) = codes.get(&mark) {
        return Some(claims);
    }
    let CodeRead::Genuine(claims) = ctx.codes.read(text) else {
        return None;
    };
    Some(codes.get_or_insert(mark, || claims).0)
}

async fn of_plate(
    ctx: &Ctx,
    gate: &Gate,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Credential, StoreError> {
    let db = &ctx.db.read;
    let Ok(plate) = Plate::parse(text) else {
        return Ok(Credential::NoPlate);
    };
    let theirs = passes::of_plate(db, &plate, now).await?;
    if let Some(pass) = Pass::nearest(theirs, gate.slot, now) {
        return recall(ctx, pass.id, &Known::ByPlate(plate)).await;
    }
    let waits = visitors::wait_with_plate(db, &plate, now).await?;
    without_pass(ctx, waits, &ctx.keys.keyed_hash(&plate)).await
}

async fn of_document(
    ctx: &Ctx,
    gate: &Gate,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Credential, StoreError> {
    let db = &ctx.db.read;
    let Ok(number) = IdNumber::parse(text) else {
        return Ok(Credential::Bad);
    };
    let hash = ctx.keys.keyed_hash(&number);
    let theirs = passes::of_document(db, &hash, now).await?;
    if let Some(pass) = Pass::nearest(theirs, gate.slot, now) {
        return recall(ctx, pass.id, &IN_PERSON).await;
    }
    let waits = visitors::wait_with_document(db, &hash, now).await?;
    without_pass(ctx, waits, &hash).await
}

/// Whose picture was withdrawn is known by their face no longer, whatever a terminal still keeps.
async fn of_face(
    ctx: &Ctx,
    gate: &Gate,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Credential, StoreError> {
    let db = &ctx.db.read;
    let Ok(number) = text.trim().parse::<i64>() else {
        return Ok(Credential::Bad);
    };
    let id = VisitorId::from(number);
    let visitor = visitors::find(db, id).await?;
    if visitor.is_none_or(|visitor| visitor.face_photo.is_none()) {
        return Ok(Credential::Unknown { stale: false });
    }
    let theirs = passes::of_visitor(db, id, now).await?;
    match Pass::nearest(theirs, gate.slot, now) {
        Some(pass) => recall(ctx, pass.id, &IN_PERSON).await,
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

/// A pass with what there is to know of it but its presence, as it was a moment ago.
async fn recall(ctx: &Ctx, id: PassId, known: &Known) -> Result<Credential, StoreError> {
    let db = &ctx.db.read;
    let gates = &ctx.caches.gates;
    let read = async {
        let marks = async || blacklist::marks(db).await.map(Arc::new).map(Some);
        let listed = gates.listed.get(&(), marks).await?;
        let held = hold(db, ctx, id, listed.as_deref()).await?;
        Ok::<_, StoreError>(held.map(Arc::new))
    };
    let held = gates.passes.get(&id, || read.boxed()).await?;
    let held = held.map(|held| Holding::clone(&held));
    known_by(db, ctx, held, known).await
}

/// The same as it is now, behind its lock, where presences are put to it.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    id: PassId,
    known: &Known,
) -> Result<Credential, StoreError> {
    let held = hold(db, ctx, id, None).await?;
    known_by(db, ctx, held, known).await
}

/// A pass in the hand of whoever it is for. `listed` are the marks that are on the blacklist at all, where
/// they are known.
async fn hold(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    id: PassId,
    listed: Option<&HashSet<KeyedHash>>,
) -> Result<Option<Holding>, StoreError> {
    let Some((pass, visitor, visit)) = passes::find_held(db, id).await? else {
        return Ok(None);
    };
    let group = visit.as_ref().is_some_and(|v| v.mode == Mode::Group);
    let (known, holder) = if group {
        (Known::InGroup, "团体通行".to_owned())
    } else {
        let name = visitor.as_ref().map_or("", |visitor| visitor.name.as_str());
        (IN_PERSON, Masked::name(name).to_string())
    };
    let mut marks = visitor.map_or(vec![], |visitor| marks_of(&ctx.keys, &visitor));
    marks.retain(|mark| listed.is_none_or(|listed| listed.contains(mark)));
    let listed = if marks.is_empty() {
        Vec::new()
    } else {
        blacklist::fitting(db, &marks).await?
    };
    Ok(Some(Holding {
        listed,
        holder,
        arrived: visit.as_ref().is_some_and(|v| v.arrived_at.is_some()),
        approved: visit.is_some_and(|visit| stands(&visit.stage)),
        known,
        presence: Presence::default(),
        pass,
    }))
}

/// The same as a gate knows it. Of a group it is known as a group's, by whatever code.
async fn known_by(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    held: Option<Holding>,
    known: &Known,
) -> Result<Credential, StoreError> {
    let stale = *known == Known::InPerson { stale: true };
    let Some(mut holding) = held else {
        return Ok(Credential::Unknown { stale });
    };
    match known {
        Known::ByPlate(plate) => {
            let mark = ctx.keys.keyed_hash(plate);
            let mut listed = blacklist::fitting(db, [&mark]).boxed().await?;
            listed.retain(|entry| !holding.listed.contains(entry));
            holding.listed.extend(listed);
            plate.as_str().clone_into(&mut holding.holder);
            holding.known = known.clone();
        }
        Known::InPerson { stale: true } => {
            holding.known = known.clone();
        }
        Known::InPerson { stale: false } | Known::InGroup => {}
    }
    Ok(Credential::Pass(holding))
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
