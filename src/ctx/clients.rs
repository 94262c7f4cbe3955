//! The outside, as clients, and how each of them does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::shelf::SealedShelf;
use super::sms::Sender;
use crate::cas::Cas;
use crate::clock::Clock;
use crate::config::Settings;
use crate::entropy::Entropy;
use crate::store::Db;
use crate::tencent::call::{CallError, Caller, NoClient, TimeOuts};
use crate::tencent::errcode::Class;
use crate::tencent::token::Shelf;
use crate::wechat::account::{App, OfficialAccount};
use crate::wechat::mini::MiniProgram;
use crate::wecom::application::{Application, Credentials};

/// A token and a message are two calls, and so is an SMS by one provider and then by the other; a stop
/// waits ten seconds for both.
const TIME_OUTS: TimeOuts = TimeOuts {
    connect: Duration::from_secs(2),
    total: Duration::from_millis(4500),
};

/// With what the outside is told and asked. A clone shares tokens and connections.
#[derive(Clone)]
pub struct Clients {
    pub account: OfficialAccount,
    pub mini: MiniProgram,
    pub wecom: Application,
    /// `None` when the campus has none.
    pub cas: Option<Cas>,
    /// In the order in which they are asked.
    pub sms: Vec<Sender>,
    pub health: Arc<Health>,
}

impl Clients {
    /// # Errors
    /// When TLS cannot be set up on this machine.
    pub fn new(
        settings: &Settings,
        db: &Db,
        clock: &Clock,
        entropy: &Entropy,
    ) -> Result<Self, NoClient> {
        let caller = Caller::new(TIME_OUTS)?;
        let shelf: Arc<dyn Shelf> = Arc::new(SealedShelf {
            db: db.clone(),
            keys: settings.keys.ring.clone(),
            entropy: entropy.clone(),
            clock: clock.clone(),
        });
        let Settings {
            official_account: oa,
            mini_program: mini,
            wecom,
            sms,
            ..
        } = settings;
        let app = |app_id: &str, secret: &secrecy::SecretString, api: &str| App {
            app_id: app_id.to_owned(),
            secret: secret.clone(),
            api_url: api.to_owned(),
        };
        Ok(Self {
            account: OfficialAccount::new(
                app(&oa.app_id, &oa.secret, &oa.api),
                oa.open.clone(),
                caller.clone(),
                shelf.clone(),
                clock.clone(),
            ),
            mini: MiniProgram::new(
                app(&mini.app_id, &mini.secret, &mini.api),
                caller.clone(),
                shelf.clone(),
                clock.clone(),
            ),
            wecom: Application::new(
                Credentials {
                    corp_id: wecom.corp_id.clone(),
                    agent_id: wecom.agent_id,
                    secret: wecom.secret.clone(),
                    api_url: wecom.api.clone(),
                    open_url: wecom.open.clone(),
                },
                caller.clone(),
                shelf,
                clock.clone(),
            ),
            cas: settings.cas.base_url.clone().map(|base_url| Cas {
                base_url,
                caller: caller.clone(),
            }),
            sms: sms
                .providers
                .iter()
                .map(|provider| Sender::new(provider, &caller, entropy))
                .collect(),
            health: Arc::default(),
        })
    }

    /// The names under which channels stand in [`Self::health`].
    #[must_use]
    pub fn channels(&self) -> Vec<&'static str> {
        let sms = self.sms.iter().map(Sender::channel);
        let others = ["official_account", "mini_program", "wecom", "cas"];
        others.into_iter().chain(sms).collect()
    }
}

/// How the last call to each of the outside's servers went, for `/readyz`.
#[derive(Debug, Default)]
pub struct Health(Mutex<BTreeMap<&'static str, Standing>>);

/// How a channel does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Up,
    /// It refuses us until somebody changes a setting, or cannot be reached.
    Down(String),
}

impl Health {
    /// Remembers how a call to `channel` went. A refusal of one message says nothing about the
    /// channel.
    pub fn note<T>(&self, channel: &'static str, outcome: &Result<T, CallError>) {
        let standing = match outcome {
            Err(error) => match (error, error.class()) {
                (CallError::Unreachable | CallError::Unknown | CallError::Malformed, _)
                | (_, Some(Class::Configuration | Class::Token | Class::Busy)) => {
                    Standing::Down(error.to_string())
                }
                (_, _) => Standing::Up,
            },
            Ok(_) => Standing::Up,
        };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(channel, standing);
    }

    /// How the channels do that were called at least once.
    #[must_use]
    pub fn standings(&self) -> BTreeMap<&'static str, Standing> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
