//! A gate's yes or no under load, over HTTP and signed, with the load generator on the same cores. Beside it and
//! alternating with it, a bare axum handler that reads and gives the same JSON: figures are ratios to that floor.
//!
//! Then at a steady pace of 1,000 scans a second, where a time is counted from when the scan was due: whoever
//! stands before a slow gate waits from then on. The budget (the gate's contract, §5) is the 99th percentile at
//! 25 ms. With `full` as an argument, a million passes are there, and ten million passages; with words of their
//! names, only some of the figures are taken. What an answer is made of is in `parts`.

#![expect(clippy::expect_used, reason = "a bench that cannot go on stops")]

#[path = "../load/mod.rs"]
mod load;

mod campus;

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use campus_pass::actions::passages;
use campus_pass::app::{Parts, assemble};
use campus_pass::clock::Clock;
use campus_pass::config::{self, Environment};
use campus_pass::ctx::Ctx;
use campus_pass::domain::pass::Pass;
use campus_pass::domain::rotating_code::{rotating_code, step_at};
use campus_pass::entropy::Entropy;
use campus_pass::http;
use campus_pass::ids::PassId;
use campus_pass::jobs;
use campus_pass::secret::hmac_sha256;
use campus_pass::store;
use data_encoding::HEXLOWER;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::campus::{Campus, GATES, KEY, copy, copy_passages};
use self::load::{Figures, connect, load, read_answer, serve};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;
const SCANS: usize = 40_000;
/// Passes that are seen again and again.
const HOT: usize = 2_000;
const PER_SECOND: u32 = 1000;
const SECONDS: u32 = 20;

#[tokio::main]
async fn main() {
    let mut asked: Vec<_> = std::env::args().skip(1).collect();
    asked.retain(|argument| !argument.starts_with("--"));
    let full = asked.iter().any(|argument| argument == "full");
    asked.retain(|argument| argument != "full");
    if let [serve, folder] = &asked[..]
        && serve == "serve"
    {
        return alone(folder.as_ref()).await;
    }
    let house = House::build(if full { 1_000_000 } else { 120_000 }, asked).await;
    house.hot().await;
    house.paced("cold", House::cold).await;
    house
        .paced("hot, with bookings and approvals", House::hot_scan)
        .await;
    house.memory().await;
    if full {
        let begun = Instant::now();
        copy_passages(&house.filler, 10_000_000).await;
        println!(
            "ten million passages, in {:.0} s",
            begun.elapsed().as_secs_f64()
        );
        house.hot().await;
        house
            .paced("hot, with ten million passages", House::hot_scan)
            .await;
    }
    house.service.end().await;
}

struct House {
    ctx: Ctx,
    campus: Campus,
    template: Pass,
    /// The first of the copies.
    first: PassId,
    service: Service,
    floor: String,
    figures: PrometheusHandle,
    /// What is wanted, by words of its name; all of it where there are none.
    only: Vec<String>,
    /// A connection beside the service.
    filler: sea_orm::DatabaseConnection,
    folder: Folder,
}

/// Removed at the end.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the bare handler reads and gives.
#[derive(Deserialize)]
struct Asked {
    dev: String,
    rd: i16,
    k: String,
    v: String,
    n: String,
    t: i64,
    dir: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    ok: u8,
    r: &'static str,
    act: serde_json::Value,
    say: &'static str,
    disp: [&'static str; 2],
    did: String,
    st: i64,
    lv: i64,
}

#[expect(
    clippy::disallowed_types,
    reason = "the floor is what axum itself does"
)]
async fn bare(axum::Json(asked): axum::Json<Asked>) -> axum::Json<Answer> {
    black_box((&asked.dev, asked.rd, &asked.k, &asked.v, &asked.dir));
    axum::Json(Answer {
        ok: 1,
        r: "ok",
        act: json!({ "relay": 0, "ms": 3000 }),
        say: "欢迎，校园区域至18:00",
        disp: ["张**", "校园区域"],
        did: asked.n,
        st: asked.t,
        lv: 0,
    })
}

