//! Asking over HTTP, showing what is asked and answered, and holding the answers to the play.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::config::Settings;

/// The service, the sandbox beside it, and the number of the step.
pub struct Stage {
    http: reqwest::Client,
    base: String,
    device: String,
    step: AtomicUsize,
}

/// How long the outbox may take: it looks twice a second.
const PATIENCE: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// How much of a body is shown.
const SHOWN: usize = 400;

impl Stage {
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the play asks as a stranger does, not as we do"
        )]
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            base: settings.server.public_url.clone(),
            device: settings.sandbox.device.to_string(),
            step: AtomicUsize::new(0),
        })
    }

    pub fn title(&self, text: &str) {
        println!(
            "\n{}. {text}",
            self.step.fetch_add(1, Ordering::Relaxed) + 1
        );
    }

    pub fn end(&self) {
        println!(
            "\n演示完成：{} 步全部正确",
            self.step.load(Ordering::Relaxed)
        );
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(self.request(Method::GET, path), path, None).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> anyhow::Result<Value> {
        self.ask(
            self.request(Method::GET, path).bearer_auth(token),
            path,
            None,
        )
        .await
    }

    pub async fn post_as(&self, token: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self
            .request(Method::POST, path)
            .bearer_auth(token)
            .json(body);
        self.ask(request, path, Some(body)).await
    }

    pub async fn control_get(&self, path: &str) -> anyhow::Result<Value> {
        self.quietly(self.request(Method::GET, &format!("/sandbox/control{path}")))
            .await
    }

    pub async fn control_post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let path = format!("/sandbox/control{path}");
        self.ask(
            self.request(Method::POST, &path).json(body),
            &path,
            Some(body),
        )
        .await
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Sends, shows both sides, and holds that it went well.
    pub async fn ask(
        &self,
        request: RequestBuilder,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let (client, request) = request.build_split();
        let request = request?;
        let said = body
            .map(|body| short(&body.to_string()))
            .unwrap_or_default();
        println!("   → {} {} {said}", request.method(), shown_path(path));
        let answer = client
            .execute(request)
            .await
            .context("the service does not answer")?;
        let (status, body) = read(answer).await?;
        let text = body
            .as_str()
            .map_or_else(|| body.to_string(), str::to_owned);
        println!("   ← {status} {}", short(&without_token(&text, &body)));
        ensure!(
            (200..300).contains(&status),
            "{} answered {status}",
            shown_path(path)
        );
        Ok(body)
    }

    async fn quietly(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let (status, body) = read(request.send().await?).await?;
        ensure!(status == 200, "the sandbox answered {status}: {body}");
        Ok(body)
    }

    /// Asks the sandbox until something is there.
    pub async fn until(
        &self,
        what: &str,
        path: &str,
        find: impl Fn(&Value) -> Option<Value>,
    ) -> anyhow::Result<Value> {
        for _ in 0..PATIENCE {
            if let Some(found) = find(&self.control_get(path).await?) {
                println!("   ✓ {what}: {}", short(&found.to_string()));
                return Ok(found);
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("{what} did not arrive")
    }

    /// The card about a visit on a member's desk.
    pub async fn card(&self, userid: &str, visit: &Value) -> anyhow::Result<Value> {
        let number = visit["id"]
            .as_str()
            .context("a visit has an id")?
            .to_owned();
        let path = format!("/wecom/{userid}/messages");
        self.until("企业微信卡片", &path, |messages| {
            newest(messages, |m| {
                m["kind"] == "card" && m.to_string().contains(&number)
            })
        })
        .await
    }

    pub async fn tap_card(&self, userid: &str, card: &Value) -> anyhow::Result<Value> {
        let tap = json!({ "task_id": card["task_id"], "key": "approve" });
        self.control_post(&format!("/wecom/{userid}/tap"), &tap)
            .await
    }

    /// A second tap finds no button to tap.
    pub async fn tap_refused(&self, userid: &str, card: &Value) -> anyhow::Result<Value> {
        let tap = json!({ "task_id": card["task_id"], "key": "approve" });
        let path = format!("/sandbox/control/wecom/{userid}/tap");
        let (status, body) =
            read(self.request(Method::POST, &path).json(&tap).send().await?).await?;
        ensure!(status == 422, "the card could be tapped twice: {body}");
        Ok(body)
    }

    /// A text to a member since the play began.
    pub async fn work_text(
        &self,
        userid: &str,
        since: DateTime<Utc>,
        word: &str,
    ) -> anyhow::Result<Value> {
        let path = format!("/wecom/{userid}/messages");
        self.until("企业微信消息", &path, |messages| {
            newest(messages, |m| {
                m["kind"] == "text" && is_new(m, since) && has(&m["content"], word)
            })
        })
        .await
    }

    /// An SMS to a phone since the play began.
    pub async fn sms(
        &self,
        phone: &str,
        since: DateTime<Utc>,
        word: &str,
    ) -> anyhow::Result<Value> {
        let path = format!("/sms?phone={phone}");
        self.until("短信", &path, |sms| {
            newest(sms, |m| is_new(m, since) && has(&m["text"], word))
        })
        .await
    }

    /// Holds a code before the gate's reader.
    pub async fn scan(&self, code: &str, nonce: Option<&str>) -> anyhow::Result<Value> {
        let scan = match nonce {
            Some(nonce) => json!({ "v": code, "n": nonce }),
            None => json!({ "v": code }),
        };
        self.scan_with(&scan).await
    }

    /// Sends the very same bytes once more.
    pub async fn scan_as(&self, before: &Value) -> anyhow::Result<Value> {
        let asked = &before["request"];
        self.scan_with(&json!({ "v": asked["v"], "n": asked["n"], "t": asked["t"] }))
            .await
    }

    async fn scan_with(&self, scan: &Value) -> anyhow::Result<Value> {
        let answer = self
            .control_post(&format!("/gate/{}/scan", self.device), scan)
            .await?;
        ensure!(
            answer["signature_ok"] == true,
            "the answer is not signed with the device's key"
        );
        Ok(answer)
    }

    /// Waits for the real clock: a pass cannot be made to have ended.
    pub async fn wait_until(at: DateTime<Utc>) {
        println!("   … 等待到访时间结束");
        while Clock::System.now() < at {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Holds that the text of `answer` has each of the words.
pub fn says(answer: &Value, words: &[&str]) -> anyhow::Result<()> {
    let text = answer
        .as_str()
        .map_or_else(|| answer.to_string(), str::to_owned);
    for word in words {
        ensure!(
            text.contains(word),
            "「{word}」 is missing in {}",
            short(&text)
        );
    }
    Ok(())
}

/// Holds what the gate decided.
pub fn decided(answer: &Value, ok: i64, reason: &str) -> anyhow::Result<()> {
    let body = &answer["body"];
    let right = answer["status"] == 200 && body["ok"] == ok && body["r"] == reason;
    ensure!(right, "the gate should have said {reason}, and said {body}");
    Ok(())
}

/// The newest of a list for which it holds.
pub fn newest(list: &Value, holds: impl Fn(&Value) -> bool) -> Option<Value> {
    let all = list.as_array()?;
    let time = |one: &Value| one["at"].as_str().map(str::to_owned);
    all.iter()
        .filter(|one| holds(one))
        .max_by_key(|one| time(one))
        .cloned()
}

fn is_new(message: &Value, since: DateTime<Utc>) -> bool {
    let at = message["at"]
        .as_str()
        .and_then(|at| at.parse::<DateTime<Utc>>().ok());
    at.is_some_and(|at| at >= since)
}

pub fn has(text: &Value, word: &str) -> bool {
    text.as_str().is_some_and(|text| text.contains(word))
}

async fn read(answer: Response) -> anyhow::Result<(u16, Value)> {
    let status = answer.status().as_u16();
    let text = answer.text().await?;
    Ok((
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    ))
}

/// A session's token is the visitor's.
fn without_token(text: &str, body: &Value) -> String {
    body["token"]
        .as_str()
        .map_or_else(|| text.to_owned(), |token| text.replace(token, "…"))
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A link's token is the holder's, also in a demonstration's log.
fn shown_path(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((before, token)) if token.len() == 22 => format!("{before}/{}…", &token[..4]),
        _ => path.to_owned(),
    }
}
