//! Tencent Cloud `SendSms`, signed with TC3-HMAC-SHA256.
//!
//! Sources: <https://cloud.tencent.com/document/api/382/55981> (the call),
//! <https://cloud.tencent.com/document/api/382/52072> (the signature).

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::answer;
use super::{Sms, SmsReceipt};
use crate::secret::hmac_sha256;
use crate::tencent::call::{Answer, CallError, Caller};
use crate::tencent::errcode::Class;

const MEDIA_TYPE: &str = "application/json; charset=utf-8";
const ACTION: &str = "SendSms";
const VERSION: &str = "2021-01-11";

/// An SMS application (应用) of Tencent Cloud.
#[derive(Clone)]
pub struct TencentCloud {
    pub secret_id: String,
    pub secret_key: SecretString,
    /// `1400006666`.
    pub sdk_app_id: String,
    /// `ap-guangzhou`, `ap-beijing` or `ap-nanjing`.
    pub region: String,
    /// `https://sms.tencentcloudapi.com`, or the sandbox.
    pub base_url: String,
    pub caller: Caller,
}

impl fmt::Debug for TencentCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TencentCloud")
            .field(&self.sdk_app_id)
            .finish()
    }
}

impl TencentCloud {
    /// # Errors
    /// [`CallError`].
    pub async fn send(&self, sms: &Sms, now: DateTime<Utc>) -> Result<SmsReceipt, CallError> {
        let params: Vec<&String> = sms.params.iter().map(|(_, value)| value).collect();
        let body = json!({
            "PhoneNumberSet": [sms.phone],
            "SmsSdkAppId": self.sdk_app_id,
            "SignName": sms.sign,
            "TemplateId": sms.template,
            "TemplateParamSet": params,
        });
        let body = body.to_string();
        let host = answer::host(&self.base_url);
        let signed = Signed {
            service: "sms",
            host: &host,
            body: &body,
            at: now,
        };
        let authorization = signed.authorization(&self.secret_id, self.secret_key.expose_secret());
        let request = self
            .caller
            .request(Method::POST, &self.base_url, "")
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .header("X-TC-Action", ACTION)
            .header("X-TC-Version", VERSION)
            .header("X-TC-Region", &self.region)
            .header("X-TC-Timestamp", now.timestamp())
            .body(body);
        receipt(&self.caller.send(request).await?)
    }
}

fn receipt(came: &Answer) -> Result<SmsReceipt, CallError> {
    let answer = answer::read(came)?;
    let response = &answer["Response"];
    let status = &response["SendStatusSet"][0];
    let code = response["Error"]["Code"]
        .as_str()
        .or_else(|| status["Code"].as_str());
    match (code, status["SerialNo"].as_str()) {
        (Some("Ok"), Some(serial)) => Ok(SmsReceipt {
            serial: serial.to_owned(),
        }),
        (None | Some("Ok"), _) => Err(CallError::Malformed),
        (Some(name), _) => {
            let class = answer::class(name, CLASSES);
            Err(answer::refused(name, &response["RequestId"], class))
        }
    }
}

/// Source: <https://cloud.tencent.com/document/api/382/52071>. What concerns one template or one
/// number is in no row: it must not take the channel down.
const CLASSES: &[(&str, Class)] = &[
    ("LimitExceeded", Class::Wait),
    ("RequestLimitExceeded", Class::Busy),
    ("InternalError", Class::Busy),
    ("FailedOperation.InsufficientBalance", Class::Configuration),
    (
        "FailedOperation.SignatureIncorrectOrUnapproved",
        Class::Configuration,
    ),
    ("FailedOperation.MissingSignature", Class::Configuration),
    (
        "InvalidParameterValue.SdkAppIdNotExist",
        Class::Configuration,
    ),
    ("AuthFailure", Class::Configuration),
    ("UnauthorizedOperation", Class::Configuration),
];

/// Refusals that are the number's fault: of its form, its country, or the list of those who want none.
pub(super) const NUMBERS: &[&str] = &[
    "FailedOperation.PhoneNumberInBlacklist",
    "FailedOperation.PhoneNumberParseFail",
    "InvalidParameterValue.IncorrectPhoneNumber",
    "UnsupportedOperation.UnsupportedRegion",
];

/// What TC3 signs of a request; of its headers the two that it must.
struct Signed<'a> {
    service: &'a str,
    host: &'a str,
    body: &'a str,
    at: DateTime<Utc>,
}

