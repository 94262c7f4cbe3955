//! 访客预约: a visitor books, corrects, withdraws.

use sea_orm::DatabaseTransaction;

use super::cards;
use crate::ctx::Ctx;
use crate::domain::actors::Guest;
use crate::domain::campus::Role;
use crate::domain::message::Message;
use crate::domain::photo::{FACE_CONSENT, PhotoKind};
use crate::domain::visit::{Corrected, SealedDocument, Stage, Visit, VisitError, Visitor};
use crate::domain::window::day_start;
use crate::domain::{IdNumber, Items, Note, PersonName, Phone, Plate, Window};
use crate::ids::{AreaId, DepartmentId, PhotoId, ReasonId, StaffId, StepId, VisitId, VisitorId};
use crate::outbox;
use crate::store::approval_steps::Step;
use crate::store::idempotency::Done;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{
    StoreError, approval_steps, areas, audit, begin, commit, consents, idempotency, passes, people,
    photos, reasons, staff, visitors, visits,
};

/// How many applications of one person may wait with one host.
pub const MOST_PENDING: u64 = 3;

/// How many applications one person may submit in a day; each sends a card and an SMS to every
/// approver, whatever becomes of it.
pub const MOST_A_DAY: u64 = 20;

/// What a visitor asks for.
#[derive(Clone, Debug)]
pub struct Booking {
    pub host: StaffId,
    pub area: AreaId,
    pub reason: ReasonId,
    pub note: Option<Note>,
    pub window: Window,
    pub visitor: Details,
}

/// 基本信息 and 备案信息 of one visitor.
#[derive(Clone, Debug)]
pub struct Details {
    pub name: PersonName,
    pub phone: Phone,
    pub id_number: IdNumber,
    pub id_photo: PhotoId,
    /// Given only together with the consent to use it.
    pub face_photo: Option<PhotoId>,
    pub plate: Option<Plate>,
    pub items: Option<Items>,
}

/// The sender's own key of a request, and the hash of what it asked.
#[derive(Clone, Debug)]
pub struct Key {
    pub key: String,
    pub request_hash: String,
}

/// Why a booking, a correction or a withdrawal did not happen.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    #[error("没有找到该申请")]
    NotFound,
    #[error("没有找到该被访人")]
    UnknownHost,
    #[error("该到访区域不存在或已停用")]
    UnknownArea,
    #[error("该来访事由不存在或已停用")]
    UnknownReason,
    #[error("请上传与证件号对应的证件照")]
    UnknownIdPhoto,
    #[error("请重新上传人脸照")]
    UnknownFacePhoto,
    #[error("结束时间已过，请重新选择到访时间")]
    Over,
    #[error("到访时间最多可预约一年内")]
    TooFar,
    #[error("您向该被访人提交的申请已有3条待审批，请等待审批后再提交")]
    TooManyPending,
    #[error("您今天提交的申请已达20份，请明天再提交")]
    TooManyToday,
    /// The key was used for something else.
    #[error("该请求编号已用于另一份申请，请刷新后重试")]
    KeyReused,
    #[error(transparent)]
    Visit(#[from] VisitError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Books a visit for one. The same key again gives the visit that it made.
pub async fn book(
    ctx: &Ctx,
    guest: &Guest,
    key: Option<&Key>,
    asked: &Booking,
) -> Result<VisitId, BookError> {
    match book_once(ctx, guest, key, asked).await {
        // Two with one key at once: the second finds what the first made.
        Err(BookError::Store(error)) if error.is_taken() => book_once(ctx, guest, key, asked).await,
        booked => booked,
    }
}

async fn book_once(
    ctx: &Ctx,
    guest: &Guest,
    key: Option<&Key>,
    asked: &Booking,
) -> Result<VisitId, BookError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    // One person's bookings go one after the other, so that the count below is exact.
    people::lock(&txn, guest.id).await?;
    if let Some(key) = key
        && let Some(done) = idempotency::find(&txn, guest.id, &key.key).await?
    {
        let same = done.request_hash == key.request_hash;
        return if same {
            Ok(done.subject.into())
        } else {
            Err(BookError::KeyReused)
        };
    }
    let department = check(&txn, ctx, guest, asked).await?;
    let visit = Visit {
        id: ctx.mint(),
        initiator: guest.id,
        host: asked.host,
        department,
        area: asked.area,
        reason: asked.reason,
        note: asked.note.clone(),
        window: asked.window,
        submitted_at: now,
        arrived_at: None,
        stage: Stage::Pending,
        version: 1,
    };
    visits::insert(&txn, &visit).await?;
    visitors::insert(
        &txn,
        &visitor(ctx, guest, ctx.mint(), visit.id, &asked.visitor),
    )
    .await?;
    learn(&txn, ctx, guest, &asked.visitor).await?;
    if let Some(key) = key {
        let done = Done {
            request_hash: key.request_hash.clone(),
            subject: visit.id.get(),
        };
        idempotency::insert(&txn, guest.id, &key.key, &done, now).await?;
    }
    ask(&txn, ctx, &visit, 1).await?;
    note(&txn, ctx, guest, "visit.book", visit.id).await?;
    commit(txn).await?;
    Ok(visit.id)
}

