//! The same delivery once: WeChat sends again when it has no answer after five seconds, three times in
//! all, and whoever copied a delivery may send it too.
//!
//! A repeat joins the handler that still runs and gets the same bytes as everybody who asked. The
//! handler does not hang on the connection that started it. Randomness, nonce and time of a reply are
//! derived from the delivery, so a replica that answers it anew answers with the same bytes; what has
//! effects keeps its reply in the transaction of the effects (`store::deliveries`).

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::problem::Problem;
use super::state::Site;
use crate::cache::Recent;
use crate::secret::KeyRing;
use crate::tencent::callback::{Mailbox, Stamp};
use crate::tencent::incoming::{DuplicateKey, Incoming};
use crate::wechat::reply::SILENCE;

/// How many deliveries are remembered; the oldest are shed.
const MOST: usize = 200_000;
/// Longer than the freshness window on both sides, after which a repeat is refused as stale.
const MEMORY: Duration = Duration::from_mins(11);

/// The deliveries that this process has answered or is answering.
pub struct Replays {
    memory: Arc<Recent<DuplicateKey, Arc<Handling>>>,
    tasks: TaskTracker,
    /// How long after its end an answer waits for a repeat to fetch it.
    patience: Duration,
}

/// A handler under way, and then its answer.
#[derive(Default)]
struct Handling {
    answer: OnceLock<Answer>,
    done: Notify,
    /// The answer has gone out to somebody.
    fetched: Notify,
}

/// The body of an answer.
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
        Self {
            memory: Arc::new(Recent::new(MOST, MEMORY)),
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
        let key = incoming.duplicate_key();
        let (handling, new) = self.memory.get_or_insert(key, Arc::default);
        if new {
            let delivery = key.to_string();
            let work = work(site.clone(), door, incoming, delivery, handle);
            self.begin(work, Course::new(&self.memory, key, &handling));
        }
        let answer = handling.answer().await;
        handling.fetched.notify_one();
        match answer {
            Answer::Silence => Ok(SILENCE.into_response()),
            Answer::Sealed(body) => {
                let kind = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
                Ok((kind, body.clone()).into_response())
            }
            Answer::Failed => Err(Problem::failure()),
        }
    }

    /// Most answers wait for nothing and are there at once. One that waits goes on in a task, for
    /// whoever asked may hang up.
    fn begin(&self, mut work: Work, course: Course) {
        match work.as_mut().now_or_never() {
            Some((answer, _)) => course.end(answer),
            None => self.go_on(work, course),
        }
    }

    fn go_on(&self, work: Work, course: Course) {
        let (handling, patience) = (course.handling.clone(), self.patience);
        self.tasks.spawn(async move {
            let (answer, late) = work.await;
            course.end(answer);
            let Some(late) = late else { return };
            let fetched = handling.fetched.notified();
            if tokio::time::timeout(patience, fetched).await.is_err() {
                tracing::info!("an answer came too late for its delivery, and goes another way");
                late.await;
            }
        });
    }
}

impl Handling {
    async fn answer(&self) -> &Answer {
        loop {
            // Before the look, so that an end between the two wakes it.
            let done = self.done.notified();
            if let Some(answer) = self.answer.get() {
                return answer;
            }
            done.await;
        }
    }
}

/// A handling that has not ended. One that is dropped (its handler panicked, or the process stops) has
/// failed, so that nobody waits for it for ever.
struct Course {
    memory: Arc<Recent<DuplicateKey, Arc<Handling>>>,
    key: DuplicateKey,
    handling: Arc<Handling>,
}

impl Course {
    fn new(
        memory: &Arc<Recent<DuplicateKey, Arc<Handling>>>,
        key: DuplicateKey,
        handling: &Arc<Handling>,
    ) -> Self {
        Self {
            memory: memory.clone(),
            key,
            handling: handling.clone(),
        }
    }

    fn end(self, answer: Answer) {
        if !matches!(answer, Answer::Failed) {
            // Taken once: this is the only course of the handling.
            let _ = self.handling.answer.set(answer);
        }
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        if self.handling.answer.set(Answer::Failed).is_ok() {
            self.memory.remove(&self.key);
        }
        self.handling.done.notify_waiters();
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
