//! The composition root: the only place that plugs things together, starts them in order and stops
//! them in order.

use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use futures::FutureExt;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::actions::passages::{self, Inbox, Journal, Spool};
use crate::cache::Caches;
use crate::clock::Clock;
use crate::config::{Faults, Mode, Settings, SmsAccount, SmsProvider};
use crate::ctx::{Clients, Ctx, Policy};
use crate::domain::message::Lane;
use crate::entropy::Entropy;
use crate::http::{self, Site};
use crate::ids::Mint;
use crate::jobs;
use crate::menus::Menus;
use crate::outbox::Worker;
use crate::photos::Photos;
use crate::sandbox::{self, Sandbox, SandboxSettings};
use crate::store::{self, Db};
use crate::templates::Templates;

/// How long a stop may take: requests under way, the delivery under way, the last passages.
const GRACE: Duration = Duration::from_secs(10);
/// How many scans may wait for the writer; more are told to ask again by the time-out.
const SCANS: usize = 1024;
/// How many refusals may wait to be kept; more are not.
const REFUSALS: usize = 4096;

/// Everything put together, and nothing running yet.
pub struct Parts {
    pub site: Site,
    /// What comes to the task that writes passages.
    pub scans: Inbox,
    /// The outside world, in sandbox mode.
    pub sandbox: Option<Sandbox>,
    /// Handlers of deliveries, which may outlive the connection that brought them.
    pub handlers: TaskTracker,
}

/// Checks what the operator wrote besides the settings, opens the database, and puts things together.
///
/// # Errors
/// Faults of menus and templates, and a database that was made for the other mode.
pub async fn assemble(
    settings: &Settings,
    clock: Clock,
    entropy: Entropy,
) -> anyhow::Result<Parts> {
    menus(settings)?;
    let folder = settings.server.message_templates.as_deref();
    let templates = Templates::load(folder, &settings.templates)?;
    let db = Db::open(&settings.database.url)
        .await
        .context("the database (database.url) cannot be opened")?;
    stamp(&db, settings.mode).await?;
    let (scans, asked) = mpsc::channel(SCANS);
    let (refusals, refused) = mpsc::channel(REFUSALS);
    let clients = Clients::new(settings, &db, &clock, &entropy)?;
    let sandbox = (settings.mode == Mode::Sandbox).then(|| boxed(settings, &clock, &entropy));
    let ctx = Ctx {
        db,
        clock,
        entropy,
        ids: Arc::new(Mint::new(settings.server.node)),
        keys: Arc::new(settings.keys.ring.clone()),
        codes: Arc::new(settings.keys.codes.clone()),
        templates: Arc::new(templates),
        photos: Photos::open(&settings.photos)?,
        policy: Arc::new(Policy::of(settings)),
        caches: Caches::new(settings.gate.fresh_for),
        scans,
        refusals,
    };
    let (folder, node) = (&settings.gate.spool, settings.server.node);
    let unreadable = "the spool of the gates (gate.spool) cannot be read";
    let spool = Spool::of(folder, node).context(unreadable)?;
    let alone = ctx.db.is_ours_alone();
    let journal = alone.then(|| Journal::of(folder, node)).transpose();
    let journal = journal.context(unreadable)?;
    let handlers = TaskTracker::new();
    let site = Site::new(settings, ctx, clients, handlers.clone())?;
    Ok(Parts {
        site,
        scans: Inbox {
            asked,
            refused,
            spool,
            journal,
            batch: settings.gate.batch.max(1),
        },
        sandbox,
        handlers,
    })
}

fn menus(settings: &Settings) -> Result<Menus, Faults> {
    let tags = &settings.official_account.tags;
    Menus::load(settings.server.menus.as_deref(), tags)
}

