//! What a message is about, as it is when it is sent.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use crate::ctx::Ctx;
use crate::domain::actors::Account;
use crate::domain::invitation::{Course, Invitation};
use crate::domain::login_code::LIFETIME;
use crate::domain::message::Message;
use crate::domain::pass::{Pass, PassCode, PassState};
use crate::domain::screening::Place;
use crate::domain::visit::Stage;
use crate::domain::window::{dates, day_time, short_time, wechat_time};
use crate::ids::{
    DeadlineId, HitId, InvitationId, InviteeId, LoginCodeId, OutboxId, PassId, RegistrationId,
    StepId, VisitId,
};
use crate::secret::Masked;
use crate::store::approval_steps::{Step, outcome};
use crate::store::cards::Card;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{
    StoreError, approval_steps, blacklist, cards, gates, hits, invitations, invitees, login_codes,
    passes, people, registrations, visitors, visits,
};
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
        Message::ApprovalWaiting { step } | Message::ApprovalReminder { step } => {
            waiting(ctx, *step).await?
        }
        Message::VisitApproved { step }
        | Message::VisitRejected { step }
        | Message::VisitReturned { step } => decided(ctx, message, *step).await?,
        Message::GuestArrived { visit } => arrived(ctx, *visit).await?,
        Message::PassIssued { pass } => issued(ctx, *pass).await?,
        Message::Invited { invitee } => invited(ctx, *invitee).await?,
        Message::Registered { registration } => registered(ctx, *registration).await?,
        Message::InvitationLapsing { deadline } => lapsing(ctx, *deadline).await?,
        Message::InvitationLapsed { invitation } => lapsed(ctx, *invitation).await?,
        Message::CardSettled { card } => settled(ctx, *card).await?,
        Message::BlacklistHit { hit } => met(ctx, *hit).await?,
        Message::FollowerSeen { person } => {
            let person = people::find(&ctx.db.read, *person).await?;
            let unknown = person.filter(|person| person.names.unionid.is_none());
            unknown.map(|_| About::default())
        }
        Message::LoginCode { code } => logging_in(ctx, *code).await?,
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

/// Until somebody took the place, or nobody can.
async fn invited(ctx: &Ctx, invitee: InviteeId) -> Result<Option<About>, StoreError> {
    let db = &ctx.db.read;
    let Some(invitee) = invitees::find(db, invitee).await? else {
        return Ok(None);
    };
    let invitation = invitations::find(db, invitee.invitation).await?;
    let facts = inviting(ctx, invitation).await?.filter(is_open);
    let kept = facts.filter(|_| invitee.visitor.is_none());
    Ok(kept.map(|facts| {
        let mut about = About::of(ctx, &facts);
        let name = invitee.name.as_str().to_owned();
        about.facts.insert("invitee", name);
        about
    }))
}

/// While the visitor may come, or waits for the resident's word.
async fn registered(ctx: &Ctx, id: RegistrationId) -> Result<Option<About>, StoreError> {
    let Some(registration) = registrations::find(&ctx.db.read, id).await? else {
        return Ok(None);
    };
    let Some(facts) = visit(ctx, registration.visit).await? else {
        return Ok(None);
    };
    let open = matches!(facts.visit.stage, Stage::Pending | Stage::Approved { .. });
    Ok(open.then(|| {
        let mut about = About::of(ctx, &facts);
        let token = ctx.registration_token(&registration);
        about.facts.extend([
            ("visitor", Masked::name(facts.submitter()).to_string()),
            ("dates", dates(&facts.visit.window)),
            ("registration_token", token.reveal().to_owned()),
        ]);
        about
    }))
}

async fn lapsing(ctx: &Ctx, deadline: DeadlineId) -> Result<Option<About>, StoreError> {
    let invitation = invitations::find_by_deadline(&ctx.db.read, deadline).await?;
    let open = inviting(ctx, invitation).await?.filter(is_open);
    Ok(open.map(|facts| About::of(ctx, &facts)))
}

/// Until the visit is decided or withdrawn, of which the initiator hears or knows.
async fn lapsed(ctx: &Ctx, invitation: InvitationId) -> Result<Option<About>, StoreError> {
    let invitation = invitations::find(&ctx.db.read, invitation).await?;
    let facts = inviting(ctx, invitation).await?;
    let news =
        facts.filter(|facts| matches!(facts.visit.stage, Stage::Lapsed { .. } | Stage::Pending));
    Ok(news.map(|facts| About::of(ctx, &facts)))
}

/// The visit of an invitation.
async fn inviting(
    ctx: &Ctx,
    invitation: Option<Invitation>,
) -> Result<Option<VisitFacts>, StoreError> {
    match invitation {
        Some(invitation) => visit(ctx, invitation.visit).await,
        None => Ok(None),
    }
}

