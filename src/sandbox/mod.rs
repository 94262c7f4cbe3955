//! The outside world in a box.
//!
//! It answers as api.weixin.qq.com, qyapi.weixin.qq.com, two providers of SMS and the campus's CAS do, refuses
//! what they would refuse, and keeps what they would keep: tokens and one-use codes, the account's menu, the chats of the
//! people who follow it, the cards on the desks of the staff, the phones' inboxes. What happens out
//! there (a tap on the menu, a click on a card, a delivered message) it pushes to the service, signed
//! and sealed, and what the service replies it shows where a person would see it. It also is the gate
//! that scans a code.
//!
//! Tests use it as the fake, and `mode = "sandbox"` runs it beside the service under `/sandbox`. Real HTTP
//! in both directions: in production only the addresses differ. Its signatures, envelopes and rules
//! are written from the providers' documents and share nothing with the service but the clock and the
//! randomness, so that two implementations check each other.
//!
//! - `/weixin/…` `/qyapi/…` `/sms/…` `/cas/…`: the providers, at the paths of their documents.
//! - `/control/…`: the hands of the people in the box, described at `/openapi.json`.
//! - The methods of [`Sandbox`] are the same hands for tests in the process.

mod call;
mod cas;
mod control;
mod faults;
mod gate;
mod library;
mod log;
mod mini;
mod people;
mod push;
mod qyapi;
mod seal;
mod sms;
mod state;
mod subscriptions;
mod tokens;
mod weixin;
mod xml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::ids::Mint;

pub use faults::{Fault, FaultKind};
pub use gate::{GateDevice, Scan, Scanned};
pub use log::{Direction, Exchange};
pub use mini::MiniPush;
pub use people::{Article, ChatLine, Person, Said, TemplateLine, TemplateMessage};
pub use push::{Deliveries, Pushed, Sent, Unpushed};
pub use qyapi::{Button, Card, Detail, StaffMember, WorkMessage, WorkText};
pub use sms::{AliyunSms, Sms, SmsAccounts, SmsProvider, TencentSms};
pub use subscriptions::{Answered, App, Notice, SentMessage};
pub use weixin::PageConfig;

use state::State;

/// WeChat waits five seconds for the service, and so does everybody else in the box.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the box must know: the accounts as both sides were configured, and where the two sides are.
pub struct SandboxSettings {
    pub clock: Clock,
    pub entropy: Entropy,
    /// Where the service is reached, without a slash at the end: `http://127.0.0.1:8080`.
    pub service: String,
    /// Where the box itself is reached: `http://127.0.0.1:8080/sandbox`.
    pub here: String,
    pub official_account: OfficialAccount,
    pub mini_program: MiniProgram,
    pub wecom: WeCom,
    pub sms: SmsAccounts,
}

/// The Official Account. Its callbacks are always sealed (安全模式).
#[derive(Clone)]
pub struct OfficialAccount {
    pub app_id: String,
    /// `gh_…`, what stands in `ToUserName`.
    pub original_id: String,
    pub token: String,
    /// 43 characters.
    pub encoding_aes_key: String,
    pub secret: String,
}

/// The mini-program. Its pushes are always sealed, in JSON.
#[derive(Clone)]
pub struct MiniProgram {
    pub app_id: String,
    /// `gh_…`, what stands in `ToUserName`.
    pub original_id: String,
    pub token: String,
    /// 43 characters.
    pub encoding_aes_key: String,
    pub secret: String,
}

/// The application in WeCom.
#[derive(Clone)]
pub struct WeCom {
    pub corp_id: String,
    pub agent_id: i64,
    pub token: String,
    /// 43 characters.
    pub encoding_aes_key: String,
    pub secret: String,
}

/// The box. Clones share what is in it.
#[derive(Clone)]
pub struct Sandbox(Arc<World>);

struct World {
    settings: SandboxSettings,
    state: Mutex<State>,
    client: reqwest::Client,
    /// Numbers messages.
    mint: Mint,
    /// Wakes [`Sandbox::run`] when something waits to be pushed.
    queued: Notify,
    /// Wakes calls that hang.
    lifted: Notify,
}

impl Sandbox {
    #[must_use]
    pub fn new(settings: SandboxSettings) -> Self {
        Self(Arc::new(World {
            settings,
            state: Mutex::default(),
            client: client(),
            mint: Mint::new(0),
            queued: Notify::new(),
            lifted: Notify::new(),
        }))
    }

    /// Everything the box answers, to be mounted where `here` says.
    pub fn router(&self) -> Router {
        let providers = Router::new()
            .nest("/weixin", weixin::router())
            .nest("/qyapi", qyapi::router())
            .nest("/cas", cas::router())
            .merge(sms::router())
            .layer(from_fn_with_state(self.clone(), faults::exchange))
            .with_state(self.clone());
        providers.merge(control::router(self))
    }

    /// Adds a fault that the service's calls run into.
    pub fn add_fault(&self, fault: Fault) {
        self.state().faults.add(fault);
    }

    /// Lifts every fault, lets hanging calls go, and delivers once and in order again.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
        self.deliver_as(Deliveries::default());
        self.0.lifted.notify_waiters();
    }

    /// The faults in force.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.state().faults.all().to_vec()
    }

    /// The last 2000 exchanges, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<Exchange> {
        self.state().log.all().cloned().collect()
    }

    /// Makes every access token worthless, as a refresh behind the service's back would: the next
    /// call of the service is refused with 40001 (WeCom 40014).
    pub fn revoke_tokens(&self) {
        let settings = self.settings();
        let tokens = &mut self.state().tokens;
        tokens.revoke(&settings.official_account.app_id);
        tokens.revoke(&settings.mini_program.app_id);
        tokens.revoke(&settings.wecom.corp_id);
    }

    fn settings(&self) -> &SandboxSettings {
        &self.0.settings
    }

    fn now(&self) -> DateTime<Utc> {
        self.settings().clock.now()
    }

    fn entropy(&self) -> &Entropy {
        &self.settings().entropy
    }

    /// The next number of a message.
    fn number(&self) -> i64 {
        self.0.mint.next(self.now())
    }

    /// Something waits to be told to the service.
    fn wake(&self) {
        self.0.queued.notify_one();
    }

    fn faults_lifted(&self) -> &Notify {
        &self.0.lifted
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "the box is not the service: it has a door of its own, and without it there is no box"
)]
fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("nothing in this configuration can fail")
}

#[cfg(test)]
mod testing;
