//! What is one's own: everything that is kept of somebody, for them to take along, and all of it gone when
//! they say so.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use super::applications::BookError;
use super::visits::withdraw;
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Guest};
use crate::domain::gate::News;
use crate::domain::message::Recipient;
use crate::domain::photo::Photo;
use crate::domain::subscription::Grants;
use crate::domain::visit::{Stage, Visit};
use crate::domain::visitor::Visitor;
use crate::ids::PersonId;
use crate::store::consents::Consent;
use crate::store::outbox::Standing;
use crate::store::people::{Person, WechatNames};
use crate::store::sessions::Login;
use crate::store::subscriptions::Wallet;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{
    StoreError, audit, begin, commit, consents, idempotency, outbox, passes, people, photos,
    sessions, subscriptions, visitors, visits,
};

/// Everything that is kept of somebody.
pub struct Own {
    pub person: Person,
    /// Those that they began and those that they are in, oldest first.
    pub visits: Vec<VisitFacts>,
    pub pictures: Vec<(Photo, DateTime<Utc>)>,
    pub consents: Vec<Consent>,
    pub messages: Vec<Standing>,
    pub grants: Vec<(Wallet, Grants)>,
    pub logins: Vec<Login>,
}

/// Gathers it. What of it is another's, whoever shows it masks.
pub async fn gather(ctx: &Ctx, by: &Guest) -> Result<Option<Own>, StoreError> {
    let (db, account) = (&ctx.db.read, Account::from(by));
    let Some(person) = people::find(db, by.id).await? else {
        return Ok(None);
    };
    let selves = visitors::of_person(db, by.id).await?;
    let mut all = visits::of_account(db, account).await?;
    for visitor in &selves {
        all.extend(visits::find(db, visitor.visit).await?);
    }
    all.sort_by_key(|visit| visit.id);
    all.dedup_by_key(|visit| visit.id);
    Ok(Some(Own {
        person,
        visits: visit_facts::of(db, all, ctx.clock.now()).await?,
        pictures: photos::of_owner(db, account, ctx.clock.now()).await?,
        consents: consents::of_account(db, account).await?,
        messages: outbox::to_these(db, ways_to(by.id, &selves)).await?,
        grants: subscriptions::of_person(db, by.id).await?,
        logins: sessions::of_person(db, by.id).await?,
    }))
}

/// As whom somebody is told something.
fn ways_to(person: PersonId, selves: &[Visitor]) -> Vec<Recipient> {
    let selves = selves.iter().map(|visitor| Recipient::Visitor(visitor.id));
    selves.chain([Recipient::Person(person)]).collect()
}

/// Forgets somebody who asks for it. What is open of theirs is withdrawn, a place in another's visit lapses
/// with its pass, and what of all of it is personal goes at once; that there were visits, where and when,
/// stays as long as `[retention]` says. Who comes again is somebody new. Twice is as once.
pub async fn leave(ctx: &Ctx, by: &Guest) -> Result<(), BookError> {
    loop {
        withdraw_open(ctx, by).await?;
        let txn = begin(&ctx.db).await?;
        people::lock(&txn, by.id).await?;
        let known = people::find(&txn, by.id).await?;
        if known.is_none_or(|known| known.names == WechatNames::default() && known.phone.is_none())
        {
            // A request beside this one did it already: nobody comes without a name or a number.
            return Ok(());
        }
        let own = visits::hold_of(&txn, by.into()).await?;
        // They may have applied for another meanwhile.
        if own.iter().any(|visit| is_open(visit, ctx)) {
            continue;
        }
        forget(&txn, ctx, by.id, &own).await?;
        commit(txn).await?;
        return Ok(());
    }
}

async fn withdraw_open(ctx: &Ctx, by: &Guest) -> Result<(), BookError> {
    for visit in visits::of_account(&ctx.db.read, by.into()).await? {
        if !is_open(&visit, ctx) {
            continue;
        }
        match withdraw(ctx, by.into(), visit.id).await {
            // It ended meanwhile, one way or another.
            Ok(()) | Err(BookError::Visit(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_open(visit: &Visit, ctx: &Ctx) -> bool {
    match visit.clone().settle(ctx.clock.now()).stage {
        Stage::Inviting | Stage::Pending | Stage::Approved { .. } | Stage::Returned { .. } => true,
        Stage::Rejected { .. }
        | Stage::Withdrawn { .. }
        | Stage::Lapsed { .. }
        | Stage::Completed { .. } => false,
    }
}

async fn forget(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    person: PersonId,
    own: &[Visit],
) -> Result<(), StoreError> {
    let (now, account) = (ctx.clock.now(), Account::Person(person));
    let selves = visitors::of_person(txn, person).await?;
    let good = passes::lock_live(txn, selves.iter().map(|visitor| visitor.id), now).await?;
    let good: Vec<_> = good.iter().map(|pass| pass.id).collect();
    passes::revoke(txn, good.iter().copied(), now).await?;
    ctx.tell(txn, &News::Passes(good)).await?;
    outbox::give_up(txn, ways_to(person, &selves), now).await?;
    visitors::forget(txn, selves, now).await?;
    let own: Vec<_> = own.iter().map(|visit| visit.id).collect();
    visits::forget(txn, &own, now).await?;
    photos::let_go_of(txn, account, now).await?;
    consents::withdraw_of(txn, account, now).await?;
    subscriptions::forget_of(txn, person).await?;
    idempotency::forget_of(txn, person).await?;
    sessions::revoke_all(txn, account, now).await?;
    people::forget(txn, person).await?;
    let subject = account.to_string();
    let line = super::audit(ctx, subject.clone(), "person.leave", subject, String::new());
    audit::insert(txn, &line).await
}
