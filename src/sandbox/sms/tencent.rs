//! Tencent Cloud's `SendSms` (version 2021-01-11), with its rules for variables.

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use chrono::Duration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Limit, Sms, SmsProvider, Unfit, mainland, render, request_id, tc3};
use crate::sandbox::call::{Call, json_response};
use crate::sandbox::{Sandbox, TencentSms};

/// The longest variable.
const VARIABLE: usize = 32;
/// What one number gets from the campus's account, as it was set in the console (频率限制).
const LIMITS: &[Limit] = &[
    (
        Duration::hours(1),
        30,
        "LimitExceeded.PhoneNumberOneHourLimit",
    ),
    (Duration::days(1), 50, "LimitExceeded.PhoneNumberDailyLimit"),
];
/// What it gets from a new account: the defaults of 频率限制.
const NEW_LIMITS: &[Limit] = &[
    (
        Duration::seconds(30),
        1,
        "LimitExceeded.PhoneNumberThirtySecondLimit",
    ),
    (
        Duration::hours(1),
        5,
        "LimitExceeded.PhoneNumberOneHourLimit",
    ),
    (Duration::days(1), 10, "LimitExceeded.PhoneNumberDailyLimit"),
];

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
        Ok((account, asked)) => {
            let one = |phone: &String| match deliver(sandbox, account, &asked, phone) {
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
fn accept(call: &Call) -> Result<(&TencentSms, SendSms), tc3::Refused> {
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
    let account = call.sandbox.settings().sms.tencent.as_ref();
    let account = account.ok_or(tc3::UNKNOWN_ID)?;
    tc3::check(account, &call.headers, &call.body, call.sandbox.now())?;
    let asked = serde_json::from_slice(&call.body).map_err(|_| {
        (
            "InvalidParameter",
            "The request body does not fit the action.",
        )
    })?;
    Ok((account, asked))
}

/// Sends to one number: the serial, or the word for why not.
fn deliver(
    sandbox: &Sandbox,
    account: &TencentSms,
    asked: &SendSms,
    phone: &str,
) -> Result<String, &'static str> {
    if asked.sms_sdk_app_id != account.sdk_app_id {
        return Err("UnauthorizedOperation.SmsSdkAppIdVerifyFail");
    }
    if asked.sign_name != account.sign_name {
        return Err("FailedOperation.SignatureIncorrectOrUnapproved");
    }
    let phone = mainland(phone).ok_or("InvalidParameterValue.IncorrectPhoneNumber")?;
    let params = &asked.template_param_set;
    let text =
        render(sandbox, &asked.template_id, params, VARIABLE).map_err(|unfit| match unfit {
            Unfit::Template => "FailedOperation.TemplateIncorrectOrUnapproved",
            Unfit::Count => "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
            Unfit::Format => "InvalidParameterValue.TemplateParameterFormatError",
            Unfit::Long => "InvalidParameterValue.TemplateParameterLengthLimit",
            Unfit::Link => "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        })?;
    let sms = Sms {
        at: sandbox.now(),
        provider: SmsProvider::Tencent,
        phone,
        template: asked.template_id.clone(),
        params: params.clone(),
        text: format!("【{}】{text}", account.sign_name),
        serial: format!("2619:{}", sandbox.number()),
    };
    let serial = sms.serial.clone();
    sandbox.carry(sms, |network, sms| {
        let limits = if network.new_account {
            NEW_LIMITS
        } else {
            LIMITS
        };
        network.over(limits, sms, |_| true)
    })?;
    Ok(serial)
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
    content["RequestId"] = request_id(sandbox).into();
    json!({"Response": content})
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

    #[tokio::test]
    async fn a_new_account_sends_one_number_one_in_thirty_seconds_five_an_hour_ten_a_day() {
        let world = Trial::new();
        world.sandbox.limit_sms();
        let mut codes = Vec::new();
        for seconds in [0, 29, 1, 30, 30, 30, 30, 3600] {
            world.later(Duration::seconds(seconds));
            let answer = world.sms(&message("1000001", &["03月02日14:00"])).await;
            let code = answer["Response"]["SendStatusSet"][0]["Code"].clone();
            codes.push(code.as_str().unwrap().to_owned());
        }
        assert_eq!(
            codes,
            [
                "Ok",
                "LimitExceeded.PhoneNumberThirtySecondLimit",
                "Ok",
                "Ok",
                "Ok",
                "Ok",
                "LimitExceeded.PhoneNumberOneHourLimit",
                "Ok"
            ]
        );
    }
}
