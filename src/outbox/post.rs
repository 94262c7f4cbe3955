//! Into the transaction: who must be told.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use super::subject::visit_of;
use crate::ctx::Ctx;
use crate::domain::campus::Role;
use crate::domain::message::{Message, Recipient};
use crate::ids::{PersonId, VisitId};
use crate::store::outbox::Owed;
use crate::store::{
    StoreError, approval_steps, cards, deciders, outbox, passes, staff, visitors, visits,
};
use crate::templates::{Audience, Channel, Send};

/// Owes a message to everybody whom its template names. Posting the same again changes nothing.
///
/// # Errors
/// When the database does not keep it, or the row it is about is not there.
pub async fn post(
    txn: &impl ConnectionTrait,
    ctx: &Ctx,
    message: &Message,
) -> Result<(), StoreError> {
    let (template, now) = (ctx.templates.of(message.kind()), ctx.clock.now());
    let visit = visit_of(txn, message).await?;
    for (chain, send) in template.sends.iter().enumerate() {
        let mut told = audience(txn, message, send, now).await?;
        let hosts = template.sends.iter().find(|send| send.to == Audience::Host);
        if let (Audience::Initiator, Some(hosts)) = (send.to, hosts) {
            // A host who invites hears once, as the host.
            let hosts = audience(txn, message, hosts, now).await?;
            told.retain(|to| !hosts.contains(to));
        }
        for to in told {
            owe(txn, ctx, message, visit, to, (chain, send)).await?;
        }
    }
    Ok(())
}

/// Owes one person a message that only the caller knows whom it is for.
///
/// # Errors
/// When the database does not keep it.
pub async fn post_to(
    txn: &impl ConnectionTrait,
    ctx: &Ctx,
    message: &Message,
    to: PersonId,
) -> Result<(), StoreError> {
    let template = ctx.templates.of(message.kind());
    for chain in template.sends.iter().enumerate() {
        owe(txn, ctx, message, None, Recipient::Person(to), chain).await?;
    }
    Ok(())
}

async fn owe(
    txn: &impl ConnectionTrait,
    ctx: &Ctx,
    message: &Message,
    visit: Option<VisitId>,
    to: Recipient,
    (chain, send): (usize, &Send),
) -> Result<(), StoreError> {
    // What no channel of the chain could bring to them is not owed.
    let Some((channel, first)) = send.channel_for(to, 0) else {
        return Ok(());
    };
    let owed = Owed {
        id: ctx.mint(),
        message: *message,
        to,
        visit,
        chain,
        channel,
        lane: first.lane(),
        attempts: 0,
        doubtful: false,
        created_at: ctx.clock.now(),
    };
    outbox::insert_once(txn, &owed).await
}

/// Who they are, for this message. A template whose audience a message does not have is refused at
/// start, so what is left over here has nobody to tell.
async fn audience(
    txn: &impl ConnectionTrait,
    message: &Message,
    send: &Send,
    now: DateTime<Utc>,
) -> Result<Vec<Recipient>, StoreError> {
    match message {
        Message::ApprovalWaiting { step } | Message::ApprovalReminder { step } => {
            let Some(step) = approval_steps::find(txn, *step).await? else {
                return Ok(vec![]);
            };
            let Some(visit) = visits::find(txn, step.visit).await? else {
                return Ok(vec![]);
            };
            let told = deciders::told(txn, &step, &visit, now).await?;
            Ok(told.into_iter().map(Recipient::Staff).collect())
        }
        Message::VisitApproved { .. }
        | Message::VisitRejected { .. }
        | Message::VisitReturned { .. }
        | Message::GuestArrived { .. }
        | Message::InvitationLapsing { .. }
        | Message::InvitationLapsed { .. } => {
            let visit = match visit_of(txn, message).await? {
                Some(id) => visits::find(txn, id).await?,
                None => None,
            };
            // A resident hears by another message, and has no WeCom.
            let told = visit.and_then(|visit| match send.to {
                Audience::Host => visit.host.staff().map(Recipient::Staff),
                _ => Some(visit.initiator.into()),
            });
            Ok(told.into_iter().collect())
        }
        Message::PassIssued { pass } => {
            let visitor = match passes::find(txn, *pass).await? {
                Some(pass) => visitors::find(txn, pass.visitor).await?,
                None => None,
            };
            // Whoever was filled in by somebody else has no chat with the account.
            let in_chat = |channel| matches!(channel, &Channel::Subscription | &Channel::Template);
            let chat = send.channels.iter().all(in_chat);
            let told = visitor.filter(|visitor| !chat || visitor.person.is_some());
            let told = told.map(|visitor| Recipient::Visitor(visitor.id));
            Ok(told.into_iter().collect())
        }
        Message::Invited { invitee } => Ok(vec![Recipient::Invitee(*invitee)]),
        Message::Registered { registration } => Ok(vec![Recipient::Resident(*registration)]),
        Message::LoginCode { code } => Ok(vec![Recipient::Caller(*code)]),
        Message::BlacklistHit { .. } => {
            let told = staff::with_role(txn, &[Role::Guard, Role::Administrator]).await?;
            Ok(told
                .iter()
                .map(|member| Recipient::Staff(member.id))
                .collect())
        }
        Message::CardSettled { card } => {
            let card = cards::find(txn, *card).await?;
            Ok(card
                .map(|card| Recipient::Staff(card.staff))
                .into_iter()
                .collect())
        }
        Message::FollowerSeen { person } => Ok(vec![Recipient::Person(*person)]),
        // The second does not say whose it was: `post_to` is told.
        Message::AnswerLate { .. } => Ok(vec![]),
    }
}
