//! 丁香水榭小区访客登记: a visitor registers with a resident of the quarter.
//!
//! Whom the residents' register knows by name, phone and house number is visited at once, and told of it
//! with a link on which to say that they know no such visitor. What it does not know is decided by the
//! quarter's desk, as other visits are by a department. Whoever types in a registration is answered alike
//! in both cases, is counted alike, and each try lies before a resident or the desk: nobody reads the
//! register by guessing.

use sea_orm::DatabaseTransaction;

use super::applications::{
    BookError, Details, admit, check_window, consent, hold, note, replace, take_photos, visitor,
};
use super::approvals::{DecideError, Eyes, conclude};
use super::limits;
use super::once::{self, Key};
use super::steps::{lay, unasked};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Guest};
use crate::domain::message::Message;
use crate::domain::mode::Mode;
use crate::domain::resident::{Quarter, Registration};
use crate::domain::visit::{Corrected, Decider, Decision, Host, Stage, Visit, VisitError};
use crate::domain::window::day_start;
use crate::domain::{Comment, HouseNumber, PersonName, Phone, Window};
use crate::ids::{PersonId, StepId, VisitId};
use crate::outbox;
use crate::secret::token_hash;
use crate::store::approval_steps::Step;
use crate::store::budgets::{self, Budget};
use crate::store::residents::{self, Living, Named};
use crate::store::visit_facts::{self, SUBMITTED, VisitFacts};
use crate::store::{
    StoreError, approval_steps, areas, begin, commit, people, quarters, registrations, visitors,
    visits,
};

/// How many registrations one person may submit in a day, for a family that comes together. Each is a
/// guess at the register.
const MOST_A_DAY: u64 = 10;

/// How many visitors may be registered in a day with one resident, whoever registers them: a large party. It
/// also keeps house numbers of one phone from being tried by many.
const MOST_TO_A_RESIDENT: u64 = 30;

/// 被访住户信息 and 来访信息.
#[derive(Clone, Debug)]
pub struct Registering {
    pub name: PersonName,
    pub phone: Phone,
    pub house: HouseNumber,
    pub window: Window,
    /// Without a document.
    pub visitor: Details,
}

/// What a resident says of a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// 同意.
    Expected,
    /// 我不认识此人.
    Stranger,
}

/// Registers a visit. The same key again gives the visit that it made.
pub async fn register(
    ctx: &Ctx,
    guest: &Guest,
    key: Option<&Key>,
    asked: &Registering,
) -> Result<VisitId, BookError> {
    match register_once(ctx, guest, key, asked).await {
        Err(BookError::Store(error)) if error.is_taken() => {
            register_once(ctx, guest, key, asked).await
        }
        registered => registered,
    }
}

async fn register_once(
    ctx: &Ctx,
    guest: &Guest,
    key: Option<&Key>,
    asked: &Registering,
) -> Result<VisitId, BookError> {
    let by = Account::from(guest);
    let txn = begin(&ctx.db).await?;
    hold(&txn, by).await?;
    if let Some(made) = once::made(&txn, by, key).await? {
        return Ok(made);
    }
    let quarter = check(&txn, ctx, guest, asked, None).await?;
    let visit = Visit {
        id: ctx.mint(),
        mode: Mode::Residential,
        initiator: by,
        host: Host::Resident,
        department: quarter.desk,
        area: quarter.area,
        reason: quarter.reason,
        area_note: None,
        note: None,
        window: asked.window,
        submitted_at: ctx.clock.now(),
        arrived_at: None,
        stage: Stage::Pending,
        version: 1,
    };
    visits::insert(&txn, &visit).await?;
    let own = themselves(&txn, ctx, guest, &asked.visitor).await?;
    let first = visitor(ctx, (ctx.mint(), visit.id, 1), own, &asked.visitor);
    visitors::insert(&txn, &first).await?;
    admit(&txn, ctx, &visit, &first, None).await?;
    consent(&txn, ctx, by, &asked.visitor).await?;
    once::remember(&txn, ctx, by, key, visit.id.get()).await?;
    note(&txn, ctx, by, "visit.register", visit.id).await?;
    let id = visit.id;
    hand_on(&txn, ctx, visit, asked).await?;
    commit(txn).await?;
    Ok(id)
}

