//! Into the transaction: who must be told.

use sea_orm::ConnectionTrait;

use super::subject::visit_of;
use crate::ctx::Ctx;
use crate::domain::message::{Message, Recipient};
use crate::ids::PersonId;
use crate::store::outbox::Owed;
use crate::store::{StoreError, approval_steps, cards, outbox, passes, staff, visits};
use crate::templates::Audience;

/// Owes a message to everybody whom its template names. Posting the same again changes nothing.
///
/// # Errors
/// When the database does not keep it, or the row it is about is not there.
pub async fn post(
    txn: &impl ConnectionTrait,
    ctx: &Ctx,
    message: &Message,
) -> Result<(), StoreError> {
    let template = ctx.templates.of(message.kind());
    for (chain, send) in template.sends.iter().enumerate() {
        for to in audience(txn, message, send.to).await? {
            owe(txn, ctx, message, to, chain).await?;
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
    let chains = ctx.templates.of(message.kind()).sends.len();
    for chain in 0..chains {
        owe(txn, ctx, message, Recipient::Person(to), chain).await?;
    }
    Ok(())
}

async fn owe(
    txn: &impl ConnectionTrait,
    ctx: &Ctx,
    message: &Message,
    to: Recipient,
    chain: usize,
) -> Result<(), StoreError> {
    let owed = Owed {
        id: ctx.mint(),
        message: *message,
        to,
        chain,
        channel: 0,
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
    to: Audience,
) -> Result<Vec<Recipient>, StoreError> {
    match message {
        Message::ApprovalWaiting { step } => {
            let Some(step) = approval_steps::find(txn, *step).await? else {
                return Ok(vec![]);
            };
            let approvers = staff::approvers_of(txn, step.department).await?;
            Ok(approvers
                .iter()
                .map(|approver| Recipient::Staff(approver.id))
                .collect())
        }
        Message::VisitApproved { .. }
        | Message::VisitRejected { .. }
        | Message::VisitReturned { .. }
        | Message::GuestArrived { .. } => {
            let visit = match visit_of(txn, message).await? {
                Some(id) => visits::find(txn, id).await?,
                None => None,
            };
            let told = visit.map(|visit| match to {
                Audience::Host => Recipient::Staff(visit.host),
                _ => Recipient::Person(visit.initiator),
            });
            Ok(told.into_iter().collect())
        }
        Message::PassIssued { pass } => {
            let pass = passes::find(txn, *pass).await?;
            Ok(pass
                .map(|pass| Recipient::Visitor(pass.visitor))
                .into_iter()
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