/// Corrects a returned visit, which submits it again.
pub async fn correct(
    ctx: &Ctx,
    guest: &Guest,
    id: VisitId,
    asked: &Booking,
) -> Result<(), BookError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    people::lock(&txn, guest.id).await?;
    let visit = visits::lock_for_guest(&txn, guest, id)
        .await?
        .ok_or(BookError::NotFound)?;
    let department = check(&txn, ctx, guest, asked).await?;
    let corrected = Corrected {
        host: asked.host,
        department,
        area: asked.area,
        reason: asked.reason,
        note: asked.note.clone(),
        window: asked.window,
    };
    let visit = visit.correct(corrected, now)?;
    visits::update(&txn, &visit).await?;
    let first = visitors::of_visits(&txn, [id]).await?.into_iter().next();
    let first = first.ok_or(BookError::NotFound)?;
    visitors::update(&txn, &visitor(ctx, guest, first.id, id, &asked.visitor)).await?;
    learn(&txn, ctx, guest, &asked.visitor).await?;
    let steps = approval_steps::of_visit(&txn, id).await?;
    let next = i16::try_from(steps.len())
        .unwrap_or(i16::MAX)
        .saturating_add(1);
    ask(&txn, ctx, &visit, next).await?;
    note(&txn, ctx, guest, "visit.correct", id).await?;
    commit(txn).await?;
    Ok(())
}

/// Withdraws a visit; its passes open nothing from this moment.
pub async fn withdraw(ctx: &Ctx, guest: &Guest, id: VisitId) -> Result<(), BookError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    let visit = visits::lock_for_guest(&txn, guest, id)
        .await?
        .ok_or(BookError::NotFound)?;
    let visit = visit.withdraw(now)?;
    visits::update(&txn, &visit).await?;
    passes::revoke_of_visit(&txn, id, now).await?;
    cards::settle(&txn, ctx, id).await?;
    note(&txn, ctx, guest, "visit.withdraw", id).await?;
    commit(txn).await?;
    Ok(())
}

/// The guest's own visit.
pub async fn find(ctx: &Ctx, guest: &Guest, id: VisitId) -> Result<VisitFacts, BookError> {
    let visit = visits::find_for_guest(&ctx.db.read, guest, id).await?;
    let visit = visit.ok_or(BookError::NotFound)?;
    Ok(visit_facts::of_one(&ctx.db.read, visit, ctx.clock.now()).await?)
}

/// 预约记录, newest first: those before `before`.
pub async fn list(
    ctx: &Ctx,
    guest: &Guest,
    before: Option<VisitId>,
    limit: u64,
) -> Result<Vec<VisitFacts>, StoreError> {
    let own = visits::list_for_guest(&ctx.db.read, guest, before, limit).await?;
    visit_facts::of(&ctx.db.read, own, ctx.clock.now()).await
}

/// Writes down the ends that have passed, for those who look into the database and for the cards
/// that still show buttons. Nothing waits for it: every read settles for itself.
pub async fn settle_over(ctx: &Ctx) -> Result<usize, StoreError> {
    let now = ctx.clock.now();
    let over = visits::find_over(&ctx.db.read, now, 200).await?;
    for id in &over {
        if let Err(error) = settle(ctx, *id).await {
            // One that makes no sense must not keep the others from being settled.
            tracing::error!(visit.id = %id, %error, "a visit that is over could not be settled");
        }
    }
    Ok(over.len())
}