/// Corrects a registration that the desk returned, which submits it again.
pub async fn correct(
    ctx: &Ctx,
    guest: &Guest,
    id: VisitId,
    asked: &Registering,
) -> Result<(), BookError> {
    let (by, now) = (Account::from(guest), ctx.clock.now());
    let txn = begin(&ctx.db).await?;
    hold(&txn, by).await?;
    let visit = visits::lock_of(&txn, by, id).await?;
    let visit = visit.filter(|visit| visit.mode == Mode::Residential);
    let visit = visit.ok_or(BookError::NotFound)?.settle(now);
    if visit.tells_of_residents() {
        return Err(VisitError::NotReturned(SUBMITTED.1).into());
    }
    let quarter = check(&txn, ctx, guest, asked, Some(id)).await?;
    let corrected = Corrected {
        host: Host::Resident,
        department: quarter.desk,
        area: quarter.area,
        reason: quarter.reason,
        area_note: None,
        note: None,
        window: asked.window,
    };
    let visit = visit.correct(corrected, now)?;
    visits::update(&txn, &visit).await?;
    let visit = Visit {
        version: visit.version + 1,
        ..visit
    };
    let before = visitors::of_visits(&txn, [id]).await?.pop();
    let before = before.ok_or(BookError::NotFound)?;
    let own = themselves(&txn, ctx, guest, &asked.visitor).await?;
    let after = visitor(ctx, (before.id, id, 1), own, &asked.visitor);
    replace(&txn, ctx, &before, &after).await?;
    admit(&txn, ctx, &visit, &after, None).await?;
    consent(&txn, ctx, by, &asked.visitor).await?;
    note(&txn, ctx, by, "visit.correct", id).await?;
    // It may name another resident, whose link must not be the first one's.
    registrations::delete_of(&txn, id).await?;
    hand_on(&txn, ctx, visit, asked).await?;
    commit(txn).await?;
    Ok(())
}

/// What can only be seen in the database, and what is left of the day's tries; gives the quarter.
async fn check(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    guest: &Guest,
    asked: &Registering,
    correcting: Option<VisitId>,
) -> Result<Quarter, BookError> {
    check_window(ctx, &asked.window)?;
    // A campus has one quarter; a second would need a field in the form.
    let quarter = quarters::all(txn).await?.into_iter().next();
    let quarter = quarter.ok_or(BookError::NoQuarter)?;
    let area = areas::lock(txn, quarter.area).await?;
    let area = area.filter(|area| area.open).ok_or(BookError::NoQuarter)?;
    let limited = (asked.window, &area);
    limits::check(txn, ctx, guest.into(), limited, correcting).await?;
    take_photos(txn, ctx, guest.into(), &asked.visitor, None).await?;
    let today = day_start(ctx.clock.now());
    let tries = format!("registrations:{}", guest.id);
    if budgets::spend(txn, &tries, MOST_A_DAY, today).await? == Budget::Spent {
        return Err(BookError::TooManyToday(MOST_A_DAY));
    }
    let resident = ctx.keys.keyed_hash(&asked.phone);
    let guests = format!("registrations to:{}", resident.as_str());
    if budgets::spend(txn, &guests, MOST_TO_A_RESIDENT, today).await? == Budget::Spent {
        return Err(BookError::TooManyToResident(MOST_TO_A_RESIDENT));
    }
    Ok(quarter)
}

/// The guest, when they are proven to be the visitor: only then is anything but the SMS told to them that
/// the SMS tells.
async fn themselves(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    guest: &Guest,
    visitor: &Details,
) -> Result<Option<PersonId>, StoreError> {
    let phone = ctx.seal_phone(&visitor.phone);
    let person = people::find(txn, guest.id).await?;
    let (known, proven_at) = person.map_or((None, None), |p| (p.phone, p.phone_proven_at));
    let same = known.as_ref().is_some_and(|known| known.hash == phone.hash);
    if same || known.is_none() {
        people::learn_details(txn, guest.id, &visitor.name, &phone).await?;
    }
    Ok(Some(guest.id).filter(|_| same && proven_at.is_some()))
}

