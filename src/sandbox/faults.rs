//! What can go wrong on the way: the outside is slow, silent, broken, or does what it was asked and loses
//! the answer.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Sandbox;
use super::call::{BODY_LIMIT, json_response};
use super::{cas, log, qyapi, sms, weixin};

/// A hanging call is let go after this long even when nobody lifts the fault, so that a shutdown
/// that waits for its connections ends.
const HANG: Duration = Duration::from_mins(1);

/// A fault that calls run into until it is lifted or used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The call: `message/template/send`, `stable_token`, `sns/jscode2session`, `qy:message/send`,
    /// `cas:p3/serviceValidate`, `sms:tencent`, `sms:aliyun`, `sms` for both; a trailing `*` stands for the rest (`qy:*`, `*`).
    pub call: String,
    pub kind: FaultKind,
    /// For `errcode`: the provider's number, or the word of the SMS provider or of CAS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub errcode: Option<Value>,
    /// For `delay_ms`: how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// How many calls run into it; every one when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Refused with `errcode`; nothing happens.
    Errcode,
    /// Answered late.
    DelayMs,
    /// Never answered; nothing happens.
    Hang,
    /// Done, but the connection breaks before the answer is through.
    LostAnswer,
    /// Answered with HTTP 500; nothing happens.
    #[serde(rename = "http_500")]
    Http500,
}

/// The faults in force, oldest first; the first that fits a call is the one it runs into.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn all(&self) -> &[Fault] {
        &self.0
    }

    fn take(&mut self, call: &str) -> Option<Fault> {
        let fits = |fault: &Fault| match fault.call.strip_suffix('*') {
            Some(prefix) => call.starts_with(prefix),
            None => fault.call == call || fault.call == "sms" && call.starts_with("sms:"),
        };
        let place = self.0.iter().position(fits)?;
        let fault = self.0[place].clone();
        match &mut self.0[place].times {
            Some(0 | 1) => {
                self.0.remove(place);
            }
            Some(times) => *times -= 1,
            None => {}
        }
        Some(fault)
    }
}

/// Every call to a provider passes here: the faults are applied, and the exchange is written down.
pub(super) async fn exchange(
    State(sandbox): State<Sandbox>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(asked) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let call = call_name(&path);
    let request = Request::from_parts(parts, Body::from(asked.clone()));
    let fault = sandbox.state().faults.take(&call);
    let kind = fault.as_ref().map(|fault| fault.kind);
    let (status, answer, response) = match fault {
        None => kept(next.run(request).await).await,
        Some(fault) => match fault.kind {
            FaultKind::Errcode => kept(refused(&sandbox, &call, &fault, &asked)).await,
            FaultKind::Http500 => kept(StatusCode::INTERNAL_SERVER_ERROR.into_response()).await,
            FaultKind::DelayMs => {
                tokio::time::sleep(Duration::from_millis(fault.ms.unwrap_or(1000))).await;
                kept(next.run(request).await).await
            }
            FaultKind::Hang => {
                let lifted = sandbox.faults_lifted().notified();
                let _ = tokio::time::timeout(HANG, lifted).await;
                kept(StatusCode::GATEWAY_TIMEOUT.into_response()).await
            }
            FaultKind::LostAnswer => {
                let (status, answer, _) = kept(next.run(request).await).await;
                (status, answer, broken())
            }
        },
    };
    let entry = log::Exchange::to_the_outside(sandbox.now(), method, path, &asked, status, &answer);
    sandbox.state().log.add(log::Exchange {
        fault: kind,
        ..entry
    });
    response
}

/// The name by which faults and documents know a path.
fn call_name(path: &str) -> String {
    let short = |path: &str| path.trim_start_matches("cgi-bin/").to_owned();
    if let Some(path) = path.strip_prefix("/qyapi/") {
        format!("qy:{}", short(path))
    } else if let Some(path) = path.strip_prefix("/weixin/") {
        short(path)
    } else if let Some(path) = path.strip_prefix("/cas/") {
        format!("cas:{path}")
    } else {
        path.trim_start_matches('/')
            .trim_end_matches('/')
            .replace('/', ":")
    }
}

/// The provider's own way to say no.
fn refused(sandbox: &Sandbox, call: &str, fault: &Fault, asked: &Bytes) -> Response {
    let code = fault.errcode.clone().unwrap_or(Value::from(-1));
    let number = code.as_i64().unwrap_or(-1);
    if call.starts_with("cas:") {
        return cas::failed(code.as_str().unwrap_or("INTERNAL_ERROR"));
    }
    json_response(&if call.starts_with("sms:") {
        let word = code.as_str().unwrap_or("InternalError.OtherError");
        sms::refused(sandbox, call, asked, word)
    } else if call.starts_with("qy:") {
        qyapi::refused(number, "sandbox fault")
    } else {
        weixin::refused(sandbox, number, "sandbox fault")
    })
}

/// Reads an answer so that it can be both written down and given.
async fn kept(response: Response) -> (StatusCode, Bytes, Response) {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, BODY_LIMIT)
        .await
        .unwrap_or_default();
    let status = parts.status;
    (
        status,
        bytes.clone(),
        Response::from_parts(parts, Body::from(bytes)),
    )
}

