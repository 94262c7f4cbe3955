//! 访客邀约 and 邀请多人随行: somebody invites, others join, and it is submitted when every place is
//! taken or the time has run out, whichever comes first.
//!
//! Whoever joins, submits, closes, extends, withdraws or only looks settles the lapse first, behind the
//! lock of the visit; so each of them finds either an open invitation or how it ended.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use super::applications::{
    BookError, Details, Wanted, admit, check, consent, hold, note, take_photos, visit, visitor,
};
use super::lapses::{Held, settle_due, settle_in};
use super::once::{self, Key};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Guest, Staff};
use crate::domain::invitation::{
    Capacity, Course, Ending, Invitation, Invitee, Joined, Place, Refusal, Term,
};
use crate::domain::message::Message;
use crate::domain::mode::Mode;
use crate::domain::visit::{Stage, Visit};
use crate::domain::{PersonName, Phone};
use crate::ids::{InviteeId, VisitId, VisitorId};
use crate::outbox;
use crate::secret::token_hash;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{StoreError, begin, commit, invitations, invitees, people, visitors, visits};

/// How many are invited, for how long, and who of them by name.
#[derive(Clone, Debug)]
pub struct Invited {
    pub capacity: Capacity,
    pub term: Term,
    /// At most as many as there are places.
    pub named: Vec<(PersonName, Phone)>,
}

/// A member of staff invites; each who is named gets the link by SMS. The same key again gives the
/// visit that it made.
pub async fn invite(
    ctx: &Ctx,
    by: &Staff,
    key: Option<&Key>,
    asked: &Wanted,
    invited: &Invited,
) -> Result<VisitId, BookError> {
    match invite_once(ctx, by.into(), key, asked, invited).await {
        Err(BookError::Store(error)) if error.is_taken() => {
            invite_once(ctx, by.into(), key, asked, invited).await
        }
        made => made,
    }
}

async fn invite_once(
    ctx: &Ctx,
    by: Account,
    key: Option<&Key>,
    asked: &Wanted,
    invited: &Invited,
) -> Result<VisitId, BookError> {
    let txn = begin(&ctx.db).await?;
    hold(&txn, by).await?;
    if let Some(made) = once::made(&txn, by, key).await? {
        return Ok(made);
    }
    let department = check(&txn, ctx, by, asked, None).await?;
    let way = (Mode::Invitation, Stage::Inviting);
    let visit = visit(ctx, by, way, asked, department);
    visits::insert(&txn, &visit).await?;
    once::remember(&txn, ctx, by, key, visit.id.get()).await?;
    note(&txn, ctx, by, "invitation.invite", visit.id).await?;
    let id = visit.id;
    open(&txn, ctx, visit, invited).await?;
    commit(txn).await?;
    Ok(id)
}

/// Opens the invitation of a new visit, whose first visitors may be in it already.
pub(super) async fn open(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: Visit,
    with: &Invited,
) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let lapses_at = with.term.after(now, visit.window.until());
    let mut invitation = Invitation {
        id: ctx.mint(),
        visit: visit.id,
        link_generation: 1,
        capacity: with.capacity,
        lapses_at,
        deadline: ctx.mint(),
        warn_at: None,
        course: Course::Open,
    };
    invitation.set_deadline(invitation.deadline, now, lapses_at);
    let token = ctx.invitation_token(&invitation);
    invitations::insert(txn, &invitation, &token.hash()).await?;
    for (name, phone) in &with.named {
        let kept = Invitee {
            id: ctx.mint(),
            invitation: invitation.id,
            name: name.clone(),
            phone: ctx.seal_phone(phone),
            visitor: None,
        };
        invitees::insert(txn, &kept).await?;
        let invitee = kept.id;
        outbox::post(txn, ctx, &Message::Invited { invitee }).await?;
    }
    settle_in(txn, ctx, visit).await?;
    Ok(())
}

/// Joins the visit behind a link. Whoever fills in for somebody else takes a place for them. The same
/// key again takes no second place.
pub async fn accept(
    ctx: &Ctx,
    guest: &Guest,
    token: &str,
    key: Option<&Key>,
    details: &Details,
) -> Result<Joined, BookError> {
    match accept_once(ctx, guest, token, key, details).await {
        Err(BookError::Store(error)) if error.is_taken() => {
            accept_once(ctx, guest, token, key, details).await
        }
        joined => joined,
    }
}

