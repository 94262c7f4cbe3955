//! A gate's yes or no under load: scans of every kind over HTTP at a steady pace, each signed and numbered,
//! each stored and flushed before its answer, with the load generator on the same cores.
//!
//! The pace does not wait for answers, so a time is counted from when the scan was due: whoever stands before
//! a slow gate waits from then on. The budget (the gate's contract, §5) is 1,000 scans a second with the 99th
//! percentile at 25 ms, and 2 ms for the decision.

#![expect(clippy::expect_used, reason = "a bench that cannot go on stops")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use campus_pass::actions::applications::Wanted;
use campus_pass::actions::campus::{
    NewMember, add_area, add_department, add_device, add_gate, add_member, add_reason,
};
use campus_pass::actions::groups::{Gathering, apply};
use campus_pass::actions::{approvals, passages};
use campus_pass::app::{Parts, assemble};
use campus_pass::clock::Clock;
use campus_pass::config::{self, Environment};
use campus_pass::ctx::Ctx;
use campus_pass::domain::actors::Staff;
use campus_pass::domain::campus::{DeviceId, DeviceKey, Direction, Role};
use campus_pass::domain::gate::{Credential, Facts, Holding, Kind, Known, Scan, decide};
use campus_pass::domain::group::Headcount;
use campus_pass::domain::pass::Pass;
use campus_pass::domain::presence::Presence;
use campus_pass::domain::rotating_code::{rotating_code, step_at};
use campus_pass::domain::visit::Decision;
use campus_pass::domain::{PersonName, Phone, Plate, Window};
use campus_pass::entropy::Entropy;
use campus_pass::secret::{KeyedHash, hmac_sha256};
use campus_pass::store::{gates, passes, staff};
use campus_pass::{http, store};
use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const GATES: usize = 32;
const PASSES: usize = 200;
const PER_SECOND: u32 = 1000;
const SECONDS: u32 = 20;
const KEY: [u8; 32] = [7; 32];

#[tokio::main]
async fn main() {
    let folder = std::env::temp_dir().join(format!("campus-pass-gates-{}", std::process::id()));
    let path = |name: &str| folder.join(name).display().to_string();
    let variables = [
        ("DATABASE__URL", format!("sqlite://{}", path("gates.db"))),
        ("PHOTOS__FOLDER", path("photos")),
    ];
    let variables = variables.map(|(name, value)| (format!("CAMPUS_PASS__{name}"), value));
    let environment = Environment::of(variables).expect("variables");
    let settings = config::load(None, &environment).expect("settings");
    let url = &settings.database.url;
    store::migrate(url).await.expect("migrated");
    let assembled = assemble(&settings, Clock::System, Entropy::System).await;
    let Parts { site, scans, .. } = assembled.expect("assembled");
    let ctx = site.ctx.clone();
    let contents = Arc::new(campus(&ctx).await);
    one_decision(&ctx, &contents[0].pass).await;

    let stop = CancellationToken::new();
    let writer = passages::write(ctx.clone(), scans, stop.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address").to_string();
    let router = http::router(site, None);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(writer);
    tasks.spawn(async move { axum::serve(listener, router).await.expect("served") });

    let mut clients = tokio::task::JoinSet::new();
    for number in 0..GATES {
        let (ctx, address, contents) = (ctx.clone(), address.clone(), contents.clone());
        clients.spawn(async move { load(&ctx, &address, number, &contents).await });
    }
    let mut times: Vec<Duration> = clients.join_all().await.concat();
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 1000].as_secs_f64() * 1000.0;
    println!(
        "{} scans at {PER_SECOND}/s: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms",
        times.len(),
        at(500),
        at(990),
        at(999)
    );
    let _ = std::fs::remove_dir_all(&folder);
}

/// Something to hold before a reader.
struct Held {
    pass: Pass,
    plate: Plate,
    signed: String,
}

/// A campus with gates and with passes of groups, each with a vehicle.
async fn campus(ctx: &Ctx) -> Vec<Held> {
    let area = add_area(ctx, "校园区域").await.expect("an area");
    let reason = add_reason(ctx, "讲座会议").await.expect("a reason");
    add_gate(ctx, "东门", area).await.expect("a gate");
    for number in 0..GATES {
        let id = DeviceId::parse(&format!("G{number}")).expect("a number");
        let key = DeviceKey::new(KEY);
        let added = add_device(ctx, id, "东门", Direction::Both, &key);
        added.await.expect("a device");
    }
    let department = add_department(ctx, "信息中心").await.expect("a department");
    let mut members = Vec::new();
    for (name, userid, phone, roles) in [
        ("刘明", "liuming", "13900000001", vec![Role::Host]),
        ("陈静", "chenjing", "13900000002", vec![Role::Approver]),
    ] {
        let new = NewMember {
            name: PersonName::parse(name).expect("a name"),
            department,
            wecom_userid: userid.to_owned(),
            phone: Phone::parse(phone).expect("a phone"),
            roles,
        };
        add_member(ctx, new).await.expect("added");
        let found = staff::find_by_userid(&ctx.db.read, userid).await;
        members.push(Staff {
            member: found.expect("read").expect("a member"),
        });
    }
    // Nobody approves what they began.
    let [by, approver]: [Staff; 2] = members.try_into().expect("two of them");
    let host = by.member.id;
    let now = ctx.clock.now();
    let hour = chrono::Duration::hours(1);
    let mut held = Vec::new();
    for number in 0..PASSES {
        let plate = Plate::parse(&format!("渝A{number:05}")).expect("a plate");
        let asked = Gathering {
            visit: Wanted {
                host,
                area,
                reason,
                area_note: None,
                note: None,
                window: Window::new(now - hour, now + hour).expect("a window"),
            },
            headcount: Headcount::parse(1000).expect("a number"),
            contact: (
                PersonName::parse("张小雨").expect("a name"),
                Phone::parse(&format!("138{number:08}")).expect("a phone"),
            ),
            plates: vec![plate.clone()],
        };
        let visit = apply(ctx, &by, None, &asked).await.expect("applied");
        let decided = approvals::decide(ctx, &approver, visit, None, Decision::Approve(None));
        decided.await.expect("approved");
        let issued = passes::of_visits(&ctx.db.read, [visit]).await;
        let pass = issued.expect("read").pop().expect("a pass");
        let signed = ctx.codes.sign(&pass);
        held.push(Held {
            pass,
            plate,
            signed,
        });
    }
    held
}

