//! The callback under load: verify, decrypt, route, answer and encrypt a menu CLICK over HTTP, each
//! message another one, with the load generator on the same cores. Beside it in the same run, and
//! alternating with it, a bare axum handler that reads and gives the same number of bytes.
//!
//! Figures are ratios to that floor; the stages are timed by themselves, on one core. Addresses as arguments
//! are other implementations ([`peers/serve.cjs`](peers/serve.cjs)), which are sent the same.

#![expect(clippy::expect_used, reason = "a bench that cannot go on stops")]

mod load;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use campus_pass::app::{Parts, assemble};
use campus_pass::clock::Clock;
use campus_pass::config::{self, Environment, Settings};
use campus_pass::entropy::Entropy;
use campus_pass::tencent::callback::{CallbackQuery, Mailbox, Stamp};
use campus_pass::tencent::envelope::Envelope;
use campus_pass::tencent::signature;
use campus_pass::wechat::event::Event;
use campus_pass::{chat, http, store};
use secrecy::ExposeSecret;
use tokio::io::AsyncWriteExt;

use self::load::{Figures, connect, load, read_answer, serve};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Followers who tap; each is met once, before the clock runs.
const PEOPLE: usize = 500;
const ROUNDS: usize = 5;
const MESSAGES: usize = 100_000;

#[tokio::main]
async fn main() {
    let peers: Vec<_> = std::env::args().skip(1).collect();
    let peers = peers.iter().filter(|peer| !peer.starts_with("--"));
    let mut ratios = Vec::new();
    for mode in ["aes", "plain"] {
        let house = House::build(mode).await;
        if mode == "aes" {
            house.stages().await;
        }
        let (mut floor, mut ours) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let requests = house.requests(round);
            floor.push(load(&house.floor, requests.clone(), |_| true).await);
            ours.push(load(&house.service, requests, |_| true).await);
        }
        for (number, peer) in peers.clone().enumerate() {
            let requests = house.requests(ROUNDS + number);
            let theirs = load(peer, requests, |_| true).await;
            println!(
                "{mode:>5}: {peer} {:>7.0}/s, p50 {:.2} ms, p99 {:.2} ms",
                theirs.per_second, theirs.p50, theirs.p99
            );
        }
        let (floor, ours) = (Figures::median(floor), Figures::median(ours));
        let ratio = ours.per_second / floor.per_second;
        println!(
            "{mode:>5}: {:>7.0}/s, p50 {:.2} ms, p99 {:.2} ms; bare handler {:>7.0}/s; ratio {ratio:.2}",
            ours.per_second, ours.p50, ours.p99, floor.per_second
        );
        ratios.push(ratio);
    }
    assert!(
        ratios.iter().all(|ratio| *ratio > 0.0),
        "the service answered"
    );
}

struct House {
    settings: Settings,
    site: http::Site,
    service: String,
    floor: String,
    mode: &'static str,
    answer: usize,
    _folder: Folder,
}