/// What is put together for the files in a folder.
async fn assembled(folder: &Path) -> Parts {
    let path = |name: &str| folder.join(name).display().to_string();
    let variables = [
        ("DATABASE__URL", database(folder)),
        ("PHOTOS__FOLDER", path("photos")),
        ("GATE__SPOOL", path("spool")),
    ];
    let variables = variables.map(|(name, value)| (format!("CAMPUS_PASS__{name}"), value));
    let environment = Environment::of(variables).expect("variables");
    let settings = config::load(None, &environment).expect("settings");
    let migrated = store::migrate(&settings.database.url).await;
    migrated.expect("migrated");
    let assembled = assemble(&settings, Clock::System, Entropy::System).await;
    assembled.expect("assembled")
}

fn database(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("gates.db").display())
}

/// A service with what an answer at a gate needs beside it.
struct Service {
    address: String,
    stop: CancellationToken,
    writer: JoinHandle<()>,
}

async fn at_work(Parts { site, scans, .. }: Parts) -> Service {
    let (ctx, stop) = (site.ctx.clone(), CancellationToken::new());
    let writer = passages::write(ctx.clone(), scans, stop.clone());
    let copier = jobs::checkpoint(ctx.db, stop.clone());
    let here = Handle::current();
    let writer = tokio::task::spawn_blocking(move || here.block_on(writer));
    #[expect(clippy::disallowed_methods, reason = "a bench ends with its process")]
    tokio::spawn(copier);
    Service {
        address: serve(http::router(site, None)).await,
        stop,
        writer,
    }
}

impl Service {
    async fn end(self) {
        self.stop.cancel();
        self.writer.await.expect("it ends");
    }
}

/// The service without whoever asks it, which ends with its input: its memory is its own.
async fn alone(folder: &Path) {
    let service = at_work(assembled(folder).await).await;
    println!("{}", service.address);
    let until_closed = || std::io::stdin().read_to_string(&mut String::new());
    let _ = tokio::task::spawn_blocking(until_closed).await;
    service.end().await;
}

impl House {
    async fn build(copies: usize, only: Vec<String>) -> Self {
        let folder = std::env::temp_dir().join(format!("campus-pass-gates-{}", std::process::id()));
        let figures = PrometheusBuilder::new()
            .install_recorder()
            .expect("figures");
        let parts = assembled(&folder).await;
        let ctx = parts.site.ctx.clone();
        let campus = Campus::build(&ctx).await;
        let template = campus.admit(&ctx, 0).await;
        let filler = sea_orm::Database::connect(database(&folder)).await;
        let filler = filler.expect("opened");
        let first = copy(&filler, &template, copies).await;
        Self {
            ctx,
            campus,
            template,
            first,
            service: at_work(parts).await,
            floor: serve(Router::new().route("/gate/v1/verify", post(bare))).await,
            figures,
            only,
            filler,
            folder: Folder(folder),
        }
    }

    /// One of the copies.
    fn pass(&self, number: usize) -> Pass {
        let number = i64::try_from(number).expect("small");
        Pass {
            id: PassId::from(self.first.get() + number),
            ..self.template.clone()
        }
    }

