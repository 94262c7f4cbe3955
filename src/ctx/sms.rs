//! A provider of SMS, with what the campus has registered there.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::config::{SmsAccount, SmsProvider};
use crate::entropy::Entropy;
use crate::sms::aliyun::Aliyun;
use crate::sms::tencent::TencentCloud;
use crate::sms::{Gateway, Provider, Sms, SmsReceipt};
use crate::tencent::call::{CallError, Caller};

/// Sends the campus's texts. A clone shares its connections.
#[derive(Clone)]
pub struct Sender {
    pub gateway: Gateway,
    /// 签名 of every SMS.
    sign: String,
    /// The provider's codes of texts, by our names.
    templates: BTreeMap<String, String>,
}

impl Sender {
    #[must_use]
    pub fn new(settings: &SmsProvider, caller: &Caller, entropy: &Entropy) -> Self {
        let (base_url, caller) = (settings.api.clone(), caller.clone());
        let gateway = match &settings.account {
            SmsAccount::Tencent {
                secret_id,
                secret_key,
                sdk_app_id,
                region,
            } => Gateway::Tencent(TencentCloud {
                secret_id: secret_id.clone(),
                secret_key: secret_key.clone(),
                sdk_app_id: sdk_app_id.clone(),
                region: region.clone(),
                base_url,
                caller,
            }),
            SmsAccount::Aliyun {
                access_key_id,
                access_key_secret,
            } => Gateway::Aliyun(Aliyun {
                access_key_id: access_key_id.clone(),
                access_key_secret: access_key_secret.clone(),
                base_url,
                caller,
                entropy: entropy.clone(),
            }),
        };
        Self {
            gateway,
            sign: settings.sign_name.clone(),
            templates: settings.templates.clone(),
        }
    }

    /// The name under which it stands in [`super::Health`].
    #[must_use]
    pub fn channel(&self) -> &'static str {
        match self.gateway.provider() {
            Provider::Tencent => "sms_tencent",
            Provider::Aliyun => "sms_aliyun",
        }
    }

    /// Sends the text `name` to a phone in E.164. The variables are in the text's order; where a
    /// provider wants names for them they are `v1`, `v2` and so on.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn send(
        &self,
        phone: String,
        name: &str,
        params: &[String],
        now: DateTime<Utc>,
    ) -> Result<SmsReceipt, CallError> {
        let named = |(n, text): (usize, &String)| (format!("v{}", n + 1), text.clone());
        let sms = Sms {
            phone,
            sign: self.sign.clone(),
            // The settings give a code for each text, so the empty one is never sent.
            template: self.templates.get(name).cloned().unwrap_or_default(),
            params: params.iter().enumerate().map(named).collect(),
        };
        self.gateway.send(&sms, now).await
    }
}
