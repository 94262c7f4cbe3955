//! Which member opened a page inside WeCom.
//!
//! Sources: <https://developer.work.weixin.qq.com/document/path/91022>,
//! <https://developer.work.weixin.qq.com/document/path/91023>.

use serde::Deserialize;

use super::application::Application;
use crate::tencent::call::{CallError, percent_encoded};

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// A member of the college, by userid.
    Member(String),
    /// Somebody who opened the page in WeCom or WeChat and is no member.
    Outsider,
}

impl Application {
    /// Where to send a browser inside WeCom. It comes back to `redirect_uri` with `code` and `state`;
    /// the state must be bound to the browser and used once.
    #[must_use]
    pub fn authorize_url(&self, redirect_uri: &str, state: &str) -> String {
        let credentials = &self.credentials;
        format!(
            "{}/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code\
             &scope=snsapi_base&state={}&agentid={}#wechat_redirect",
            credentials.open_url.trim_end_matches('/'),
            percent_encoded(&credentials.corp_id),
            percent_encoded(redirect_uri),
            percent_encoded(state),
            credentials.agent_id,
        )
    }

    /// Exchanges the code, which works once and for five minutes.
    ///
    /// # Errors
    /// [`CallError`]; 40029 for a code that was used or never was.
    pub async fn exchange_code(&self, code: &str) -> Result<SignedIn, CallError> {
        #[derive(Deserialize)]
        struct Told {
            #[serde(alias = "UserId")]
            userid: Option<String>,
        }
        let told: Told = self
            .get("/cgi-bin/auth/getuserinfo", &[("code", code)])
            .await?;
        Ok(told.userid.map_or(SignedIn::Outsider, SignedIn::Member))
    }
}