/// An answer whose connection breaks in the middle.
fn broken() -> Response {
    let cut = std::io::Error::other("the sandbox lost this answer on purpose");
    let body = futures::stream::once(async { Err::<Bytes, _>(cut) });
    Body::from_stream(body).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tower::ServiceExt;

    use super::super::testing::{Trial, card};
    use super::*;

    #[test]
    fn calls_have_the_names_of_the_documents() {
        assert_eq!(
            call_name("/weixin/cgi-bin/message/template/send"),
            "message/template/send"
        );
        assert_eq!(
            call_name("/weixin/sns/jscode2session"),
            "sns/jscode2session"
        );
        assert_eq!(call_name("/qyapi/cgi-bin/message/send"), "qy:message/send");
        assert_eq!(call_name("/sms/tencent/"), "sms:tencent");
    }

    #[test]
    fn a_fault_wears_off_and_a_star_stands_for_the_rest() {
        let fault = |call: &str, times| Fault {
            call: call.into(),
            kind: FaultKind::Http500,
            errcode: None,
            ms: None,
            times,
        };
        let mut faults = Faults::default();
        faults.add(fault("qy:*", Some(2)));
        faults.add(fault("sms", None));
        assert!(faults.take("stable_token").is_none());
        assert!(faults.take("qy:gettoken").is_some());
        assert!(faults.take("qy:message/send").is_some());
        assert!(faults.take("qy:gettoken").is_none());
        assert!(faults.take("sms:aliyun").is_some());
        assert_eq!(faults.all(), [fault("sms", None)]);
    }

    fn on(call: &str, kind: FaultKind, errcode: impl Into<Value>) -> Fault {
        let (call, errcode) = (call.to_owned(), Some(errcode.into()));
        Fault {
            call,
            kind,
            errcode,
            ms: None,
            times: Some(1),
        }
    }

    #[tokio::test]
    async fn each_provider_refuses_in_its_own_words() {
        let world = Trial::with_staff();
        world
            .sandbox
            .add_fault(on("stable_token", FaultKind::Errcode, 40164));
        let answer = world.post("/weixin/cgi-bin/stable_token", &json!({})).await;
        assert_eq!(answer["errcode"], 40164);
        world
            .sandbox
            .add_fault(on("qy:message/send", FaultKind::Errcode, 45033));
        assert_eq!(world.send(&card("zhang", "t1")).await["errcode"], 45033);
        assert!(world.sandbox.cards_of("zhang").is_empty());
        let refusal = "LimitExceeded.PhoneNumberThirtySecondLimit";
        world
            .sandbox
            .add_fault(on("sms", FaultKind::Errcode, refusal));
        let answer = world
            .sms(&json!({"PhoneNumberSet": ["+8613912340003"]}))
            .await;
        assert_eq!(answer["Response"]["SendStatusSet"][0]["Code"], refusal);
        assert!(world.sandbox.faults().is_empty());
    }

    #[tokio::test]
    async fn a_lost_answer_is_one_to_something_that_was_done() {
        let world = Trial::with_staff();
        let token = world.wecom_token().await;
        let message = |task: &str| {
            Request::post(format!("/qyapi/cgi-bin/message/send?access_token={token}"))
                .body(card("zhang", task).to_string().into())
                .unwrap()
        };
        world
            .sandbox
            .add_fault(on("qy:message/send", FaultKind::LostAnswer, 0));
        let answer = world.sandbox.router().oneshot(message("t1")).await.unwrap();
        assert!(axum::body::to_bytes(answer.into_body(), 100).await.is_err());
        assert_eq!(world.sandbox.cards_of("zhang").len(), 1);

        world
            .sandbox
            .add_fault(on("qy:message/send", FaultKind::Http500, 0));
        assert_eq!(world.ask(message("t2")).await.0, 500);
        assert_eq!(world.sandbox.cards_of("zhang").len(), 1);
        let faults: Vec<_> = world
            .sandbox
            .log()
            .iter()
            .map(|exchange| exchange.fault)
            .collect();
        assert_eq!(
            faults[1..],
            [Some(FaultKind::LostAnswer), Some(FaultKind::Http500)]
        );
    }

    #[tokio::test]
    async fn faults_and_log_do_not_care_where_the_box_is_mounted() {
        let world = Trial::new();
        world
            .sandbox
            .add_fault(on("qy:gettoken", FaultKind::Errcode, 40001));
        let app = axum::Router::new().nest("/sandbox", world.sandbox.router());
        let request = Request::get("/sandbox/qyapi/cgi-bin/gettoken").body(Body::empty());
        assert_eq!(app.oneshot(request.unwrap()).await.unwrap().status(), 200);
        assert!(world.sandbox.faults().is_empty());
        assert_eq!(world.sandbox.log()[0].path, "/qyapi/cgi-bin/gettoken");
    }

    #[tokio::test]
    async fn a_hanging_call_is_let_go_when_the_faults_are_lifted() {
        let world = Trial::new();
        world.sandbox.add_fault(on("qy:*", FaultKind::Hang, 0));
        let hanging = world.visit("/qyapi/cgi-bin/gettoken");
        let lift = async {
            while !world.sandbox.faults().is_empty() {
                tokio::task::yield_now().await;
            }
            tokio::task::yield_now().await;
            world.sandbox.clear_faults();
        };
        let ((status, _), ()) = tokio::join!(hanging, lift);
        assert_eq!(status, 504);
    }
}
