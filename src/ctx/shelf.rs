//! The shelf on which replicas leave access tokens for each other: the database, sealed.

use async_trait::async_trait;

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::secret::KeyRing;
use crate::store::tokens::{self, Shared};
use crate::store::{Db, begin, commit};
use crate::tencent::token::{Shelf, StoredToken};

pub struct SealedShelf {
    pub db: Db,
    pub keys: KeyRing,
    pub entropy: Entropy,
    pub clock: Clock,
}

#[async_trait]
impl Shelf for SealedShelf {
    async fn load(&self, app: &str) -> Option<StoredToken> {
        let shared = match tokens::load(&self.db.read, app).await {
            Ok(shared) => shared?,
            Err(error) => {
                tracing::warn!(app, %error, "the shared token could not be read");
                return None;
            }
        };
        // Sealed with a key that is gone: as good as none, a new one is fetched.
        let token = self.keys.open(&shared.token).ok()?;
        Some(StoredToken {
            token,
            expires_at: shared.expires_at,
        })
    }

    async fn save(&self, app: &str, token: &StoredToken) {
        let shared = Shared {
            token: self.keys.seal(&self.entropy, &token.token),
            fetched_at: self.clock.now(),
            expires_at: token.expires_at,
        };
        let saved = async {
            let txn = begin(&self.db).await?;
            tokens::save(&txn, app, &shared).await?;
            commit(txn).await
        };
        if let Err(error) = saved.await {
            tracing::warn!(app, %error, "the token could not be shared");
        }
    }
}
