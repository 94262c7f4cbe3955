//! A visit goes its way: put before those whom its route names, one step after the other, reminded of and
//! ended when its time is out.

use sea_orm::DatabaseTransaction;

use super::applications::note;
use super::approvals::{DecideError, Eyes, answer};
use crate::ctx::Ctx;
use crate::domain::Comment;
use crate::domain::campus::Member;
use crate::domain::message::Message;
use crate::domain::route::{Asked, Planned, TimeOut, plan};
use crate::domain::visit::{Decider, Decision, Stage, Visit};
use crate::ids::VisitId;
use crate::outbox;
use crate::store::approval_steps::{Due, Step, ends_at};
use crate::store::{
    StoreError, approval_steps, approval_votes, begin, commit, deciders, readers, routes, visits,
};

/// How many steps one strike of the clock looks at.
const AT_ONCE: u64 = 200;

/// Puts a visit before those whom its route names, once more when it was before. A route that asks nobody
/// approves it, unless somebody must look at one of its visitors: that is for the host's department.
pub(super) async fn ask(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
) -> Result<(), StoreError> {
    // On the heap, as what is decided below: every way of applying holds this future.
    let mut step = Box::pin(lay(txn, ctx, visit)).await?;
    if step.plan.asked == Asked::Nobody {
        // A correction was stored before, and counted.
        let visit = &visits::lock(txn, visit.id).await?.unwrap_or(visit.clone());
        let approve = Decision::Approve(None);
        let by = Decider::Rule;
        let deciding = answer(txn, ctx, visit, &step, (&approve, by), Eyes::Elsewhere);
        match Box::pin(deciding).await {
            Ok(_) => return Ok(()),
            Err(DecideError::Store(error)) => return Err(error),
            Err(_) => {
                step.plan = Planned::plain(Asked::Department(visit.department));
                turn(txn, ctx, visit, &mut step).await?;
            }
        }
    }
    outbox::post(txn, ctx, &Message::ApprovalWaiting { step: step.id }).await
}

/// Writes down the steps of a submission, and who may read of it; gives the first, whose turn it is and of
/// which nobody has been told.
pub(super) async fn lay(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
) -> Result<Step, StoreError> {
    readers::add_by_rules(txn, visit, ctx.clock.now()).await?;
    let plans = plan(&routes::all(txn).await?, visit);
    let mut first = None;
    let (round, ordinal) = next_round(txn, visit.id).await?;
    for (ordinal, plan) in (ordinal..).zip(plans) {
        let step = planned(ctx, visit, (round, ordinal), plan);
        approval_steps::insert(txn, &step).await?;
        first = first.or(Some(step));
    }
    let mut first = first.ok_or(StoreError::Corrupt {
        table: "routes",
        id: visit.id.get(),
    })?;
    turn(txn, ctx, visit, &mut first).await?;
    Ok(first)
}

/// A step that asks nobody, for what is decided without being asked.
pub(super) async fn unasked(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
) -> Result<Step, StoreError> {
    let place = next_round(txn, visit.id).await?;
    let mut step = planned(ctx, visit, place, Planned::plain(Asked::Nobody));
    step.asked_at = Some(ctx.clock.now());
    approval_steps::insert(txn, &step).await?;
    Ok(step)
}

async fn next_round(txn: &DatabaseTransaction, visit: VisitId) -> Result<(i16, i16), StoreError> {
    let last = approval_steps::of_visit(txn, visit).await?.pop();
    Ok(last.map_or((1, 1), |last| (last.round + 1, last.ordinal + 1)))
}

fn planned(ctx: &Ctx, visit: &Visit, (round, ordinal): (i16, i16), plan: Planned) -> Step {
    Step {
        id: ctx.mint(),
        visit: visit.id,
        round,
        ordinal,
        plan,
        asked_at: None,
        ends_at: None,
        decided: None,
    }
}

/// A step's turn has come. What nobody else may decide is for the administrators: a department whose only
/// approver is visited must not keep its guests waiting for ever.
pub(super) async fn turn(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
    step: &mut Step,
) -> Result<(), StoreError> {
    let asked = step.plan.asked;
    if asked != Asked::Nobody && deciders::of(txn, asked, visit).await?.is_empty() {
        step.plan.asked = Asked::Administrators;
    }
    let now = ctx.clock.now();
    (step.asked_at, step.ends_at) = (Some(now), ends_at(step.plan.waits, now));
    approval_steps::ask(txn, step, now).await
}

