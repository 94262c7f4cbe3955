//! Tokens that run out: one refresh at a time, the old one served meanwhile, and shared between
//! replicas by a [`Shelf`].

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::time::timeout;

use super::call::CallError;
use super::errcode::Class;
use crate::clock::Clock;

/// How long before its end a token is renewed. WeChat gives out a new one from five minutes before,
/// and until then both work.
const MARGIN: Duration = Duration::from_mins(5);

/// How long a shelf may take. It is a convenience: asking the platform twice is safe.
const SHELF_PATIENCE: Duration = Duration::from_millis(500);

/// How long a failure is remembered, so that a thousand waiting callers are not a thousand attempts.
const PAUSE: Duration = Duration::from_secs(5);

/// The same, when somebody has to change a setting first.
const LONG_PAUSE: Duration = Duration::from_mins(1);

/// A token or a ticket. Whoever puts it into a URL asks for it by name.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken")
    }
}

/// A token and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    pub token: AccessToken,
    pub expires_at: DateTime<Utc>,
}

/// Where replicas leave their tokens for each other. It must not fail a call: what goes wrong is the
/// shelf's to log, and looks like an empty shelf.
#[async_trait]
pub trait Shelf: Send + Sync {
    /// `app` names the app and, where one app has many secrets, the secret.
    async fn load(&self, app: &str) -> Option<StoredToken>;
    async fn save(&self, app: &str, token: &StoredToken);
}

/// No shelf: for one replica, or for a tool.
pub struct NoShelf;

#[async_trait]
impl Shelf for NoShelf {
    async fn load(&self, _: &str) -> Option<StoredToken> {
        None
    }

    async fn save(&self, _: &str, _: &StoredToken) {}
}

/// What a platform gives out: the token and how long it lives.
pub struct Issued {
    pub token: AccessToken,
    pub lifetime: Duration,
}

/// Longer than any documented lifetime; what an answer says beyond it is not believed.
const MAX_LIFETIME: Duration = Duration::from_hours(24);

/// Who gives out tokens of one kind for one app.
pub trait Issuer: Send + Sync {
    /// The name on the shelf.
    fn app(&self) -> &str;

    /// Asks the platform for a token.
    fn issue(&self) -> impl Future<Output = Result<Issued, CallError>> + Send;
}

/// Holds the token of one app.
pub struct TokenHolder<I> {
    issuer: I,
    shelf: Arc<dyn Shelf>,
    clock: Clock,
    held: Mutex<Held>,
    /// Whoever has it refreshes.
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    current: Option<Current>,
    /// The last token that was no good, so that the shelf cannot bring it back.
    dropped: Option<AccessToken>,
    failure: Option<(CallError, DateTime<Utc>)>,
}

#[derive(Clone)]
struct Current {
    stored: StoredToken,
    renew_at: DateTime<Utc>,
}

impl<I: Issuer> TokenHolder<I> {
    #[must_use]
    pub fn new(issuer: I, shelf: Arc<dyn Shelf>, clock: Clock) -> Self {
        Self {
            issuer,
            shelf,
            clock,
            held: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
        }
    }

    /// A token that is good as far as we know. While one caller fetches the next, the others get the
    /// old one; they wait only when there is none.
    ///
    /// # Errors
    /// What the platform answered; for some seconds the same error without asking again.
    pub async fn current(&self) -> Result<AccessToken, CallError> {
        let _refreshing = match self.look() {
            Look::Fresh(token) => return Ok(token),
            Look::Due(token) => match self.refreshing.try_lock() {
                Ok(guard) => guard,
                Err(_) => return Ok(token),
            },
            Look::Gone => self.refreshing.lock().await,
        };
        // Another caller may have refreshed while this one came to the lock.
        let due = match self.look() {
            Look::Fresh(token) => return Ok(token),
            Look::Due(token) => Some(token),
            Look::Gone => None,
        };
        match (self.refresh().await, due) {
            (Ok(token), _) | (Err(_), Some(token)) => Ok(token),
            (Err(error), None) => Err(error),
        }
    }

