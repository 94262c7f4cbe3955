//! Those who come at the same moment: each gets exactly one answer, and all answers are about one truth.
//!
//! The interleavings are seeded: which of the two is ready first and how long it dawdles come from a
//! number, so that a round that fails can be played again. What happens between them is real, on several
//! threads and, with PostgreSQL, on several connections.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::Request;
use campus_pass::actions::applications::{BookError, Details, Document, Wanted};
use campus_pass::actions::invitations::{Invited, accept, find, invite, submit};
use campus_pass::actions::lapses::settle_due;
use campus_pass::actions::photos::keep;
use campus_pass::actions::sessions;
use campus_pass::actions::visits::withdraw;
use campus_pass::ctx::Ctx;
use campus_pass::domain::actors::{Account, Guest, Staff};
use campus_pass::domain::invitation::{Capacity, Course, Joined, Refusal, Term};
use campus_pass::domain::photo::PhotoKind;
use campus_pass::domain::{IdNumber, PersonName, Phone, Window};
use campus_pass::ids::{PhotoId, VisitId};
use campus_pass::store::people::WechatNames;
use campus_pass::store::{self, approval_steps, areas, photos, reasons, staff};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::harness::{App, json_body, moment, picture};

const ROUNDS: u64 = 500;

/// A host who invites and a guest who joins, without a door between them and the actions.
struct Scene {
    ctx: Ctx,
    host: Staff,
    guest: Guest,
    details: Details,
}

/// An invitation that is open.
struct Open {
    visit: VisitId,
    token: String,
}

impl Scene {
    async fn of(app: &App) -> Self {
        let ctx = app.ctx.clone();
        let member = staff::find_by_userid(&ctx.db.read, "liuming").await;
        let (_, guest, photo) = arrive(&ctx, "o-lisi").await;
        let details = Details {
            name: PersonName::parse("李四").unwrap(),
            phone: Phone::parse("13800000001").unwrap(),
            document: Some(Document {
                number: IdNumber::parse("E12345678").unwrap(),
                photo,
            }),
            face_photo: None,
            plate: None,
            items: None,
        };
        Self {
            host: Staff {
                member: member.unwrap().unwrap(),
            },
            ctx,
            guest,
            details,
        }
    }

    /// One that lapses in two hours.
    async fn open(&self, capacity: i64) -> Open {
        let db = &self.ctx.db.read;
        let wanted = Wanted {
            host: self.host.member.id,
            area: areas::all(db).await.unwrap()[0].id,
            reason: reasons::all(db).await.unwrap()[0].id,
            area_note: None,
            note: None,
            window: Window::new(moment("2026-09-01 08:00"), moment("2026-09-01 18:00")).unwrap(),
        };
        let invited = Invited {
            capacity: Capacity::parse(capacity).unwrap(),
            term: Term::default(),
            named: vec![],
        };
        let made = invite(&self.ctx, &self.host, None, &wanted, &invited).await;
        let visit = made.unwrap();
        let own = (&self.host).into();
        let facts = campus_pass::actions::visits::find(&self.ctx, own, visit).await;
        let invitation = facts.unwrap().invitation.unwrap();
        let token = self.ctx.invitation_token(&invitation).reveal().to_owned();
        Open { visit, token }
    }

    async fn accept(&self, open: &Open) -> Result<Joined, Refusal> {
        let joined = accept(&self.ctx, &self.guest, &open.token, None, &self.details).await;
        joined.map_err(|error| match error {
            BookError::Refused(refusal) => refusal,
            error => panic!("no answer to somebody who joins: {error}"),
        })
    }

    async fn submit(&self, open: &Open) -> Result<(), Refusal> {
        let submitted = submit(&self.ctx, (&self.host).into(), open.visit).await;
        submitted.map_err(|error| match error {
            BookError::Refused(refusal) => refusal,
            error => panic!("no answer to the initiator: {error}"),
        })
    }

    async fn withdraw(&self, visit: VisitId) -> Result<(), String> {
        let withdrawn = withdraw(&self.ctx, (&self.host).into(), visit).await;
        withdrawn.map_err(|error| error.to_string())
    }

