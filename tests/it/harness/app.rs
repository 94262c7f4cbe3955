//! The service, put together for one story.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use campus_pass::app::{self, Parts};
use campus_pass::clock::Clock;
use campus_pass::config::{self, Environment, Settings};
use campus_pass::ctx::{Clients, Ctx};
use campus_pass::domain::message::Lane;
use campus_pass::entropy::Entropy;
use campus_pass::outbox::Worker;
use campus_pass::sandbox::{Fault, FaultKind, Sandbox};
use campus_pass::store::outbox;
use campus_pass::{actions, http, store};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::{Answer, Approver, Database, Gate, Guest, campus, moment, plain};

pub struct App {
    pub ctx: Ctx,
    pub clients: Clients,
    pub sandbox: Sandbox,
    pub settings: Settings,
    /// Where the listener is, `http://127.0.0.1:PORT`.
    pub base: String,
    router: Router,
    database: Option<Database>,
    handlers: TaskTracker,
    workers: [Worker; 3],
    /// The listener and the writer of passages; they end with the story.
    _tasks: JoinSet<()>,
}

impl App {
    /// An ordinary Monday, 2026-03-02 at 9:00, on a campus with [`campus::MEMBERS`].
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with settings of its own: `("SMS__DAILY_PER_NUMBER", "2")`.
    pub async fn with(own: &[(&str, &str)]) -> Self {
        let database = Database::new().await;
        store::migrate(&database.url()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = settings(&database, &listener.local_addr().unwrap(), own);
        let clock = Clock::at(moment("2026-03-02 09:00"));
        let parts = app::assemble(&settings, clock, Entropy::seeded(7)).await;
        let Parts {
            site,
            scans,
            sandbox,
            handlers,
        } = parts.unwrap();
        let (ctx, clients) = (site.ctx.clone(), site.clients.clone());
        let sandbox = sandbox.expect("sandbox mode has a sandbox");
        let mut tasks = JoinSet::new();
        let writer = actions::passages::write(ctx.clone(), scans, CancellationToken::new());
        tasks.spawn(writer);
        let router = http::router(site, Some(sandbox.router()));
        let service = router
            .clone()
            .into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(async move { axum::serve(listener, service).await.unwrap() });
        campus::seed(&ctx, &sandbox, &settings).await;
        Self {
            ctx,
            clients,
            sandbox,
            base,
            router,
            database: Some(database),
            handlers,
            workers: workers(&settings, "worker"),
            settings,
            _tasks: tasks,
        }
    }

    /// The story's own database and folder.
    pub fn database(&self) -> &Database {
        self.database.as_ref().expect("until the story ends")
    }

    /// Sets the clock of the service and of the world around it.
    pub fn it_is(&self, text: &str) {
        self.ctx.clock.set(moment(text));
    }

    /// Moves the clock on.
    pub fn later(&self, seconds: i64) {
        let now = self.ctx.clock.now();
        self.ctx.clock.set(now + chrono::Duration::seconds(seconds));
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        Answer::read(response).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Somebody with WeChat who follows the account, is logged in and has given a picture.
    pub async fn guest(&self, name: &str) -> Guest<'_> {
        let guest = self.stranger(name).await;
        self.sandbox.follow(&guest.person.openid).await.unwrap();
        guest
    }

    /// The same, but they do not follow the account.
    pub async fn stranger(&self, name: &str) -> Guest<'_> {
        Guest::new(self, name).await
    }