/// The first mode that uses a database marks it. Invented people never meet real ones.
async fn stamp(db: &Db, mode: Mode) -> anyhow::Result<()> {
    let txn = store::begin(db).await?;
    let stamped = store::settings::stamp_mode(&txn, mode.as_str()).await;
    let stamped = stamped.context("the database has not this program's shape: run `migrate`")?;
    store::commit(txn).await?;
    if stamped != mode.as_str() {
        bail!(
            "this database was made in {stamped} mode; {} mode does not touch it",
            mode.as_str()
        );
    }
    Ok(())
}

fn boxed(settings: &Settings, clock: &Clock, entropy: &Entropy) -> Sandbox {
    let Settings {
        official_account: oa,
        mini_program: mini,
        wecom,
        sms,
        ..
    } = settings;
    let public_url = &settings.server.public_url;
    Sandbox::new(SandboxSettings {
        clock: clock.clone(),
        entropy: entropy.clone(),
        service: public_url.clone(),
        here: format!("{public_url}/sandbox"),
        official_account: sandbox::OfficialAccount {
            app_id: oa.app_id.clone(),
            original_id: oa.original_id.clone(),
            token: oa.token.expose_secret().to_owned(),
            encoding_aes_key: oa.encoding_aes_key.reveal(),
            secret: oa.secret.expose_secret().to_owned(),
        },
        mini_program: sandbox::MiniProgram {
            app_id: mini.app_id.clone(),
            original_id: mini.original_id.clone(),
            token: mini.token.expose_secret().to_owned(),
            encoding_aes_key: mini.encoding_aes_key.reveal(),
            secret: mini.secret.expose_secret().to_owned(),
        },
        wecom: sandbox::WeCom {
            corp_id: wecom.corp_id.clone(),
            agent_id: wecom.agent_id,
            token: wecom.token.expose_secret().to_owned(),
            encoding_aes_key: wecom.encoding_aes_key.reveal(),
            secret: wecom.secret.expose_secret().to_owned(),
        },
        sms: played(&sms.providers),
    })
}

/// The accounts of SMS, as the box's providers know them.
fn played(providers: &[SmsProvider]) -> sandbox::SmsAccounts {
    let mut accounts = sandbox::SmsAccounts::default();
    for provider in providers {
        let (sign_name, report_key) = (
            provider.sign_name.clone(),
            provider.report_key.expose_secret().to_owned(),
        );
        match &provider.account {
            SmsAccount::Tencent {
                secret_id,
                secret_key,
                sdk_app_id,
                ..
            } => {
                accounts.tencent = Some(sandbox::TencentSms {
                    secret_id: secret_id.clone(),
                    secret_key: secret_key.expose_secret().to_owned(),
                    sdk_app_id: sdk_app_id.clone(),
                    sign_name,
                    report_key,
                });
            }
            SmsAccount::Aliyun {
                access_key_id,
                access_key_secret,
            } => {
                accounts.aliyun = Some(sandbox::AliyunSms {
                    access_key_id: access_key_id.clone(),
                    access_key_secret: access_key_secret.expose_secret().to_owned(),
                    sign_name,
                    report_key,
                });
            }
        }
    }
    accounts
}