/// Those who were these members before may be asked no more. What waited for nobody but them is settled by
/// the words that were said, or else goes to the administrators.
pub(super) async fn release(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    before: &[Member],
) -> Result<(), StoreError> {
    for step in deciders::steps_asking(txn, before).await? {
        let Some((visit, mut step)) = waiting(txn, ctx, &step).await? else {
            continue;
        };
        let words = approval_votes::of_steps(txn, [step.id]).await?;
        let silent = |member: &Member| words.iter().all(|word| word.staff != member.id);
        let asked = deciders::of(txn, step.plan.asked, &visit).await?;
        if asked.iter().any(silent) {
            continue;
        }
        if let Some(last) = words.last() {
            // Of 会签: any other word would have ended it.
            let agreed = (&Decision::Approve(None), Decider::Staff(last.given_by));
            match Box::pin(answer(txn, ctx, &visit, &step, agreed, Eyes::Elsewhere)).await {
                Ok(_) => continue,
                Err(DecideError::Store(error)) => return Err(error),
                // Whom the rule does not let in is for people.
                Err(_) => {}
            }
        }
        step.plan.asked = Asked::Administrators;
        turn(txn, ctx, &visit, &mut step).await?;
        outbox::post(txn, ctx, &Message::ApprovalWaiting { step: step.id }).await?;
    }
    Ok(())
}

/// Reminds those who have let a step wait, once; says how many steps there were.
pub async fn remind_due(ctx: &Ctx) -> Result<usize, StoreError> {
    let due =
        approval_steps::find_due(&ctx.db.read, Due::Reminder, ctx.clock.now(), AT_ONCE).await?;
    for step in &due {
        if let Err(error) = remind(ctx, step).await {
            tracing::error!(visit.id = %step.visit, %error, "nobody could be reminded of a visit");
        }
    }
    Ok(due.len())
}

async fn remind(ctx: &Ctx, due: &Step) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    if let Some((_, step)) = waiting(&txn, ctx, due).await? {
        outbox::post(&txn, ctx, &Message::ApprovalReminder { step: step.id }).await?;
    }
    approval_steps::reminded(&txn, due.id).await?;
    commit(txn).await
}

/// Decides by the rule what nobody has decided in time; says how many steps there were.
pub async fn end_due(ctx: &Ctx) -> Result<usize, StoreError> {
    let due = approval_steps::find_due(&ctx.db.read, Due::End, ctx.clock.now(), AT_ONCE).await?;
    for step in &due {
        if let Err(error) = end(ctx, step).await {
            tracing::error!(visit.id = %step.visit, %error, "the time of a step could not be ended");
        }
    }
    Ok(due.len())
}

async fn end(ctx: &Ctx, due: &Step) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    let waiting = waiting(&txn, ctx, due).await?;
    // Once, whatever comes of it.
    approval_steps::never_ends(&txn, due.id).await?;
    if let Some((visit, step)) = waiting {
        let decision = match step.plan.waits.ends_after {
            Some((_, TimeOut::Approve)) => Decision::Approve(None),
            Some((_, TimeOut::Reject)) | None => Decision::Reject(Comment::timed_out()),
        };
        let by = (&decision, Decider::Rule);
        match answer(&txn, ctx, &visit, &step, by, Eyes::Elsewhere).await {
            Ok(_) => {}
            Err(DecideError::Store(error)) => return Err(error),
            Err(_) => {
                // Whom the rule does not let in is for people, who hear of it again.
                outbox::post(&txn, ctx, &Message::ApprovalReminder { step: step.id }).await?;
                note(&txn, ctx, Decider::Rule, "visit.time_out", visit.id).await?;
            }
        }
    }
    commit(txn).await
}

/// The visit, behind its lock, and the step, if that is still open.
async fn waiting(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    due: &Step,
) -> Result<Option<(Visit, Step)>, StoreError> {
    let Some(visit) = visits::lock(txn, due.visit).await? else {
        return Ok(None);
    };
    let step = approval_steps::find(txn, due.id).await?;
    let step = step.filter(Step::is_open);
    let waits = visit.clone().settle(ctx.clock.now()).stage == Stage::Pending;
    Ok(step.filter(|_| waits).map(|step| (visit, step)))
}
