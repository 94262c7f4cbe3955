//! What a message is about, as it is when it is sent.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use crate::ctx::Ctx;
use crate::domain::message::Message;
use crate::domain::pass::{Pass, PassCode, PassState};
use crate::domain::visit::Stage;
use crate::domain::window::{day_time, short_time, wechat_time};
use crate::ids::{OutboxId, PassId, StepId, VisitId};
use crate::store::approval_steps::{Step, outcome};
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
    let about = match message {
        Message::ApprovalWaiting { step } => waiting(ctx, *step).await?,
        Message::VisitApproved { step }
        | Message::VisitRejected { step }
        | Message::VisitReturned { step } => decided(ctx, message, *step).await?,
        Message::GuestArrived { visit } => arrived(ctx, *visit).await?,
        Message::PassIssued { pass } => issued(ctx, *pass).await?,
        Message::CardSettled { card } => settled(ctx, *card).await?,
        Message::FollowerSeen { person } => {
            let person = people::find(&ctx.db.read, *person).await?;
            let unknown = person.filter(|person| person.names.unionid.is_none());
            unknown.map(|_| About::default())
        }
        Message::AnswerLate { .. } => Some(About {
            facts: Facts::from([("records_link", ctx.link("/h5/book?tab=records"))]),
            ..About::default()
        }),
    };
    Ok(about.map_or(Subject::Overtaken, Subject::True))
}

async fn waiting(ctx: &Ctx, step: StepId) -> Result<Option<About>, StoreError> {
    let Some((step, visit)) = visit_of_step(ctx, step).await? else {
        return Ok(None);
    };
    if step.decided.is_some() || visit.visit.stage != Stage::Pending {
        return Ok(None);
    }
    let mut about = About::of(ctx, &visit);
    let page = format!("/h5/staff/approvals/{}", step.visit);
    about.facts.insert("approval_link", ctx.link(&page));
    Ok(Some(about))
}

async fn decided(ctx: &Ctx, message: &Message, step: StepId) -> Result<Option<About>, StoreError> {
    let Some((_, visit)) = visit_of_step(ctx, step).await? else {
        return Ok(None);
    };
    let holds = matches!(
        (message, &visit.visit.stage),
        (
            Message::VisitApproved { .. },
            Stage::Approved { .. } | Stage::Completed { .. }
        ) | (Message::VisitRejected { .. }, Stage::Rejected { .. })
            | (Message::VisitReturned { .. }, Stage::Returned { .. })
    );
    Ok(holds.then(|| About::of(ctx, &visit)))
}

async fn arrived(ctx: &Ctx, id: VisitId) -> Result<Option<About>, StoreError> {
    Ok(visit(ctx, id).await?.map(|visit| About::of(ctx, &visit)))
}

async fn issued(ctx: &Ctx, pass: PassId) -> Result<Option<About>, StoreError> {
    let Some(pass) = passes::find(&ctx.db.read, pass).await? else {
        return Ok(None);
    };
    let Some(visit) = visit(ctx, pass.visit).await? else {
        return Ok(None);
    };
    match pass.state(ctx.clock.now()) {
        PassState::Expired | PassState::Revoked => Ok(None),
        PassState::Valid | PassState::NotYet => {
            let mut about = About::of(ctx, &visit);
            about.facts.extend(of_pass(ctx, &pass));
            Ok(Some(about))
        }
    }
}

async fn settled(ctx: &Ctx, card: OutboxId) -> Result<Option<About>, StoreError> {
    let Some(card) = cards::find(&ctx.db.read, card).await? else {
        return Ok(None);
    };
    let Some((step, visit)) = visit_of_step(ctx, card.step).await? else {
        return Ok(None);
    };
    if card.response_code.is_none() {
        return Ok(None);
    }
    let mut about = About::of(ctx, &visit);
    about
        .facts
        .insert("result", outcome(Some(&step), &visit.visit).to_owned());
    Ok(Some(About {
        card: Some(card),
        ..about
    }))
}

async fn visit_of_step(ctx: &Ctx, step: StepId) -> Result<Option<(Step, VisitFacts)>, StoreError> {
    let Some(step) = approval_steps::find(&ctx.db.read, step).await? else {
        return Ok(None);
    };
    Ok(visit(ctx, step.visit).await?.map(|visit| (step, visit)))
}

impl About {
    fn of(ctx: &Ctx, visit: &VisitFacts) -> Self {
        let facts = of_visit(ctx, visit, ctx.clock.now());
        Self {
            facts,
            visit: Some(visit.visit.id),
            card: None,
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
        Message::CardSettled { .. } | Message::FollowerSeen { .. } | Message::AnswerLate { .. } => {
            Ok(None)
        }
    }
}

async fn visit(ctx: &Ctx, id: VisitId) -> Result<Option<VisitFacts>, StoreError> {
    let (db, now) = (&ctx.db.read, ctx.clock.now());
    match visits::find(db, id).await? {
        Some(visit) => visit_facts::of_one(db, visit, now).await.map(Some),
        None => Ok(None),
    }
}

fn of_visit(ctx: &Ctx, about: &VisitFacts, now: DateTime<Utc>) -> Facts {
    let visit = &about.visit;
    let comment = visit.stage.comment();
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
        (
            "pass_code",
            PassCode::of(&ctx.keys, pass).reveal().to_owned(),
        ),
    ])
}
