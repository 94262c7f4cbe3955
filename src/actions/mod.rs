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
pub mod forgetting;
pub mod groups;
pub mod invitations;
pub mod lapses;
pub mod leaving;
mod limits;
pub mod once;
pub mod outbox;
pub mod passages;
pub mod passes;
pub mod people;
pub mod photos;
pub mod proxies;
pub mod registrations;
pub mod residents;
pub mod screening;
pub mod sessions;
pub mod staff;
pub mod subscriptions;
pub mod visits;

use crate::ctx::Ctx;
use crate::store::audit::Line;

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