/// Keeps what was typed about the resident, and hands the visit on: to nobody when the register knows them,
/// to the resident where they are asked first, else to the desk.
async fn hand_on(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: Visit,
    asked: &Registering,
) -> Result<(), BookError> {
    let phone = ctx.seal_phone(&asked.phone);
    let named = Named {
        name: &asked.name,
        phone: &phone.hash,
        house: &asked.house,
    };
    let resident = match residents::find(txn, named).await? {
        Some(Living::Here(id)) => Some(id),
        Some(Living::MovedOut(_)) | None => None,
    };
    let typed = Registration {
        id: ctx.mint(),
        visit: visit.id,
        name: asked.name.clone(),
        phone,
        house: asked.house.clone(),
        resident,
        link_generation: 1,
    };
    let token = ctx.registration_token(&typed);
    registrations::insert(txn, &typed, &token.hash()).await?;
    let step = lay(txn, ctx, &visit).await?.id;
    let to_desk = Message::ApprovalWaiting { step };
    if resident.is_none() {
        return Ok(outbox::post(txn, ctx, &to_desk).await?);
    }
    if ctx.policy.ask_residents_first {
        // It lies at the desk too, for a resident who does not answer.
        let registration = typed.id;
        return Ok(outbox::post(txn, ctx, &Message::Registered { registration }).await?);
    }
    let (decision, by) = (Decision::Approve(None), Decider::Rule);
    let decided = visit.decide(decision.clone(), by, ctx.clock.now())?;
    let decided = (&decision, by, &decided);
    conclude_or_ask(txn, ctx, step, decided).await
}

/// Writes down what the register or a resident decided. A visitor whom somebody must look at goes to the
/// desk instead, and who approves is told no more than who typed it in.
async fn conclude_or_ask(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    step: StepId,
    (decision, by, decided): (&Decision, Decider, &Visit),
) -> Result<(), BookError> {
    match conclude(txn, ctx, decided, step, (decision, by), Eyes::Elsewhere).await {
        Ok(()) => Ok(()),
        Err(DecideError::Review) => {
            Ok(outbox::post(txn, ctx, &Message::ApprovalWaiting { step }).await?)
        }
        Err(DecideError::Store(error)) => Err(error.into()),
        Err(DecideError::Visit(error)) => Err(error.into()),
        Err(DecideError::Blocked { .. }) => Err(BookError::Screened(None)),
        Err(DecideError::NotFound | DecideError::Own | DecideError::Answered(_)) => {
            Err(BookError::NotFound)
        }
    }
}

/// What a resident's link shows; its `registration` is there.
pub async fn find(ctx: &Ctx, token: &str) -> Result<Option<VisitFacts>, StoreError> {
    let db = &ctx.db.read;
    let Some(typed) = registrations::find_by_link(db, &token_hash(token)).await? else {
        return Ok(None);
    };
    let Some(visit) = visits::find(db, typed.visit).await? else {
        return Ok(None);
    };
    let facts = visit_facts::of_one(db, visit, ctx.clock.now()).await?;
    Ok(Some(facts))
}

/// The holder of a resident's link says whether they expect the visitor. The same again changes nothing.
pub async fn say(ctx: &Ctx, token: &str, word: Word) -> Result<(), BookError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    let typed = registrations::find_by_link(&txn, &token_hash(token)).await?;
    let typed = typed.ok_or(BookError::NotFound)?;
    let visit = visits::lock(&txn, typed.visit).await?;
    let visit = visit.ok_or(BookError::NotFound)?.settle(now);
    // A correction, which may name another resident, may have come before the lock.
    let holds = registrations::of_visits(&txn, [visit.id]).await?;
    if holds.iter().all(|held| held.id != typed.id) {
        return Err(BookError::NotFound);
    }
    let by = Decider::Rule;
    let (decision, what) = match word {
        Word::Expected => (Decision::Approve(None), "registration.expect"),
        Word::Stranger => (
            Decision::Reject(Comment::unconfirmed()),
            "registration.disown",
        ),
    };
    let (visit, step) = match (word, &visit.stage) {
        (Word::Expected, Stage::Approved { .. })
        | (
            Word::Stranger,
            Stage::Rejected {
                by: Decider::Rule, ..
            },
        ) => return Ok(()),
        (Word::Stranger, Stage::Approved { .. }) => {
            let visit = visit.disown(now)?;
            let step = unasked(&txn, ctx, &visit).await?;
            (visit, step.id)
        }
        (Word::Expected | Word::Stranger, _) => {
            let visit = visit.decide(decision.clone(), by, now)?;
            let steps = approval_steps::of_visit(&txn, visit.id).await?;
            let asked = steps.into_iter().find(Step::is_open);
            (visit, asked.ok_or(BookError::NotFound)?.id)
        }
    };
    conclude_or_ask(&txn, ctx, step, (&decision, by, &visit)).await?;
    let who = format!("resident:{}", typed.id);
    note(&txn, ctx, who, what, visit.id).await?;
    commit(txn).await?;
    Ok(())
}
