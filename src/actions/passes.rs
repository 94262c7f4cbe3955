//! 通行凭证: issued with the approval, shown to whoever holds the link.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::note;
use super::screening::Cleared;
use crate::ctx::Ctx;
use crate::domain::Phone;
use crate::domain::actors::{Admin, Staff};
use crate::domain::gate::News;
use crate::domain::message::Message;
use crate::domain::mode::Mode;
use crate::domain::pass::{Pass, PassCode, PassState};
use crate::domain::rotating_code::{STEP, rotating_code, step_at};
use crate::domain::stage::StageKind;
use crate::domain::visit::Visit;
use crate::ids::VisitId;
use crate::outbox;
use crate::secret::{LinkToken, Masked, Sealable, token_hash};
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{
    StoreError, areas, begin, commit, groups, pass_codes, passes, visitors, visits,
};

/// How often somebody may be wrong about the phone of one code. Of four digits that is one in two
/// thousand.
const TRIES: i32 = 5;

/// What a pass page shows.
#[derive(Clone)]
pub struct Shown {
    pub pass: Pass,
    /// Of its link.
    pub token: LinkToken,
    pub state: PassState,
    /// Where its visit stands, which says why a pass was revoked.
    pub stage: StageKind,
    /// Whether the gates know the holder's face.
    pub has_face: bool,
    /// Whose it is: a name, masked, or 团体通行 and how many.
    pub holder: String,
    pub host: String,
    pub area: String,
    /// The content of the QR; none when it would open nothing.
    pub code: Option<String>,
    /// The rotating codes of the next ten minutes and from when each is shown, while the pass opens
    /// anything; none of a group, whose one code goes from hand to hand. Every page has them instead of the
    /// key.
    pub rotating: Option<Vec<(DateTime<Utc>, String)>>,
}

/// Gives every visitor of an approved visit, who were screened in this transaction, a pass, and owes them
/// its link. The only one of a group, its contact, gets the one pass by which all of them come.
pub(super) async fn issue(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
    to: &Cleared,
) -> Result<(), StoreError> {
    let corrupt = StoreError::Corrupt {
        table: "visits",
        id: visit.id.get(),
    };
    let area = areas::find(txn, visit.area).await?.ok_or(corrupt)?;
    let group = groups::of_visits(txn, [visit.id]).await?.pop();
    for visitor in to.visitors.iter().filter(|visitor| !visitor.is_forgotten()) {
        let pass = Pass {
            id: ctx.mint(),
            visit: visit.id,
            visitor: visitor.id,
            key_no: ctx.codes.current(),
            link_generation: 1,
            window: visit.window,
            areas: area.slot.alone(),
            entry_limit: group.as_ref().map(|group| group.headcount.get().into()),
            entries: 0,
            revoked_at: None,
            version: 1,
        };
        let token = ctx
            .keys
            .link_token("pass", pass.id.get(), pass.link_generation);
        passes::insert(txn, &pass, &token.hash(), ctx.clock.now()).await?;
        let code = PassCode::of(&ctx.keys, &pass);
        pass_codes::insert(txn, pass.id, &code.hash(&ctx.keys)).await?;
        outbox::post(txn, ctx, &Message::PassIssued { pass: pass.id }).await?;
    }
    Ok(())
}

/// Takes every pass of a visit from whoever has it.
pub(super) async fn revoke_of_visit(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: VisitId,
) -> Result<(), StoreError> {
    let theirs = passes::lock_of_visit(txn, visit).await?;
    if theirs.is_empty() {
        return Ok(());
    }
    passes::revoke(txn, theirs.iter().copied(), ctx.clock.now()).await?;
    ctx.tell(txn, &News::Passes(theirs)).await
}

/// The token of the link for whoever has the code of an SMS and knows the end of the phone's number.
/// What does not fit, what was tried too often and what is no code are all nothing alike.
pub async fn find_by_code(
    ctx: &Ctx,
    code: &PassCode,
    phone_last4: &str,
) -> Result<Option<LinkToken>, StoreError> {
    let txn = begin(&ctx.db).await?;
    let mut found = None;
    for id in pass_codes::find(&txn, &code.hash(&ctx.keys)).await? {
        // Taken before it is looked at, so that tries at once are counted each.
        if !pass_codes::take_try(&txn, id, TRIES).await? {
            continue;
        }
        let Some(pass) = passes::find(&txn, id).await? else {
            continue;
        };
        let visitor = visitors::find(&txn, pass.visitor).await?;
        let phone = visitor.and_then(|v| ctx.keys.open::<Phone>(&v.phone.sealed).ok());
        if phone.is_some_and(|phone| phone.expose().ends_with(phone_last4)) {
            pass_codes::give_back_try(&txn, id).await?;
            let generation = pass.link_generation;
            found = Some(ctx.keys.link_token("pass", pass.id.get(), generation));
        }
    }
    commit(txn).await?;
    Ok(found)
}

