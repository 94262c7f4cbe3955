//! What an invitation means by now, written down: the lapse that any reader and any timer may settle,
//! and the warning before it.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use super::applications::note;
use super::steps::ask;
use crate::ctx::Ctx;
use crate::domain::invitation::{Course, Ending, Invitation, Invitee, Joined, Place, Refusal};
use crate::domain::message::Message;
use crate::domain::visit::{Stage, Visit};
use crate::domain::visitor::Visitor;
use crate::ids::{InviteeId, VisitId};
use crate::outbox;
use crate::secret::KeyedHash;
use crate::store::{StoreError, begin, commit, invitations, invitees, visitors, visits};

/// Ends every invitation whose time has run out, however long ago; says how many there were. The
/// timer of any replica does, and so does whoever reads before it.
pub async fn settle_due(ctx: &Ctx) -> Result<usize, StoreError> {
    let due = invitations::find_due(&ctx.db.read, ctx.clock.now()).await?;
    for id in &due {
        if let Err(error) = settle_one(ctx, *id).await {
            // One that makes no sense must not keep the others from being settled.
            tracing::error!(visit.id = %id, %error, "an invitation could not be settled");
        }
    }
    Ok(due.len())
}

async fn settle_one(ctx: &Ctx, id: VisitId) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    if let Some(visit) = visits::lock(&txn, id).await? {
        settle_in(&txn, ctx, visit).await?;
    }
    commit(txn).await
}

/// Warns the initiators of those that are about to lapse, once for each deadline.
pub async fn warn_due(ctx: &Ctx) -> Result<usize, StoreError> {
    let due = invitations::find_to_warn(&ctx.db.read, ctx.clock.now()).await?;
    for id in &due {
        if let Err(error) = warn(ctx, *id).await {
            tracing::error!(visit.id = %id, %error, "a lapse could not be warned of");
        }
    }
    Ok(due.len())
}

async fn warn(ctx: &Ctx, id: VisitId) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    let Some(visit) = visits::lock(&txn, id).await? else {
        return Ok(());
    };
    let Some(mut held) = Held::of(&txn, visit).await? else {
        return Ok(());
    };
    let now = ctx.clock.now();
    held.settle(&txn, ctx, now).await?;
    if held.invitation.warn_at.is_some_and(|at| at <= now) {
        held.invitation.warn_at = None;
        invitations::update(&txn, &held.invitation).await?;
        let deadline = held.invitation.deadline;
        outbox::post(&txn, ctx, &Message::InvitationLapsing { deadline }).await?;
    }
    commit(txn).await
}

/// The visit, which the caller has locked, as its invitation has left it by now.
pub(super) async fn settle_in(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: Visit,
) -> Result<Visit, StoreError> {
    if visit.stage != Stage::Inviting {
        return Ok(visit);
    }
    let corrupt = StoreError::Corrupt {
        table: "visits",
        id: visit.id.get(),
    };
    let mut held = Held::of(txn, visit).await?.ok_or(corrupt)?;
    held.settle(txn, ctx, ctx.clock.now()).await?;
    Ok(held.visit)
}

/// Ends the invitation of a visit, if it has one that is open.
pub(super) async fn end_open(
    txn: &DatabaseTransaction,
    visit: VisitId,
    how: Ending,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    for mut invitation in invitations::of_visits(txn, [visit]).await? {
        if invitation.course == Course::Open {
            invitation.end(how, at);
            invitations::update(txn, &invitation).await?;
        }
    }
    Ok(())
}

/// An invitation behind the lock of its visit.
pub(super) struct Held {
    pub visit: Visit,
    pub invitation: Invitation,
    pub visitors: Vec<Visitor>,
    pub invitees: Vec<Invitee>,
    /// Whose place is closed with the next storing.
    pub uninvited: Option<InviteeId>,
}

impl Held {
    /// The invitation of a visit that the caller has locked, if it has one.
    pub async fn of(txn: &DatabaseTransaction, visit: Visit) -> Result<Option<Self>, StoreError> {
        let Some(invitation) = invitations::of_visits(txn, [visit.id]).await?.pop() else {
            return Ok(None);
        };
        Ok(Some(Self {
            visitors: visitors::of_visits(txn, [visit.id]).await?,
            invitees: invitees::of_invitations(txn, [invitation.id]).await?,
            visit,
            invitation,
            uninvited: None,
        }))
    }

    /// Ends it when its time has run out or every place is taken.
    pub async fn settle(
        &mut self,
        txn: &DatabaseTransaction,
        ctx: &Ctx,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let settled = self.invitation.clone().settle(self.visitors.len(), now);
        if settled == self.invitation {
            return Ok(());
        }
        self.invitation = settled;
        self.store(txn, ctx, now).await
    }

    /// Writes it down. One that has ended hands its visit on: to the approvers, or to nobody when
    /// nobody is in it.
    pub async fn store(
        &mut self,
        txn: &DatabaseTransaction,
        ctx: &Ctx,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        invitations::update(txn, &self.invitation).await?;
        if let Some(uninvited) = self.uninvited.take() {
            invitees::delete(txn, uninvited).await?;
            self.invitees.retain(|invitee| invitee.id != uninvited);
        }
        let Course::Ended { how, at } = self.invitation.course else {
            return Ok(());
        };
        let visit = self.visit.clone().end_inviting(self.visitors.len(), at);
        let visit = visit.settle(now);
        visits::update(txn, &visit).await?;
        self.visit = Visit {
            version: visit.version + 1,
            ..visit
        };
        if self.visit.stage == Stage::Pending {
            // On the heap: whoever joins, looks or withdraws holds this future.
            Box::pin(ask(txn, ctx, &self.visit)).await?;
        }
        if how == Ending::Lapsed {
            let invitation = self.invitation.id;
            outbox::post(txn, ctx, &Message::InvitationLapsed { invitation }).await?;
            note(txn, ctx, "system", "invitation.lapse", self.visit.id).await?;
        }
        Ok(())
    }

    /// The place for somebody with this phone and this document.
    pub fn place_for(
        &self,
        phone: &KeyedHash,
        proven: Option<&KeyedHash>,
        document: Option<&KeyedHash>,
    ) -> Result<Place, Refusal> {
        self.invitation.must_be_open()?;
        let mut known = self.visitors.iter().filter_map(|v| v.document.as_ref());
        if known.any(|known| Some(&known.hash) == document) {
            return Err(Refusal::AlreadyIn);
        }
        let joined = self.visitors.len();
        self.invitation
            .place_for(phone, proven, joined, &self.invitees)
    }

    /// What the last joining came to.
    pub fn joined(&self) -> Joined {
        match self.invitation.course {
            Course::Ended {
                how: Ending::Full, ..
            } => Joined::AndFull,
            Course::Open | Course::Ended { .. } => Joined::Accepted,
        }
    }
}
