//! Aliyun's `SendSms` (version 2017-05-25), with its rules for variables.
//!
//! Sources: <https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms> (the
//! call), <https://help.aliyun.com/zh/sms/developer-reference/api-error-codes> (the words).

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use chrono::Duration;
use serde_json::{Map, Value, json};

use super::{Limit, Sms, SmsProvider, Unfit, acs3, answered, mainland, render, request_id};
use crate::sandbox::call::{Call, json_response};
use crate::sandbox::{AliyunSms, Sandbox};

/// The longest variable of a notice (通知短信) of the kind 其他.
const VARIABLE: usize = 35;
/// One number gets so many notices of one signature and one template; this, unlike Tencent Cloud's, a new
/// account has as well.
const LIMITS: &[Limit] = &[(Duration::days(1), 50, "isv.BUSINESS_LIMIT_CONTROL")];

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/sms/aliyun", post(send))
        .route("/sms/aliyun/", post(send))
}

/// A refusal of the action, which goes with 200.
pub(super) fn refused(sandbox: &Sandbox, word: &str) -> Value {
    json!({"Code": word, "Message": "refused", "RequestId": request_id(sandbox)})
}

async fn send(call: Call) -> Response {
    let sandbox = &call.sandbox;
    let account = match accept(&call) {
        Ok(account) => account,
        Err((status, code, message)) => {
            let mut answer = refused(sandbox, code);
            answer["Message"] = message.into();
            answer["HostId"] = "dysmsapi.aliyuncs.com".into();
            return answered(status, &answer);
        }
    };
    json_response(&match deliver(&call, account) {
        Ok(serial) => json!({
            "Code": "OK",
            "Message": "OK",
            "BizId": serial,
            "RequestId": request_id(sandbox),
        }),
        Err(word) => refused(sandbox, word),
    })
}

/// What the gateway in front of the action refuses.
fn accept(call: &Call) -> Result<&AliyunSms, acs3::Refused> {
    let header = |name: &str| acs3::header(&call.headers, name);
    if (header("x-acs-action"), header("x-acs-version")) != ("SendSms", "2017-05-25") {
        return Err((
            StatusCode::NOT_FOUND,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        ));
    }
    let account = call.sandbox.settings().sms.aliyun.as_ref();
    let account = account.ok_or(acs3::UNKNOWN_ID)?;
    let now = call.sandbox.now();
    let nonce = acs3::check(account, call, now)?;
    let nonces = &mut call.sandbox.state().sms.nonces;
    nonces.retain(|_, at| (now - *at).num_seconds() <= 2 * acs3::SKEW_SECONDS);
    match nonces.insert(nonce.to_owned(), now) {
        None => Ok(account),
        Some(_) => Err((
            StatusCode::BAD_REQUEST,
            "SignatureNonceUsed",
            "Specified signature nonce was used already.",
        )),
    }
}

/// The serial, or the word for why not.
fn deliver(call: &Call, account: &AliyunSms) -> Result<String, &'static str> {
    let sandbox = &call.sandbox;
    if call.query("SignName") != account.sign_name {
        return Err("isv.SMS_SIGNATURE_ILLEGAL");
    }
    let phone = mainland(call.query("PhoneNumbers")).ok_or("isv.MOBILE_NUMBER_ILLEGAL")?;
    let params = params(call.query("TemplateParam"))?;
    let template = call.query("TemplateCode");
    let number = template
        .strip_prefix("SMS_")
        .ok_or("isv.SMS_TEMPLATE_ILLEGAL")?;
    let text = render(sandbox, number, &params, VARIABLE).map_err(|unfit| match unfit {
        Unfit::Template => "isv.SMS_TEMPLATE_ILLEGAL",
        Unfit::Count => "isv.TEMPLATE_MISSING_PARAMETERS",
        Unfit::Format => "isv.INVALID_PARAMETERS",
        Unfit::Long => "isv.PARAM_LENGTH_LIMIT",
        Unfit::Link => "isv.PARAM_NOT_SUPPORT_URL",
    })?;
    let sms = Sms {
        at: sandbox.now(),
        provider: SmsProvider::Aliyun,
        phone,
        template: template.to_owned(),
        params,
        text: format!("【{}】{text}", account.sign_name),
        serial: format!("{}^0", sandbox.number()),
    };
    let serial = sms.serial.clone();
    sandbox.carry(sms, |network, sms| {
        network.over(LIMITS, sms, |before| before.template == sms.template)
    })?;
    Ok(serial)
}

