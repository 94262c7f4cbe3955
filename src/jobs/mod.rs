//! What happens because the clock strikes: deliveries, ends that pass, a look at the outside.
//!
//! A job that is told to stop finishes the round it is in. Any replica may run every job: rows are
//! leased, and settling twice changes nothing.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::actions::forgetting::forget_some;
use crate::actions::gate_list::publish;
use crate::actions::lapses::{settle_due, warn_due};
use crate::actions::outbox::forget;
use crate::actions::photos::erase_due;
use crate::actions::steps::{end_due, remind_due};
use crate::actions::visits::settle_over;
use crate::ctx::{Clients, Ctx};
use crate::menus::{Menus, apply};
use crate::outbox::Worker;
use crate::store::{self, Db, news};

/// How long the worker rests when nothing was due: half a second is soon for a person.
const REST: Duration = Duration::from_millis(500);

/// Delivers what is owed by one lane, until told to stop.
pub async fn deliver(ctx: Ctx, clients: Clients, worker: Worker, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let busy = match worker.deliver_due(&ctx, &clients).await {
            Ok(delivered) => delivered.taken > 0,
            Err(error) => {
                tracing::error!(%error, "the outbox could not be read");
                false
            }
        };
        if !busy {
            pause(REST, &stop).await;
        }
    }
}

/// Writes down what has lapsed and what is over, warns of invitations that are about to lapse, and
/// forgets what nobody asks for any more, once a minute.
pub async fn settle(ctx: Ctx, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = settle_due(&ctx).await {
            tracing::error!(%error, "invitations that have lapsed could not be settled");
        }
        if let Err(error) = warn_due(&ctx).await {
            tracing::error!(%error, "nobody could be warned of a lapse");
        }
        if let Err(error) = settle_over(&ctx).await {
            tracing::error!(%error, "visits that are over could not be settled");
        }
        if let Err(error) = end_due(&ctx).await {
            tracing::error!(%error, "steps whose time is out could not be ended");
        }
        if let Err(error) = remind_due(&ctx).await {
            tracing::error!(%error, "nobody could be reminded of what waits");
        }
        if let Err(error) = erase_due(&ctx).await {
            tracing::error!(%error, "pictures that nobody has could not be erased");
        }
        if let Err(error) = forget(&ctx).await {
            tracing::error!(%error, "what is old could not be forgotten");
        }
        pause(Duration::from_mins(1), &stop).await;
    }
}

/// Puts into the gates' list what has changed, every two seconds: a revoked pass opens a gate without a
/// network for that long, and for as long as the gate does not ask.
pub async fn publish_list(ctx: Ctx, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = publish(&ctx).await {
            tracing::error!(%error, "the gates' list could not be brought up to date");
        }
        pause(Duration::from_secs(2), &stop).await;
    }
}

/// Hears from the other replicas what gates must not be answered from memory any more. While nobody can be
/// heard, what is remembered is fresh for a few seconds only.
pub async fn hear_news(ctx: Ctx, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => {}
            heard = news::listen(&ctx.db, |news| ctx.caches.hear(&news)) => {
                tracing::warn!(error = ?heard.err(), "other replicas are not heard");
            }
        }
        pause(Duration::from_secs(1), &stop).await;
    }
}

/// Copies SQLite's log into its file every second: a gate that has to wait for a copy of minutes is slow.
pub async fn checkpoint(db: Db, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = store::checkpoint(&db).await {
            tracing::error!(%error, "the database's log could not be copied");
        }
        pause(Duration::from_secs(1), &stop).await;
    }
}

/// Forgets what has been kept for long enough, once an hour.
pub async fn forget_old(ctx: Ctx, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match forget_some(&ctx).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "what was kept for long enough stays"),
        }
        pause(Duration::from_hours(1), &stop).await;
    }
}

/// Asks each platform for a token every five minutes, so that readiness tells of a wrong secret
/// before somebody waits for a message.
pub async fn probe(clients: Clients, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let look = async {
            clients
                .health
                .note("official_account", &clients.account.sign_in().await);
            clients
                .health
                .note("mini_program", &clients.mini.sign_in().await);
            clients.health.note("wecom", &clients.wecom.sign_in().await);
        };
        // Looking changes nothing, so it need not be finished.
        tokio::select! {
            () = stop.cancelled() => {}
            () = look => {}
        }
        pause(Duration::from_mins(5), &stop).await;
    }
}

/// Gives the sandbox's account its menus, which a real account has had since `menu apply`.
pub async fn push_menus(clients: Clients, menus: Menus) {
    let pushed = apply(&clients.account, &menus).await;
    clients.health.note("official_account", &pushed);
    if let Err(error) = pushed {
        tracing::error!(%error, "the sandbox's account has not its menus");
    }
}

async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}
