//! The one door for outgoing HTTP.

use std::time::Duration;

use data_encoding::HEXUPPER;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::check::checked;
pub use super::check::{CallError, Code};

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

/// No client could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("TLS cannot be set up on this machine")]
pub struct NoClient;

fn parse<T: DeserializeOwned>(value: &Value) -> Result<T, CallError> {
    T::deserialize(value).map_err(|_| CallError::Malformed)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use axum::Router;
    use axum::http::header::LOCATION;
    use axum::routing::{get, post};
    use serde_json::json;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::tencent::errcode::Class;
    use crate::tencent::peer;

    fn caller() -> Caller {
        Caller::new(TimeOuts::default()).unwrap()
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
