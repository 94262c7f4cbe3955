//! The SMS gateway: Tencent Cloud's `SendSms` (version 2021-01-11), with its rules for variables, and the
//! phones' inboxes.

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Sandbox;
use super::call::{Call, json_response};
use super::library::SMS_TEMPLATES;
use super::tc3;

/// The longest variable.
const VARIABLE: usize = 32;
/// The gateway's limits for one number: how many in how long, and the word for one more.
const LIMITS: &[(Duration, usize, &str)] = &[
    (
        Duration::hours(1),
        30,
        "LimitExceeded.PhoneNumberOneHourLimit",
    ),
    (Duration::days(1), 50, "LimitExceeded.PhoneNumberDailyLimit"),
];

/// A message on a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sms {
    pub at: DateTime<Utc>,
    /// With +86.
    pub phone: String,
    pub template: String,
    pub params: Vec<String>,
    /// As the phone shows it.
    pub text: String,
    pub serial: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendSms {
    phone_number_set: Vec<String>,
    sms_sdk_app_id: String,
    #[serde(default)]
    sign_name: String,
    template_id: String,
    #[serde(default)]
    template_param_set: Vec<String>,
}

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/sms/tencent", post(send))
        .route("/sms/tencent/", post(send))
}

/// The answer when every number of a request is refused.
pub(super) fn refused_by_all(sandbox: &Sandbox, asked: &[u8], code: &str) -> Value {
    let asked: Value = serde_json::from_slice(asked).unwrap_or_default();
    let phones = asked["PhoneNumberSet"].as_array().into_iter().flatten();
    let status = phones
        .filter_map(Value::as_str)
        .map(|phone| status(phone, "", code))
        .collect();
    response(sandbox, json!({"SendStatusSet": Value::Array(status)}))
}

async fn send(call: Call) -> Response {
    let sandbox = &call.sandbox;
    json_response(&match accept(&call) {
        Ok(asked) => {
            let one = |phone: &String| match deliver(sandbox, &asked, phone) {
                Ok(serial) => status(phone, &serial, "Ok"),
                Err(code) => status(phone, "", code),
            };
            let statuses: Vec<_> = asked.phone_number_set.iter().map(one).collect();
            response(sandbox, json!({"SendStatusSet": statuses}))
        }
        Err((code, message)) => response(
            sandbox,
            json!({"Error": {"Code": code, "Message": message}}),
        ),
    })
}

/// What makes the whole request worthless.
fn accept(call: &Call) -> Result<SendSms, tc3::Refused> {
    let account = &call.sandbox.settings().sms;
    let header = |headers: &HeaderMap, name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
            .to_owned()
    };
    if header(&call.headers, "x-tc-action") != "SendSms" {
        return Err(("InvalidAction", "The action does not exist."));
    }
    if header(&call.headers, "x-tc-version") != "2021-01-11" {
        return Err(("NoSuchVersion", "The version does not exist."));
    }
    if header(&call.headers, "x-tc-region").is_empty() {
        return Err(("MissingParameter", "The request is missing `Region`."));
    }
    tc3::check(account, &call.headers, &call.body, call.sandbox.now())?;
    serde_json::from_slice(&call.body).map_err(|_| {
        (
            "InvalidParameter",
            "The request body does not fit the action.",
        )
    })
}

/// Sends to one number: the serial, or the word for why not.
fn deliver(sandbox: &Sandbox, asked: &SendSms, phone: &str) -> Result<String, &'static str> {
    let account = &sandbox.settings().sms;
    if asked.sms_sdk_app_id != account.sdk_app_id {
        return Err("UnauthorizedOperation.SmsSdkAppIdVerifyFail");
    }
    if asked.sign_name != account.sign_name {
        return Err("FailedOperation.SignatureIncorrectOrUnapproved");
    }
    let number = mainland(phone).ok_or("InvalidParameterValue.IncorrectPhoneNumber")?;
    let text = render(sandbox, &asked.template_id, &asked.template_param_set)?;
    let now = sandbox.now();
    let serial = format!("2619:{}", sandbox.number());
    let inbox = &mut sandbox.state().sms;
    for (within, most, word) in LIMITS {
        let lately = inbox
            .iter()
            .filter(|sms| sms.phone == number && now - sms.at < *within);
        if lately.count() >= *most {
            return Err(word);
        }
    }
    inbox.push(Sms {
        at: now,
        phone: number,
        template: asked.template_id.clone(),
        params: asked.template_param_set.clone(),
        text: format!("【{}】{text}", account.sign_name),
        serial: serial.clone(),
    });
    Ok(serial)
}

