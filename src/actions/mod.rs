//! What can happen on a campus: one function, one transaction, no network.
//!
//! Each loads with a lock, asks the domain, stores, posts to the outbox what must be told, and
//! commits. The mini-program, the pages, WeCom's cards and the operator call the same ones.
//! [`passages`] is the one exception: one task puts many scans into one transaction.

pub mod applications;
pub mod approvals;
pub mod blacklist;
pub mod budgets;
pub mod campus;
pub mod cards;
pub mod console;
pub mod delegations;
pub mod devices;
pub mod exports;
pub mod figures;
pub mod forgetting;
pub mod gate_list;
pub mod groups;
pub mod guards;
pub mod invitations;
pub mod lapses;
pub mod leaving;
mod limits;
pub mod login_codes;
pub mod once;
pub mod outbox;
pub mod passages;
pub mod passes;
pub mod people;
pub mod photos;
pub mod proxies;
pub mod readers;
pub mod registers;
pub mod registrations;
pub mod residents;
pub mod reveal;
pub mod routes;
pub mod rules;
pub mod screening;
pub mod sessions;
pub mod staff;
pub mod steps;
pub mod subscriptions;
pub mod trays;
pub mod visits;

use sea_orm::DatabaseTransaction;

use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::store::StoreError;
use crate::store::audit::{self, Line};

/// A line for the audit, of now.
fn audit(ctx: &Ctx, who: String, what: &'static str, subject: String, detail: String) -> Line {
    Line {
        id: ctx.mint(),
        at: ctx.clock.now(),
        who,
        what,
        subject,
        detail,
    }
}

/// Writes down what an administrator does, in the transaction in which they do it.
async fn note(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    by: &Admin,
    what: &'static str,
    subject: String,
    detail: String,
) -> Result<(), StoreError> {
    audit::insert(txn, &audit(ctx, by.as_audited(), what, subject, detail)).await
}
