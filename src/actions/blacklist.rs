//! 访客黑名单 grows and shrinks: an administrator adds somebody, which takes their passes from them in the
//! same transaction, and lifts them again.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use super::note;
use crate::ctx::Ctx;
use crate::domain::Cause;
use crate::domain::actors::Admin;
use crate::domain::campus::Area;
use crate::domain::gate::News;
use crate::domain::screening::{Effect, Entry, Mark, Scope, marks_of, ruling};
use crate::ids::EntryId;
use crate::store::blacklist::EntryFilter;
use crate::store::{StoreError, areas, begin, blacklist, commit, passes, staff, visitors};

/// Who is to be listed, and how.
#[derive(Clone, Debug)]
pub struct Listing {
    pub mark: Mark,
    pub scope: Scope,
    pub effect: Effect,
    pub cause: Cause,
    /// None is for good.
    pub until: Option<DateTime<Utc>>,
}

/// Why the list did not change.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("没有找到该黑名单记录")]
    NotFound,
    #[error("该到访区域不存在")]
    UnknownArea,
    #[error("截止时间必须晚于现在")]
    Past,
    #[error("该信息已在同一范围的黑名单中，请先移出再添加")]
    Listed,
    #[error("该记录已移出黑名单")]
    Lifted,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds somebody. One who is refused loses every pass to where the entry counts, in the transaction that
/// adds it; the entry says how many.
pub async fn add(ctx: &Ctx, by: &Admin, asked: &Listing) -> Result<Entry, ListError> {
    let now = ctx.clock.now();
    if asked.until.is_some_and(|until| until <= now) {
        return Err(ListError::Past);
    }
    let txn = begin(&ctx.db).await?;
    // Whoever applies, joins or is approved holds their area while they are screened: they are done, and
    // their passes are found here, or they find the entry.
    let held = match asked.scope {
        Scope::Everywhere => areas::lock_all(&txn).await?,
        Scope::Area(id) => areas::lock(&txn, id).await?.into_iter().collect(),
    };
    let area = held.first().ok_or(ListError::UnknownArea)?;
    let mut entry = Entry {
        id: ctx.mint(),
        kind: asked.mark.kind(),
        hash: asked.mark.hash(&ctx.keys),
        mask: asked.mark.masked(),
        scope: asked.scope,
        effect: asked.effect,
        cause: asked.cause.clone(),
        added_by: by.member.id,
        added_at: now,
        until: asked.until,
        lifted_at: None,
        revoked: 0,
    };
    let known = blacklist::fitting(&txn, [&entry.hash]).await?;
    let same = known.iter().filter(|known| known.scope == entry.scope);
    if ruling(same, area.id, now).is_some() {
        return Err(ListError::Listed);
    }
    if entry.effect == Effect::Refuse {
        let revoked = revoke(&txn, ctx, &asked.mark, &entry, &held).await?;
        entry.revoked = i32::try_from(revoked).unwrap_or(i32::MAX);
    }
    blacklist::insert(&txn, &entry).await?;
    ctx.tell(&txn, &News::EveryPass).await?;
    let done = format!(
        "kind={} mark={} effect={} revoked={}",
        entry.kind.as_str(),
        entry.mask,
        entry.effect.as_str(),
        entry.revoked
    );
    note(&txn, ctx, by, "blacklist.add", subject(entry.id), done).await?;
    commit(txn).await?;
    Ok(entry)
}

/// Revokes the passes into `held`, the areas where the entry counts, of whoever has its mark.
async fn revoke(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    mark: &Mark,
    entry: &Entry,
    held: &[Area],
) -> Result<u64, StoreError> {
    let now = ctx.clock.now();
    let perhaps = visitors::with_live_pass(txn, mark, &entry.hash, now).await?;
    let theirs = perhaps
        .iter()
        .filter(|visitor| marks_of(&ctx.keys, visitor).contains(&entry.hash))
        .map(|visitor| visitor.id);
    let live = passes::lock_live(txn, theirs, now).await?;
    let goes = live
        .iter()
        .filter(|pass| held.iter().any(|area| pass.areas.holds(area.slot)));
    passes::revoke(txn, goes.map(|pass| pass.id), now).await
}

/// Takes somebody off the list. What it has refused and revoked stays so.
pub async fn lift(ctx: &Ctx, by: &Admin, id: EntryId) -> Result<Entry, ListError> {
    let txn = begin(&ctx.db).await?;
    let lifted = blacklist::lift(&txn, id, ctx.clock.now()).await?;
    ctx.tell(&txn, &News::EveryPass).await?;
    let entry = blacklist::find(&txn, id)
        .await?
        .ok_or(ListError::NotFound)?;
    if !lifted {
        return Err(ListError::Lifted);
    }
    let done = format!("kind={} mark={}", entry.kind.as_str(), entry.mask);
    note(&txn, ctx, by, "blacklist.lift", subject(id), done).await?;
    commit(txn).await?;
    Ok(entry)
}

/// An entry with the names that a screen says of it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub entry: Entry,
    /// None is everywhere.
    pub area: Option<Area>,
    /// Who added it.
    pub by: String,
}

/// The list, newest first: those before `before`, lifted ones too.
pub async fn list(
    ctx: &Ctx,
    _: &Admin,
    filter: &EntryFilter,
    before: Option<EntryId>,
    limit: u64,
) -> Result<Vec<Listed>, StoreError> {
    let entries = blacklist::list(&ctx.db.read, filter, before, limit).await?;
    named(ctx, entries).await
}

/// Looks up the names.
pub async fn named(ctx: &Ctx, entries: Vec<Entry>) -> Result<Vec<Listed>, StoreError> {
    let db = &ctx.db.read;
    let areas = areas::all(db).await?;
    let members = staff::find_many(db, entries.iter().map(|entry| entry.added_by)).await?;
    let named = |entry: Entry| {
        let area = areas
            .iter()
            .find(|area| entry.scope == Scope::Area(area.id));
        let by = members.iter().find(|member| member.id == entry.added_by);
        Listed {
            area: area.cloned(),
            by: by.map_or(String::new(), |by| by.name.as_str().to_owned()),
            entry,
        }
    };
    Ok(entries.into_iter().map(named).collect())
}

fn subject(id: EntryId) -> String {
    format!("blacklist:{id}")
}
