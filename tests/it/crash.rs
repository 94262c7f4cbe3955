//! The process dies, or is asked to stop, between the approval and what must be told.
//!
//! The real program runs as a child; the world around it lives here and survives. A hold on the way
//! to that world stops chosen calls before or after they had their effect, so that the child dies at
//! that very moment.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use campus_pass::clock::Clock;
use campus_pass::config::{self, Environment, Settings, SmsAccount};
use campus_pass::entropy::Entropy;
use campus_pass::sandbox::{self, Person, Said, Sandbox, SandboxSettings};
use campus_pass::store::{Db, outbox};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::harness::{Database, Service, client, picture};

/// Where calls are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Nothing,
    /// Nothing has happened yet.
    Before(&'static [&'static str]),
    /// It has happened, and the answer does not come.
    After(&'static [&'static str]),
    /// What was held before is cut off, as by the death of who sent it.
    Cut,
}

/// What is told of an approval.
const TOLD: &[&str] = &["/message/template/send", "/message/send", "/sms/tencent"];
/// Template to the visitor twice (result and pass), text to the host, SMS to the visitor.
const MESSAGES: usize = 4;

/// The way between the child and the world.
#[derive(Clone)]
struct Way {
    hold: Arc<watch::Sender<Hold>>,
    held: Arc<watch::Sender<usize>>,
}

impl Way {
    /// Says whether the call may go on.
    async fn wait(&self, holds: impl Fn(Hold) -> bool) -> bool {
        let mut hold = self.hold.subscribe();
        if !holds(*hold.borrow()) {
            return true;
        }
        self.held.send_modify(|held| *held += 1);
        let let_go = |hold: &Hold| matches!(hold, Hold::Nothing | Hold::Cut);
        *hold.wait_for(let_go).await.unwrap() == Hold::Nothing
    }

    fn set(&self, hold: Hold) {
        self.held.send_replace(0);
        self.hold.send_replace(hold);
    }

    /// Waits until so many calls are held.
    async fn holds(&self, many: usize) {
        let mut held = self.held.subscribe();
        held.wait_for(|held| *held >= many).await.unwrap();
    }
}

async fn pass_through(State(way): State<Way>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let among = |paths: &[&str]| paths.iter().any(|end| path.ends_with(end));
    let goes_on = way.wait(|hold| matches!(hold, Hold::Before(paths) if among(paths)));
    if !goes_on.await {
        return Response::default();
    }
    let answer = next.run(request).await;
    way.wait(|hold| matches!(hold, Hold::After(paths) if among(paths)))
        .await;
    answer
}

/// The world, the child's settings and its database.
struct Story {
    database: Database,
    child: Vec<(String, String)>,
    /// The child's address.
    base: String,
    sandbox: Sandbox,
    way: Way,
    http: reqwest::Client,
    person: Person,
    _tasks: JoinSet<()>,
}

