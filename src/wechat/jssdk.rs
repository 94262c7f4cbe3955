//! The signature that lets a page use WeChat's JS-SDK.
//!
//! Source: <https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html>, appendix 1.

use std::time::Duration;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::account::OfficialAccount;
use super::app::Connection;
use crate::entropy::Entropy;
use crate::tencent::call::CallError;
use crate::tencent::token::{AccessToken, Issued, Issuer};

/// What `wx.config` wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageSignature {
    pub app_id: String,
    pub timestamp: i64,
    pub nonce_str: String,
    pub signature: String,
}

impl OfficialAccount {
    /// Signs a page, by its URL as the page itself sees it.
    ///
    /// # Errors
    /// [`CallError`], when there is no ticket.
    pub async fn sign_page(
        &self,
        url: &str,
        entropy: &Entropy,
        now: DateTime<Utc>,
    ) -> Result<PageSignature, CallError> {
        let ticket = self.ticket.current().await?;
        let nonce = HEXLOWER.encode(&entropy.bytes::<8>());
        let timestamp = now.timestamp();
        Ok(PageSignature {
            app_id: self.app_id().to_owned(),
            signature: signature(ticket.reveal(), &nonce, timestamp, url),
            nonce_str: nonce,
            timestamp,
        })
    }
}

/// The fragment is no part of what is signed.
fn signature(ticket: &str, nonce: &str, timestamp: i64, url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let signed = format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}");
    HEXLOWER.encode(&Sha1::digest(signed))
}

/// The ticket behind the signature: a token in all but name.
pub(super) struct JsapiTicket {
    shelf_name: String,
    connection: Connection,
}

impl JsapiTicket {
    pub fn new(connection: Connection) -> Self {
        Self {
            shelf_name: format!("wechat:{}:jsapi", connection.app.app_id),
            connection,
        }
    }
}

impl Issuer for JsapiTicket {
    fn app(&self) -> &str {
        &self.shelf_name
    }

    async fn issue(&self) -> Result<Issued, CallError> {
        #[derive(Deserialize)]
        struct Granted {
            ticket: String,
            expires_in: u64,
        }
        let query = [("type", "jsapi")];
        let granted: Granted = self
            .connection
            .get("/cgi-bin/ticket/getticket", &query)
            .await?;
        Ok(Issued {
            token: AccessToken::new(granted.ticket),
            lifetime: Duration::from_secs(granted.expires_in),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tencent::vectors;

    #[test]
    fn pages_are_signed_as_in_the_documents_and_in_easywechat() {
        for vector in vectors::of_kind("jssdk_signature") {
            let timestamp = vector.timestamp.parse().unwrap();
            let signed = signature(
                &vector.jsapi_ticket,
                &vector.noncestr,
                timestamp,
                &vector.url,
            );
            assert_eq!(signed, vector.signature, "{}", vector.id);
        }
    }
}