    /// Forgets `token`, if it is still the one we hold: of many callers whose token was refused only
    /// the first has an effect.
    pub fn drop_if(&self, token: &AccessToken) {
        let mut held = self.held();
        if held
            .current
            .as_ref()
            .is_some_and(|current| current.stored.token == *token)
        {
            held.current = None;
            held.dropped = Some(token.clone());
        }
    }

    /// Makes a call that carries the token. When the token is refused, it is dropped and the call
    /// made once more with the next one.
    ///
    /// # Errors
    /// What the call, or the fetching of the token, ended in.
    pub async fn with_token<T, F>(&self, call: impl Fn(AccessToken) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let token = self.current().await?;
        match call(token.clone()).await {
            Err(error) if error.class() == Some(Class::Token) => {
                self.drop_if(&token);
                call(self.current().await?).await
            }
            outcome => outcome,
        }
    }

    async fn refresh(&self) -> Result<AccessToken, CallError> {
        if let Some(failure) = self.recent_failure() {
            return Err(failure);
        }
        let shelved = timeout(SHELF_PATIENCE, self.shelf.load(self.issuer.app())).await;
        if let Some(token) = shelved.ok().flatten().and_then(|stored| self.adopt(stored)) {
            return Ok(token);
        }
        match self.issuer.issue().await {
            Ok(issued) => {
                let stored = self.keep(issued);
                // A shelf that is slow or gone costs its patience once, and nothing else.
                let saving = self.shelf.save(self.issuer.app(), &stored);
                drop(timeout(SHELF_PATIENCE, saving).await);
                Ok(stored.token)
            }
            Err(error) => {
                let error = error.on_token_call();
                self.held().failure = Some((error.clone(), self.clock.now()));
                Err(error)
            }
        }
    }

    fn look(&self) -> Look {
        let now = self.clock.now();
        match &self.held().current {
            Some(current) if now < current.renew_at => Look::Fresh(current.stored.token.clone()),
            Some(current) if now < current.stored.expires_at => {
                Look::Due(current.stored.token.clone())
            }
            _ => Look::Gone,
        }
    }

    fn recent_failure(&self) -> Option<CallError> {
        let held = self.held();
        let (error, at) = held.failure.as_ref()?;
        let pause = match error.class() {
            Some(Class::Configuration) => LONG_PAUSE,
            _ => PAUSE,
        };
        (self.clock.now() < *at + pause).then(|| error.clone())
    }

    /// Takes what another replica left, unless it is due or is what we dropped.
    fn adopt(&self, stored: StoredToken) -> Option<AccessToken> {
        let renew_at = stored.expires_at - MARGIN;
        let mut held = self.held();
        if self.clock.now() >= renew_at || held.dropped.as_ref() == Some(&stored.token) {
            return None;
        }
        let token = stored.token.clone();
        held.current = Some(Current { stored, renew_at });
        held.failure = None;
        Some(token)
    }

    /// WeCom gives out the same token until its end, with ever less life left: the margin shrinks with
    /// it, or each call of the last five minutes would fetch.
    fn keep(&self, issued: Issued) -> StoredToken {
        let lifetime = issued.lifetime.min(MAX_LIFETIME);
        let expires_at = self.clock.now() + lifetime;
        let stored = StoredToken {
            token: issued.token,
            expires_at,
        };
        let current = Current {
            stored: stored.clone(),
            renew_at: expires_at - MARGIN.min(lifetime / 4),
        };
        *self.held() = Held {
            current: Some(current),
            ..Held::default()
        };
        stored
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I> fmt::Debug for TokenHolder<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHolder")
    }
}

enum Look {
    Fresh(AccessToken),
    /// Good, but soon at its end.
    Due(AccessToken),
    Gone,
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::tencent::call::Code;

    /// Gives out `token-1`, `token-2`, … or the error it is told to, each as it is let.
    struct Mint {
        asked: AtomicUsize,
        let_out: Semaphore,
        lifetime: Duration,
        error: Mutex<Option<CallError>>,
    }

