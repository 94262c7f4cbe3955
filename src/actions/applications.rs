//! What every way of applying shares: what is asked for, what only the database knows to be wrong with
//! it, and what is written down of a visit in each case.

use sea_orm::DatabaseTransaction;

use super::{limits, screening};
use crate::ctx::Ctx;
use crate::domain::actors::Account;
use crate::domain::campus::Role;
use crate::domain::invitation::Refusal;
use crate::domain::limits::LimitError;
use crate::domain::mode::Mode;
use crate::domain::photo::{FACE_CONSENT, PhotoKind};
use crate::domain::visit::{Corrected, Host, Stage, Visit, VisitError};
use crate::domain::visitor::{SealedDocument, Visitor};
use crate::domain::window::day_start;
use crate::domain::{AreaNote, IdNumber, Items, Note, PersonName, Phone, Plate, Window};
use crate::ids::{AreaId, DepartmentId, PersonId, PhotoId, ReasonId, StaffId, VisitId, VisitorId};
use crate::store::{
    StoreError, areas, audit, consents, people, photos, quarters, reasons, staff, visitors, visits,
};

/// How many applications of one person may wait with one host.
pub const MOST_PENDING: u64 = 3;

/// How many applications one person may submit in a day; each sends a card and an SMS to every
/// approver, whatever becomes of it.
pub const MOST_A_DAY: u64 = 20;

/// The same for a member of staff, whose office invites for many.
pub const MOST_A_DAY_OF_STAFF: u64 = 100;

/// 到访信息.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub host: StaffId,
    pub area: AreaId,
    pub reason: ReasonId,
    pub area_note: Option<AreaNote>,
    pub note: Option<Note>,
    pub window: Window,
}

/// 基本信息 and 备案信息 of one visitor.
#[derive(Clone, Debug)]
pub struct Details {
    pub name: PersonName,
    pub phone: Phone,
    /// None where a visitor needs none.
    pub document: Option<Document>,
    /// Given only together with the consent to use it.
    pub face_photo: Option<PhotoId>,
    pub plate: Option<Plate>,
    pub items: Option<Items>,
}

/// 证件号 and 证件照.
#[derive(Clone, Debug)]
pub struct Document {
    pub number: IdNumber,
    pub photo: PhotoId,
}

