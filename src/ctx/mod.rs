//! What everything above needs, in two halves: [`Ctx`], with which things happen on campus, and
//! [`Clients`], with which the outside is told. `Ctx` holds no client, so no action can wait for
//! somebody else's server while it holds a transaction.

mod clients;
mod links;
mod shelf;
mod sms;

use std::sync::Arc;

use sea_orm::DatabaseTransaction;
use tokio::sync::{mpsc, oneshot};

pub use clients::{Clients, Health, Standing};
pub use links::{Link, Shared};
pub use sms::Sender;

use crate::cache::Caches;
use crate::clock::Clock;
use crate::config::{Retention, Settings};
use crate::domain::Phone;
use crate::domain::actors::Reader;
use crate::domain::campus::SealedPhone;
use crate::domain::gate::{Credential, News, Scan};
use crate::domain::invitation::Invitation;
use crate::domain::pass_code::CodeKeys;
use crate::domain::resident::Registration;
use crate::entropy::Entropy;
use crate::ids::Mint;
use crate::photos::Photos;
use crate::secret::{KeyRing, LinkToken};
use crate::store::passages::Passage;
use crate::store::{Db, StoreError, news};
use crate::templates::Templates;

/// With what things happen on campus. A clone is the same.
#[derive(Clone)]
pub struct Ctx {
    pub db: Db,
    pub clock: Clock,
    pub entropy: Entropy,
    pub ids: Arc<Mint>,
    pub keys: Arc<KeyRing>,
    pub codes: Arc<CodeKeys>,
    pub templates: Arc<Templates>,
    pub photos: Photos,
    pub policy: Arc<Policy>,
    pub caches: Caches,
    /// To the one task that writes passages: what is answered when it is kept.
    pub scans: mpsc::Sender<Asked>,
    /// To the same: what was refused and is kept afterwards.
    pub refusals: mpsc::Sender<Passage>,
}

/// What the settings say about how things are done.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Every link begins with it; no slash at the end.
    pub public_url: String,
    pub sms_daily_per_number: u64,
    pub sms_daily_total: u64,
    /// The pages of the mini-program that show a pass and an invitation, where it has them.
    pub pass_page: Option<String>,
    pub invitation_page: Option<String>,
    /// Whether a registration that the register knows waits for the resident's word all the same.
    pub ask_residents_first: bool,
    pub retention: Retention,
}

impl Policy {
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self {
            public_url: settings.server.public_url.clone(),
            sms_daily_per_number: settings.sms.daily_per_number,
            sms_daily_total: settings.sms.daily_total,
            pass_page: settings.mini_program.pass_page.clone(),
            invitation_page: settings.mini_program.invitation_page.clone(),
            ask_residents_first: settings.residential.ask_first,
            retention: settings.retention,
        }
    }
}

/// A scan on its way to the task that writes passages, and the way back of its answer.
pub struct Asked {
    pub reader: Reader,
    pub scan: Scan,
    /// SHA-256 of the request's bytes, by which a repeat is known.
    pub request_hash: String,
    pub credential: Credential,
    pub answer: oneshot::Sender<Result<Answered, StoreError>>,
}

/// What the task that writes passages says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The body of the answer: a new one, or the one that the same scan was given before.
    With(String),
    /// The device has used this nonce for something else, or too long ago.
    NonceSpent,
}

impl Ctx {
    /// Within a transaction, says what it changes of that by which gates decide. It is forgotten here
    /// at once, and by every replica when the transaction is kept.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn tell(&self, txn: &DatabaseTransaction, changed: &News) -> Result<(), StoreError> {
        news::tell(txn, changed).await?;
        self.caches.hear(changed);
        Ok(())
    }

    #[must_use]
    pub fn seal_phone(&self, phone: &Phone) -> SealedPhone {
        SealedPhone {
            sealed: self.keys.seal(&self.entropy, phone),
            hash: self.keys.keyed_hash(phone),
            mask: phone.masked(),
        }
    }

    /// A new id, of now.
    #[must_use]
    pub fn mint<I: From<i64>>(&self) -> I {
        self.ids.next(self.clock.now())
    }

    /// The token of an invitation's link.
    #[must_use]
    pub fn invitation_token(&self, invitation: &Invitation) -> LinkToken {
        let Invitation {
            id,
            link_generation,
            ..
        } = invitation;
        self.keys
            .link_token("invitation", id.get(), *link_generation)
    }

    /// The token of the link with which a resident says whether they know their visitor.
    #[must_use]
    pub fn registration_token(&self, registration: &Registration) -> LinkToken {
        let (id, generation) = (registration.id.get(), registration.link_generation);
        self.keys.link_token("registration", id, generation)
    }

    /// An absolute link to a path of ours.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.policy.public_url)
    }
}