fn render(sandbox: &Sandbox, id: &str, params: &[String]) -> Result<String, &'static str> {
    let (_, template) = SMS_TEMPLATES
        .iter()
        .find(|(known, _)| *known == id)
        .ok_or("FailedOperation.TemplateIncorrectOrUnapproved")?;
    let wanted = template.matches('{').count() - usize::from(template.contains("{service}"));
    if params.len() != wanted {
        return Err("FailedOperation.TemplateParamSetNotMatchApprovedTemplate");
    }
    let mut text = template.replace("{service}", &sandbox.settings().service);
    for (place, param) in params.iter().enumerate() {
        if param.is_empty() || param.contains(['\n', '\r']) {
            return Err("InvalidParameterValue.TemplateParameterFormatError");
        }
        if param.chars().count() > VARIABLE {
            return Err("InvalidParameterValue.TemplateParameterLengthLimit");
        }
        let link = ["://", "www.", ".com", ".cn"]
            .iter()
            .any(|mark| param.contains(mark));
        if link {
            return Err("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter");
        }
        text = text.replace(&format!("{{{}}}", place + 1), param);
    }
    Ok(text)
}

/// `+86` and eleven digits, from any form that the gateway takes.
fn mainland(phone: &str) -> Option<String> {
    let digits = ["+86", "0086", "86"]
        .iter()
        .find_map(|code| phone.strip_prefix(code));
    let digits = digits.filter(|digits| digits.len() == 11).unwrap_or(phone);
    let right = digits.len() == 11
        && digits.starts_with('1')
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    right.then(|| format!("+86{digits}"))
}

fn status(phone: &str, serial: &str, code: &str) -> Value {
    json!({
        "SerialNo": serial,
        "PhoneNumber": phone,
        "Fee": u8::from(code == "Ok"),
        "SessionContext": "",
        "Code": code,
        "Message": if code == "Ok" { "send success" } else { "send failed" },
        "IsoCode": "CN",
    })
}

fn response(sandbox: &Sandbox, mut content: Value) -> Value {
    let [a, b] = [0; 2].map(|_: u8| u64::from_le_bytes(sandbox.entropy().bytes()));
    let (a, b) = (format!("{a:016x}"), format!("{b:016x}"));
    let id = format!(
        "{}-{}-{}-{}-{}",
        &a[..8],
        &a[8..12],
        &a[12..],
        &b[..4],
        &b[4..]
    );
    content["RequestId"] = id.into();
    json!({"Response": content})
}