    pub fn approver(&self, name: &'static str) -> Approver<'_> {
        Approver::new(self, name)
    }

    pub fn gate(&self, device: &'static str) -> Gate<'_> {
        Gate { app: self, device }
    }

    /// Waits for the handlers whose caller has hung up.
    pub async fn handlers_done(&self) {
        self.handlers.close();
        self.handlers.wait().await;
        self.handlers.reopen();
    }

    /// Delivers what is due, and what that leads to.
    pub async fn deliver(&self) {
        for _ in 0..100 {
            let mut taken = 0;
            for worker in &self.workers {
                let delivered = worker.deliver_due(&self.ctx, &self.clients).await;
                taken += delivered.unwrap().taken;
            }
            if taken + self.sandbox.push_queued().await.unwrap() == 0 {
                return;
            }
        }
        panic!("the outbox does not come to rest");
    }

    /// The service's calls run into a fault: `app.fault("sms", FaultKind::LostAnswer, Some(1))`.
    pub fn fault(&self, call: &str, kind: FaultKind, times: Option<u32>) {
        self.sandbox.add_fault(Fault {
            call: call.to_owned(),
            kind,
            errcode: None,
            ms: None,
            times,
        });
    }

    /// The provider refuses with a number or a word of its own.
    pub fn refusal(&self, call: &str, errcode: impl Into<serde_json::Value>, times: Option<u32>) {
        self.sandbox.add_fault(Fault {
            call: call.to_owned(),
            kind: FaultKind::Errcode,
            errcode: Some(errcode.into()),
            ms: None,
            times,
        });
    }

    /// The rows of the outbox in a state, oldest first: `pass_issued by chain 0: why`.
    pub async fn owed(&self, state: &str) -> Vec<String> {
        let mut rows = outbox::list(&self.ctx.db.read, state, 1000).await.unwrap();
        rows.reverse();
        let line = |row: outbox::Standing| {
            let why = row.why.map(|why| format!(": {why}")).unwrap_or_default();
            // WeChat's own id of the request is another one each time.
            let why = why.split(" (rid").next().unwrap_or_default();
            let doubtful = if row.owed.doubtful { " doubtful" } else { "" };
            let kind = row.owed.message.kind().as_str();
            format!("{kind}/{}{doubtful}{why}", row.owed.chain)
        };
        rows.into_iter().map(line).collect()
    }

    /// The text with what differs from run to run taken out.
    pub fn plain(&self, text: &str) -> String {
        plain(text, &self.base)
    }

    /// Ends the story. The outbox owes nothing, and nothing in it is dead.
    pub async fn finish(self) {
        self.finish_owing(&[]).await;
    }

    /// Ends the story, which says what is still due or dead.
    pub async fn finish_owing(mut self, expected: &[&str]) {
        let (mut left, dead) = (self.owed("due").await, self.owed("dead").await);
        left.extend(dead);
        // Rows of one moment have no order that a story could know.
        left.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(left, expected, "what the outbox still owes");
        let database = self.database.take().expect("a story ends once");
        self.ctx.db.clone().close().await;
        database.drop().await;
    }

    /// Ends a story about a service whose database is gone.
    pub async fn finish_without_a_database(mut self) {
        let database = self.database.take().expect("a story ends once");
        database.drop().await;
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let told = self.database.is_none() || std::thread::panicking();
        assert!(
            told,
            "the story does not say what the outbox still owes: finish it"
        );
    }
}

/// One process's workers.
pub fn workers(settings: &Settings, name: &str) -> [Worker; 3] {
    Lane::ALL.map(|lane| Worker::new(name, lane, settings.outbox.per_second(lane)))
}

fn settings(database: &Database, listen: &SocketAddr, own: &[(&str, &str)]) -> Settings {
    let base = format!("http://{listen}");
    let photos = database.folder().join("photos");
    let spool = database.folder().join("spool");
    let common = [
        ("DATABASE__URL", database.text()),
        ("SERVER__LISTEN", listen.to_string()),
        ("SERVER__PUBLIC_URL", base),
        ("SERVER__METRICS_LISTEN", String::new()),
        // The clock of a story stands still, and a second has no end.
        ("OUTBOX__ACCOUNT_PER_SECOND", "10000".to_owned()),
        ("OUTBOX__WECOM_PER_SECOND", "10000".to_owned()),
        ("OUTBOX__SMS_PER_SECOND", "10000".to_owned()),
        ("PHOTOS__FOLDER", photos.display().to_string()),
        ("GATE__SPOOL", spool.display().to_string()),
    ];
    let own = own.iter().map(|(key, value)| (*key, (*value).to_owned()));
    let all = common.into_iter().chain(own);
    let all = all.map(|(key, value)| (format!("CAMPUS_PASS__{key}"), value));
    config::load(None, &Environment::of(all).unwrap()).unwrap()
}
