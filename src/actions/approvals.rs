//! 同意, 拒绝, 退回: those whom a visit's route asks decide, or a resident does, and it is written down.

use sea_orm::DatabaseTransaction;

use super::applications::note;
use super::lapses::settle_due;
use super::screening::clear;
use super::{cards, passes, steps};
use crate::ctx::Ctx;
use crate::domain::actors::Staff;
use crate::domain::campus::Role;
use crate::domain::message::Message;
use crate::domain::route::Quorum;
use crate::domain::visit::{Decider, Decision, Host, Stage, Visit, VisitError};
use crate::ids::{StaffId, StepId, VisitId};
use crate::outbox;
use crate::secret::Masked;
use crate::store::approval_steps::Step;
use crate::store::approval_votes::Vote;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{
    StoreError, approval_steps, approval_votes, begin, commit, deciders, readers, registrations,
    visits,
};

/// Why a decision did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// There is none, or it is nothing of theirs.
    #[error("没有找到该申请")]
    NotFound,
    /// They began it, or are whom it is to.
    #[error("不能审批本人发起或被访的申请")]
    Own,
    /// Another was quicker, or they have said their word; the visit waits for somebody else.
    #[error("该环节已由{0}处理，请等待后续审批")]
    Answered(String),
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

/// Decides the step of a visit that is open. `shown` is the step that whoever decides looked at, where that
/// is known: no later one is decided by mistake.
pub async fn decide(
    ctx: &Ctx,
    by: &Staff,
    id: VisitId,
    shown: Option<StepId>,
    decision: Decision,
) -> Result<(), DecideError> {
    let txn = begin(&ctx.db).await?;
    decide_in(&txn, ctx, by, id, (shown, Eyes::OnPage), decision).await?;
    commit(txn).await?;
    Ok(())
}

/// The same within a transaction: the visit, the step, the passes, and who must be told.
pub(super) async fn decide_in(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: &Staff,
    id: VisitId,
    (shown, eyes): (Option<StepId>, Eyes),
    decision: Decision,
) -> Result<Visit, DecideError> {
    let now = ctx.clock.now();
    let visit = visits::lock(txn, id).await?.ok_or(DecideError::NotFound)?;
    let steps = approval_steps::of_visit(txn, id).await?;
    let names = deciders::names(txn, &by.member, now).await?;
    let theirs = |step: &&Step| step.asked_at.is_some() && names.cover(step.plan.asked);
    if !steps.iter().any(|step| theirs(&step)) {
        return Err(DecideError::NotFound);
    }
    // What is decided already is told as such, whoever's turn it would be.
    visit.clone().decide(decision.clone(), Decider::Rule, now)?;
    let open = steps.iter().filter(|step| step.is_open()).find(theirs);
    let open = open.filter(|step| shown.is_none_or(|shown| shown == step.id));
    let Some(step) = open else {
        return Err(answered(txn, steps.iter().rfind(theirs)).await?);
    };
    let asked = deciders::of(txn, step.plan.asked, &visit).await?;
    if step.plan.asked.excludes(&visit, by.member.id) {
        return Err(DecideError::Own);
    }
    let words = approval_votes::of_steps(txn, [step.id]).await?;
    let silent = |id: StaffId| words.iter().all(|word| word.staff != id);
    let mut for_whom: Vec<_> = asked.iter().map(|member| member.id).collect();
    for_whom.retain(|id| names.include(*id));
    if for_whom.is_empty() {
        // The one in whose place they are has no say in it.
        return Err(DecideError::Own);
    }
    for_whom.retain(|id| silent(*id));
    if for_whom.is_empty() {
        return Err(answered(txn, Some(step)).await?);
    }
    for staff in &for_whom {
        let vote = vote(step.id, *staff, by.member.id, &decision, now);
        approval_votes::insert(txn, &vote).await?;
    }
    let missing = asked
        .iter()
        .any(|member| silent(member.id) && !for_whom.contains(&member.id));
    let agreed = matches!(decision, Decision::Approve(_));
    if agreed && step.plan.quorum == Quorum::All && missing {
        note(txn, ctx, Decider::Staff(by.member.id), "visit.agree", id).await?;
        cards::settle(txn, ctx, &visit).await?;
        return Ok(visit);
    }
    let by = Decider::Staff(by.member.id);
    answer(txn, ctx, &visit, step, (&decision, by), eyes).await
}

fn vote(
    step: StepId,
    staff: StaffId,
    given_by: StaffId,
    decision: &Decision,
    at: chrono::DateTime<chrono::Utc>,
) -> Vote {
    let comment = decision.comment().map(|said| said.as_str().to_owned());
    Vote {
        step,
        staff,
        given_by,
        decision: decision.as_str().to_owned(),
        comment,
        at,
    }
}

