//! Aliyun `SendSms`, signed with ACS3-HMAC-SHA256.
//!
//! Sources: <https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms> (the
//! call), <https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature> (the
//! signature).

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::answer;
use super::{Sms, SmsReceipt};
use crate::entropy::Entropy;
use crate::secret::hmac_sha256;
use crate::tencent::call::{Answer, CallError, Caller, percent_encoded};
use crate::tencent::errcode::Class;

const ACTION: &str = "SendSms";
const VERSION: &str = "2017-05-25";

/// An account of Aliyun.
#[derive(Clone)]
pub struct Aliyun {
    pub access_key_id: String,
    pub access_key_secret: SecretString,
    /// `https://dysmsapi.aliyuncs.com`, or the sandbox.
    pub base_url: String,
    pub caller: Caller,
    pub entropy: Entropy,
}

impl fmt::Debug for Aliyun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aliyun")
    }
}

impl Aliyun {
    /// # Errors
    /// [`CallError`].
    pub async fn send(&self, sms: &Sms, now: DateTime<Utc>) -> Result<SmsReceipt, CallError> {
        let field = |(name, value): &(String, String)| (name.clone(), Value::from(value.clone()));
        let params = Value::Object(sms.params.iter().map(field).collect::<Map<_, _>>());
        let query = canonical_query(&[
            ("PhoneNumbers", aliyuns_form(&sms.phone)),
            ("SignName", &sms.sign),
            ("TemplateCode", &sms.template),
            ("TemplateParam", &params.to_string()),
        ]);
        let host = answer::host(&self.base_url);
        let signed = Signed {
            query: &query,
            host: &host,
            action: ACTION,
            version: VERSION,
            nonce: &HEXLOWER.encode(&self.entropy.bytes::<16>()),
            at: now,
        };
        let secret = self.access_key_secret.expose_secret();
        let mut request = self
            .caller
            .request(Method::POST, &self.base_url, &format!("?{query}"))
            .header(
                AUTHORIZATION,
                signed.authorization(&self.access_key_id, secret),
            );
        // The client writes `host` itself.
        for (name, value) in signed.headers().into_iter().skip(1) {
            request = request.header(name, value);
        }
        receipt(&self.caller.send(request).await?)
    }
}

/// Numbers of the mainland go without a country, others without the plus.
fn aliyuns_form(phone: &str) -> &str {
    let digits = phone.trim_start_matches('+');
    phone.strip_prefix("+86").unwrap_or(digits)
}

fn receipt(came: &Answer) -> Result<SmsReceipt, CallError> {
    let answer = answer::read(came)?;
    match (answer["Code"].as_str(), answer["BizId"].as_str()) {
        (Some("OK"), Some(serial)) => Ok(SmsReceipt {
            serial: serial.to_owned(),
        }),
        (None | Some("OK"), _) => Err(CallError::Malformed),
        (Some(name), _) => {
            let class = answer::class(name, CLASSES);
            Err(answer::refused(name, &answer["RequestId"], class))
        }
    }
}

/// Source: <https://help.aliyun.com/zh/sms/developer-reference/api-error-codes>. What concerns one
/// template or one number is in no row: it must not take the channel down.
const CLASSES: &[(&str, Class)] = &[
    ("isv.BUSINESS_LIMIT_CONTROL", Class::Wait),
    ("isv.DAY_LIMIT_CONTROL", Class::Wait),
    ("isv.MONTH_LIMIT_CONTROL", Class::Wait),
    ("isv.SMS_DAY_LIMIT", Class::Wait),
    ("isp.SYSTEM_ERROR", Class::Busy),
    ("isp.GATEWAY_ERROR", Class::Busy),
    ("Throttling", Class::Busy),
    ("ServiceUnavailable", Class::Busy),
    ("InternalError", Class::Busy),
    ("isp.RAM_PERMISSION_DENY", Class::Configuration),
    ("isv.AMOUNT_NOT_ENOUGH", Class::Configuration),
    ("isv.OUT_OF_SERVICE", Class::Configuration),
    ("isv.ACCOUNT", Class::Configuration),
    ("isv.PRODUCT_UN", Class::Configuration),
    ("isv.SMS_SIGN", Class::Configuration),
    ("isv.SIGN_STATE_ILLEGAL", Class::Configuration),
    ("isv.DENY_IP_RANGE", Class::Configuration),
    ("isv.INVALID_SIGN", Class::Configuration),
    ("InvalidAccessKey", Class::Configuration),
    ("SignatureDoesNotMatch", Class::Configuration),
    ("IncompleteSignature", Class::Configuration),
    ("InvalidTimeStamp", Class::Configuration),
    ("Forbidden", Class::Configuration),
    ("NoPermission", Class::Configuration),
];

/// Refusals that are the number's fault: of its form, or of who has unsubscribed.
pub(super) const NUMBERS: &[&str] = &["isv.MOBILE_NUMBER_ILLEGAL", "isv.CUSTOMER_REFUSED"];

