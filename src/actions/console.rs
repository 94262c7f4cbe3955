//! What the console reads of visits: as far as the one who asks may see.

use crate::ctx::Ctx;
use crate::domain::actors::Staff;
use crate::ids::VisitId;
use crate::store::StoreError;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::visit_filter::{self, Filter, Scope};

/// 申请管理, newest first: those before `before`.
pub async fn visits(
    ctx: &Ctx,
    by: &Staff,
    filter: &Filter,
    before: Option<VisitId>,
    limit: u64,
) -> Result<Vec<VisitFacts>, StoreError> {
    let (db, now) = (&ctx.db.read, ctx.clock.now());
    let scopes = Scope::of(&by.member);
    let found = visit_filter::list(db, &scopes, filter, now, before, limit).await?;
    visit_facts::of(db, found, now).await
}

/// 详情 of one of them; `None` of one that is not theirs to see.
pub async fn visit(ctx: &Ctx, by: &Staff, id: VisitId) -> Result<Option<VisitFacts>, StoreError> {
    let db = &ctx.db.read;
    match visit_filter::find(db, &Scope::of(&by.member), id).await? {
        Some(visit) => visit_facts::of_one(db, visit, ctx.clock.now())
            .await
            .map(Some),
        None => Ok(None),
    }
}
