//! The WeCom card in an approver's hand: a tap on 同意, and what becomes of the other cards.

use sea_orm::DatabaseTransaction;

use super::approvals::{DecideError, Eyes, decide_in};
use crate::ctx::Ctx;
use crate::domain::actors::Staff;
use crate::domain::message::Message;
use crate::domain::visit::{Decision, Stage, Visit};
use crate::ids::OutboxId;
use crate::outbox;
use crate::store::approval_steps::outcome;
use crate::store::deliveries::Seen;
use crate::store::{
    self, StoreError, approval_steps, approval_votes, begin, cards, commit, deliveries, staff,
    visits,
};

/// The `EventKey` of 同意. The other two buttons open the page, for the comment.
pub const APPROVE: &str = "approve";

/// What stands on the card when only the page shows what must be looked at first.
const LOOK: &str = "请打开页面处理";

/// What the card says after a tap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tapped {
    /// The decision, this one or an earlier one: it stands in place of the buttons.
    Settled(String),
    /// Not an approver's card, or not a button of ours: nothing changes.
    Ignored,
}

/// A member of staff taps a button. Late taps are harmless: the card then says what was decided. The
/// same `delivery` again gives the same answer.
pub async fn tap(
    ctx: &Ctx,
    delivery: &str,
    userid: &str,
    task_id: &str,
    key: &str,
) -> Result<Tapped, StoreError> {
    let Ok(id) = task_id.parse::<OutboxId>() else {
        return Ok(Tapped::Ignored);
    };
    let txn = begin(&ctx.db).await?;
    // The outbox is asked, and not the cards: a card can be tapped before its sending is written
    // down, or when the answer to it was lost.
    let owed = store::outbox::find(&txn, id).await?;
    let Some((Message::ApprovalWaiting { step }, to)) = owed.map(|owed| (owed.message, owed.to))
    else {
        return Ok(Tapped::Ignored);
    };
    let member = staff::find_by_userid(&txn, userid).await?;
    let Some(member) = member.filter(|member| to.staff() == Some(member.id)) else {
        return Ok(Tapped::Ignored);
    };
    let by = Staff { member };
    let Some(step) = approval_steps::find(&txn, step).await? else {
        return Ok(Tapped::Ignored);
    };
    if key != APPROVE {
        return Ok(Tapped::Ignored);
    }
    match deliveries::claim(&txn, delivery, ctx.clock.now()).await? {
        Seen::Before(reply) => return Ok(reply.map_or(Tapped::Ignored, Tapped::Settled)),
        Seen::First => {}
    }
    // The answer to this tap changes this card, so its code is spent.
    cards::spend_code(&txn, id).await?;
    let seen = (Some(step.id), Eyes::Elsewhere);
    let decided = decide_in(&txn, ctx, &by, step.visit, seen, Decision::Approve(None)).await;
    let word = match decided {
        Ok(_) | Err(DecideError::NotFound | DecideError::Answered(_) | DecideError::Visit(_)) => {
            let visit = visits::find(&txn, step.visit).await?;
            let Some(visit) = visit else {
                return Ok(Tapped::Ignored);
            };
            let step = approval_steps::find(&txn, step.id).await?;
            outcome(step.as_ref(), &visit.settle(ctx.clock.now()))
        }
        Err(DecideError::Blocked { .. } | DecideError::Review | DecideError::Own) => LOOK,
        Err(DecideError::Store(error)) => return Err(error),
    };
    deliveries::answer(&txn, delivery, word).await?;
    commit(txn).await?;
    Ok(Tapped::Settled(word.to_owned()))
}

/// Owes every card of a visit on which nothing can be tapped any more its result.
pub(super) async fn settle(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
) -> Result<(), StoreError> {
    for step in approval_steps::of_visit(txn, visit.id).await? {
        let words = approval_votes::of_steps(txn, [step.id]).await?;
        let open = step.is_open() && visit.stage == Stage::Pending;
        for card in cards::of_step(txn, step.id).await? {
            let said = words.iter().any(|word| word.given_by == card.staff);
            if card.response_code.is_some() && (said || !open) {
                outbox::post(txn, ctx, &Message::CardSettled { card: card.id }).await?;
            }
        }
    }
    Ok(())
}