    /// Each kind of scan as fast as it goes.
    async fn hot(&self) {
        let signed: Vec<_> = (0..HOT)
            .map(|n| self.ctx.codes.sign(&self.pass(n)))
            .collect();
        // Whoever comes for the first time is told of, and remembered.
        let known = signed
            .iter()
            .enumerate()
            .map(|(n, code)| scan(n, &format!("w{n}-{}", self.mark()), code, "in"));
        load(&self.service.address, Arc::new(known.collect()), |_| true).await;
        let opens: fn(&[u8]) -> bool = |body| body.starts_with(br#"{"ok":1"#);
        let refuses: fn(&[u8]) -> bool = |body| body.starts_with(br#"{"ok":0"#);
        let mark = self.mark();
        let rotating = |round: usize| {
            let step = step_at(self.ctx.clock.now());
            let codes: Vec<_> = { 0..HOT }
                .map(|n| rotating_code(&self.ctx.keys, self.pass(n).id, step))
                .collect();
            requests(|n| scan(n, &format!("{mark}r{round}-{n}"), &codes[n % HOT], "in"))
        };
        self.compare("entries, rotating code", rotating, opens)
            .await;
        let again = |round: usize| {
            requests(|n| scan(n, &format!("{mark}s{round}-{n}"), &signed[n % HOT], "in"))
        };
        self.compare("entries, signed code", again, opens).await;
        let repeated = |round: usize| {
            let scans: Vec<_> = { 0..GATES }
                .map(|n| scan(n, &format!("{mark}p{round}"), &signed[n], "in"))
                .collect();
            requests(|n| scans[n % GATES].clone())
        };
        self.compare("repeats", repeated, opens).await;
        let stale = |round: usize| {
            let step = step_at(self.ctx.clock.now()) - 10;
            let codes: Vec<_> = { 0..HOT }
                .map(|n| rotating_code(&self.ctx.keys, self.pass(n).id, step))
                .collect();
            requests(|n| scan(n, &format!("{mark}x{round}-{n}"), &codes[n % HOT], "in"))
        };
        self.compare("refusals, known passes", stale, refuses).await;
        let forged = |round: usize| {
            requests(|n| {
                let mut code = signed[n % HOT].clone();
                let other = if &code[146..147] == "A" { "Q" } else { "A" };
                code.replace_range(146..147, other);
                scan(n, &format!("{mark}f{round}-{n}"), &code, "in")
            })
        };
        self.compare("forged", forged, refuses).await;
    }

    /// What no nonce had before.
    fn mark(&self) -> String {
        HEXLOWER.encode(&self.ctx.entropy.bytes::<4>())
    }

    async fn compare(
        &self,
        name: &str,
        requests: impl Fn(usize) -> Arc<Vec<Vec<u8>>>,
        good: fn(&[u8]) -> bool,
    ) {
        if !self.wants(name) {
            return;
        }
        let (mut floor, mut ours) = (Vec::new(), Vec::new());
        let (flushes, mut storing) = (self.flushes(), Duration::ZERO);
        for round in 0..ROUNDS {
            let requests = requests(round);
            floor.push(load(&self.floor, requests.clone(), |_| true).await);
            ours.push(load(&self.service.address, requests, good).await);
            let answered = Instant::now();
            self.all_stored().await;
            storing += answered.elapsed();
        }
        let flushes = self.flushes() - flushes;
        let (floor, ours) = (Figures::median(floor), Figures::median(ours));
        println!(
            "{name}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms; bare handler {:.0}/s; ratio {:.2}; {} flushes for {}; \
             what was only flushed by then stored after {:.2} s",
            ours.per_second,
            ours.p50,
            ours.p99,
            floor.per_second,
            ours.per_second / floor.per_second,
            flushes,
            SCANS * ROUNDS,
            storing.as_secs_f64() / f64::from(u8::try_from(ROUNDS).unwrap_or(u8::MAX))
        );
    }

    /// Waits until the tables have whatever was answered.
    async fn all_stored(&self) {
        let waiting = || self.figure("campus_pass_openings_waiting");
        while waiting().is_some_and(|waiting| waiting != "0") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| name.contains(word.as_str()))
    }

    fn flushes(&self) -> u64 {
        let flushes = self.figure("campus_pass_passage_flushes_total");
        flushes
            .and_then(|number| number.parse().ok())
            .unwrap_or_default()
    }

    /// The 99th percentile of the decision by itself, within requests, in milliseconds.
    fn decision(&self) -> f64 {
        let seconds = self.figure(r#"campus_pass_decision_seconds{quantile="0.99"}"#);
        let seconds: Option<f64> = seconds.and_then(|number| number.parse().ok());
        seconds.unwrap_or(f64::NAN) * 1000.0
    }

    fn figure(&self, name: &str) -> Option<String> {
        let text = self.figures.render();
        let mut lines = text.lines();
        let number = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        number.map(str::to_owned)
    }

    /// A pass that was not asked for before: each turn another.
    fn cold(&self, turn: usize) -> (String, &'static str) {
        (self.ctx.codes.sign(&self.pass(HOT + turn)), "in")
    }

    /// Of ten scans four are of signed codes and four of rotating ones, one is forged, and one goes out.
    fn hot_scan(&self, turn: usize) -> (String, &'static str) {
        let pass = self.pass(turn * 7 % HOT);
        match turn % 10 {
            0..=3 => (self.ctx.codes.sign(&pass), "in"),
            4..=7 => {
                let step = step_at(self.ctx.clock.now());
                (rotating_code(&self.ctx.keys, pass.id, step), "in")
            }
            8 => ("FORGED".to_owned(), "in"),
            _ => (self.ctx.codes.sign(&pass), "out"),
        }
    }

    /// At a steady pace, with twenty bookings and their approvals a second beside it.
    async fn paced(&self, name: &str, content: fn(&Self, usize) -> (String, &'static str)) {
        if !self.wants(name) {
            return;
        }
        let flushes = self.flushes();
        let gates = u32::try_from(GATES).expect("few");
        let pace = Duration::from_secs(1) * gates / PER_SECOND;
        let mark = self.mark();
        let begun = Instant::now();
        let gate = async |number: usize| {
            let mut stream = connect(&self.service.address).await;
            let (mut times, mut buffer) = (Vec::new(), Vec::with_capacity(4096));
            let begun = begun + pace * u32::try_from(number).expect("few") / gates;
            for n in 0..PER_SECOND * SECONDS / gates {
                let turn = n as usize * GATES + number;
                let (code, way) = content(self, turn);
                let request = scan(number, &format!("{mark}-{turn}"), &code, way);
                let due = begun + pace * n;
                tokio::time::sleep_until(due.into()).await;
                stream.write_all(&request).await.expect("sent");
                let body = read_answer(&mut stream, &mut buffer).await;
                assert!(!body.windows(11).any(|word| word == b"unavailable"));
                times.push(due.elapsed());
            }
            times
        };
        let people = async {
            let mut number = 0_usize;
            while begun.elapsed() < Duration::from_secs(u64::from(SECONDS)) {
                number += 1;
                self.campus.admit(&self.ctx, number).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            number
        };
        let all = futures::future::join_all((0..GATES).map(gate));
        let (times, booked) = tokio::join!(all, people);
        let figures = Figures::of(times.concat(), f64::from(SECONDS));
        println!(
            "{name}: {PER_SECOND}/s for {SECONDS} s, p50 {:.2} ms, p99 {:.2} ms; the decision p99 {:.4} ms; {} flushes; {booked} bookings approved",
            figures.p50,
            figures.p99,
            self.decision(),
            self.flushes() - flushes
        );
    }

    /// As many passes as a replica remembers, each of them seen, by a service in a process of its own.
    async fn memory(&self) {
        if !self.wants("memory") {
            return;
        }
        let program = std::env::current_exe().expect("a program");
        let mut service = Command::new(program)
            .args(["serve".as_ref(), self.folder.0.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("another process");
        let mut address = String::new();
        let told = service.stdout.take().expect("an output");
        let told = BufReader::new(told).read_line(&mut address);
        told.expect("an address");
        let address = address.trim();
        for some in 0..10 {
            let requests = { 0..10_000 }.map(|n| {
                let number = HOT + some * 10_000 + n;
                let code = self.ctx.codes.sign(&self.pass(number));
                scan(n, &format!("m{}-{number}", self.mark()), &code, "in")
            });
            load(address, Arc::new(requests.collect()), |_| true).await;
        }
        let status = format!("/proc/{}/status", service.id());
        let status = std::fs::read_to_string(status).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            line.unwrap_or("not known").to_owned()
        };
        println!(
            "100,000 hot passes, the service alone: {}, {}",
            of("VmRSS"),
            of("VmHWM")
        );
        drop(service.stdin.take());
        service.wait().expect("ended");
    }
}

fn requests(one: impl Fn(usize) -> Vec<u8>) -> Arc<Vec<Vec<u8>>> {
    Arc::new((0..SCANS).map(one).collect())
}

/// A scan by one of the gates as it goes over the wire.
fn scan(gate: usize, nonce: &str, code: &str, way: &str) -> Vec<u8> {
    let gate = gate % GATES;
    let t = Clock::System.now().timestamp();
    let told = json!({ "dev": format!("G{gate}"), "rd": 1, "k": "qr", "v": code, "n": nonce, "t": t,
        "dir": way });
    let body = told.to_string();
    let hash = HEXLOWER.encode(&Sha256::digest(&body));
    let signed = format!("POST\n/gate/v1/verify\n{t}\n{nonce}\n{hash}");
    let sig = HEXLOWER.encode(&hmac_sha256(&KEY, &[signed]));
    let start = format!(
        "POST /gate/v1/verify HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
         authorization: CP1-HMAC-SHA256 dev=G{gate}, t={t}, n={nonce}, sig={sig}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [start, body].concat().into_bytes()
}