impl Story {
    async fn begin() -> Self {
        let database = Database::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let world = format!("http://{}", listener.local_addr().unwrap());
        let free = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let base = format!("http://{free}");
        let photos = database.folder().join("photos").display().to_string();
        let child = [
            ("DATABASE__URL", database.text()),
            ("SERVER__LISTEN", free.to_string()),
            ("SERVER__PUBLIC_URL", base.clone()),
            ("SERVER__METRICS_LISTEN", String::new()),
            ("PHOTOS__FOLDER", photos),
            ("OFFICIAL_ACCOUNT__API", format!("{world}/weixin")),
            ("MINI_PROGRAM__API", format!("{world}/weixin")),
            ("WECOM__API", format!("{world}/qyapi")),
            ("SMS__TENCENT__API", format!("{world}/sms/tencent")),
        ];
        let child: Vec<_> = child.map(|(key, value)| (key.to_owned(), value)).into();
        let sandbox = Sandbox::new(world_of(&base, &world));
        // The staff whom the program seeds.
        for (userid, name) in [("liuming", "刘明"), ("chenjing", "陈静")] {
            sandbox.add_staff(userid, name);
        }
        let person = sandbox.add_person("张小雨");
        let way = Way {
            hold: Arc::new(watch::Sender::new(Hold::Nothing)),
            held: Arc::new(watch::Sender::new(0)),
        };
        let router: Router = sandbox.router();
        let router = router.layer(from_fn_with_state(way.clone(), pass_through));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            database,
            child,
            base,
            sandbox,
            way,
            http: client(),
            person,
            _tasks: tasks,
        }
    }

    /// A visit that waits, with its card on the approver's desk; gives the card's task.
    async fn book(&self) -> String {
        self.sandbox.follow(&self.person.openid).await.unwrap();
        let token = self.log_in().await;
        let ask = async |path: &str| {
            let asked = self
                .http
                .get(format!("{}{path}", self.base))
                .bearer_auth(&token);
            asked.send().await.unwrap().json::<Value>().await.unwrap()
        };
        let file = reqwest::multipart::Part::bytes(picture(300, 200)).file_name("a.jpg");
        let file = reqwest::multipart::Form::new()
            .text("kind", "id_card")
            .part("file", file);
        let kept = self
            .http
            .post(format!("{}/api/photos", self.base))
            .bearer_auth(&token);
        let photo: Value = kept
            .multipart(file)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let now = Clock::System.now();
        let form = json!({
            "host": ask("/api/hosts?q=%E5%88%98%E6%98%8E").await[0]["id"],
            "area": ask("/api/areas").await[0]["id"],
            "reason": ask("/api/reasons").await[0]["id"],
            "starts_at": now.to_rfc3339(),
            "ends_at": (now + chrono::Duration::hours(2)).to_rfc3339(),
            "visitor": {
                "name": "张小雨", "phone": "13800000001", "id_number": "11010519491231002X",
                "id_photo": photo["id"],
            },
        });
        let asked = self
            .http
            .post(format!("{}/api/visits", self.base))
            .bearer_auth(&token);
        let booked = asked.json(&form).send().await.unwrap();
        assert_eq!(booked.status(), 201, "{}", booked.text().await.unwrap());
        self.until(|| !self.sandbox.cards_of("chenjing").is_empty())
            .await;
        self.until_nothing_is_owed().await;
        self.sandbox.cards_of("chenjing")[0].task_id.clone()
    }

    async fn log_in(&self) -> String {
        let answer = self.ask_to_log_in().await;
        answer["token"].as_str().unwrap().to_owned()
    }

    async fn ask_to_log_in(&self) -> Value {
        let code = self.sandbox.mini_code(&self.person.openid).unwrap();
        let request = self.http.post(format!("{}/api/login/mini", self.base));
        let answer = request.json(&json!({ "code": code })).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    async fn approve(&self, task: &str) {
        let (pushed, card) = self
            .sandbox
            .tap_card("chenjing", task, "approve")
            .await
            .unwrap();
        assert_eq!(
            (pushed.status, card.replaced.as_deref()),
            (200, Some("已通过"))
        );
    }

    /// Waits for something that the child will do.
    async fn until(&self, there: impl Fn() -> bool) {
        let wait = async {
            while !there() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait)
            .await
            .expect("it never came");
    }

    /// The minute for which a dead worker's rows are its own goes by.
    async fn let_leases_run_out(&self) {
        use sea_orm::ConnectionTrait;
        let db = self.database.connect().await;
        let past = "update outbox set leased_until = '2020-01-01 00:00:00+00:00' \
            where leased_until is not null";
        let rows = db.execute_unprepared(past).await.unwrap().rows_affected();
        assert_eq!(rows, MESSAGES as u64, "the dead worker held them");
        db.close().await.unwrap();
    }

    /// Templates (shown, suppressed), texts to the host, SMS to the visitor.
    fn told(&self) -> ((usize, u32), usize, usize) {
        let mut templates = (0, 0);
        for line in self.sandbox.chat(&self.person.openid) {
            if let Said::Template(message) = line.what {
                templates = (templates.0 + 1, templates.1 + message.suppressed);
            }
        }
        let texts = self.sandbox.texts_of("liuming").len();
        (templates, texts, self.sandbox.sms_to("13800000001").len())
    }

    /// The outbox as it lies in the database: `(due or dead, doubtful among the sent)`.
    async fn outbox(&self) -> (usize, Vec<String>) {
        let db = Db::open(&self.database.url()).await.unwrap();
        let mut left = 0;
        for state in ["due", "dead"] {
            left += outbox::list(&db.read, state, 100).await.unwrap().len();
        }
        let sent = outbox::list(&db.read, "sent", 100).await.unwrap();
        let doubtful = sent.iter().filter(|row| row.owed.doubtful);
        let mut kinds: Vec<_> = doubtful
            .map(|row| format!("{}/{}", row.owed.message.kind().as_str(), row.owed.chain))
            .collect();
        kinds.sort();
        db.close().await;
        (left, kinds)
    }

    async fn until_nothing_is_owed(&self) -> Vec<String> {
        let wait = async {
            loop {
                let (left, doubtful) = self.outbox().await;
                if left == 0 {
                    return doubtful;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(30), wait).await;
        done.expect("the outbox does not come to rest")
    }
}

const ALL: [&str; MESSAGES] = [
    "pass_issued/0",
    "pass_issued/1",
    "visit_approved/0",
    "visit_approved/1",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_anything_was_sent_it_sends_everything_once() {
    let story = Story::begin().await;
    let service = Service::start(&story.child).await;
    let task = story.book().await;
    story.way.set(Hold::Before(TOLD));
    story.approve(&task).await;
    story.way.holds(MESSAGES).await;
    service.kill();
    assert_eq!(story.told(), ((0, 0), 0, 0));

    story.let_leases_run_out().await;
    // The calls that were under way died with the process, and never arrive.
    story.way.set(Hold::Cut);
    let service = Service::start(&story.child).await;
    let doubtful = story.until_nothing_is_owed().await;
    assert_eq!(doubtful, ALL, "nobody knows how far the dead worker came");
    assert_eq!(story.told(), ((2, 0), 1, 1));
    service.kill();
    story.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_it_was_sent_it_shows_nothing_twice_that_has_a_key() {
    let story = Story::begin().await;
    let service = Service::start(&story.child).await;
    let task = story.book().await;
    story.way.set(Hold::After(TOLD));
    story.approve(&task).await;
    story.way.holds(MESSAGES).await;
    service.kill();
    assert_eq!(story.told(), ((2, 0), 1, 1), "the world has all of it");

    story.let_leases_run_out().await;
    story.way.set(Hold::Nothing);
    let service = Service::start(&story.child).await;
    let doubtful = story.until_nothing_is_owed().await;
    assert_eq!(doubtful, ALL);
    let (templates, texts, sms) = story.told();
    assert_eq!(
        (templates, texts),
        ((2, 2), 1),
        "sent again, and not shown again"
    );
    assert_eq!(
        sms, 2,
        "an SMS has no key: it comes twice, and its row says so"
    );
    service.kill();
    story.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_stop_it_finishes_what_is_under_way() {
    let story = Story::begin().await;
    let mut service = Service::start(&story.child).await;
    let task = story.book().await;
    story.way.set(Hold::Before(&[
        "/message/template/send",
        "/message/send",
        "/sms/tencent",
        "/sns/jscode2session",
    ]));
    story.approve(&task).await;
    story.way.holds(MESSAGES).await;
    let release = async {
        story.way.holds(MESSAGES + 1).await;
        service.ask_to_stop();
        service.says("told to stop").await;
        // Nothing was cut off by the request to stop: only now do the answers come.
        story.way.set(Hold::Nothing);
    };
    let (answer, ()) = tokio::join!(story.ask_to_log_in(), release);
    assert!(
        answer["token"].is_string(),
        "the request under way is answered"
    );
    let stopped = tokio::time::timeout(Duration::from_secs(10), service.stopped()).await;
    assert_eq!(stopped.expect("within 10 s").code(), Some(0));
    assert_eq!(story.told(), ((2, 0), 1, 1));
    assert_eq!(story.outbox().await, (0, vec![]), "and it is written down");
    story.database.drop().await;
}

/// The accounts of the shipped settings, as the world knows them.
fn world_of(service: &str, here: &str) -> SandboxSettings {
    let shipped = config::load(None, &Environment::default()).unwrap();
    let Settings {
        official_account: oa,
        mini_program: mini,
        wecom,
        sms,
        ..
    } = shipped;
    let [tencent] = <[_; 1]>::try_from(sms.providers).unwrap();
    let SmsAccount::Tencent {
        secret_id,
        secret_key,
        sdk_app_id,
        ..
    } = tencent.account
    else {
        panic!("the shipped settings send by Tencent Cloud");
    };
    let text = |secret: &secrecy::SecretString| secret.expose_secret().to_owned();
    SandboxSettings {
        clock: Clock::System,
        entropy: Entropy::seeded(11),
        service: service.to_owned(),
        here: here.to_owned(),
        official_account: sandbox::OfficialAccount {
            app_id: oa.app_id.clone(),
            original_id: oa.original_id.clone(),
            token: text(&oa.token),
            encoding_aes_key: oa.encoding_aes_key.reveal(),
            secret: text(&oa.secret),
        },
        mini_program: sandbox::MiniProgram {
            app_id: mini.app_id.clone(),
            original_id: mini.original_id.clone(),
            token: text(&mini.token),
            encoding_aes_key: mini.encoding_aes_key.reveal(),
            secret: text(&mini.secret),
        },
        wecom: sandbox::WeCom {
            corp_id: wecom.corp_id.clone(),
            agent_id: wecom.agent_id,
            token: text(&wecom.token),
            encoding_aes_key: wecom.encoding_aes_key.reveal(),
            secret: text(&wecom.secret),
        },
        sms: sandbox::SmsAccounts {
            tencent: Some(sandbox::TencentSms {
                secret_id,
                secret_key: text(&secret_key),
                sdk_app_id,
                sign_name: tencent.sign_name,
                report_key: text(&tencent.report_key),
            }),
            aliyun: None,
        },
    }
}
