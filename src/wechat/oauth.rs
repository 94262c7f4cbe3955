//! Who opened a page inside WeChat (网页授权).
//!
//! Source: <https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html>.

use serde::Deserialize;

use super::account::OfficialAccount;
use crate::tencent::call::{CallError, percent_encoded};

/// Who signed in.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct SignedIn {
    pub openid: String,
    /// With the scope `snsapi_userinfo`, or when the person follows an account of the same owner.
    pub unionid: Option<String>,
}

/// How much is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The openid, without asking the person.
    Base,
    /// Name, picture and unionid; the person is asked.
    UserInfo,
}

impl OfficialAccount {
    /// Where to send a browser inside WeChat. It comes back to `redirect_uri` with `code` and `state`;
    /// the state must be bound to the browser and used once.
    #[must_use]
    pub fn authorize_url(&self, redirect_uri: &str, scope: Scope, state: &str) -> String {
        let scope = match scope {
            Scope::Base => "snsapi_base",
            Scope::UserInfo => "snsapi_userinfo",
        };
        // WeChat wants the parameters in this order, and the fragment at the end.
        format!(
            "{}/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope={scope}\
             &state={}#wechat_redirect",
            self.open_url.trim_end_matches('/'),
            percent_encoded(self.app_id()),
            percent_encoded(redirect_uri),
            percent_encoded(state),
        )
    }

    /// Exchanges the code. A code works once (40163) and for five minutes, so redirect to a clean URL
    /// afterwards: a reload must not bring it again.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn exchange_code(&self, code: &str) -> Result<SignedIn, CallError> {
        self.connection
            .exchange("/sns/oauth2/access_token", ("code", code))
            .await
    }
}