    /// Stage, ending, who is in, and whether approvers were asked.
    async fn truth(&self, open: &Open) -> String {
        let facts = find(&self.ctx, &open.token).await.unwrap().unwrap();
        let course = facts.invitation.unwrap().course;
        let asked = approval_steps::of_visit(&self.ctx.db.read, open.visit).await;
        let asked = asked.unwrap().len();
        let ending = match course {
            Course::Open => "open",
            Course::Ended { how, .. } => how.as_str(),
        };
        let (stage, joined) = (facts.visit.stage.as_str(), facts.visitors.len());
        format!("{stage}, {ending}, {joined} in, asked {asked}")
    }
}

/// Somebody logs in and gives a picture, past the doors that count how often one address does.
async fn arrive(ctx: &Ctx, openid: &str) -> (String, Guest, PhotoId) {
    let names = WechatNames {
        mini_openid: Some(openid.to_owned()),
        ..WechatNames::default()
    };
    let token = sessions::log_in(ctx, &names).await.unwrap().0;
    let found = sessions::find(ctx, &token).await.unwrap().unwrap();
    let Account::Person(id) = found.account else {
        panic!("a guest is a person");
    };
    let kept = keep(ctx, found.account, PhotoKind::Document, picture(300, 200)).await;
    let photo = kept.unwrap();
    // In use, as of somebody who was here before: a story of many days outlives one that is not.
    let (txn, now) = (store::begin(&ctx.db).await.unwrap(), ctx.clock.now());
    let used = photos::take(&txn, found.account, PhotoKind::Document, photo, now).await;
    assert!(used.unwrap());
    store::commit(txn).await.unwrap();
    (token, Guest { id }, photo)
}

/// Lets both begin at once on threads of their own, each after as many turns of the scheduler as the
/// number says: from none to about as many as the other takes for its work. Says whether one had begun
/// before the other was done.
async fn both<A: Send + 'static, B: Send + 'static>(
    seed: u64,
    one: impl Future<Output = A> + Send + 'static,
    other: impl Future<Output = B> + Send + 'static,
) -> (A, B, bool) {
    let mut random = StdRng::seed_from_u64(seed);
    let turns = [0, 1].map(|_| (1_u32 << random.random_range(0..11)) - 1);
    let barrier = Arc::new(Barrier::new(2));
    let running = Arc::new(AtomicUsize::new(0));
    let (mut ones, mut others) = (JoinSet::new(), JoinSet::new());
    ones.spawn(begin(turns[0], barrier.clone(), running.clone(), one));
    others.spawn(begin(turns[1], barrier, running, other));
    let one = ones.join_next().await.unwrap().unwrap();
    let other = others.join_next().await.unwrap().unwrap();
    (one.0, other.0, one.1 || other.1)
}

async fn begin<T>(
    turns: u32,
    barrier: Arc<Barrier>,
    running: Arc<AtomicUsize>,
    work: impl Future<Output = T>,
) -> (T, bool) {
    barrier.wait().await;
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    let overlaps = running.fetch_add(1, Ordering::SeqCst) > 0;
    let done = work.await;
    running.fetch_sub(1, Ordering::SeqCst);
    (done, overlaps)
}

/// Counts what came of the rounds: `answers → truth`.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<String, u64>,
    overlaps: usize,
}

impl Tally {
    fn note(&mut self, answers: (impl Debug, impl Debug, bool), truth: &str) {
        let line = format!("{:?} / {:?} → {truth}", answers.0, answers.1);
        *self.outcomes.entry(line).or_default() += 1;
        self.overlaps += usize::from(answers.2);
    }

    /// These came, each at least once, and nothing else; and the two were really at it together.
    #[track_caller]
    fn must_be(&self, expected: &[&str]) {
        let seen: Vec<_> = self.outcomes.keys().map(String::as_str).collect();
        assert_eq!(seen, expected, "{:?}", self.outcomes);
        assert_eq!(self.outcomes.values().sum::<u64>(), ROUNDS);
        assert!(self.overlaps >= 100, "only {} overlaps", self.overlaps);
    }
}

/// Plays the rounds, three hours apart; `play` gives the answers of the two.
async fn rounds<A: Debug, B: Debug>(
    capacity: impl Fn(u64) -> i64,
    play: impl AsyncFn(u64, Arc<Scene>, Arc<Open>) -> (A, B, bool),
) -> Tally {
    let app = App::start().await;
    let scene = Arc::new(Scene::of(&app).await);
    let mut tally = Tally::default();
    for seed in 0..ROUNDS {
        app.later(3 * 3600);
        let open = Arc::new(scene.open(capacity(seed)).await);
        let answers = play(seed, scene.clone(), open.clone()).await;
        tally.note(answers, &scene.truth(&open).await);
    }
    // Whom all this owes a message is no matter of these stories.
    app.ctx.db.clone().close().await;
    app.finish_without_a_database().await;
    tally
}

