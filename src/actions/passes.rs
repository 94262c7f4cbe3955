//! 通行凭证: issued with the approval, shown to whoever holds the link.

use sea_orm::DatabaseTransaction;

use crate::ctx::Ctx;
use crate::domain::message::Message;
use crate::domain::pass::{Pass, PassState};
use crate::domain::visit::Visit;
use crate::outbox;
use crate::secret::{Masked, token_hash};
use crate::store::visit_facts;
use crate::store::{StoreError, areas, passes, visitors, visits};

/// What a pass page shows.
#[derive(Clone, Debug)]
pub struct Shown {
    pub pass: Pass,
    pub state: PassState,
    pub holder: Masked,
    pub host: String,
    pub area: String,
    /// The content of the QR; none when it would open nothing.
    pub code: Option<String>,
}

/// Gives every visitor of an approved visit a pass, and owes them its link.
pub(super) async fn issue(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &Visit,
) -> Result<(), StoreError> {
    let corrupt = StoreError::Corrupt {
        table: "visits",
        id: visit.id.get(),
    };
    let area = areas::find(txn, visit.area).await?.ok_or(corrupt)?;
    for visitor in visitors::of_visits(txn, [visit.id]).await? {
        let pass = Pass {
            id: ctx.mint(),
            visit: visit.id,
            visitor: visitor.id,
            key_no: ctx.codes.current(),
            link_generation: 1,
            window: visit.window,
            areas: area.slot.alone(),
            entry_limit: None,
            entries: 0,
            revoked_at: None,
            version: 1,
        };
        let token = ctx
            .keys
            .link_token("pass", pass.id.get(), pass.link_generation);
        passes::insert(txn, &pass, &token.hash(), ctx.clock.now()).await?;
        outbox::post(txn, ctx, &Message::PassIssued { pass: pass.id }).await?;
    }
    Ok(())
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
    let holder = about
        .visitors
        .iter()
        .find(|visitor| visitor.id == pass.visitor);
    let state = pass.state(now);
    let code = match state {
        PassState::Valid | PassState::NotYet => Some(ctx.codes.sign(&pass)),
        PassState::Expired | PassState::Revoked => None,
    };
    Ok(Some(Shown {
        holder: Masked::name(holder.map_or("", |visitor| visitor.name.as_str())),
        host: about.host.name.as_str().to_owned(),
        area: about.area.name,
        state,
        code,
        pass,
    }))
}