async fn settle(ctx: &Ctx, id: VisitId) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let txn = begin(&ctx.db).await?;
    let Some(visit) = visits::lock(&txn, id).await? else {
        return Ok(());
    };
    let stored = visit.stage.clone();
    let visit = visit.settle(now);
    if visit.stage != stored {
        visits::update(&txn, &visit).await?;
        cards::settle(&txn, ctx, id).await?;
        commit(txn).await?;
    }
    Ok(())
}

/// What can only be seen in the database; gives the host's department.
async fn check(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    guest: &Guest,
    asked: &Booking,
) -> Result<DepartmentId, BookError> {
    if asked.window.is_over(ctx.clock.now()) {
        return Err(BookError::Over);
    }
    if asked.window.is_too_far(ctx.clock.now()) {
        return Err(BookError::TooFar);
    }
    let host = staff::find(txn, asked.host)
        .await?
        .filter(|host| host.is(Role::Host));
    let host = host.ok_or(BookError::UnknownHost)?;
    let area = areas::find(txn, asked.area).await?;
    area.filter(|area| area.open)
        .ok_or(BookError::UnknownArea)?;
    let reason = reasons::find(txn, asked.reason).await?;
    reason
        .filter(|reason| reason.open)
        .ok_or(BookError::UnknownReason)?;
    let Details {
        id_photo,
        face_photo,
        ..
    } = asked.visitor;
    let own = photos::find_for_guest(txn, guest, PhotoKind::Document, id_photo).await?;
    own.ok_or(BookError::UnknownIdPhoto)?;
    if let Some(face) = face_photo {
        let own = photos::find_for_guest(txn, guest, PhotoKind::Face, face).await?;
        own.ok_or(BookError::UnknownFacePhoto)?;
    }
    let today = day_start(ctx.clock.now());
    if visits::count_submitted(txn, guest, today).await? >= MOST_A_DAY {
        return Err(BookError::TooManyToday);
    }
    if visits::count_pending(txn, guest, asked.host, ctx.clock.now()).await? >= MOST_PENDING {
        return Err(BookError::TooManyPending);
    }
    Ok(host.department)
}

fn visitor(ctx: &Ctx, guest: &Guest, id: VisitorId, visit: VisitId, details: &Details) -> Visitor {
    Visitor {
        id,
        visit,
        person: Some(guest.id),
        place: 1,
        name: details.name.clone(),
        phone: ctx.seal_phone(&details.phone),
        document: SealedDocument {
            kind: details.id_number.kind(),
            sealed: ctx.keys.seal(&ctx.entropy, &details.id_number),
            hash: ctx.keys.keyed_hash(&details.id_number),
            mask: details.id_number.masked(),
        },
        id_photo: details.id_photo,
        face_photo: details.face_photo,
        plate: details.plate.clone(),
        items: details.items.clone(),
    }
}

/// Remembers what somebody gave for themselves, and their consent.
async fn learn(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    guest: &Guest,
    details: &Details,
) -> Result<(), StoreError> {
    let phone = ctx.seal_phone(&details.phone);
    people::learn_details(txn, guest.id, &details.name, &phone).await?;
    if let Some(face) = details.face_photo {
        let now = ctx.clock.now();
        consents::insert(txn, ctx.mint(), guest.id, face, FACE_CONSENT, now).await?;
    }
    Ok(())
}

/// Asks the host's department.
async fn ask(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
    ordinal: i16,
) -> Result<StepId, StoreError> {
    let step = Step {
        id: ctx.mint(),
        visit: visit.id,
        ordinal,
        department: visit.department,
        asked_at: ctx.clock.now(),
        decided: None,
    };
    approval_steps::insert(txn, &step).await?;
    outbox::post(txn, ctx, &Message::ApprovalWaiting { step: step.id }).await?;
    Ok(step.id)
}

async fn note(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    guest: &Guest,
    what: &'static str,
    id: VisitId,
) -> Result<(), StoreError> {
    let (who, subject) = (format!("person:{}", guest.id), format!("visit:{id}"));
    audit::insert(txn, &super::audit(ctx, who, what, subject, String::new())).await
}
