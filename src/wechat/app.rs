//! What an Official Account and a mini-program have in common: an id, a secret and a token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::tencent::call::{CallError, Caller};
use crate::tencent::token::{AccessToken, Issued, Issuer, Shelf, TokenHolder};

/// An app of WeChat, and where its platform is: `https://api.weixin.qq.com`, or the sandbox.
#[derive(Clone)]
pub struct App {
    pub app_id: String,
    pub secret: SecretString,
    pub api_url: String,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("App").field(&self.app_id).finish()
    }
}

/// An app that can be called for.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub app: App,
    pub caller: Caller,
    pub token: Arc<TokenHolder<StableToken>>,
}

impl Connection {
    pub fn new(app: App, caller: Caller, shelf: Arc<dyn Shelf>, clock: Clock) -> Self {
        let issuer = StableToken {
            shelf_name: format!("wechat:{}", app.app_id),
            app: app.clone(),
            caller: caller.clone(),
        };
        Self {
            app,
            caller,
            token: Arc::new(TokenHolder::new(issuer, shelf, clock)),
        }
    }

    /// GET with the token.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, CallError> {
        let call = |token: AccessToken| async move {
            let query = [&[("access_token", token.reveal())], query].concat();
            self.caller.get(&self.app.api_url, path, &query).await
        };
        self.token.with_token(call).await
    }

    /// POST with the token.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, CallError> {
        let call = |token: AccessToken| async move {
            let query = [("access_token", token.reveal())];
            self.caller
                .post(&self.app.api_url, path, &query, body)
                .await
        };
        self.token.with_token(call).await
    }

    /// POST with the token, to where the answer is a file.
    pub async fn post_for_file(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<Vec<u8>, CallError> {
        let call = |token: AccessToken| async move {
            let query = [("access_token", token.reveal())];
            self.caller
                .post_for_file(&self.app.api_url, path, &query, body)
                .await
        };
        self.token.with_token(call).await
    }

    /// GET with the app's own secret: what exchanges a code.
    pub async fn exchange<T: DeserializeOwned>(
        &self,
        path: &str,
        code: (&str, &str),
    ) -> Result<T, CallError> {
        let query = [
            ("appid", self.app.app_id.as_str()),
            ("secret", self.app.secret.expose_secret()),
            code,
            ("grant_type", "authorization_code"),
        ];
        let answer = self.caller.get(&self.app.api_url, path, &query).await;
        // There is no token on this call that a fresh one could replace.
        answer.map_err(CallError::on_token_call)
    }
}

/// `stable_token` in its normal mode: it gives the same token until five minutes before the end, so
/// replicas do not take it from each other. `force_refresh` is for leaks, twenty times a day.
/// Source: <https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html>.
pub(super) struct StableToken {
    shelf_name: String,
    app: App,
    caller: Caller,
}

impl Issuer for StableToken {
    fn app(&self) -> &str {
        &self.shelf_name
    }

    async fn issue(&self) -> Result<Issued, CallError> {
        #[derive(Deserialize)]
        struct Granted {
            access_token: String,
            expires_in: u64,
        }
        let body = json!({
            "grant_type": "client_credential",
            "appid": self.app.app_id,
            "secret": self.app.secret.expose_secret(),
        });
        let path = "/cgi-bin/stable_token";
        let granted: Granted = self
            .caller
            .post(&self.app.api_url, path, &[], &body)
            .await?;
        Ok(Issued {
            token: AccessToken::new(granted.access_token),
            lifetime: Duration::from_secs(granted.expires_in),
        })
    }
}

/// An answer that says nothing but that it was done.
#[derive(Deserialize)]
pub(super) struct Nothing {}

/// The `data` of a template: `{"thing1": {"value": "…"}}`.
pub(super) fn data(fields: &[(String, String)]) -> Value {
    let field = |(name, value): &(String, String)| (name.clone(), json!({ "value": value }));
    Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
}

/// An id that some calls give as a number and others as a text.
pub(super) fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("neither text nor number")),
    }
}
