//! The one door for outgoing HTTP, and the one check that every answer of the platforms passes.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use data_encoding::HEXUPPER;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::errcode::{self, Class};

/// The largest documented answer is the picture of a mini-program code, some hundreds of kilobytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Makes calls. A clone shares its connections.
#[derive(Clone, Debug)]
pub struct Caller {
    http: Client,
}

/// How long a call may take.
#[derive(Clone, Copy, Debug)]
pub struct TimeOuts {
    /// For name, connection and TLS.
    pub connect: Duration,
    /// For all of it.
    pub total: Duration,
}

impl Default for TimeOuts {
    /// The platforms answer in tenths of a second or not at all.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(10),
        }
    }
}

impl Caller {
    /// # Errors
    /// [`NoClient`] when TLS cannot be set up on this machine.
    pub fn new(time_outs: TimeOuts) -> Result<Self, NoClient> {
        #[expect(clippy::disallowed_methods, reason = "this is the door")]
        let http = Client::builder()
            .connect_timeout(time_outs.connect)
            .timeout(time_outs.total)
            // A redirect would carry the token in the URL to somebody else.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // The environment has a door of its own.
            .no_proxy()
            .build()
            .map_err(|_| NoClient)?;
        Ok(Self { http })
    }

    /// Asks with GET and reads the answer's JSON.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn get<T: DeserializeOwned>(
        &self,
        base: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, CallError> {
        let request = self.request(Method::GET, base, path).query(query);
        parse(&checked(&self.send(request).await?)?)
    }

    /// Sends JSON with POST and reads the answer's JSON. Chinese goes out as UTF-8 and not as `\u`:
    /// WeChat puts escapes into menus and messages as they are.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        base: &str,
        path: &str,
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        parse(&checked(&self.send_json(base, path, query, body).await?)?)
    }

    /// Sends JSON with POST to where the answer is a file, and JSON only when it is a refusal.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn post_for_file(
        &self,
        base: &str,
        path: &str,
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<Vec<u8>, CallError> {
        let answer = self.send_json(base, path, query, body).await?;
        if answer.body.first() == Some(&b'{') || !answer.status.is_success() {
            checked(&answer)?;
            return Err(CallError::Malformed);
        }
        Ok(answer.body)
    }

    /// The beginning of a request, for a platform that wants headers of its own.
    pub fn request(&self, method: Method, base: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", base.trim_end_matches('/'));
        self.http.request(method, url)
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] and [`CallError::Unknown`], and [`CallError::Malformed`] when the
    /// answer does not end.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, CallError> {
        // The errors of reqwest carry the URL, and with it the token: they end here.
        let mut response = request.send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                CallError::Unreachable
            } else {
                CallError::Unknown
            }
        })?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| CallError::Unknown)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                return Err(CallError::Malformed);
            }
        }
        Ok(Answer { status, body })
    }

    async fn send_json(
        &self,
        base: &str,
        path: &str,
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<Answer, CallError> {
        let body = serde_json::to_vec(body).map_err(|_| CallError::Unreachable)?;
        let request = self
            .request(Method::POST, base, path)
            .query(query)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(body);
        self.send(request).await
    }
}

/// What came back.
#[derive(Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

/// The check. An answer of 200 says nothing: the platforms refuse with 200 and an `errcode`.
///
/// # Errors
/// [`CallError::Refused`], or [`CallError::Malformed`] when the answer is not JSON.
pub fn checked(answer: &Answer) -> Result<Value, CallError> {
    if !answer.status.is_success() {
        return Err(CallError::of_status(answer.status));
    }
    let value: Value = serde_json::from_slice(&answer.body).map_err(|_| CallError::Malformed)?;
    match value.get("errcode").map_or(Some(0), Value::as_i64) {
        Some(0) => Ok(value),
        Some(code) => Err(CallError::of_errcode(code, &value)),
        None => Err(CallError::Malformed),
    }
}

/// A text as it may stand in a query: all but RFC 3986's unreserved characters as `%XX` of UTF-8.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(["%", &HEXUPPER.encode(&[byte])]);
        }
    }
    encoded
}

/// Why a call did not do what it should. It names no URL, no token and nothing of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("refused with {code} (rid {rid}, {hint})", rid = shown(.rid.as_deref()), hint = shown(.hint.as_deref()))]
    Refused {
        code: Code,
        class: Class,
        /// What the provider's support asks for.
        rid: Option<String>,
        /// The IP that is not in the whitelist, or the field of the template that is refused.
        hint: Option<String>,
    },
    /// Nothing was sent.
    #[error("not reachable")]
    Unreachable,
    /// It was sent, and nobody knows what became of it.
    #[error("sent, but not answered")]
    Unknown,
    /// It was answered with something that is not documented.
    #[error("answered with something that is not documented")]
    Malformed,
}