/// The pass behind a link, or nothing.
pub async fn show(ctx: &Ctx, token: &str) -> Result<Option<Shown>, StoreError> {
    let db = &ctx.db.read;
    let now = ctx.clock.now();
    let Some(pass) = passes::find_by_link(db, &token_hash(token)).await? else {
        return Ok(None);
    };
    let Some(visit) = visits::find(db, pass.visit).await? else {
        return Ok(None);
    };
    let about = visit_facts::of_one(db, visit, now).await?;
    Ok(Some(shown(ctx, pass, about)))
}

/// 通行凭证 of a group, to the member of staff who applied for it; nothing while there is none.
pub async fn show_of_group(
    ctx: &Ctx,
    by: &Staff,
    id: VisitId,
) -> Result<Option<Shown>, StoreError> {
    let db = &ctx.db.read;
    let own = visits::find_of(db, by.into(), id).await?;
    of_group(db, ctx, own).await
}

/// The same of any group, to an administrator. Whoever has it comes in, so a line in the audit is written
/// before it is shown.
pub async fn reveal_of_group(
    ctx: &Ctx,
    by: &Admin,
    id: VisitId,
    what: &'static str,
) -> Result<Option<Shown>, StoreError> {
    let txn = begin(&ctx.db).await?;
    let any = visits::find(&txn, id).await?;
    let Some(shown) = of_group(&txn, ctx, any).await? else {
        return Ok(None);
    };
    let (subject, detail) = (format!("visit:{id}"), shown.holder.clone());
    note(&txn, ctx, by, what, subject, detail).await?;
    commit(txn).await?;
    Ok(Some(shown))
}

async fn of_group(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    visit: Option<Visit>,
) -> Result<Option<Shown>, StoreError> {
    let Some(visit) = visit.filter(|visit| visit.mode == Mode::Group) else {
        return Ok(None);
    };
    let about = visit_facts::of_one(db, visit, ctx.clock.now()).await?;
    let pass = about.passes.first().cloned();
    Ok(pass.map(|pass| shown(ctx, pass, about)))
}

/// Ten minutes, and the step that has begun.
const STEPS: i64 = 10 * 60 / STEP;

fn rotating(ctx: &Ctx, pass: &Pass) -> Vec<(DateTime<Utc>, String)> {
    let this = step_at(ctx.clock.now());
    let code = |step: i64| {
        let from = DateTime::from_timestamp(step * STEP, 0).unwrap_or_default();
        (from, rotating_code(&ctx.keys, pass.id, step))
    };
    (this..=this + STEPS).map(code).collect()
}

fn shown(ctx: &Ctx, pass: Pass, about: VisitFacts) -> Shown {
    let mut visitors = about.visitors.iter();
    let visitor = visitors.find(|visitor| visitor.id == pass.visitor);
    let holder = match &about.group {
        Some(group) => format!("团体通行 {}人", group.headcount.get()),
        None => Masked::name(visitor.map_or("", |visitor| visitor.name.as_str())).to_string(),
    };
    let now = ctx.clock.now();
    let state = pass.state(now);
    let code = match state {
        PassState::Valid | PassState::NotYet => Some(ctx.codes.sign(&pass)),
        PassState::Expired | PassState::Revoked => None,
    };
    let token = ctx
        .keys
        .link_token("pass", pass.id.get(), pass.link_generation);
    Shown {
        holder,
        stage: about.visit.stage.kind(),
        has_face: visitor.is_some_and(|visitor| visitor.face_photo.is_some()),
        token,
        host: about.host.name,
        area: about.area.name,
        state,
        rotating: (code.is_some() && about.group.is_none()).then(|| rotating(ctx, &pass)),
        code,
        pass,
    }
}
