//! The mini-program: who logs in, with which phone, and the ways into it from outside.
//!
//! Source: <https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/>.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};

use super::app::{App, Connection};
use crate::clock::Clock;
use crate::tencent::call::{CallError, Caller};
use crate::tencent::token::Shelf;

/// The mini-program. A clone shares its token.
#[derive(Clone, Debug)]
pub struct MiniProgram {
    pub(super) connection: Connection,
}

/// Who logged in. The `session_key` that comes with it is dropped here: nothing needs it, since
/// phones come by code.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct LoggedIn {
    pub openid: String,
    pub unionid: Option<String>,
}

/// A phone that WeChat has verified.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct VerifiedPhone {
    /// Without the country's code: `13912340003`.
    #[serde(rename = "purePhoneNumber")]
    pub number: String,
    /// `86`. The documents call it a text and show a number.
    #[serde(rename = "countryCode", deserialize_with = "text_or_number")]
    pub country_code: String,
}

/// What the check of a text advises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    Pass,
    /// A human should look.
    Review,
    Risky,
}

/// The longest life of a URL link, in days.
const MAX_LINK_DAYS: u32 = 30;

impl MiniProgram {
    #[must_use]
    pub fn new(app: App, caller: Caller, shelf: Arc<dyn Shelf>, clock: Clock) -> Self {
        Self {
            connection: Connection::new(app, caller, shelf, clock),
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

    /// Exchanges the code of `wx.login`. It works once (40163) and for five minutes.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn log_in(&self, code: &str) -> Result<LoggedIn, CallError> {
        self.connection
            .exchange("/sns/jscode2session", ("js_code", code))
            .await
    }

    /// Exchanges the code of a phone button. It works once and for five minutes, and is not the code
    /// of `wx.login`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn phone(&self, code: &str) -> Result<VerifiedPhone, CallError> {
        #[derive(Deserialize)]
        struct Told {
            phone_info: VerifiedPhone,
        }
        let body = json!({ "code": code });
        let told: Told = self
            .connection
            .post("/wxa/business/getuserphonenumber", &body)
            .await?;
        Ok(told.phone_info)
    }

    /// Draws a mini-program code (小程序码); gives the bytes of a picture. The scene is at most 32 of
    /// ``[0-9A-Za-z!#$&'()*+,/:;=?@-._~]``; the page must be published.
    ///
    /// # Errors
    /// [`CallError`]; 41030 for a page that is not published.
    pub async fn draw_code(&self, scene: &str, page: &str) -> Result<Vec<u8>, CallError> {
        let body = json!({ "scene": scene, "page": page });
        self.connection
            .post_for_file("/wxa/getwxacodeunlimit", &body)
            .await
    }

    /// A link from an SMS or a browser into the mini-program, for at most 30 days.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn url_link(&self, path: &str, query: &str, days: u32) -> Result<String, CallError> {
        #[derive(Deserialize)]
        struct Made {
            url_link: String,
        }
        let body = json!({
            "path": path,
            "query": query,
            "expire_type": 1,
            "expire_interval": days.clamp(1, MAX_LINK_DAYS),
        });
        let made: Made = self.connection.post("/wxa/generate_urllink", &body).await?;
        Ok(made.url_link)
    }

    /// Asks what WeChat thinks of a text that others will see. The person must have used the
    /// mini-program within two hours.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn check_text(&self, openid: &str, text: &str) -> Result<Advice, CallError> {
        #[derive(Deserialize)]
        struct Checked {
            result: Verdict,
        }
        #[derive(Deserialize)]
        struct Verdict {
            suggest: String,
        }
        // Scene 2 is a comment, the nearest to a form that somebody else reads.
        let body = json!({ "version": 2, "scene": 2, "openid": openid, "content": text });
        let checked: Checked = self.connection.post("/wxa/msg_sec_check", &body).await?;
        Ok(match checked.result.suggest.as_str() {
            "pass" => Advice::Pass,
            "risky" => Advice::Risky,
            _ => Advice::Review,
        })
    }
}

fn text_or_number<'de, D: Deserializer<'de>>(given: D) -> Result<String, D::Error> {
    match Value::deserialize(given)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(de::Error::custom("neither text nor number")),
    }
}
