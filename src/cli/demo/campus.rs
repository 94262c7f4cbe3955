//! The visitor of the play.

use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::stage::{Stage, has, newest};
use super::{APPROVER_USERID, booking, picture};
use crate::domain::window::campus_time;

/// Somebody with WeChat.
pub struct Visitor {
    openid: String,
    phone: String,
    token: String,
    photo: Value,
    /// The last booking with its key, to send it again.
    last: Mutex<Option<(String, Value)>>,
}

/// A pass and the visit behind it.
pub struct Approved {
    pub code: String,
}

impl Visitor {
    /// Somebody new follows the account.
    pub async fn arrive(stage: &Stage, nickname: &str) -> anyhow::Result<Self> {
        let person = stage
            .control_post("/people", &json!({ "nickname": nickname }))
            .await?;
        let openid = person["openid"]
            .as_str()
            .context("a person has an openid")?
            .to_owned();
        stage
            .control_post(&format!("/people/{openid}/follow"), &json!({}))
            .await?;
        // A phone of their own, so that plays do not share the day's budget of SMS.
        let digits = openid
            .bytes()
            .fold(0_u64, |sum, b| (sum * 131 + u64::from(b)) % 100_000_000);
        let phone = format!("138{digits:08}");
        let last = Mutex::new(None);
        Ok(Self {
            openid,
            phone,
            token: String::new(),
            photo: Value::Null,
            last,
        })
    }

    pub fn phone(&self) -> &str {
        &self.phone
    }

    pub async fn tap(&self, stage: &Stage, key: &str) -> anyhow::Result<Value> {
        let path = format!("/people/{}/tap", self.openid);
        let tapped = stage.control_post(&path, &json!({ "key": key })).await?;
        ensure!(
            tapped["status"] == 200,
            "the callback answered {}",
            tapped["status"]
        );
        Ok(tapped)
    }

    /// Logs in by the mini-program and uploads the picture of a document.
    pub async fn log_in(self, stage: &Stage) -> anyhow::Result<Self> {
        let path = format!("/people/{}/mini-code", self.openid);
        let code = stage.control_post(&path, &json!({})).await?;
        let login = json!({ "code": code["code"] });
        let request = stage.request(Method::POST, "/api/login/mini").json(&login);
        let session = stage.ask(request, "/api/login/mini", Some(&login)).await?;
        let token = session["token"]
            .as_str()
            .context("a login gives a token")?
            .to_owned();
        let file = Part::bytes(picture()?)
            .file_name("id.png")
            .mime_str("image/png")?;
        let form = Form::new().text("kind", "id_card").part("file", file);
        let request = stage
            .request(Method::POST, "/api/photos")
            .bearer_auth(&token)
            .multipart(form);
        let photo = stage.ask(request, "/api/photos", None).await?["id"].clone();
        Ok(Self {
            token,
            photo,
            ..self
        })
    }

    /// The host by name, and the first area and reason.
    pub async fn choose(&self, stage: &Stage, host: &str) -> anyhow::Result<Value> {
        let hosts = stage
            .get_as(&self.token, &format!("/api/hosts?q={host}"))
            .await?;
        let areas = stage.get("/api/areas").await?;
        let reasons = stage.get("/api/reasons").await?;
        ensure!(hosts[0]["id"].is_string(), "{host} is not found");
        Ok(json!({ "host": hosts[0]["id"], "area": areas[0]["id"], "reason": reasons[0]["id"] }))
    }

    pub async fn book(
        &self,
        stage: &Stage,
        choices: &Value,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> anyhow::Result<Value> {
        let times = [from, until].map(|at| campus_time(at).to_rfc3339());
        let body = booking(choices, &times[0], &times[1], &self.phone, &self.photo);
        let key = format!("demo-{}-{}", self.phone, from.timestamp_micros());
        let visit = self.send(stage, &key, &body).await?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, body));
        Ok(visit)
    }

    /// Sends the last booking once more with its key.
    pub async fn repeat_last(&self, stage: &Stage) -> anyhow::Result<Value> {
        let last = self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (key, body) = last.context("something was booked")?;
        self.send(stage, &key, &body).await
    }

    async fn send(&self, stage: &Stage, key: &str, body: &Value) -> anyhow::Result<Value> {
        let request = stage
            .request(Method::POST, "/api/visits")
            .bearer_auth(&self.token);
        let request = request.header("idempotency-key", key).json(body);
        stage.ask(request, "/api/visits", Some(body)).await
    }

    /// Books, has it approved by the card, and reads the code of the pass.
    pub async fn approved(
        &self,
        stage: &Stage,
        choices: &Value,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> anyhow::Result<Approved> {
        let visit = self.book(stage, choices, from, until).await?;
        let card = stage.card(APPROVER_USERID, &visit).await?;
        stage.tap_card(APPROVER_USERID, &card).await?;
        let id = visit["id"].as_str().unwrap_or_default();
        let visit = stage
            .get_as(&self.token, &format!("/api/visits/{id}"))
            .await?;
        let link = visit["visitors"][0]["pass"]["link"]
            .as_str()
            .context("the visit has a pass")?;
        let link = link.trim_start_matches("/p/");
        let pass = stage.get(&format!("/api/passes/{link}")).await?;
        let code = pass["code"]
            .as_str()
            .context("the pass has a code")?
            .to_owned();
        Ok(Approved { code })
    }

    pub async fn withdraw(&self, stage: &Stage, visit: &Value) -> anyhow::Result<()> {
        let id = visit["id"].as_str().unwrap_or_default();
        let path = format!("/api/visits/{id}/withdraw");
        let visit = stage.post_as(&self.token, &path, &json!({})).await?;
        ensure!(visit["stage"] == "withdrawn", "the visit is not withdrawn");
        Ok(())
    }

    /// A template message in the visitor's chat whose title has the word.
    pub async fn template(&self, stage: &Stage, word: &str) -> anyhow::Result<Value> {
        let path = format!("/people/{}/chat", self.openid);
        let title = |line: &Value| line["kind"] == "template" && has(&line["title"], word);
        stage
            .until("模板消息", &path, |chat| newest(chat, title))
            .await
    }
}