/// What ACS3 signs of a request without a body.
struct Signed<'a> {
    query: &'a str,
    host: &'a str,
    action: &'a str,
    version: &'a str,
    nonce: &'a str,
    at: DateTime<Utc>,
}

impl Signed<'_> {
    /// In the order of the alphabet, as they are signed.
    fn headers(&self) -> [(&'static str, String); 6] {
        [
            ("host", self.host.to_owned()),
            ("x-acs-action", self.action.to_owned()),
            ("x-acs-content-sha256", sha256("")),
            (
                "x-acs-date",
                self.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            ),
            ("x-acs-signature-nonce", self.nonce.to_owned()),
            ("x-acs-version", self.version.to_owned()),
        ]
    }

    fn authorization(&self, key_id: &str, key_secret: &str) -> String {
        let headers = self.headers();
        let names = headers.each_ref().map(|(name, _)| *name).join(";");
        let lines: String = headers
            .map(|(name, value)| format!("{name}:{value}\n"))
            .concat();
        let request = format!("POST\n/\n{}\n{lines}\n{names}\n{}", self.query, sha256(""));
        let text = format!("ACS3-HMAC-SHA256\n{}", sha256(&request));
        let signature = HEXLOWER.encode(&hmac_sha256(key_secret.as_bytes(), &[text]));
        format!("ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}")
    }
}

fn canonical_query(params: &[(&str, &str)]) -> String {
    let mut params = params.to_vec();
    params.sort_unstable();
    let pairs = params
        .iter()
        .map(|(name, value)| format!("{name}={}", percent_encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn sha256(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::tencent::call::TimeOuts;
    use crate::tencent::peer::Scribe;

    /// The example with fixed values of
    /// <https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature>.
    #[test]
    fn the_signature_is_that_of_aliyuns_example() {
        let query = canonical_query(&[
            ("RegionId", "cn-shanghai"),
            (
                "ImageId",
                "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            ),
        ]);
        let signed = Signed {
            query: &query,
            host: "ecs.cn-shanghai.aliyuncs.com",
            action: "RunInstances",
            version: "2014-05-26",
            nonce: "3156853299f313e23d1673dc12e1703d",
            at: "2023-10-26T10:22:32Z".parse().unwrap(),
        };
        assert_eq!(
            signed.authorization("YourAccessKeyId", "YourAccessKeySecret"),
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
             x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    async fn send(answer: &str) -> (Result<SmsReceipt, CallError>, Scribe) {
        let scribe = Scribe::answering(&[("/", answer)]).await;
        let gateway = Aliyun {
            access_key_id: "LTAI".into(),
            access_key_secret: "key".into(),
            base_url: scribe.base.clone(),
            caller: Caller::new(TimeOuts::default()).unwrap(),
            entropy: Entropy::seeded(1),
        };
        let sms = Sms {
            phone: "+8613912340003".into(),
            sign: "重庆工业".into(),
            template: "SMS_1".into(),
            params: vec![("name".into(), "张* 等".into())],
        };
        let now = DateTime::from_timestamp(1_764_000_000, 0).unwrap();
        (gateway.send(&sms, now).await, scribe)
    }

    #[tokio::test]
    async fn a_message_is_sent_and_has_a_serial() {
        let answer = r#"{"Code":"OK","Message":"OK","BizId":"9006^0","RequestId":"R1"}"#;
        let (sent, scribe) = send(answer).await;
        assert_eq!(sent.unwrap().serial, "9006^0");
        assert_snapshot!(scribe.last(), @"POST /?PhoneNumbers=13912340003&SignName=%E9%87%8D%E5%BA%86%E5%B7%A5%E4%B8%9A&TemplateCode=SMS_1&TemplateParam=%7B%22name%22%3A%22%E5%BC%A0%2A%20%E7%AD%89%22%7D");
        let headers = &scribe.asked()[0].headers;
        assert_eq!(headers["x-acs-date"], "2025-11-24T16:00:00Z");
        assert_eq!(
            format!("http://{}", headers["host"].to_str().unwrap()),
            scribe.base
        );
    }

    #[tokio::test]
    async fn refusals_have_their_classes() {
        for (code, class) in [
            ("isv.BUSINESS_LIMIT_CONTROL", Class::Wait),
            ("isp.SYSTEM_ERROR", Class::Busy),
            ("isv.AMOUNT_NOT_ENOUGH", Class::Configuration),
            ("isv.MOBILE_NUMBER_ILLEGAL", Class::Never),
        ] {
            let answer = format!(r#"{{"Code":"{code}","Message":"x","RequestId":"R1"}}"#);
            assert_eq!(
                send(&answer).await.0.unwrap_err().class(),
                Some(class),
                "{code}"
            );
        }
        assert_eq!(send("{}").await.0, Err(CallError::Malformed));
    }

    #[test]
    fn numbers_go_in_aliyuns_form() {
        assert_eq!(aliyuns_form("+8613912340003"), "13912340003");
        assert_eq!(aliyuns_form("+85261234567"), "85261234567");
    }
}