/// Runs the service until the process is told to stop.
///
/// # Errors
/// When it cannot start, or cannot stop in time.
pub async fn serve(settings: Settings, parts: Parts) -> anyhow::Result<()> {
    let figures = PrometheusBuilder::new().install_recorder()?;
    let Parts {
        site,
        scans,
        sandbox,
        handlers,
    } = parts;
    let (ctx, clients, swept) = (site.ctx.clone(), site.clients.clone(), site.clone());
    let mut tasks = Tasks::default();
    let stop = tasks.stop.clone();
    let last = CancellationToken::new();
    // The writer outlives the doors: what they have taken in is kept.
    let writer = passages::write(ctx.clone(), scans, last.clone());
    let writers = TaskTracker::new();
    let writer = watched(done(writer), stop.clone());
    // On a thread of its own: who has waited for the disk need not wait for a turn among all who ask as well.
    let here = Handle::current();
    writers.spawn_blocking(move || here.block_on(writer));

    let listener = listen("server.listen", settings.server.listen).await?;
    let at = listener.local_addr()?;
    let router = http::router(site, sandbox.as_ref().map(Sandbox::router));
    tasks.spawn(answer(listener, router, stop.clone()));
    if let Some(address) = settings.server.metrics_listen {
        let listener = listen("server.metrics_listen", address).await?;
        tasks.spawn(answer(
            listener,
            http::metrics_router(figures.clone()),
            stop.clone(),
        ));
    }
    if let Some(sandbox) = sandbox {
        let menus = menus(&settings)?;
        tasks.spawn(done(jobs::push_menus(clients.clone(), menus)));
        let stop = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = sandbox.run() => {}
                () = stop.cancelled() => {}
            }
            Ok(())
        });
    }
    let name = data_encoding::HEXLOWER.encode(&ctx.entropy.bytes::<8>());
    for lane in Lane::ALL {
        let worker = Worker::new(&name, lane, settings.outbox.per_second(lane));
        let (ctx, clients) = (ctx.clone(), clients.clone());
        tasks.spawn(done(jobs::deliver(ctx, clients, worker, stop.clone())));
    }
    tasks.spawn(done(jobs::settle(ctx.clone(), stop.clone())));
    tasks.spawn(done(jobs::publish_list(ctx.clone(), stop.clone())));
    tasks.spawn(done(jobs::hear_news(ctx.clone(), stop.clone())));
    tasks.spawn(done(jobs::checkpoint(ctx.db.clone(), stop.clone())));
    tasks.spawn(done(jobs::forget_old(ctx.clone(), stop.clone())));
    tasks.spawn(done(jobs::probe(clients, stop.clone())));
    tasks.spawn(done(upkeep(figures, swept, stop.clone())));
    let mode = settings.mode.as_str();
    tracing::info!(server.address = %at, server.mode = mode, "listening");

    tokio::select! {
        () = told_to_stop() => tracing::info!("told to stop"),
        () = stop.cancelled() => {}
    }
    let deadline = tokio::time::Instant::now() + GRACE;
    let mut clean = tasks.finish(deadline).await;
    handlers.close();
    clean &= tokio::time::timeout_at(deadline, handlers.wait())
        .await
        .is_ok();
    last.cancel();
    writers.close();
    clean &= tokio::time::timeout_at(deadline, writers.wait())
        .await
        .is_ok();
    ctx.db.close().await;
    if !clean {
        bail!("something was still under way after {} s", GRACE.as_secs());
    }
    tracing::info!("stopped");
    Ok(())
}

/// Listens on the address that a key of the settings names.
async fn listen(key: &str, at: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(at)
        .await
        .with_context(|| format!("cannot listen on {at} ({key})"))
}

async fn answer(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await?;
    Ok(())
}

async fn upkeep(figures: PrometheusHandle, site: Site, stop: CancellationToken) {
    while !stop.is_cancelled() {
        figures.run_upkeep();
        site.sweep();
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
        }
    }
}

/// A task that fails or panics takes the service down: better restarted than half alive.
async fn watched(task: impl Future<Output = anyhow::Result<()>>, stop: CancellationToken) {
    match AssertUnwindSafe(task).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(%error, "a task failed");
            stop.cancel();
        }
        Err(_) => {
            tracing::error!("a task panicked");
            stop.cancel();
        }
    }
}

async fn done(job: impl Future<Output = ()>) -> anyhow::Result<()> {
    job.await;
    Ok(())
}

async fn told_to_stop() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

/// The door to background work: what is spawned here is told to stop and waited for.
#[derive(Default)]
struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    fn spawn(&mut self, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.tracker.spawn(watched(task, self.stop.clone()));
    }

    /// Says whether all ended in time.
    async fn finish(self, deadline: tokio::time::Instant) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout_at(deadline, self.tracker.wait())
            .await
            .is_ok()
    }
}