/// The name of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    Errcode(i64),
    /// A gateway between us answered, and not the platform.
    Http(u16),
    /// A provider that names its refusals: `isv.BUSINESS_LIMIT_CONTROL`.
    Named(String),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errcode(code) => write!(f, "{code}: {}", errcode::name(*code)),
            Self::Http(status) => write!(f, "HTTP {status}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl CallError {
    /// What to do, when it was refused.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        match self {
            Self::Refused { class, .. } => Some(*class),
            Self::Unreachable | Self::Unknown | Self::Malformed => None,
        }
    }

    /// The `errcode`, when it was refused with one.
    #[must_use]
    pub fn errcode(&self) -> Option<i64> {
        match self {
            Self::Refused {
                code: Code::Errcode(code),
                ..
            } => Some(*code),
            _ => None,
        }
    }

    /// What the provider's support asks for, for the log.
    #[must_use]
    pub fn rid(&self) -> Option<&str> {
        match self {
            Self::Refused { rid, .. } => rid.as_deref(),
            Self::Unreachable | Self::Unknown | Self::Malformed => None,
        }
    }

    /// The same error, when the call was the one that fetches a token.
    #[must_use]
    pub fn on_token_call(mut self) -> Self {
        if let Self::Refused {
            code: Code::Errcode(code),
            class,
            ..
        } = &mut self
        {
            *class = errcode::class_of_token_call(*code);
        }
        self
    }

    pub(crate) fn of_status(status: StatusCode) -> Self {
        let class = match status.as_u16() {
            429 => Class::Wait,
            500.. => Class::Busy,
            // 404 and its kin: the base URL is not what it should be.
            _ => Class::Configuration,
        };
        Self::Refused {
            code: Code::Http(status.as_u16()),
            class,
            rid: None,
            hint: None,
        }
    }

    fn of_errcode(code: i64, answer: &Value) -> Self {
        let message = answer["errmsg"].as_str().unwrap_or_default();
        Self::Refused {
            code: Code::Errcode(code),
            class: errcode::class(code),
            rid: rid(message),
            hint: hint(message),
        }
    }
}

/// No client could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("TLS cannot be set up on this machine")]
pub struct NoClient;

fn parse<T: DeserializeOwned>(value: &Value) -> Result<T, CallError> {
    T::deserialize(value).map_err(|_| CallError::Malformed)
}

/// WeChat writes `… rid: 6231b0e5-2ae1a4e5-0c2f7e2b`, WeCom `… hint: [1583904231_45_6f2c]`.
fn rid(message: &str) -> Option<String> {
    let (_, after) = message
        .split_once("rid: ")
        .or_else(|| message.split_once("hint: ["))?;
    let id: String = after
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(64)
        .collect();
    (!id.is_empty()).then_some(id)
}

/// Only what has the form of an address or of a field is taken out of the message: the rest of it may
/// quote what we sent.
fn hint(message: &str) -> Option<String> {
    let words = message.split([' ', ',', '!', ';']);
    let telling = |word: &&str| word.parse::<IpAddr>().is_ok() || is_field(word);
    words.into_iter().find(telling).map(str::to_owned)
}

/// `data.thing1.value` of `argument invalid! data.thing1.value invalid`.
fn is_field(word: &str) -> bool {
    word.starts_with("data.")
        && word.len() <= 64
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
}