/// Why something about an application did not happen.
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
    #[error("小区访客登记暂未开通")]
    NoQuarter,
    /// Of the visitor with this number in a list, when there is a list.
    #[error("请上传与证件号对应的证件照")]
    UnknownIdPhoto(Option<usize>),
    #[error("请重新上传人脸照")]
    UnknownFacePhoto(Option<usize>),
    #[error("结束时间已过，请重新选择到访时间")]
    Over,
    #[error("到访时间最多可预约一年内")]
    TooFar,
    #[error("您向该被访人提交的申请已有3条待审批，请等待审批后再提交")]
    TooManyPending,
    #[error("您今天提交的申请已达{0}份，请明天再提交")]
    TooManyToday(u64),
    /// Of all visitors, for whatever phone was typed: it tells nothing of the register.
    #[error("今天登记到访该住户的访客已达{0}人，请明天再登记")]
    TooManyToResident(u64),
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The blacklist refuses the visitor with this number in a list, or the only one. It does not say so:
    /// who is on it is nobody's to find out here.
    #[error("暂时无法为{}办理预约，请联系被访人或保卫处", named(.0.as_ref()))]
    Screened(Option<usize>),
    /// The key was used for something else.
    #[error("该请求编号已用于另一份申请，请刷新后重试")]
    KeyReused,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Visit(#[from] VisitError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// 第2位访客 of a list.
fn named(number: Option<&usize>) -> String {
    number.map_or("该访客".to_owned(), |number| {
        format!("第{}位访客", number + 1)
    })
}

/// Holds whoever applies, so that what they do happens one after the other and is counted exactly.
pub(super) async fn hold(txn: &DatabaseTransaction, by: Account) -> Result<(), StoreError> {
    match by {
        Account::Person(id) => people::lock(txn, id).await,
        Account::Staff(id) => staff::lock(txn, id).await,
    }
}

/// What can only be seen in the database; gives the host's department. `correcting` is the visit that is
/// submitted again, when one is.
pub(super) async fn check(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: Account,
    asked: &Wanted,
    correcting: Option<VisitId>,
) -> Result<DepartmentId, BookError> {
    let now = ctx.clock.now();
    check_window(ctx, &asked.window)?;
    let host = staff::find(txn, asked.host)
        .await?
        .filter(|host| host.is(Role::Host));
    let host = host.ok_or(BookError::UnknownHost)?;
    // Whoever comes to residents registers with one; an office of the campus does not let them in.
    let quarters = quarters::all(txn).await?;
    let bookable = quarters.iter().all(|quarter| quarter.area != asked.area);
    let area = areas::lock(txn, asked.area).await?;
    let area = area
        .filter(|area| area.open && bookable)
        .ok_or(BookError::UnknownArea)?;
    limits::check(txn, ctx, by, (asked.window, &area), correcting).await?;
    let reason = reasons::find(txn, asked.reason).await?;
    reason
        .filter(|reason| reason.open)
        .ok_or(BookError::UnknownReason)?;
    let most = match by {
        Account::Person(_) => MOST_A_DAY,
        Account::Staff(_) => MOST_A_DAY_OF_STAFF,
    };
    if visits::count_submitted(txn, by, day_start(now)).await? >= most {
        return Err(BookError::TooManyToday(most));
    }
    let bounded = matches!(by, Account::Person(_));
    if bounded && visits::count_pending(txn, by, asked.host, now).await? >= MOST_PENDING {
        return Err(BookError::TooManyPending);
    }
    Ok(host.department)
}

/// A time that is neither over nor too far away.
pub(super) fn check_window(ctx: &Ctx, window: &Window) -> Result<(), BookError> {
    let now = ctx.clock.now();
    if window.is_over(now) {
        return Err(BookError::Over);
    }
    if window.is_too_far(now) {
        return Err(BookError::TooFar);
    }
    Ok(())
}

/// What the campus has against this visitor in this visit, both of which are stored: the blacklist, and
/// another visit at the same time. The area is held for both, as whoever joins has not done yet. `number` is
/// the visitor's in a list.
pub(super) async fn admit(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
    visitor: &Visitor,
    number: Option<usize>,
) -> Result<(), BookError> {
    let area = areas::lock(txn, visit.area).await?;
    let area = area.ok_or(BookError::UnknownArea)?;
    if !screening::screen(txn, ctx, visit, visitor).await? {
        return Err(BookError::Screened(number));
    }
    if !limits::is_free(txn, ctx, &area, visit, visitor).await? {
        return Err(LimitError::Overlaps(number).into());
    }
    Ok(())
}

/// Takes the visitor's pictures into use, which must be those that `by` gave. `number` is the visitor's
/// in a list.
pub(super) async fn take_photos(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: Account,
    details: &Details,
    number: Option<usize>,
) -> Result<(), BookError> {
    let now = ctx.clock.now();
    if let Some(document) = &details.document
        && !photos::take(txn, by, PhotoKind::Document, document.photo, now).await?
    {
        return Err(BookError::UnknownIdPhoto(number));
    }
    if let Some(face) = details.face_photo
        && !photos::take(txn, by, PhotoKind::Face, face, now).await?
    {
        return Err(BookError::UnknownFacePhoto(number));
    }
    Ok(())
}

/// A new visit, of now.
pub(super) fn visit(
    ctx: &Ctx,
    by: Account,
    (mode, stage): (Mode, Stage),
    asked: &Wanted,
    department: DepartmentId,
) -> Visit {
    Visit {
        id: ctx.mint(),
        mode,
        initiator: by,
        host: Host::Staff(asked.host),
        department,
        area: asked.area,
        reason: asked.reason,
        area_note: asked.area_note.clone(),
        note: asked.note.clone(),
        window: asked.window,
        submitted_at: ctx.clock.now(),
        arrived_at: None,
        stage,
        version: 1,
    }
}

/// What a correction changes of the visit itself.
pub(super) fn corrected(asked: &Wanted, department: DepartmentId) -> Corrected {
    Corrected {
        host: Host::Staff(asked.host),
        department,
        area: asked.area,
        reason: asked.reason,
        area_note: asked.area_note.clone(),
        note: asked.note.clone(),
        window: asked.window,
    }
}

/// A visitor at a place of a visit; `person` is their own account, when they have one.
pub(super) fn visitor(
    ctx: &Ctx,
    (id, visit, place): (VisitorId, VisitId, usize),
    person: Option<PersonId>,
    details: &Details,
) -> Visitor {
    Visitor {
        id,
        visit,
        person,
        // A visit has at most 100.
        place: i16::try_from(place).unwrap_or(i16::MAX),
        name: details.name.clone(),
        phone: ctx.seal_phone(&details.phone),
        document: details.document.as_ref().map(|document| SealedDocument {
            kind: document.number.kind(),
            sealed: ctx.keys.seal(&ctx.entropy, &document.number),
            hash: ctx.keys.keyed_hash(&document.number),
            mask: document.number.masked(),
            photo: document.photo,
        }),
        face_photo: details.face_photo,
        plate: details.plate.clone(),
        items: details.items.clone(),
    }
}

/// Puts other details in the place of a visitor's; pictures that they had before are let go.
pub(super) async fn replace(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    before: &Visitor,
    after: &Visitor,
) -> Result<(), StoreError> {
    visitors::update(txn, after).await?;
    for picture in before.pictures() {
        if after.pictures().all(|kept| kept != picture) {
            photos::let_go(txn, picture, ctx.clock.now()).await?;
        }
    }
    Ok(())
}

/// Remembers the consent to the face photo, when there is one.
pub(super) async fn consent(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: Account,
    details: &Details,
) -> Result<(), StoreError> {
    if let Some(face) = details.face_photo {
        let now = ctx.clock.now();
        consents::insert(txn, ctx.mint(), by, face, FACE_CONSENT, now).await?;
    }
    Ok(())
}

/// Writes down who did what to a visit.
pub(super) async fn note(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    who: impl ToString,
    what: &'static str,
    id: VisitId,
) -> Result<(), StoreError> {
    let (who, subject) = (who.to_string(), format!("visit:{id}"));
    audit::insert(txn, &super::audit(ctx, who, what, subject, String::new())).await
}
