//! What a message is about, as it is when it is sent.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use crate::ctx::Ctx;
use crate::domain::message::Message;
use crate::domain::pass::{Pass, PassState};
use crate::domain::visit::Stage;
use crate::domain::window::{day_time, short_time, wechat_time};
use crate::ids::VisitId;
use crate::store::approval_steps::outcome;
use crate::store::cards::Card;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{StoreError, approval_steps, cards, passes, people, visits};
use crate::templates::Facts;

/// What a message says, or that it need not be said any more.
pub enum Subject {
    True(About),
    /// It was true when it was posted, and is not now.
    Overtaken,
}

/// The facts, for the templates, and what some channels need besides.
#[derive(Default)]
pub struct About {
    pub facts: Facts,
    pub visit: Option<VisitId>,
    pub card: Option<Card>,
}

/// Loads it.
pub async fn load(ctx: &Ctx, message: &Message) -> Result<Subject, StoreError> {
    let now = ctx.clock.now();
    match message {
        Message::ApprovalWaiting { step } => {
            let step = approval_steps::find(&ctx.db.read, *step).await?;
            let Some(step) = step.filter(|step| step.decided.is_none()) else {
                return Ok(Subject::Overtaken);
            };
            let Some(about) = visit(ctx, step.visit, now).await? else {
                return Ok(Subject::Overtaken);
            };
            let waits = about.visit.stage == Stage::Pending;
            let mut facts = of_visit(ctx, &about, now);
            let page = format!("/h5/staff/approvals/{}", step.visit);
            facts.insert("approval_link", ctx.link(&page));
            Ok(still(
                waits,
                About {
                    facts,
                    visit: Some(step.visit),
                    card: None,
                },
            ))
        }
        Message::GuestArrived { visit: id } => {
            let Some(about) = visit(ctx, *id, now).await? else {
                return Ok(Subject::Overtaken);
            };
            let facts = of_visit(ctx, &about, now);
            Ok(still(
                true,
                About {
                    facts,
                    visit: Some(*id),
                    card: None,
                },
            ))
        }
        Message::VisitApproved { step }
        | Message::VisitRejected { step }
        | Message::VisitReturned { step } => {
            let Some(step) = approval_steps::find(&ctx.db.read, *step).await? else {
                return Ok(Subject::Overtaken);
            };
            let Some(about) = visit(ctx, step.visit, now).await? else {
                return Ok(Subject::Overtaken);
            };
            let holds = matches!(
                (message, &about.visit.stage),
                (
                    Message::VisitApproved { .. },
                    Stage::Approved { .. } | Stage::Completed { .. }
                ) | (Message::VisitRejected { .. }, Stage::Rejected { .. })
                    | (Message::VisitReturned { .. }, Stage::Returned { .. })
            );
            let facts = of_visit(ctx, &about, now);
            Ok(still(
                holds,
                About {
                    facts,
                    visit: Some(step.visit),
                    card: None,
                },
            ))
        }
        Message::PassIssued { pass } => {
            let Some(pass) = passes::find(&ctx.db.read, *pass).await? else {
                return Ok(Subject::Overtaken);
            };
            let Some(about) = visit(ctx, pass.visit, now).await? else {
                return Ok(Subject::Overtaken);
            };
            let holds = matches!(pass.state(now), PassState::Valid | PassState::NotYet);
            let mut facts = of_visit(ctx, &about, now);
            facts.extend(of_pass(ctx, &pass));
            Ok(still(
                holds,
                About {
                    facts,
                    visit: Some(pass.visit),
                    card: None,
                },
            ))
        }
        Message::CardSettled { card } => {
            let Some(card) = cards::find(&ctx.db.read, *card).await? else {
                return Ok(Subject::Overtaken);
            };
            let step = approval_steps::find(&ctx.db.read, card.step).await?;
            let Some(step) = step else {
                return Ok(Subject::Overtaken);
            };
            let Some(about) = visit(ctx, step.visit, now).await? else {
                return Ok(Subject::Overtaken);
            };
            let mut facts = of_visit(ctx, &about, now);
            facts.insert("result", outcome(Some(&step), &about.visit).to_owned());
            let unsettled = card.response_code.is_some();
            Ok(still(
                unsettled,
                About {
                    facts,
                    visit: Some(step.visit),
                    card: Some(card),
                },
            ))
        }
        Message::FollowerSeen { person } => {
            let person = people::find(&ctx.db.read, *person).await?;
            let asked = person.is_some_and(|person| person.names.unionid.is_none());
            Ok(still(asked, About::default()))
        }
    }
}

/// The visit that a message is about, if it is about one.
pub async fn visit_of(
    db: &impl ConnectionTrait,
    message: &Message,
) -> Result<Option<VisitId>, StoreError> {
    match message {
        Message::ApprovalWaiting { step }
        | Message::VisitApproved { step }
        | Message::VisitRejected { step }
        | Message::VisitReturned { step } => Ok(approval_steps::find(db, *step)
            .await?
            .map(|step| step.visit)),
        Message::GuestArrived { visit } => Ok(Some(*visit)),
        Message::PassIssued { pass } => Ok(passes::find(db, *pass).await?.map(|pass| pass.visit)),
        Message::CardSettled { .. } | Message::FollowerSeen { .. } => Ok(None),
    }
}

fn still(holds: bool, about: About) -> Subject {
    if holds {
        Subject::True(about)
    } else {
        Subject::Overtaken
    }
}

async fn visit(
    ctx: &Ctx,
    id: VisitId,
    now: DateTime<Utc>,
) -> Result<Option<VisitFacts>, StoreError> {
    match visits::find(&ctx.db.read, id).await? {
        Some(visit) => visit_facts::of_one(&ctx.db.read, visit, now)
            .await
            .map(Some),
        None => Ok(None),
    }
}

fn of_visit(ctx: &Ctx, about: &VisitFacts, now: DateTime<Utc>) -> Facts {
    let visit = &about.visit;
    let comment = match &visit.stage {
        Stage::Approved { comment, .. } => comment.as_ref(),
        Stage::Rejected { comment, .. } | Stage::Returned { comment, .. } => Some(comment),
        Stage::Pending
        | Stage::Withdrawn { .. }
        | Stage::Lapsed { .. }
        | Stage::Completed { .. } => None,
    };
    Facts::from([
        ("number", visit.id.to_string()),
        ("submitter", about.submitter().to_owned()),
        ("host", about.host.name.as_str().to_owned()),
        ("department", about.host.department_name.clone()),
        ("area", about.area.name.clone()),
        ("reason", about.reason.name.clone()),
        ("starts_at", wechat_time(visit.window.from())),
        ("ends_at", wechat_time(visit.window.until())),
        ("starts_short", day_time(visit.window.from())),
        ("days", format!("{}天", visit.window.days())),
        (
            "comment",
            comment
                .map(|said| said.as_str().to_owned())
                .unwrap_or_default(),
        ),
        ("result", visit.stage.word().to_owned()),
        ("visit_link", ctx.link(&format!("/h5/visits/{}", visit.id))),
        (
            "arrived_at",
            visit
                .arrived_at
                .map(|at| short_time(at, now))
                .unwrap_or_default(),
        ),
    ])
}

fn of_pass(ctx: &Ctx, pass: &Pass) -> Facts {
    let token = ctx
        .keys
        .link_token("pass", pass.id.get(), pass.link_generation);
    Facts::from([
        ("pass_link", ctx.link(&format!("/p/{}", token.reveal()))),
        ("pass_token", token.reveal().to_owned()),
    ])
}