/// `{"v1": "…", "v2": "…"}` in its order. What the template does not name would be dropped without a word;
/// here it is missing from its place, because it is a mistake all the same.
fn params(json: &str) -> Result<Vec<String>, &'static str> {
    let named: Map<String, Value> =
        serde_json::from_str(json).map_err(|_| "isv.INVALID_JSON_PARAM")?;
    let value = |n: usize| {
        let value = named.get(&format!("v{n}"));
        let value = value.ok_or("isv.TEMPLATE_MISSING_PARAMETERS")?;
        let text = value.as_str().ok_or("isv.INVALID_JSON_PARAM")?;
        Ok(text.to_owned())
    };
    (1..=named.len()).map(value).collect()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use serde_json::Value;

    use crate::sandbox::testing::Trial;

    const PHONE: &str = "13912340003";
    const SIGN: &str = "重庆工业职业技术学院";
    const PARAMS: &str = r#"{"v1":"03月02日14:00"}"#;

    async fn send(world: &Trial, changed: (&str, &str)) -> (u16, Value) {
        let (status, _, answer) = world.ask(request(world, "n", changed)).await;
        (status, answer)
    }

    /// A good call, of which one parameter is changed.
    fn request(world: &Trial, nonce: &str, changed: (&str, &str)) -> Request<Body> {
        let good = [
            ("PhoneNumbers", PHONE),
            ("SignName", SIGN),
            ("TemplateCode", "SMS_1000001"),
            ("TemplateParam", PARAMS),
        ];
        let pair = |(name, value): (&str, &str)| {
            let value = if name == changed.0 { changed.1 } else { value };
            (name.to_owned(), value.to_owned())
        };
        world.aliyun_request(&good.map(pair), nonce, world.clock.now())
    }

    #[tokio::test]
    async fn a_message_reaches_the_phone_and_says_who_sent_it() {
        let world = Trial::new();
        let (status, answer) = send(&world, ("", "")).await;
        assert_eq!((status, &answer["Code"]), (200, &"OK".into()));
        let inbox = world.sandbox.sms_to(PHONE);
        assert_eq!(answer["BizId"], inbox[0].serial.as_str());
        assert_eq!(
            (inbox[0].text.as_str(), inbox[0].provider),
            (
                "【重庆工业职业技术学院】您有一条03月02日14:00的访客申请待审批，请在企业微信中处理。",
                super::SmsProvider::Aliyun
            )
        );
    }

    #[tokio::test]
    async fn what_aliyun_refuses_is_refused_in_its_words() {
        let long = format!(r#"{{"v1":"{}"}}"#, "字".repeat(36));
        for (changed, word) in [
            (("PhoneNumbers", "123"), "isv.MOBILE_NUMBER_ILLEGAL"),
            (("SignName", "x"), "isv.SMS_SIGNATURE_ILLEGAL"),
            (("TemplateCode", "SMS_9"), "isv.SMS_TEMPLATE_ILLEGAL"),
            (("TemplateCode", "1000001"), "isv.SMS_TEMPLATE_ILLEGAL"),
            (("TemplateParam", "{}"), "isv.TEMPLATE_MISSING_PARAMETERS"),
            (
                ("TemplateParam", r#"{"1":"x"}"#),
                "isv.TEMPLATE_MISSING_PARAMETERS",
            ),
            (("TemplateParam", r#"{"v1":1}"#), "isv.INVALID_JSON_PARAM"),
            (("TemplateParam", "v1"), "isv.INVALID_JSON_PARAM"),
            (("TemplateParam", r#"{"v1":""}"#), "isv.INVALID_PARAMETERS"),
            (("TemplateParam", &long), "isv.PARAM_LENGTH_LIMIT"),
            (
                ("TemplateParam", r#"{"v1":"http://x"}"#),
                "isv.PARAM_NOT_SUPPORT_URL",
            ),
        ] {
            let world = Trial::new();
            let (status, answer) = send(&world, changed).await;
            assert_eq!(
                (status, &answer["Code"]),
                (200, &word.into()),
                "{changed:?}"
            );
            assert!(world.sandbox.sms_to("").is_empty());
        }
    }

    #[tokio::test]
    async fn a_call_that_is_not_signed_with_the_accounts_key_is_refused() {
        let world = Trial::new();
        let other = Trial::with_sms_key("another-key");
        let forged = request(&other, "a", ("", ""));
        let mut changed = request(&world, "b", ("", ""));
        *changed.uri_mut() = changed
            .uri()
            .to_string()
            .replace(PHONE, "13912340009")
            .parse()
            .unwrap();
        let mut body = request(&world, "c", ("", ""));
        *body.body_mut() = "{}".into();
        let mut stranger = request(&world, "d", ("", ""));
        let header = stranger.headers()["authorization"].to_str().unwrap();
        let header = header.replace("LTAItest", "LTAIother").parse().unwrap();
        stranger.headers_mut().insert("authorization", header);
        let mut action = request(&world, "e", ("", ""));
        action
            .headers_mut()
            .insert("x-acs-action", "SendBatchSms".parse().unwrap());
        for (request, status, word) in [
            (forged, 400, "SignatureDoesNotMatch"),
            (changed, 400, "SignatureDoesNotMatch"),
            (body, 400, "SignatureDoesNotMatch"),
            (stranger, 404, "InvalidAccessKeyId.NotFound"),
            (action, 404, "InvalidAction.NotFound"),
        ] {
            let (code, _, answer) = world.ask(request).await;
            assert_eq!((code, &answer["Code"]), (status, &word.into()));
        }
        let late = request(&world, "f", ("", ""));
        world.later(chrono::Duration::seconds(901));
        let answer = world.ask(late).await.2;
        assert_eq!(answer["Code"], "InvalidTimeStamp.Expired");
        assert!(world.sandbox.sms_to("").is_empty());
    }

    #[tokio::test]
    async fn a_nonce_is_good_for_one_call() {
        let world = Trial::new();
        assert_eq!(send(&world, ("", "")).await.1["Code"], "OK");
        let (status, answer) = send(&world, ("", "")).await;
        assert_eq!(
            (status, &answer["Code"]),
            (400, &"SignatureNonceUsed".into())
        );
    }

    #[tokio::test]
    async fn one_number_gets_fifty_of_one_template_a_day() {
        let world = Trial::new();
        let ask = async |n: usize, template: &str| {
            let request = request(&world, &n.to_string(), ("TemplateCode", template));
            world.ask(request).await.2["Code"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        for n in 0..50 {
            assert_eq!(ask(n, "SMS_1000001").await, "OK");
        }
        assert_eq!(ask(50, "SMS_1000001").await, "isv.BUSINESS_LIMIT_CONTROL");
        assert_eq!(ask(51, "SMS_1000002").await, "OK");
    }
}
