//! What the handlers share.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use secrecy::SecretString;
use tokio_util::task::TaskTracker;

use super::limits::Limits;
use super::replay::Replays;
use crate::config::Settings;
use crate::ctx::{Clients, Ctx};
use crate::sms::Provider;
use crate::tencent::callback::{Mailbox, NoKey};
use crate::tencent::envelope::Envelope;

/// How old a delivery may be: five minutes cover WeChat's three tries and a clock that is off.
const FRESHNESS: Duration = Duration::from_mins(5);

/// Everything behind the doors. A clone is the same, and costs a count: axum makes several for each
/// request.
#[derive(Clone)]
pub struct Site(Arc<Parts>);

/// What a site is made of.
pub struct Parts {
    pub ctx: Ctx,
    pub clients: Clients,
    pub doors: Doors,
}

impl Deref for Site {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<Site> for Ctx {
    fn from_ref(site: &Site) -> Self {
        site.ctx.clone()
    }
}

impl FromRef<Site> for Clients {
    fn from_ref(site: &Site) -> Self {
        site.clients.clone()
    }
}

/// What the doors know by themselves.
pub struct Doors {
    pub account: Mailbox,
    pub mini: Mailbox,
    pub wecom: Mailbox,
    /// What the providers of SMS report under.
    pub report_keys: Vec<(Provider, SecretString)>,
    pub limits: Limits,
    pub replays: Replays,
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Whether cookies may travel without TLS: only on this machine.
    pub insecure: bool,
}

impl Site {
    /// `tasks` waits for handlers that outlive their connection.
    ///
    /// # Errors
    /// When a mode of delivery needs a key that the settings do not give.
    pub fn new(
        settings: &Settings,
        ctx: Ctx,
        clients: Clients,
        tasks: TaskTracker,
    ) -> Result<Self, NoKey> {
        let Settings {
            official_account: oa,
            mini_program: mini,
            wecom,
            server,
            sms,
            ..
        } = settings;
        let envelope = Envelope {
            key: oa.encoding_aes_key.clone(),
            receive_id: oa.app_id.clone(),
        };
        let account = Mailbox::wechat(
            oa.message_mode,
            oa.token.clone(),
            Some(envelope),
            &oa.original_id,
            FRESHNESS,
        )?;
        let envelope = Envelope {
            key: mini.encoding_aes_key.clone(),
            receive_id: mini.app_id.clone(),
        };
        let mini = Mailbox::wechat(
            mini.message_mode,
            mini.token.clone(),
            Some(envelope),
            &mini.original_id,
            FRESHNESS,
        )?;
        let envelope = Envelope {
            key: wecom.encoding_aes_key.clone(),
            receive_id: wecom.corp_id.clone(),
        };
        let doors = Doors {
            account,
            mini,
            wecom: Mailbox::wecom(wecom.token.clone(), envelope, FRESHNESS),
            report_keys: sms
                .providers
                .iter()
                .map(|sms| (sms.account.provider(), sms.report_key.clone()))
                .collect(),
            limits: Limits::default(),
            replays: Replays::new(tasks, settings.official_account.patience),
            trusted_proxies: server.trusted_proxies.clone(),
            insecure: server.public_url.starts_with("http://"),
        };
        Ok(Self(Arc::new(Parts {
            ctx,
            clients,
            doors,
        })))
    }

    /// Forgets what need not be remembered any more.
    pub fn sweep(&self) {
        self.doors.limits.sweep();
    }
}
