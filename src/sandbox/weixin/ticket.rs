//! GET /cgi-bin/ticket/getticket (获取 `jsapi_ticket`), and what `wx.config` makes of a signature.

use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::json;
use sha1::{Digest, Sha1};
use utoipa::ToSchema;

use super::authorised;
use crate::sandbox::Sandbox;
use crate::sandbox::call::{Answer, Call, Refusal};

/// What a page gives to `wx.config`, and where it stands.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageConfig {
    /// As the browser's address bar shows it.
    pub url: String,
    pub app_id: String,
    pub timestamp: i64,
    pub nonce: String,
    pub signature: String,
}

pub(super) fn jsapi(call: &Call) -> Answer {
    authorised(call)?;
    if call.query("type") != "jsapi" {
        return Err(Refusal::new(40097, "invalid args"));
    }
    let (ticket, expires_in) = current(&call.sandbox);
    Ok(json!({"errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": expires_in}))
}

impl Sandbox {
    /// Whether `wx.config` would say ok on this page: appendix 1 of the JS-SDK's documents.
    #[must_use]
    pub fn configures(&self, page: &PageConfig) -> bool {
        let (ticket, _) = current(self);
        let seen = page.url.split('#').next().unwrap_or_default();
        let signed = [
            ("jsapi_ticket", ticket.as_str()),
            ("noncestr", &page.nonce),
            ("timestamp", &page.timestamp.to_string()),
            ("url", seen),
        ]
        .map(|(name, value)| format!("{name}={value}"))
        .join("&");
        page.app_id == self.settings().official_account.app_id
            && page.signature == HEXLOWER.encode(&Sha1::digest(signed))
    }
}

/// A ticket lives as long as a token and is renewed like one, but no token's end ends it.
fn current(sandbox: &Sandbox) -> (String, i64) {
    let name = format!("{} jsapi", sandbox.settings().official_account.app_id);
    let (now, entropy) = (sandbox.now(), sandbox.entropy());
    sandbox.state().tokens.current(&name, now, entropy)
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::json;

    use crate::sandbox::testing::Trial;

    const TICKET: &str = "/weixin/cgi-bin/ticket/getticket?type=jsapi&access_token=";

    #[tokio::test]
    async fn a_ticket_lives_two_hours_and_outlives_a_revoked_token() {
        let world = Trial::new();
        let path = format!("{TICKET}{}", world.account_token().await);
        let first = world.get(&path).await;
        assert_eq!(first["expires_in"], 7200);
        world.later(Duration::seconds(60));
        assert_eq!(world.get(&path).await["expires_in"], 7140);
        world.sandbox.revoke_tokens();
        assert_eq!(world.get(&path).await["errcode"], 40001);
        let path = format!("{TICKET}{}", world.account_token().await);
        assert_eq!(world.get(&path).await["ticket"], first["ticket"]);
        let card = path.replace("jsapi", "wx_card");
        assert_eq!(world.get(&card).await["errcode"], 40097);
        let log = world.sandbox.log();
        assert_eq!(log[1].response["ticket"], "…");
    }

    #[tokio::test]
    async fn a_page_is_configured_only_with_its_own_signature() {
        let world = Trial::new();
        let path = format!("{TICKET}{}", world.account_token().await);
        let ticket = world.get(&path).await["ticket"]
            .as_str()
            .unwrap()
            .to_owned();
        let signed = format!(
            "jsapi_ticket={ticket}&noncestr=n&timestamp=1772000000&url=http://service.test/h5?a=1"
        );
        let signature =
            data_encoding::HEXLOWER.encode(&<sha1::Sha1 as sha1::Digest>::digest(signed));
        let page = |url: &str| {
            json!({"url": url, "app_id": "wx-account", "timestamp": 1_772_000_000, "nonce": "n",
                "signature": signature})
        };
        for (url, accepted) in [
            ("http://service.test/h5?a=1#there", true),
            ("http://service.test/h5?a=2", false),
        ] {
            let answer = world.post("/control/page", &page(url)).await;
            assert_eq!(answer, json!({ "accepted": accepted }), "{url}");
        }
    }
}