impl Signed<'_> {
    fn authorization(&self, secret_id: &str, secret_key: &str) -> String {
        let names = "content-type;host";
        let request = format!(
            "POST\n/\n\ncontent-type:{MEDIA_TYPE}\nhost:{}\n\n{names}\n{}",
            self.host,
            sha256(self.body),
        );
        let date = self.at.format("%Y-%m-%d").to_string();
        let scope = format!("{date}/{}/tc3_request", self.service);
        let text = format!(
            "TC3-HMAC-SHA256\n{}\n{scope}\n{}",
            self.at.timestamp(),
            sha256(&request)
        );
        let key = hmac_sha256(format!("TC3{secret_key}").as_bytes(), &[&date]);
        let key = hmac_sha256(&key, &[self.service]);
        let key = hmac_sha256(&key, &["tc3_request"]);
        let signature = HEXLOWER.encode(&hmac_sha256(&key, &[&text]));
        format!(
            "TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders={names}, \
             Signature={signature}"
        )
    }
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

    /// The example of <https://cloud.tencent.com/document/api/382/52072>, in the edition that still
    /// showed the whole key; later ones mask it, so their signatures cannot be made again.
    #[test]
    fn the_signature_is_that_of_tencents_example() {
        let signed = Signed {
            service: "cvm",
            host: "cvm.tencentcloudapi.com",
            body: r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#,
            at: DateTime::from_timestamp(1_551_113_065, 0).unwrap(),
        };
        let authorization = signed.authorization(
            "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        );
        assert_eq!(
            authorization,
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/\
             tc3_request, SignedHeaders=content-type;host, \
             Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );
    }

    fn sms() -> Sms {
        Sms {
            phone: "+8613912340003".into(),
            sign: "重庆工业职业技术学院".into(),
            template: "1234".into(),
            params: vec![
                ("name".into(), "张*".into()),
                ("code".into(), "K7Q2MP".into()),
            ],
        }
    }

    async fn send(answer: &str) -> (Result<SmsReceipt, CallError>, Scribe) {
        let scribe = Scribe::answering(&[("/", answer)]).await;
        let gateway = TencentCloud {
            secret_id: "AKID".into(),
            secret_key: "key".into(),
            sdk_app_id: "1400006666".into(),
            region: "ap-guangzhou".into(),
            base_url: scribe.base.clone(),
            caller: Caller::new(TimeOuts::default()).unwrap(),
        };
        let now = DateTime::from_timestamp(1_764_000_000, 0).unwrap();
        (gateway.send(&sms(), now).await, scribe)
    }

    #[tokio::test]
    async fn a_message_is_sent_and_has_a_serial() {
        let answer = r#"{"Response":{"SendStatusSet":[{"SerialNo":"5000:1","PhoneNumber":
            "+8613912340003","Fee":1,"Code":"Ok","Message":"send success"}],"RequestId":"r1"}}"#;
        let (sent, scribe) = send(answer).await;
        assert_eq!(sent.unwrap().serial, "5000:1");
        assert_snapshot!(scribe.last(), @r#"
        POST /
        {"PhoneNumberSet":["+8613912340003"],"SignName":"重庆工业职业技术学院","SmsSdkAppId":"1400006666","TemplateId":"1234","TemplateParamSet":["张*","K7Q2MP"]}
        "#);
        let headers = &scribe.asked()[0].headers;
        assert_eq!(
            format!("http://{}", headers["host"].to_str().unwrap()),
            scribe.base
        );
        assert_eq!(headers["x-tc-timestamp"], "1764000000");
        assert_eq!(headers["x-tc-action"], "SendSms");
    }

    #[tokio::test]
    async fn refusals_of_the_call_and_of_the_number_have_their_classes() {
        for (code, class) in [
            ("LimitExceeded.PhoneNumberDailyLimit", Class::Wait),
            ("InternalError.Timeout", Class::Busy),
            (
                "FailedOperation.InsufficientBalanceInSmsPackage",
                Class::Configuration,
            ),
            ("InvalidParameterValue.IncorrectPhoneNumber", Class::Never),
            (
                "FailedOperation.TemplateIncorrectOrUnapproved",
                Class::Never,
            ),
        ] {
            let answer = format!(
                r#"{{"Response":{{"SendStatusSet":[{{"SerialNo":"","Code":"{code}"}}],"RequestId":"r1"}}}}"#
            );
            assert_eq!(
                send(&answer).await.0.unwrap_err().class(),
                Some(class),
                "{code}"
            );
        }
        let answer = r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"x"},
            "RequestId":"r1"}}"#;
        let error = send(answer).await.0.unwrap_err();
        assert_eq!(error.class(), Some(Class::Configuration));
        assert_snapshot!(error, @"refused with AuthFailure.SignatureFailure (rid r1, -)");
        assert_eq!(send("{}").await.0, Err(CallError::Malformed));
    }
}