/// The clock strikes the lapse, and a timer settles.
async fn expire(scene: Arc<Scene>) {
    let ctx = &scene.ctx;
    ctx.clock.set(ctx.clock.now() + chrono::Duration::hours(2));
    settle_due(ctx).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_joins_in_the_last_second_is_in_or_is_told_that_it_lapsed() {
    let play = async |seed, scene: Arc<Scene>, open: Arc<Open>| {
        let joiner = scene.clone();
        let joining = async move { joiner.accept(&open).await };
        both(seed, joining, expire(scene)).await
    };
    rounds(|_| 2, play).await.must_be(&[
        "Err(Lapsed) / () → lapsed, lapsed, 0 in, asked 0",
        "Ok(Accepted) / () → pending, lapsed, 1 in, asked 1",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_submitted_in_the_last_second_is_submitted_once() {
    let play = async |seed, scene: Arc<Scene>, open: Arc<Open>| {
        scene.accept(&open).await.unwrap();
        let host = scene.clone();
        let submitting = async move { host.submit(&open).await };
        both(seed, submitting, expire(scene)).await
    };
    rounds(|_| 2, play).await.must_be(&[
        "Err(Lapsed) / () → pending, lapsed, 1 in, asked 1",
        "Ok(()) / () → pending, submitted, 1 in, asked 1",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_joins_while_it_is_withdrawn_is_in_what_is_withdrawn_or_is_told() {
    let play = async |seed, scene: Arc<Scene>, open: Arc<Open>| {
        let (host, withdrawn) = (scene.clone(), open.visit);
        let joining = async move { scene.accept(&open).await };
        let withdrawing = async move { host.withdraw(withdrawn).await };
        both(seed, joining, withdrawing).await
    };
    // Every other one has a single place, so that joining submits it.
    let capacity = |seed| if seed % 2 == 0 { 1 } else { 2 };
    rounds(capacity, play).await.must_be(&[
        "Err(Withdrawn) / Ok(()) → withdrawn, withdrawn, 0 in, asked 0",
        "Ok(Accepted) / Ok(()) → withdrawn, withdrawn, 1 in, asked 0",
        "Ok(AndFull) / Ok(()) → withdrawn, full, 1 in, asked 1",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_for_five_places_five_get_one_and_the_others_are_told() {
    let app = App::start().await;
    let (visit, link) = app.approver("刘明").invite(5).await;
    let mut guests = Vec::new();
    for n in 0..200 {
        let (token, _, photo) = arrive(&app.ctx, &format!("o-{n}")).await;
        let form = json!({ "visitor": {
            "name": "李四", "phone": format!("13800000{n:03}"),
            "id_number": format!("E00000{n:03}"), "id_photo": photo,
        } });
        guests.push((token, form));
    }
    let path = format!("{}/accept", link.replace("/i/", "/api/invitations/"));
    let start = Barrier::new(guests.len());
    let join = async |(token, form): &(String, Value)| {
        start.wait().await;
        let request = Request::post(&path).header("authorization", format!("Bearer {token}"));
        let answer = app.send(json_body(request, form)).await;
        match answer.status.as_u16() {
            201 => answer.json()["outcome"].as_str().unwrap().to_owned(),
            _ => answer.problem(),
        }
    };
    let mut told = BTreeMap::new();
    for answer in join_all(guests.iter().map(join)).await {
        *told.entry(answer).or_insert(0) += 1;
    }
    let expected = [
        ("409 invitation_full 名额已满", 195),
        ("accepted", 4),
        ("full", 1),
    ];
    assert_eq!(told, expected.map(|(said, n)| (said.to_owned(), n)).into());
    let kept = app.approver("刘明").look(&visit).await;
    assert_eq!(kept["stage"], "pending");
    let places = kept["visitors"].as_array().unwrap();
    assert_eq!(places.len(), 5);
    app.deliver().await;
    assert_eq!(app.approver("陈静").sms().len(), 1, "asked once");
    app.finish().await;
}