fn shown(text: Option<&str>) -> &str {
    text.unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use axum::Router;
    use axum::http::header::LOCATION;
    use axum::routing::{get, post};
    use insta::assert_snapshot;
    use serde_json::json;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::tencent::peer;

    fn caller() -> Caller {
        Caller::new(TimeOuts::default()).unwrap()
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.into(),
        }
    }

    fn refusal(status: u16, body: &str) -> CallError {
        checked(&answer(status, body)).unwrap_err()
    }

    #[test]
    fn a_refusal_with_200_is_a_refusal_and_keeps_its_rid_and_nothing_else() {
        let error = refusal(
            200,
            r#"{"errcode":40001,"errmsg":"invalid credential, access_token SECRET rid: 6231b0e5-2ae1"}"#,
        );
        assert_eq!(
            (error.class(), error.rid()),
            (Some(Class::Token), Some("6231b0e5-2ae1"))
        );
        assert_snapshot!(error, @"refused with 40001: invalid credential (rid 6231b0e5-2ae1, -)");
        assert!(!format!("{error:?}").contains("SECRET"));
    }

    #[test]
    fn the_address_to_be_whitelisted_and_the_field_to_be_mended_are_named() {
        let refusals = [
            (
                40164,
                "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1-2",
            ),
            (
                60020,
                "not allow to access from your ip, hint: [158_4_6f], from ip: 203.0.113.7, more",
            ),
            (
                47003,
                "argument invalid! data.thing1.value invalid rid: 5f-6",
            ),
            (43101, "user refuse to accept the msg rid: 张三"),
        ];
        let shown = refusals.map(|(code, message)| {
            let body = json!({ "errcode": code, "errmsg": message });
            refusal(200, &body.to_string()).to_string()
        });
        assert_snapshot!(shown.join("\n"), @r"
        refused with 40164: this machine's IP is not in the whitelist (rid 1-2, 203.0.113.7)
        refused with 60020: this machine's IP is not trusted (rid 158_4_6f, 203.0.113.7)
        refused with 47003: a field of the template is refused (rid 5f-6, data.thing1.value)
        refused with 43101: the person has not granted this message (rid -, -)
        ");
    }

    #[test]
    fn an_answer_of_a_gateway_or_of_nobody_is_told_apart() {
        assert_eq!(refusal(502, "<html>").class(), Some(Class::Busy));
        assert_eq!(refusal(429, "").class(), Some(Class::Wait));
        assert_eq!(refusal(404, "{}").class(), Some(Class::Configuration));
        assert_eq!(refusal(200, "<html>"), CallError::Malformed);
        assert_eq!(refusal(200, r#"{"errcode":"0"}"#), CallError::Malformed);
        assert!(checked(&answer(200, r#"{"errcode":0}"#)).is_ok());
        assert!(checked(&answer(200, r#"{"ticket":"x"}"#)).is_ok());
    }

    #[tokio::test]
    async fn chinese_goes_out_as_it_is() {
        let router = Router::new().route("/p", post(|body: String| async { body }));
        let base = peer::serve(router).await + "/";
        let body = json!({ "name": "重工校园通" });
        let echoed: Value = caller()
            .post(&base, "/p", &[("access_token", "t")], &body)
            .await
            .unwrap();
        assert_eq!(echoed, body);
        let request = caller()
            .request(Method::POST, &base, "/p")
            .body(body.to_string());
        let raw = caller().send(request).await.unwrap();
        assert!(String::from_utf8(raw.body).unwrap().contains("重工校园通"));
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable() {
        let closed = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let error = caller()
            .get::<Value>(&format!("http://{closed}"), "/", &[])
            .await
            .unwrap_err();
        assert_eq!(error, CallError::Unreachable);
        let error = caller().get::<Value>("no url", "/", &[]).await.unwrap_err();
        assert_eq!(error, CallError::Unreachable);
    }

    #[tokio::test]
    async fn a_peer_that_never_answers_or_hangs_up_leaves_the_outcome_unknown() {
        let short = TimeOuts {
            total: Duration::from_millis(100),
            ..TimeOuts::default()
        };
        let hanging = peer::serve(Router::new().route("/", get(pending::<()>))).await;
        let hasty = Caller::new(short).unwrap();
        let error = hasty
            .get::<Value>(&hanging, "/", &[("access_token", "SECRET")])
            .await;
        assert_eq!(error.unwrap_err(), CallError::Unknown);

        let rude = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", rude.local_addr().unwrap());
        let hang_up = async {
            let (mut stream, _) = rude.accept().await.unwrap();
            assert_ne!(stream.read(&mut [0; 1024]).await.unwrap(), 0);
        };
        let caller = caller();
        let body = json!({});
        let (error, ()) = tokio::join!(caller.post::<Value>(&base, "/", &[], &body), hang_up);
        assert_eq!(error.unwrap_err(), CallError::Unknown);
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let router = Router::new()
            .route(
                "/",
                get(|| async { (StatusCode::FOUND, [(LOCATION, "/there")]) }),
            )
            .route("/there", get(|| async { "{}" }));
        let base = peer::serve(router).await;
        let error = caller().get::<Value>(&base, "/", &[]).await.unwrap_err();
        assert_eq!(error.class(), Some(Class::Configuration));
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut_and_a_file_is_told_from_a_refusal() {
        let router = Router::new()
            .route("/endless", get(|| async { vec![b' '; MAX_ANSWER + 1] }))
            .route("/file", post(|| async { vec![0x89, b'P', b'N', b'G'] }))
            .route(
                "/refusal",
                post(|| async { r#"{"errcode":41030,"errmsg":"invalid page"}"# }),
            );
        let base = peer::serve(router).await;
        let error = caller()
            .get::<Value>(&base, "/endless", &[])
            .await
            .unwrap_err();
        assert_eq!(error, CallError::Malformed);
        let file = caller()
            .post_for_file(&base, "/file", &[], &json!({}))
            .await;
        assert_eq!(file.as_deref(), Ok(&b"\x89PNG"[..]));
        let refused = caller()
            .post_for_file(&base, "/refusal", &[], &json!({}))
            .await;
        assert_eq!(refused.unwrap_err().errcode(), Some(41030));
    }
}