impl Sandbox {
    /// What a phone got, oldest first; every phone when `phone` is empty. With or without +86.
    #[must_use]
    pub fn sms_to(&self, phone: &str) -> Vec<Sms> {
        let number = mainland(phone).unwrap_or_default();
        let mine = |sms: &&Sms| phone.is_empty() || sms.phone == number;
        self.state().sms.iter().filter(mine).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::{Value, json};

    use crate::sandbox::testing::Trial;

    fn message(template: &str, params: &[&str]) -> Value {
        json!({
            "PhoneNumberSet": ["+8613912340003"],
            "SmsSdkAppId": "1400006666",
            "SignName": "重庆工业职业技术学院",
            "TemplateId": template,
            "TemplateParamSet": params,
        })
    }

    #[tokio::test]
    async fn a_message_reaches_the_phone_in_the_words_of_its_template() {
        let world = Trial::new();
        let answer = world
            .sms(&message("1000002", &["abcdefghijklmnopqrstuv"]))
            .await;
        assert_eq!(answer["Response"]["SendStatusSet"][0]["Code"], "Ok");
        assert_eq!(
            world.sandbox.sms_to("13912340003")[0].text,
            "【重庆工业职业技术学院】您的访客申请已通过，通行凭证：\
             http://service.test/p/abcdefghijklmnopqrstuv 凭二维码入校。"
        );
        assert!(world.sandbox.sms_to("13912340004").is_empty());
    }

    #[tokio::test]
    async fn what_the_gateway_refuses_is_refused_for_the_number() {
        let world = Trial::new();
        let change = |pointer: &str, value: Value| {
            let mut message = message("1000001", &["03月02日14:00"]);
            *message.pointer_mut(pointer).unwrap() = value;
            message
        };
        let long = "字".repeat(33);
        for (code, message) in [
            (
                "InvalidParameterValue.IncorrectPhoneNumber",
                change("/PhoneNumberSet/0", json!("+86123")),
            ),
            (
                "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
                change("/SmsSdkAppId", json!("1")),
            ),
            (
                "FailedOperation.SignatureIncorrectOrUnapproved",
                change("/SignName", json!("x")),
            ),
            (
                "FailedOperation.TemplateIncorrectOrUnapproved",
                change("/TemplateId", json!("9")),
            ),
            (
                "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
                change("/TemplateParamSet", json!(["a", "b"])),
            ),
            (
                "InvalidParameterValue.TemplateParameterFormatError",
                change("/TemplateParamSet/0", json!("")),
            ),
            (
                "InvalidParameterValue.TemplateParameterLengthLimit",
                change("/TemplateParamSet/0", json!(long)),
            ),
            (
                "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
                change("/TemplateParamSet/0", json!("http://x/p/1")),
            ),
        ] {
            let answer = world.sms(&message).await;
            assert_eq!(
                answer["Response"]["SendStatusSet"][0]["Code"], code,
                "{message}"
            );
        }
        assert!(world.sandbox.sms_to("").is_empty());
    }

    #[tokio::test]
    async fn a_request_that_is_not_signed_with_the_accounts_key_is_refused() {
        let world = Trial::new();
        let good = message("1000001", &["03月02日14:00"]);
        let other = Trial::with_sms_key("another-key");
        let forged = other.sms_request(&good, other.clock.now());
        let late = world.sms_request(&good, world.clock.now() - Duration::seconds(301));
        let changed = world
            .sms_request(&good, world.clock.now())
            .map(|_| "{}".into());
        for (code, request) in [
            ("AuthFailure.SignatureFailure", forged),
            ("AuthFailure.SignatureExpire", late),
            ("AuthFailure.SignatureFailure", changed),
        ] {
            let answer = world.ask(request).await.2;
            assert_eq!(answer["Response"]["Error"]["Code"], code);
        }
        assert!(world.sandbox.sms_to("").is_empty());
    }

    #[tokio::test]
    async fn one_number_gets_thirty_an_hour_and_fifty_a_day() {
        let world = Trial::new();
        let mut codes = Vec::new();
        for n in 0..52 {
            if n == 30 {
                world.later(Duration::hours(1));
            }
            let answer = world.sms(&message("1000001", &["03月02日14:00"])).await;
            codes.push(
                answer["Response"]["SendStatusSet"][0]["Code"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        assert!(codes[..50].iter().all(|code| code == "Ok"), "{codes:?}");
        assert_eq!(codes[50], "LimitExceeded.PhoneNumberDailyLimit");

        let world = Trial::new();
        for _ in 0..30 {
            world.sms(&message("1000001", &["03月02日14:00"])).await;
        }
        let answer = world.sms(&message("1000001", &["03月02日14:00"])).await;
        let code = &answer["Response"]["SendStatusSet"][0]["Code"];
        assert_eq!(code, "LimitExceeded.PhoneNumberOneHourLimit");
    }
}
