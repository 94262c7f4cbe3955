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

use axum::body::Bytes;
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
    memory: Cache<String, Known>,
    tasks: TaskTracker,
    /// How long after its end an answer waits for a repeat to fetch it.
    patience: Duration,
}

/// A delivery that was seen before.
#[derive(Clone)]
enum Known {
    Answered(Answer),
    Running(Running),
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
    Sealed(Bytes),
    /// The handler failed: WeChat is told so, and its next delivery tries again, so nothing is
    /// remembered.
    Failed,
}

/// What a handler says: the reply, and what to do when nobody fetches it in time.
pub struct Said {
    /// The reply's XML.
    pub reply: Option<String>,
    /// Sends the same by another way.
    pub late: Option<BoxFuture<'static, ()>>,
}

/// A handler at work, and then what is to be done when nobody fetches its answer.
type Work = BoxFuture<'static, (Answer, Option<BoxFuture<'static, ()>>)>;

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
        let begin = || {
            self.begin(
                work(site.clone(), door, incoming, key.clone(), handle),
                &key,
            )
        };
        let known = self.memory.entry_by_ref(&key).or_insert_with(begin);
        let fresh = known.is_fresh();
        let answer = match known.into_value() {
            Known::Answered(Answer::Failed) if fresh => {
                self.memory.invalidate(&key);
                Answer::Failed
            }
            Known::Answered(answer) => answer,
            Known::Running(Running { answer, fetched }) => {
                let answer = answer.await;
                fetched.yes.store(true, Ordering::Release);
                fetched.now.notify_one();
                answer
            }
        };
        match answer {
            Answer::Silence => Ok(SILENCE.into_response()),
            Answer::Sealed(body) => {
                let kind = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
                Ok((kind, body).into_response())
            }
            Answer::Failed => Err(Problem::failure()),
        }
    }

    /// Most answers wait for nothing and are there at once. One that waits goes on in a task, for
    /// whoever asked may hang up.
    fn begin(&self, mut work: Work, key: &str) -> Known {
        match work.as_mut().now_or_never() {
            Some((answer, _)) => Known::Answered(answer),
            None => Known::Running(self.go_on(work, key.to_owned())),
        }
    }

    fn go_on(&self, work: Work, key: String) -> Running {
        let fetched = Arc::new(Fetched::default());
        let memory = self.memory.clone();
        let (seen, patience) = (fetched.clone(), self.patience);
        let (tell, told) = tokio::sync::oneshot::channel();
        self.tasks.spawn(async move {
            let (answer, late) = work.await;
            if matches!(answer, Answer::Failed) {
                memory.invalidate(&key);
            }
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

/// Runs the handler and seals its reply.
fn work<F>(
    site: Site,
    door: fn(&Site) -> &Mailbox,
    incoming: Incoming,
    key: String,
    handle: impl FnOnce(Site, Incoming, String) -> F + Send + 'static,
) -> Work
where
    F: Future<Output = Result<Said, Problem>> + Send,
{
    async move {
        let created_at = incoming.created_at();
        match handle(site.clone(), incoming, key.clone()).await {
            Err(_) => (Answer::Failed, None),
            Ok(Said { reply: None, late }) => (Answer::Silence, late),
            Ok(Said {
                reply: Some(xml),
                late,
            }) => {
                let stamp = stamp(&site.ctx.keys, &key, created_at);
                let sealed = door(&site).seal_reply(&xml, &stamp);
                (Answer::Sealed(sealed.into()), late)
            }
        }
    }
    .boxed()
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