    impl Issuer for Arc<Mint> {
        fn app(&self) -> &'static str {
            "wechat:wx1"
        }

        async fn issue(&self) -> Result<Issued, CallError> {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            self.let_out.acquire().await.unwrap().forget();
            let error = self.error.lock().unwrap().clone();
            error.map_or_else(
                || {
                    Ok(Issued {
                        token: AccessToken::new(format!("token-{number}")),
                        lifetime: self.lifetime,
                    })
                },
                Err,
            )
        }
    }

    impl Mint {
        fn new(lets_out: usize) -> Arc<Self> {
            Arc::new(Self {
                asked: AtomicUsize::new(0),
                let_out: Semaphore::new(lets_out),
                lifetime: Duration::from_hours(2),
                error: Mutex::default(),
            })
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }
    }

    fn clock() -> Clock {
        Clock::at(DateTime::from_timestamp(1_764_000_000, 0).unwrap())
    }

    fn pass(clock: &Clock, seconds: i64) {
        clock.set(clock.now() + chrono::Duration::seconds(seconds));
    }

    fn holder(mint: &Arc<Mint>, clock: &Clock) -> TokenHolder<Arc<Mint>> {
        TokenHolder::new(mint.clone(), Arc::new(NoShelf), clock.clone())
    }

    fn refused(code: i64) -> CallError {
        CallError::Refused {
            code: Code::Errcode(code),
            class: crate::tencent::errcode::class(code),
            rid: None,
            hint: None,
        }
    }

    #[tokio::test]
    async fn a_thousand_callers_are_one_fetch() {
        let (mint, clock) = (Mint::new(1000), clock());
        let holder = holder(&mint, &clock);
        let tokens = join_all((0..1000).map(|_| holder.current())).await;
        assert!(
            tokens
                .iter()
                .all(|t| t.as_ref().unwrap().reveal() == "token-1")
        );
        assert_eq!(mint.asked(), 1);
    }

    #[tokio::test]
    async fn the_old_token_is_served_while_the_new_one_is_fetched() {
        let (mint, clock) = (Mint::new(1), clock());
        let holder = holder(&mint, &clock);
        holder.current().await.unwrap();
        pass(&clock, 7200 - 299);

        // The mint lets nothing out until the second caller has been served.
        let second = async {
            while mint.asked() < 2 {
                tokio::task::yield_now().await;
            }
            let served = holder.current().await.unwrap();
            mint.let_out.add_permits(1);
            served
        };
        let (first, second) = tokio::join!(holder.current(), second);
        assert_eq!(
            (first.unwrap().reveal(), second.reveal()),
            ("token-2", "token-1")
        );
        assert_eq!(holder.current().await.unwrap().reveal(), "token-2");
    }

    #[tokio::test]
    async fn the_old_token_is_served_when_the_new_one_cannot_be_had() {
        let (mint, clock) = (Mint::new(9), clock());
        let holder = holder(&mint, &clock);
        holder.current().await.unwrap();
        *mint.error.lock().unwrap() = Some(CallError::Unreachable);
        pass(&clock, 7200 - 299);
        assert_eq!(holder.current().await.unwrap().reveal(), "token-1");
        pass(&clock, 299);
        assert_eq!(holder.current().await, Err(CallError::Unreachable));
    }

    #[tokio::test]
    async fn of_many_callers_with_a_refused_token_only_the_first_drops_it() {
        let (mint, clock) = (Mint::new(1000), clock());
        let holder = holder(&mint, &clock);
        let used = AtomicUsize::new(0);
        let call = |token: AccessToken| {
            used.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::task::yield_now().await;
                if token.reveal() == "token-1" {
                    Err(refused(40001))
                } else {
                    Ok(())
                }
            }
        };
        holder.current().await.unwrap();
        let outcomes = join_all((0..50).map(|_| holder.with_token(call))).await;
        assert!(outcomes.iter().all(Result::is_ok));
        assert_eq!((mint.asked(), used.load(Ordering::SeqCst)), (2, 100));
    }

    #[tokio::test]
    async fn a_call_is_made_twice_and_not_more() {
        let (mint, clock) = (Mint::new(9), clock());
        let holder = holder(&mint, &clock);
        let used = AtomicUsize::new(0);
        let outcome: Result<(), _> = holder
            .with_token(|_| {
                used.fetch_add(1, Ordering::SeqCst);
                async { Err(refused(42001)) }
            })
            .await;
        assert_eq!(outcome.unwrap_err().errcode(), Some(42001));
        assert_eq!((mint.asked(), used.load(Ordering::SeqCst)), (2, 2));
    }

    #[tokio::test]
    async fn a_wrong_secret_is_asked_about_once_a_minute_and_is_no_matter_of_the_token() {
        let (mint, clock) = (Mint::new(9), clock());
        let holder = holder(&mint, &clock);
        *mint.error.lock().unwrap() = Some(refused(40001));
        for _ in 0..10 {
            let error = holder.current().await.unwrap_err();
            assert_eq!(error.class(), Some(Class::Configuration));
        }
        assert_eq!(mint.asked(), 1);
        pass(&clock, 60);
        holder.current().await.unwrap_err();
        assert_eq!(mint.asked(), 2);
        *mint.error.lock().unwrap() = None;
        pass(&clock, 60);
        assert_eq!(holder.current().await.unwrap().reveal(), "token-3");
    }

    #[tokio::test]
    async fn a_token_near_its_end_is_not_fetched_for_each_call() {
        let (mint, clock) = (Mint::new(9), clock());
        let mint = Arc::new(Mint {
            lifetime: Duration::from_secs(200),
            ..Arc::into_inner(mint).unwrap()
        });
        let holder = holder(&mint, &clock);
        holder.current().await.unwrap();
        pass(&clock, 149);
        holder.current().await.unwrap();
        assert_eq!(mint.asked(), 1);
        pass(&clock, 1);
        holder.current().await.unwrap();
        assert_eq!(mint.asked(), 2);
    }

    #[derive(Default)]
    struct Cupboard(Mutex<HashMap<String, StoredToken>>);

    #[async_trait]
    impl Shelf for Cupboard {
        async fn load(&self, app: &str) -> Option<StoredToken> {
            self.0.lock().unwrap().get(app).cloned()
        }

        async fn save(&self, app: &str, token: &StoredToken) {
            self.0.lock().unwrap().insert(app.into(), token.clone());
        }
    }

    #[tokio::test]
    async fn replicas_share_a_token_and_the_replacement_of_a_refused_one() {
        let (mint, clock, shelf) = (Mint::new(9), clock(), Arc::new(Cupboard::default()));
        let replica = || TokenHolder::new(mint.clone(), shelf.clone(), clock.clone());
        let (one, two) = (replica(), replica());
        let first = one.current().await.unwrap();
        assert_eq!(two.current().await.unwrap(), first);
        assert_eq!(mint.asked(), 1);

        one.drop_if(&first);
        assert_eq!(one.current().await.unwrap().reveal(), "token-2");
        two.drop_if(&first);
        assert_eq!(two.current().await.unwrap().reveal(), "token-2");
        assert_eq!(mint.asked(), 2);
    }

    struct Jammed;

    #[async_trait]
    impl Shelf for Jammed {
        async fn load(&self, _: &str) -> Option<StoredToken> {
            pending().await
        }

        async fn save(&self, _: &str, _: &StoredToken) {
            pending::<()>().await;
        }
    }

    #[tokio::test]
    async fn a_shelf_that_hangs_does_not_keep_the_token_away() {
        let holder = TokenHolder::new(Mint::new(1), Arc::new(Jammed), clock());
        let token = holder.current().await.unwrap();
        assert_eq!(token.reveal(), "token-1");
        assert_eq!(format!("{token:?}"), "AccessToken");
    }
}
