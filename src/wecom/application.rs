//! The application of the college in WeCom: its id, its secret and its token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::tencent::call::{CallError, Caller};
use crate::tencent::token::{AccessToken, Issued, Issuer, Shelf, TokenHolder};

/// What the console of WeCom shows, and where the platform is: `https://qyapi.weixin.qq.com` and
/// `https://open.weixin.qq.com`, or the sandbox.
#[derive(Clone)]
pub struct Credentials {
    pub corp_id: String,
    pub agent_id: i64,
    pub secret: SecretString,
    pub api_url: String,
    pub open_url: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, {})", self.corp_id, self.agent_id)
    }
}

/// The application. A clone shares its token.
#[derive(Clone, Debug)]
pub struct Application {
    pub(super) credentials: Credentials,
    caller: Caller,
    token: Arc<TokenHolder<CorpToken>>,
}

impl Application {
    #[must_use]
    pub fn new(
        credentials: Credentials,
        caller: Caller,
        shelf: Arc<dyn Shelf>,
        clock: Clock,
    ) -> Self {
        let issuer = CorpToken::new(credentials.clone(), caller.clone());
        Self {
            credentials,
            caller,
            token: Arc::new(TokenHolder::new(issuer, shelf, clock)),
        }
    }

    /// Fetches a token if there is none: what a check of the settings asks.
    ///
    /// # Errors
    /// [`CallError`], of the class `Configuration` when id, secret or trusted IP are wrong.
    pub async fn sign_in(&self) -> Result<(), CallError> {
        self.token.current().await.map(drop)
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, CallError> {
        let call = |token: AccessToken| async move {
            let query = [&[("access_token", token.reveal())], query].concat();
            self.caller
                .get(&self.credentials.api_url, path, &query)
                .await
        };
        self.token.with_token(call).await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, CallError> {
        let call = |token: AccessToken| async move {
            let query = [("access_token", token.reveal())];
            self.caller
                .post(&self.credentials.api_url, path, &query, body)
                .await
        };
        self.token.with_token(call).await
    }
}

/// `gettoken`. A token belongs to a corp and a secret: used for another application of the same corp
/// it is refused (301002), so its name on the shelf has both.
/// Source: <https://developer.work.weixin.qq.com/document/path/91039>.
struct CorpToken {
    shelf_name: String,
    credentials: Credentials,
    caller: Caller,
}

impl CorpToken {
    fn new(credentials: Credentials, caller: Caller) -> Self {
        let digest = Sha256::digest(credentials.secret.expose_secret());
        let secret = HEXLOWER.encode(&digest[..8]);
        Self {
            shelf_name: format!("wecom:{}:{secret}", credentials.corp_id),
            credentials,
            caller,
        }
    }
}

impl Issuer for CorpToken {
    fn app(&self) -> &str {
        &self.shelf_name
    }

    async fn issue(&self) -> Result<Issued, CallError> {
        #[derive(Deserialize)]
        struct Granted {
            access_token: String,
            expires_in: u64,
        }
        let query = [
            ("corpid", self.credentials.corp_id.as_str()),
            ("corpsecret", self.credentials.secret.expose_secret()),
        ];
        let base = &self.credentials.api_url;
        let granted: Granted = self.caller.get(base, "/cgi-bin/gettoken", &query).await?;
        Ok(Issued {
            token: AccessToken::new(granted.access_token),
            lifetime: Duration::from_secs(granted.expires_in),
        })
    }
}
