//! The Official Account, and what it may say to its followers outside of templates.

use std::sync::Arc;

use serde_json::{Value, json};

use super::app::{Connection, Nothing};
use super::jssdk::JsapiTicket;
use super::reply::Article;
use crate::clock::Clock;
use crate::tencent::call::{CallError, Caller};
use crate::tencent::token::{Shelf, TokenHolder};

pub use super::app::App;

/// The Official Account. A clone shares its tokens.
#[derive(Clone, Debug)]
pub struct OfficialAccount {
    pub(super) connection: Connection,
    /// Where people are sent to sign in: `https://open.weixin.qq.com`, or the sandbox.
    pub(super) open_url: String,
    pub(super) ticket: Arc<TokenHolder<JsapiTicket>>,
}

/// What customer service may send: five messages within 48 hours of a message, three within a minute
/// of a menu click, a scan or a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomMessage {
    Text(String),
    Article(Article),
}

impl OfficialAccount {
    #[must_use]
    pub fn new(
        app: App,
        open_url: String,
        caller: Caller,
        shelf: Arc<dyn Shelf>,
        clock: Clock,
    ) -> Self {
        let connection = Connection::new(app, caller, shelf.clone(), clock.clone());
        let ticket = JsapiTicket::new(connection.clone());
        Self {
            connection,
            open_url,
            ticket: Arc::new(TokenHolder::new(ticket, shelf, clock)),
        }
    }

    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.connection.app.app_id
    }

    /// Fetches a token if there is none: what a check of the settings asks.
    ///
    /// # Errors
    /// [`CallError`], of the class `Configuration` when id, secret or whitelist are wrong.
    pub async fn sign_in(&self) -> Result<(), CallError> {
        self.connection.token.current().await.map(drop)
    }

    /// Sends by customer service.
    ///
    /// # Errors
    /// [`CallError`]; 45015 and 45047 when the person wrote too long ago or was told too much.
    pub async fn send_custom(&self, to: &str, message: &CustomMessage) -> Result<(), CallError> {
        let body = message.to_json(to);
        let _: Nothing = self
            .connection
            .post("/cgi-bin/message/custom/send", &body)
            .await?;
        Ok(())
    }
}

impl CustomMessage {
    fn to_json(&self, to: &str) -> Value {
        match self {
            Self::Text(text) => {
                json!({ "touser": to, "msgtype": "text", "text": { "content": text } })
            }
            Self::Article(article) => json!({
                "touser": to,
                "msgtype": "news",
                "news": { "articles": [{
                    "title": article.title,
                    "description": article.description,
                    "url": article.url,
                    "picurl": article.pic_url,
                }] },
            }),
        }
    }
}
