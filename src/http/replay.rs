//! The same delivery once: WeChat sends again when it has no answer after five seconds, three times in
//! all, and whoever copied a delivery may send it too.
//!
//! A repeat joins the handler that still runs and gets the same bytes as everybody who asked. The
//! handler does not hang on the connection that started it. Randomness, nonce and time of a reply are
//! derived from the delivery, so a replica that answers it anew answers with the same bytes; what has
//! effects keeps its reply in the transaction of the effects (`store::deliveries`).

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::problem::Problem;
use super::state::Site;
use crate::secret::{KeyRing, token_hash};
use crate::tencent::callback::{Mailbox, Stamp};
use crate::tencent::incoming::Incoming;
use crate::wechat::reply::SILENCE;

/// How many deliveries are remembered; the oldest are shed.
const MOST: u64 = 200_000;
/// Longer than the freshness window on both sides, after which a repeat is refused as stale.
const MEMORY: Duration = Duration::from_mins(11);

/// The deliveries that this process has answered or is answering.
pub struct Replays {
    memory: Cache<String, Running>,
    tasks: TaskTracker,
    /// How long after its end an answer waits for a repeat to fetch it.
    patience: Duration,
}

/// A handler under way, or its answer.
#[derive(Clone)]
struct Running {
    answer: Shared<BoxFuture<'static, Answer>>,
    /// Whether the answer has gone out to anybody.
    fetched: Arc<Fetched>,
}

/// Notes it, and wakes whoever waits for it.
#[derive(Default)]
struct Fetched {
    yes: AtomicBool,
    now: Notify,
}

/// The body of an answer.
#[derive(Clone)]
enum Answer {
    Silence,
    Sealed(Arc<str>),
    /// The handler failed: WeChat is told so, and its next delivery tries again.
    Failed,
}

/// What a handler says: the reply, and what to do when nobody fetches it in time.
pub struct Said {
    /// The reply's XML.
    pub reply: Option<String>,
    /// Sends the same by another way.
    pub late: Option<BoxFuture<'static, ()>>,
}

impl Replays {
    /// A memory whose handlers run as tasks of `tasks`, which waits for them at the end.
    pub fn new(tasks: TaskTracker, patience: Duration) -> Self {
        let memory = Cache::builder()
            .max_capacity(MOST)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(MEMORY)
            .build();
        Self {
            memory,
            tasks,
            patience,
        }
    }

    /// Answers a delivery to `door`: runs `handle` if it is new, joins it if it runs, repeats its
    /// answer if it is done.
    pub async fn once<F>(
        &self,
        site: &Site,
        door: fn(&Site) -> &Mailbox,
        incoming: Incoming,
        handle: impl FnOnce(Site, Incoming, String) -> F + Send + 'static,
    ) -> Result<Response, Problem>
    where
        F: Future<Output = Result<Said, Problem>> + Send,
    {
        // Hashed, because it names who wrote.
        let key = token_hash(incoming.duplicate_key().as_str());
        let running = self.memory.get_with(key.clone(), || {
            self.start(site.clone(), door, incoming, key, handle)
        });
        let answer = running.answer.await;
        running.fetched.yes.store(true, Ordering::Release);
        running.fetched.now.notify_one();
        match answer {
            Answer::Silence => Ok(SILENCE.into_response()),
            Answer::Sealed(body) => {
                let kind = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
                Ok((kind, body.to_string()).into_response())
            }
            Answer::Failed => Err(Problem::failure()),
        }
    }

    fn start<F>(
        &self,
        site: Site,
        door: fn(&Site) -> &Mailbox,
        incoming: Incoming,
        key: String,
        handle: impl FnOnce(Site, Incoming, String) -> F + Send + 'static,
    ) -> Running
    where
        F: Future<Output = Result<Said, Problem>> + Send,
    {
        let fetched = Arc::new(Fetched::default());
        let memory = self.memory.clone();
        let (seen, patience) = (fetched.clone(), self.patience);
        let (tell, told) = tokio::sync::oneshot::channel();
        self.tasks.spawn(async move {
            let stamp = stamp(&site.ctx.keys, &key, incoming.created_at());
            let (answer, late) = match handle(site.clone(), incoming, key.clone()).await {
                Err(_) => {
                    // The next delivery tries again, also when nobody waits for this one.
                    memory.invalidate(&key);
                    (Answer::Failed, None)
                }
                Ok(Said { reply: None, late }) => (Answer::Silence, late),
                Ok(Said {
                    reply: Some(xml),
                    late,
                }) => (
                    Answer::Sealed(door(&site).seal_reply(&xml, &stamp).into()),
                    late,
                ),
            };
            // Whoever started it may be gone; the answer then waits in the memory.
            let _ = tell.send(answer);
            if let Some(late) = late {
                let _ = tokio::time::timeout(patience, seen.now.notified()).await;
                if !seen.yes.load(Ordering::Acquire) {
                    tracing::info!(
                        "an answer came too late for its delivery, and goes another way"
                    );
                    late.await;
                }
            }
        });
        let answer = async move { told.await.unwrap_or(Answer::Failed) };
        Running {
            answer: answer.boxed().shared(),
            fetched,
        }
    }
}

/// The same for the same delivery, on every replica, and unforeseeable without the keys.
fn stamp(keys: &KeyRing, key: &str, created_at: i64) -> Stamp {
    let derived = keys.derive("reply", key);
    let (random, rest) = derived.split_at(16);
    Stamp {
        random: random.try_into().unwrap_or_default(),
        nonce: HEXLOWER.encode(&rest[..8]),
        timestamp: created_at,
    }
}