/// Removed at the end.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl House {
    async fn build(mode: &'static str) -> Self {
        let folder = std::env::temp_dir().join(format!("campus-pass-bench-{}", std::process::id()));
        let path = |name: &str| folder.join(name).display().to_string();
        let variables = [
            ("DATABASE__URL", format!("sqlite://{}", path(mode))),
            ("PHOTOS__FOLDER", path("photos")),
            ("OFFICIAL_ACCOUNT__MESSAGE_MODE", mode.to_owned()),
        ];
        let variables = variables.map(|(name, value)| (format!("CAMPUS_PASS__{name}"), value));
        let environment = Environment::of(variables).expect("variables");
        let settings = config::load(None, &environment).expect("settings");
        store::migrate(&settings.database.url)
            .await
            .expect("migrated");
        let parts = assemble(&settings, Clock::System, Entropy::System)
            .await
            .expect("assembled");
        let Parts { site, .. } = parts;
        let service = serve(http::router(site.clone(), None)).await;
        let mut house = Self {
            settings,
            site,
            service,
            floor: String::new(),
            mode,
            answer: 0,
            _folder: Folder(folder),
        };
        house.answer = house.meet().await;
        let bytes = Bytes::from("x".repeat(house.answer));
        let bare = move |_: Bytes| {
            let bytes = bytes.clone();
            async move { bytes }
        };
        house.floor = serve(Router::new().route("/wechat", post(bare))).await;
        house
    }

    /// Everybody taps once; gives the length of an answer.
    async fn meet(&self) -> usize {
        let requests: Vec<_> = (0..PEOPLE).map(|n| self.request(n, -1)).collect();
        let mut stream = connect(&self.service).await;
        let mut length = 0;
        for request in requests {
            stream.write_all(&request).await.expect("sent");
            length = read_answer(&mut stream, &mut Vec::new()).await.len();
        }
        length
    }

    /// Messages that no round has sent before.
    fn requests(&self, round: usize) -> Arc<Vec<Vec<u8>>> {
        let span = MESSAGES / PEOPLE;
        let request = |n: usize| {
            let second = i64::try_from(round * span + n / PEOPLE).expect("small");
            self.request(n % PEOPLE, second)
        };
        Arc::new((0..MESSAGES).map(request).collect())
    }

    /// One delivery as bytes; `second` makes it another one.
    fn request(&self, person: usize, second: i64) -> Vec<u8> {
        let oa = &self.settings.official_account;
        let now = Clock::System.now().timestamp();
        let xml = message(&oa.original_id, person, now - 100_000 + second);
        let (token, timestamp) = (oa.token.expose_secret(), now.to_string());
        let (query, body) = if self.mode == "plain" {
            let signature = signature::sign(&[token, &timestamp, "n"]);
            (
                format!("signature={signature}&timestamp={timestamp}&nonce=n"),
                xml,
            )
        } else {
            let envelope = envelope(&self.settings);
            let sealed = envelope.seal(xml.as_bytes(), [7; 16]);
            let signature = signature::sign(&[token, &timestamp, "n", &sealed]);
            let query =
                format!("encrypt_type=aes&msg_signature={signature}&timestamp={timestamp}&nonce=n");
            let to = &oa.original_id;
            let body = format!(
                "<xml><ToUserName><![CDATA[{to}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
            );
            (query, body)
        };
        let head = format!(
            "POST /wechat?{query} HTTP/1.1\r\nhost: a\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        [head.into_bytes(), body.into_bytes()].concat()
    }

    /// Where the time of one answer goes, without HTTP.
    async fn stages(&self) {
        let oa = &self.settings.official_account;
        let door = Mailbox::wechat(
            oa.message_mode,
            oa.token.clone(),
            Some(envelope(&self.settings)),
            &oa.original_id,
            Duration::from_mins(5),
        )
        .expect("a door");
        let now = Clock::System.now();
        let (token, timestamp) = (oa.token.expose_secret(), now.timestamp().to_string());
        let xml = message(&oa.original_id, 1, now.timestamp());
        let sealed = envelope(&self.settings).seal(xml.as_bytes(), [7; 16]);
        let query = CallbackQuery {
            msg_signature: Some(signature::sign(&[token, &timestamp, "n", &sealed])),
            timestamp: Some(timestamp),
            nonce: Some("n".to_owned()),
            ..CallbackQuery::default()
        };
        let body = format!("<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>");
        let open = each("verify, decrypt, parse", || {
            black_box(door.open(&query, body.as_bytes(), now)).expect("opened");
        });
        let incoming = door.open(&query, body.as_bytes(), now).expect("opened");
        let event = Event::from(&incoming);
        let begun = Instant::now();
        let mut reply = None;
        for _ in 0..10_000 {
            reply = chat::answer(&self.site.ctx, "bench", incoming.from(), &event)
                .await
                .expect("answered");
        }
        let answer = begun.elapsed().as_secs_f64() / 10_000.0 * 1e6;
        println!("  route and answer: {answer:.2} µs");
        let reply = reply.expect("a reply").to_xml(&incoming, now);
        let stamp = Stamp {
            random: [1; 16],
            nonce: "n".to_owned(),
            timestamp: now.timestamp(),
        };
        let seal = each("encrypt and sign", || {
            black_box(door.seal_reply(&reply, &stamp));
        });
        println!("  together: {:.2} µs of one core", open + answer + seal);
    }
}

fn envelope(settings: &Settings) -> Envelope {
    let oa = &settings.official_account;
    Envelope {
        key: oa.encoding_aes_key.clone(),
        receive_id: oa.app_id.clone(),
    }
}

fn message(to: &str, person: usize, created_at: i64) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{to}]]></ToUserName>\
         <FromUserName><![CDATA[o6_bmjrPTlm6_2sgVt7hMZ{person:06}]]></FromUserName>\
         <CreateTime>{created_at}</CreateTime><MsgType><![CDATA[event]]></MsgType>\
         <Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[CAMPUS_PASS]]></EventKey></xml>"
    )
}

fn each(name: &str, mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    for _ in 0..20_000 {
        work();
    }
    let micros = begun.elapsed().as_secs_f64() / 20_000.0 * 1e6;
    println!("  {name}: {micros:.2} µs");
    micros
}