fn is_open(facts: &VisitFacts) -> bool {
    let invitation = facts.invitation.as_ref();
    invitation.is_some_and(|invitation| invitation.course == Course::Open)
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

/// Until the entry is lifted: then nobody need look out for them.
async fn met(ctx: &Ctx, hit: HitId) -> Result<Option<About>, StoreError> {
    let db = &ctx.db.read;
    let Some(hit) = hits::find(db, hit).await? else {
        return Ok(None);
    };
    let entry = blacklist::find(db, hit.entry).await?;
    let entry = entry.filter(|entry| entry.lifted_at.is_none());
    let visitor = visitors::find(db, hit.visitor).await?;
    let Some((entry, visitor)) = entry.zip(visitor) else {
        return Ok(None);
    };
    let Some(visit) = visit(ctx, visitor.visit).await? else {
        return Ok(None);
    };
    let place = match hit.place {
        Place::Application => "申请来访".to_owned(),
        Place::Gate(id) => match gates::find(db, id).await? {
            Some(gate) => format!("在{}刷码", gate.name),
            None => return Ok(None),
        },
    };
    let mut about = About::of(ctx, &visit);
    about.facts.extend(Facts::from([
        ("visitor", visitor.name.as_str().to_owned()),
        ("mark", format!("{} {}", entry.kind.word(), entry.mask)),
        ("effect", entry.effect.word().to_owned()),
        ("cause", entry.cause.as_str().to_owned()),
        ("place", place),
        ("met_at", short_time(hit.at, ctx.clock.now())),
    ]));
    Ok(Some(about))
}

/// While the code is good.
async fn logging_in(ctx: &Ctx, id: LoginCodeId) -> Result<Option<About>, StoreError> {
    let code = login_codes::find(&ctx.db.read, id).await?;
    let open = code.filter(|code| code.is_open(ctx.clock.now()));
    Ok(open.map(|code| About {
        facts: Facts::from([
            ("login_code", code.digits(&ctx.keys).reveal().to_owned()),
            ("minutes", LIFETIME.num_minutes().to_string()),
        ]),
        ..About::default()
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
        let mut facts = of_visit(ctx, visit, ctx.clock.now());
        if let Some(invitation) = &visit.invitation {
            facts.extend(of_invitation(ctx, invitation, visit.visitors.len()));
        }
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
        | Message::ApprovalReminder { step }
        | Message::VisitApproved { step }
        | Message::VisitRejected { step }
        | Message::VisitReturned { step } => Ok(approval_steps::find(db, *step)
            .await?
            .map(|step| step.visit)),
        Message::GuestArrived { visit } => Ok(Some(*visit)),
        Message::PassIssued { pass } => Ok(passes::find(db, *pass).await?.map(|pass| pass.visit)),
        Message::Invited { invitee } => {
            let invitee = invitees::find(db, *invitee).await?;
            let invitation = match invitee {
                Some(invitee) => invitations::find(db, invitee.invitation).await?,
                None => None,
            };
            Ok(invitation.map(|invitation| invitation.visit))
        }
        Message::Registered { registration } => Ok(registrations::find(db, *registration)
            .await?
            .map(|registration| registration.visit)),
        Message::InvitationLapsing { deadline } => {
            let invitation = invitations::find_by_deadline(db, *deadline).await?;
            Ok(invitation.map(|invitation| invitation.visit))
        }
        Message::InvitationLapsed { invitation } => {
            let invitation = invitations::find(db, *invitation).await?;
            Ok(invitation.map(|invitation| invitation.visit))
        }
        Message::BlacklistHit { hit } => {
            let visitor = match hits::find(db, *hit).await? {
                Some(hit) => visitors::find(db, hit.visitor).await?,
                None => None,
            };
            Ok(visitor.map(|visitor| visitor.visit))
        }
        Message::CardSettled { .. }
        | Message::FollowerSeen { .. }
        | Message::AnswerLate { .. }
        | Message::LoginCode { .. } => Ok(None),
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
    let page = match visit.initiator {
        Account::Person(_) => format!("/h5/visits/{}", visit.id),
        Account::Staff(_) => format!("/h5/staff/invitations/{}", visit.id),
    };
    Facts::from([
        ("number", visit.id.to_string()),
        ("submitter", about.submitter().to_owned()),
        ("visitors", about.party()),
        ("host", about.host.name.clone()),
        ("department", about.host.department.clone()),
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
        ("visit_link", ctx.link(&page)),
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

fn of_invitation(ctx: &Ctx, invitation: &Invitation, joined: usize) -> Facts {
    let token = ctx.invitation_token(invitation);
    Facts::from([
        ("lapses_at", wechat_time(invitation.lapses_at)),
        ("lapses_short", day_time(invitation.lapses_at)),
        ("joined", joined.to_string()),
        ("capacity", invitation.capacity.get().to_string()),
        ("invitation_token", token.reveal().to_owned()),
    ])
}
