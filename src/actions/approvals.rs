//! 同意, 拒绝, 退回: the host's department decides, or a resident does, and it is written down.

use sea_orm::DatabaseTransaction;

use super::applications::note;
use super::lapses::settle_due;
use super::screening::clear;
use super::{cards, passes};
use crate::ctx::Ctx;
use crate::domain::actors::Approver;
use crate::domain::message::Message;
use crate::domain::visit::{Decider, Decision, Host, Visit, VisitError};
use crate::ids::{StepId, VisitId};
use crate::outbox;
use crate::secret::Masked;
use crate::store::approval_steps::Step;
use crate::store::passes::revoke_of_visit;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{StoreError, approval_steps, begin, commit, registrations, visits};

/// Why a decision did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// There is none, or it is another department's.
    #[error("没有找到该申请")]
    NotFound,
    /// The blacklist refuses one of the visitors. The name is masked.
    #[error("第{place}位访客（{name}）暂不能通过审批，请拒绝或退回该申请，或联系保卫处")]
    Blocked { place: i16, name: Masked },
    /// Somebody must look at one of the visitors, which cannot be done on a card.
    #[error("有访客需重点核查，请打开该申请核实后再审批")]
    Review,
    #[error(transparent)]
    Visit(#[from] VisitError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides a visit of the approver's department.
pub async fn decide(
    ctx: &Ctx,
    by: &Approver,
    id: VisitId,
    decision: Decision,
) -> Result<(), DecideError> {
    let txn = begin(&ctx.db).await?;
    decide_in(&txn, ctx, by, id, None, decision).await?;
    commit(txn).await?;
    Ok(())
}

/// The same within a transaction: the visit, the step, the passes, and who must be told. Whoever
/// decides by a card decides the step that the card showed, and no later one.
pub(super) async fn decide_in(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: &Approver,
    id: VisitId,
    shown: Option<StepId>,
    decision: Decision,
) -> Result<Visit, DecideError> {
    let now = ctx.clock.now();
    let visit = visits::lock(txn, id).await?.ok_or(DecideError::NotFound)?;
    let step = last_step(txn, by, id).await?;
    let step = step.filter(|step| shown.is_none_or(|shown| shown == *step));
    let step = step.ok_or(DecideError::NotFound)?;
    let by = Decider::Staff(by.member.id);
    let visit = visit.decide(decision.clone(), by, now)?;
    let eyes = match shown {
        Some(_) => Eyes::Elsewhere,
        None => Eyes::OnPage,
    };
    conclude(txn, ctx, &visit, step, (&decision, by), eyes).await?;
    Ok(visit)
}

/// Whether whoever decides sees what the blacklist says of the visitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eyes {
    OnPage,
    /// On a card, on a resident's link, or in the register.
    Elsewhere,
}

/// Writes a decision down: the visit as it has left it, the step, the passes, and who must be told. What
/// is refused is refused before anything is written.
pub(super) async fn conclude(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
    step: StepId,
    (decision, by): (&Decision, Decider),
    eyes: Eyes,
) -> Result<(), DecideError> {
    let (id, now) = (visit.id, ctx.clock.now());
    let cleared = match decision {
        Decision::Approve(_) => Some(clear(txn, ctx, visit).await?),
        Decision::Reject(_) | Decision::Return(_) => None,
    };
    let review = cleared.as_ref().is_some_and(|cleared| cleared.review);
    if review && eyes == Eyes::Elsewhere {
        return Err(DecideError::Review);
    }
    visits::update(txn, visit).await?;
    approval_steps::decide(txn, step, decision, by, now).await?;
    if let Some(cleared) = &cleared {
        passes::issue(txn, ctx, visit, cleared).await?;
        tell_resident(txn, ctx, visit).await?;
    }
    let (what, told) = match decision {
        Decision::Approve(_) => ("visit.approve", Message::VisitApproved { step }),
        Decision::Reject(_) => {
            revoke_of_visit(txn, id, now).await?;
            ("visit.reject", Message::VisitRejected { step })
        }
        Decision::Return(_) => ("visit.return", Message::VisitReturned { step }),
    };
    // Whom the register lets in has the pass by SMS; whoever typed the registration may be another, who would
    // learn from a message what stands in the register.
    if !matches!((decision, by), (Decision::Approve(_), Decider::Resident)) {
        outbox::post(txn, ctx, &told).await?;
    }
    cards::settle(txn, ctx, id).await?;
    Ok(note(txn, ctx, by, what, id).await?)
}

/// The resident hears of whoever may come to them from now on.
async fn tell_resident(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
) -> Result<(), StoreError> {
    let to_resident = (visit.host == Host::Resident).then_some(visit.id);
    for typed in registrations::of_visits(txn, to_resident).await? {
        let registration = typed.id;
        outbox::post(txn, ctx, &Message::Registered { registration }).await?;
    }
    Ok(())
}

/// The last step of a visit, if it is this approver's department that was asked.
async fn last_step(
    txn: &DatabaseTransaction,
    by: &Approver,
    id: VisitId,
) -> Result<Option<StepId>, StoreError> {
    let last = approval_steps::of_visit(txn, id).await?.pop();
    Ok(last
        .filter(|step| step.department == by.member.department)
        .map(|step| step.id))
}

/// A visit of the approver's department, with its steps.
pub async fn find(
    ctx: &Ctx,
    by: &Approver,
    id: VisitId,
) -> Result<(VisitFacts, Vec<Step>), DecideError> {
    settle_due(ctx).await?;
    let visit = visits::find(&ctx.db.read, id)
        .await?
        .ok_or(DecideError::NotFound)?;
    let steps = approval_steps::of_visit(&ctx.db.read, id).await?;
    if !steps
        .iter()
        .any(|step| step.department == by.member.department)
    {
        return Err(DecideError::NotFound);
    }
    let facts = visit_facts::of_one(&ctx.db.read, visit, ctx.clock.now()).await?;
    Ok((facts, steps))
}

/// 待处理 or 已处理.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Box {
    Todo,
    Done,
}

/// The department's visits, newest first: those before `before`.
pub async fn list(
    ctx: &Ctx,
    by: &Approver,
    which: Box,
    before: Option<VisitId>,
    limit: u64,
) -> Result<Vec<VisitFacts>, StoreError> {
    // What has lapsed with some in it waits for these approvers, and no timer need have struck.
    settle_due(ctx).await?;
    let now = ctx.clock.now();
    let todo = (which == Box::Todo, now);
    let department = by.member.department;
    let found = visits::list_for_department(&ctx.db.read, department, todo, before, limit).await?;
    visit_facts::of(&ctx.db.read, found, now).await
}