async fn accept_once(
    ctx: &Ctx,
    guest: &Guest,
    token: &str,
    key: Option<&Key>,
    details: &Details,
) -> Result<Joined, BookError> {
    let by = Account::from(guest);
    let hash = token_hash(token);
    let txn = begin(&ctx.db).await?;
    hold(&txn, by).await?;
    let found = invitations::find_by_link(&txn, &hash).await?;
    let found = found.ok_or(BookError::NotFound)?;
    let visit = visits::lock(&txn, found.visit).await?;
    let visit = visit.ok_or(BookError::NotFound)?;
    let held = Held::of(&txn, visit).await?;
    let mut held = held.ok_or(BookError::NotFound)?;
    // Read behind the lock: what was waited for has happened by now.
    let now = ctx.clock.now();
    held.settle(&txn, ctx, now).await?;
    if once::made::<VisitorId>(&txn, by, key).await?.is_some() {
        return Ok(held.joined());
    }
    let person = people::find(&txn, guest.id).await?;
    let (known, proven_at) = person.map_or((None, None), |p| (p.phone, p.phone_proven_at));
    let proven = known.as_ref().filter(|_| proven_at.is_some());
    let phone = ctx.keys.keyed_hash(&details.phone);
    let document = details.document.as_ref();
    let document = document.map(|document| ctx.keys.keyed_hash(&document.number));
    let place = match held.place_for(&phone, proven.map(|phone| &phone.hash), document.as_ref()) {
        Ok(place) => place,
        Err(refusal) => {
            // What has lapsed by now is written down all the same.
            commit(txn).await?;
            return Err(refusal.into());
        }
    };
    take_photos(&txn, ctx, by, details, None).await?;
    // Who gives another number than their own fills in for somebody else.
    let themselves = known.is_none_or(|known| known.hash == phone);
    let own = themselves.then_some(guest.id);
    let at = (ctx.mint(), held.visit.id, held.visitors.len() + 1);
    let joining = visitor(ctx, at, own, details);
    visitors::insert(&txn, &joining).await?;
    admit(&txn, ctx, &held.visit, &joining, None).await?;
    if let Place::Named(invitee) = place {
        invitees::claim(&txn, invitee, joining.id).await?;
    }
    if themselves {
        people::learn_details(&txn, guest.id, &joining.name, &joining.phone).await?;
    }
    consent(&txn, ctx, by, details).await?;
    once::remember(&txn, ctx, by, key, joining.id.get()).await?;
    note(&txn, ctx, by, "invitation.accept", held.visit.id).await?;
    held.visitors.push(joining);
    held.settle(&txn, ctx, now).await?;
    commit(txn).await?;
    Ok(held.joined())
}

/// Submits with those who have joined so far.
pub async fn submit(ctx: &Ctx, by: Account, id: VisitId) -> Result<(), BookError> {
    change(ctx, by, id, "invitation.submit", |held, now| {
        if held.visitors.is_empty() {
            return Err(Refusal::NobodyIn);
        }
        held.invitation.end(Ending::Submitted, now);
        Ok(())
    })
    .await
}

/// Prolongs it by so long, at most to a week from now and to the end of the visit.
pub async fn extend(ctx: &Ctx, by: Account, id: VisitId, by_term: Term) -> Result<(), BookError> {
    let deadline = ctx.mint();
    change(ctx, by, id, "invitation.extend", |held, now| {
        let most = Term::LONGEST.after(now, held.visit.window.until());
        let lapses_at = by_term.after(held.invitation.lapses_at, most);
        held.invitation.set_deadline(deadline, now, lapses_at);
        Ok(())
    })
    .await
}

/// Closes an empty place: the one kept for `named`, or one kept for nobody. Fewer places may be all
/// taken, which submits.
pub async fn close(
    ctx: &Ctx,
    by: Account,
    id: VisitId,
    named: Option<InviteeId>,
) -> Result<(), BookError> {
    change(ctx, by, id, "invitation.close", |held, _| {
        let joined = held.visitors.len();
        held.invitation.close_place(joined, &held.invitees, named)?;
        held.uninvited = named;
        Ok(())
    })
    .await
}

/// What the initiator does with an invitation that is still open.
async fn change(
    ctx: &Ctx,
    by: Account,
    id: VisitId,
    what: &'static str,
    asked: impl FnOnce(&mut Held, DateTime<Utc>) -> Result<(), Refusal>,
) -> Result<(), BookError> {
    let txn = begin(&ctx.db).await?;
    let visit = visits::lock_of(&txn, by, id).await?;
    let visit = visit.ok_or(BookError::NotFound)?;
    let held = Held::of(&txn, visit).await?;
    let mut held = held.ok_or(BookError::NotFound)?;
    let now = ctx.clock.now();
    held.settle(&txn, ctx, now).await?;
    let open = held.invitation.must_be_open();
    if let Err(refusal) = open.and_then(|()| asked(&mut held, now)) {
        commit(txn).await?;
        return Err(refusal.into());
    }
    held.store(&txn, ctx, now).await?;
    held.settle(&txn, ctx, now).await?;
    note(&txn, ctx, by, what, id).await?;
    commit(txn).await?;
    Ok(())
}

/// The visit behind a link, as it stands now; its `invitation` is there.
pub async fn find(ctx: &Ctx, token: &str) -> Result<Option<VisitFacts>, StoreError> {
    settle_due(ctx).await?;
    let db = &ctx.db.read;
    let Some(found) = invitations::find_by_link(db, &token_hash(token)).await? else {
        return Ok(None);
    };
    let Some(visit) = visits::find(db, found.visit).await? else {
        return Ok(None);
    };
    let facts = visit_facts::of_one(db, visit, ctx.clock.now()).await?;
    Ok(Some(facts))
}