/// The decision alone.
async fn one_decision(ctx: &Ctx, pass: &Pass) {
    let id = DeviceId::parse("G0").expect("a number");
    let found = gates::find_device(&ctx.db.read, &id).await;
    let gate = found.expect("read").expect("a device").gate;
    let credential = Credential::Pass(Holding {
        pass: pass.clone(),
        holder: "团体通行".to_owned(),
        arrived: true,
        approved: true,
        listed: Vec::new(),
        known: Known::InGroup,
        presence: Presence::default(),
    });
    let scan = Scan {
        nonce: "1".to_owned(),
        numbered: true,
        reader: 1,
        kind: Kind::Qr,
        content: KeyedHash::from_column(String::new()),
        direction: Direction::In,
    };
    let now = ctx.clock.now();
    let begun = Instant::now();
    for _ in 0..100_000 {
        let facts = Facts {
            gate: &gate,
            credential: black_box(&credential),
        };
        black_box(decide(facts, &scan, now));
    }
    let micros = begun.elapsed().as_secs_f64() / 100_000.0 * 1e6;
    println!("the decision alone: {micros:.2} µs");
}

/// One gate's share of the load, at its own pace.
async fn load(ctx: &Ctx, address: &str, number: usize, held: &[Held]) -> Vec<Duration> {
    let gates = u32::try_from(GATES).expect("few");
    let pace = Duration::from_secs(1) * gates / PER_SECOND;
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.set_nodelay(true).expect("no delay");
    let (mut times, mut buffer) = (Vec::new(), Vec::with_capacity(4096));
    let begun = Instant::now() + pace * u32::try_from(number).expect("few") / gates;
    for n in 0..PER_SECOND * SECONDS / gates {
        let due = begun + pace * n;
        tokio::time::sleep_until(due.into()).await;
        let request = request(ctx, number, n, held);
        stream.write_all(&request).await.expect("sent");
        read_answer(&mut stream, &mut buffer).await;
        times.push(due.elapsed());
    }
    times
}

/// Of ten scans four are of signed codes and three of rotating ones, one is a plate, one is forged, and one goes
/// out.
fn request(ctx: &Ctx, number: usize, n: u32, held: &[Held]) -> Vec<u8> {
    let turn = n as usize * GATES + number;
    let one = &held[turn * 7 % held.len()];
    let now = ctx.clock.now();
    let (kind, content, way) = match turn % 10 {
        0..=3 => ("qr", one.signed.clone(), "in"),
        4..=6 => (
            "qr",
            rotating_code(&ctx.keys, one.pass.id, step_at(now)),
            "in",
        ),
        7 => ("plate", one.plate.as_str().to_owned(), "in"),
        8 => ("qr", "FORGED".to_owned(), "in"),
        _ => ("qr", one.signed.clone(), "out"),
    };
    let t = now.timestamp();
    let told = json!({ "dev": format!("G{number}"), "rd": 1, "k": kind, "v": content,
        "n": n.to_string(), "t": t, "dir": way });
    let body = told.to_string();
    let hash = HEXLOWER.encode(&Sha256::digest(&body));
    let signed = format!("POST\n/gate/v1/verify\n{t}\n{n}\n{hash}");
    let sig = HEXLOWER.encode(&hmac_sha256(&KEY, &[signed]));
    let start = format!(
        "POST /gate/v1/verify HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
         authorization: CP1-HMAC-SHA256 dev=G{number}, t={t}, n={n}, sig={sig}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [start, body].concat().into_bytes()
}

/// Reads one answer, which must be a decision.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.expect("read");
        assert!(read > 0, "the server hung up");
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head]).expect("a head");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        let mut lines = text.lines();
        let length = lines.find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.expect("a length").parse().expect("a number");
        if buffer.len() >= head + 4 + length {
            let body = &buffer[head + 4..];
            assert!(!body.windows(11).any(|word| word == b"unavailable"));
            return;
        }
    }
}
