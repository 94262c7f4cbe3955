//! The load of the benches: requests that were made before, over so many connections, each sent when the one
//! before it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// As many as a campus's peak would hold open.
const CONNECTIONS: usize = 64;

/// Serves a router; gives its address.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address").to_string();
    #[expect(clippy::disallowed_methods, reason = "a bench ends with its process")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// What a load came to; milliseconds.
pub struct Figures {
    pub per_second: f64,
    pub p50: f64,
    pub p99: f64,
}

impl Figures {
    /// Of times that were measured one by one, within some seconds.
    pub fn of(mut times: Vec<Duration>, seconds: f64) -> Self {
        times.sort_unstable();
        let at = |share: usize| times[times.len() * share / 100].as_secs_f64() * 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let per_second = times.len() as f64 / seconds;
        Self {
            per_second,
            p50: at(50),
            p99: at(99),
        }
    }

    /// The one in the middle.
    pub fn median(mut all: Vec<Self>) -> Self {
        all.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        all.swap_remove(all.len() / 2)
    }
}

/// Sends all of them; each answer must be a 200 whose body is good.
pub async fn load(address: &str, requests: Arc<Vec<Vec<u8>>>, good: fn(&[u8]) -> bool) -> Figures {
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (next, requests, address) = (next.clone(), requests.clone(), address.to_owned());
        clients.spawn(async move {
            let mut stream = connect(&address).await;
            let (mut times, mut buffer) = (Vec::new(), Vec::with_capacity(4096));
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let asked = Instant::now();
                stream.write_all(request).await.expect("sent");
                let body = read_answer(&mut stream, &mut buffer).await;
                assert!(good(body), "{}", String::from_utf8_lossy(body));
                times.push(asked.elapsed());
            }
            times
        });
    }
    let times = clients.join_all().await.concat();
    Figures::of(times, begun.elapsed().as_secs_f64())
}

pub async fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).await.expect("connected");
    stream.set_nodelay(true).expect("no delay");
    stream
}

/// The body of the next answer, which must be a 200.
pub async fn read_answer<'a>(stream: &mut TcpStream, buffer: &'a mut Vec<u8>) -> &'a [u8] {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.expect("read");
        assert!(read > 0, "the server hung up");
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head]).expect("a head");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        let length = text.lines().find_map(|line| {
            let (name, length) = line.split_at_checked("content-length: ".len())?;
            name.eq_ignore_ascii_case("content-length: ")
                .then_some(length)
        });
        let length: usize = length.expect("a length").parse().expect("a number");
        let whole = head + 4 + length;
        if buffer.len() >= whole {
            return &buffer[head + 4..whole];
        }
    }
}