/// Who has answered a step.
async fn answered(
    txn: &DatabaseTransaction,
    step: Option<&Step>,
) -> Result<DecideError, StoreError> {
    let by = match step.and_then(|step| step.decided.as_ref()).map(|d| d.by) {
        Some(Decider::Staff(id)) => crate::store::staff::find(txn, id).await?,
        Some(Decider::Rule) | None => None,
    };
    let by = by.map_or("您".to_owned(), |member| member.name.as_str().to_owned());
    Ok(DecideError::Answered(by))
}

/// Whether whoever decides sees what the blacklist says of the visitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eyes {
    OnPage,
    /// On a card, on a resident's link, or in the register.
    Elsewhere,
}

/// A step has its answer. Agreement goes on to the next step, if there is one; everything else decides the
/// visit.
pub(super) async fn answer(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
    step: &Step,
    (decision, by): (&Decision, Decider),
    eyes: Eyes,
) -> Result<Visit, DecideError> {
    let now = ctx.clock.now();
    let decided = visit.clone().decide(decision.clone(), by, now)?;
    let steps = approval_steps::of_visit(txn, visit.id).await?;
    let mut later = steps.into_iter().filter(|one| one.round == step.round);
    let next = later.find(|one| one.ordinal > step.ordinal);
    let agreed = matches!(decision, Decision::Approve(_));
    let Some(mut next) = next.filter(|_| agreed) else {
        conclude(txn, ctx, &decided, step.id, (decision, by), eyes).await?;
        return Ok(decided);
    };
    let cleared = clear(txn, ctx, visit).await?;
    if cleared.review && eyes == Eyes::Elsewhere {
        return Err(DecideError::Review);
    }
    approval_steps::decide(txn, step.id, decision, by, now).await?;
    steps::turn(txn, ctx, visit, &mut next).await?;
    let waiting = Message::ApprovalWaiting { step: next.id };
    outbox::post(txn, ctx, &waiting).await?;
    cards::settle(txn, ctx, visit).await?;
    note(txn, ctx, by, "visit.agree", visit.id).await?;
    Ok(visit.clone())
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
            passes::revoke_of_visit(txn, ctx, id).await?;
            ("visit.reject", Message::VisitRejected { step })
        }
        Decision::Return(_) => ("visit.return", Message::VisitReturned { step }),
    };
    // Whom the register lets in has the pass by SMS; whoever typed the registration may be another, who would
    // learn from a message what stands in the register.
    let by_register = visit.host == Host::Resident && by == Decider::Rule;
    if !(by_register && cleared.is_some()) {
        outbox::post(txn, ctx, &told).await?;
    }
    cards::settle(txn, ctx, visit).await?;
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

/// A visit as one member of staff may see it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub facts: VisitFacts,
    pub steps: Vec<Step>,
    pub words: Vec<Vote>,
    /// 抄送人.
    pub readers: Vec<StaffId>,
    /// The step that they may decide now.
    pub open: Option<StepId>,
    /// Whether they see pictures: who is asked does, and whoever runs the whole thing.
    pub pictures: bool,
}

/// A visit that somebody is or was asked about, may read, began, or is visited by.
pub async fn find(ctx: &Ctx, by: &Staff, id: VisitId) -> Result<Seen, DecideError> {
    settle_due(ctx).await?;
    let (db, now) = (&ctx.db.read, ctx.clock.now());
    let visit = visits::find(db, id).await?.ok_or(DecideError::NotFound)?;
    let steps = approval_steps::of_visit(db, id).await?;
    let readers = readers::of_visit(db, id).await?;
    let member = &by.member;
    let names = deciders::names(db, member, now).await?;
    let theirs = |step: &&Step| step.asked_at.is_some() && names.cover(step.plan.asked);
    let pictures = steps.iter().any(|step| theirs(&step)) || member.is(Role::Administrator);
    let reads = readers.contains(&member.id) || visit.concerns(member.id);
    if !pictures && !reads {
        return Err(DecideError::NotFound);
    }
    let words = approval_votes::of_steps(db, steps.iter().map(|step| step.id)).await?;
    let facts = visit_facts::of_one(db, visit, now).await?;
    let pending = facts.visit.stage == Stage::Pending;
    let mine = |step: &&Step| pending && !step.plan.asked.excludes(&facts.visit, member.id);
    let open = steps.iter().filter(|step| step.is_open()).find(theirs);
    let open = match open.filter(mine) {
        Some(step) => {
            let asked = deciders::of(db, step.plan.asked, &facts.visit).await?;
            let said = |id| {
                words
                    .iter()
                    .any(|word| word.step == step.id && word.staff == id)
            };
            let mut silent = asked.iter().filter(|member| !said(member.id));
            silent
                .any(|member| names.include(member.id))
                .then_some(step.id)
        }
        None => None,
    };
    Ok(Seen {
        facts,
        steps,
        words,
        readers,
        open,
        pictures,
    })
}

impl Seen {
    /// Whether it is their own.
    #[must_use]
    pub fn concerns(&self, staff: StaffId) -> bool {
        self.facts.visit.concerns(staff)
    }
}
