//! Telling the service what happened outside: sealed and signed as WeChat and WeCom do it, delivered up to
//! three times, the reply opened, verified and shown to the person it is for.

mod wire;

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::people::{Article, Said};
use super::seal::Seal;
use super::xml::{self, Content};
use super::{Exchange, Sandbox};

/// WeChat delivers three times when it gets no answer.
pub(super) const DELIVERIES: u32 = 3;
/// What WeChat shows when it got none (被动回复用户消息).
const OUT_OF_SERVICE: &str = "该公众号提供的服务出现故障，请稍后再试";

/// Something that waits to be pushed.
pub(super) struct Push {
    pub door: Door,
    pub from: String,
    pub fields: Vec<(&'static str, Content)>,
}

/// Where a push goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Wechat,
    Mini,
    Wecom,
}

/// How WeChat and WeCom deliver what happens: once and in order, unless they are told otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Deliveries {
    /// Everything is delivered so many times more, as when answers get lost on the way; a repeat must
    /// get the answer that the first one got.
    pub repeats: u32,
    /// Reports wait until this is lifted.
    pub held: bool,
    /// Reports that wait go out newest first.
    pub reversed: bool,
}

/// What became of a push.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Pushed {
    /// The HTTP status of the service's answer.
    pub status: u16,
    pub request: Sent,
    /// The reply, opened: XML. `None` when the service had nothing to say.
    pub reply: Option<String>,
    /// What the reply says, if it is text.
    pub text: Option<String>,
    /// Why the answer was not accepted.
    pub fault: Option<String>,
}

/// What was sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Sent {
    /// With the signatures left out: whoever has them can send the push again.
    pub url: String,
    /// As it went over the wire, sealed.
    pub body: String,
    /// The same before it was sealed.
    pub plain: String,
    /// The whole address, for a test that wants to send the very same bytes again.
    #[serde(skip)]
    pub signed_url: String,
}

/// A push that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Unpushed {
    #[error("no such person")]
    NoSuchPerson,
    #[error("the person does not follow the account")]
    NotFollowing,
    #[error("no such member of staff")]
    NoSuchStaff,
    #[error("the menu has no such key")]
    NoSuchKey,
    #[error("no such code, or it has run out")]
    NoSuchScene,
    #[error("no such card on this desk")]
    NoSuchCard,
    #[error("the card has no such button, or it was replaced")]
    NoSuchButton,
    #[error("no key is known for this device")]
    NoSuchDevice,
    #[error("the EncodingAESKey is not 43 characters of base64")]
    BadKey,
    #[error("the service did not answer in three deliveries")]
    NoAnswer,
    #[error("the service did not take a report as its provider wants it taken")]
    NotTaken,
}

impl Sandbox {
    /// Pushes what waits and reports what became of SMS, and says how much it was.
    ///
    /// # Errors
    /// [`Unpushed`] for the first that could not be delivered; it is not tried again, as WeChat
    /// does not either.
    pub async fn push_queued(&self) -> Result<usize, Unpushed> {
        let mut pushed = self.report_sms().await?;
        loop {
            let Some(push) = self.next_queued() else {
                return Ok(pushed);
            };
            self.push(push).await?;
            pushed += 1;
        }
    }

    /// Pushes what waits, whenever something does, for ever: the work of the box in the background.
    pub async fn run(&self) {
        loop {
            self.0.queued.notified().await;
            while let Err(error) = self.push_queued().await {
                tracing::warn!(%error, "the sandbox could not push an event");
            }
        }
    }

    /// How things are delivered from now on.
    pub fn deliver_as(&self, deliveries: Deliveries) {
        self.state().deliveries = deliveries;
        self.0.queued.notify_one();
    }

    /// How things are delivered.
    #[must_use]
    pub fn deliveries(&self) -> Deliveries {
        self.state().deliveries
    }

    fn next_queued(&self) -> Option<Push> {
        let mut state = self.state();
        match state.deliveries {
            Deliveries { held: true, .. } => None,
            Deliveries { reversed: true, .. } => state.pushes.pop_back(),
            Deliveries { .. } => state.pushes.pop_front(),
        }
    }

    pub(super) fn queue(&self, push: Push) {
        self.state().pushes.push_back(push);
        self.wake();
    }

    /// Delivers an event and opens the reply; shows nothing to anybody yet.
    pub(super) async fn push(&self, push: Push) -> Result<Pushed, Unpushed> {
        let seal = self.seal(push.door).ok_or(Unpushed::BadKey)?;
        let plain = self.plain(&push);
        let (path, mut delivered) = (push.door.path(), None);
        for _ in 0..DELIVERIES {
            delivered = self.deliver(&seal, push.door, &plain).await;
            if delivered.is_some() {
                break;
            }
        }
        let told = push.door.read(&plain).unwrap_or_default();
        let Some((request, status, body)) = delivered else {
            let lost = Exchange::to_the_service(self.now(), path, told, 0, Value::Null);
            self.state().log.add(lost);
            return Err(Unpushed::NoAnswer);
        };
        let mut opened = self.opened(&seal, &push, status, &body);
        for _ in 0..self.deliveries().repeats {
            let again = self.deliver(&seal, push.door, &plain).await;
            let again = again.map(|(_, status, body)| self.opened(&seal, &push, status, &body));
            if again.as_ref() != Some(&opened) {
                opened = Err("a repeat got another answer".to_owned());
            }
        }
        let (reply, fault) = match opened {
            Ok(reply) => (reply, None),
            Err(fault) => (None, Some(fault)),
        };
        let read = reply.as_deref().and_then(xml::read);
        let answer = json!({"reply": read, "fault": fault});
        let entry = Exchange::to_the_service(self.now(), path, told, status.as_u16(), answer);
        self.state().log.add(entry);
        let text = read
            .as_ref()
            .map(|read| xml::text(read, "Content").to_owned());
        Ok(Pushed {
            status: status.as_u16(),
            request,
            reply,
            text: text.filter(|text| !text.is_empty()),
            fault,
        })
    }

    /// Delivers once, sealed and signed anew; `None` when no whole answer came.
    async fn deliver(
        &self,
        seal: &Seal,
        door: Door,
        plain: &str,
    ) -> Option<(Sent, StatusCode, String)> {
        let sent = self.sealed(seal, door, plain);
        let request = self.0.client.post(&sent.signed_url).body(sent.body.clone());
        let request = request.header("content-type", door.content_type());
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let body = answer.text().await.ok()?;
        Some((sent, status, body))
    }

    /// Delivers an event of somebody in WeChat and shows the reply in their chat.
    pub(super) async fn push_to_account(
        &self,
        openid: &str,
        fields: Vec<(&'static str, Content)>,
    ) -> Result<Pushed, Unpushed> {
        let push = Push {
            door: Door::Wechat,
            from: openid.to_owned(),
            fields,
        };
        let pushed = self.push(push).await;
        let line = match &pushed {
            Ok(Pushed {
                fault: None, reply, ..
            }) => reply.as_deref().and_then(chat_line),
            Ok(_) | Err(_) => Some(Said::Fault {
                text: OUT_OF_SERVICE.to_owned(),
            }),
        };
        if let Some(line) = line {
            self.state().people.show(openid, self.now(), line);
        }
        pushed
    }
}

impl Door {
    fn path(self) -> &'static str {
        match self {
            Self::Wechat => "/wechat",
            Self::Mini => "/mini",
            Self::Wecom => "/wecom",
        }
    }

    /// The mini-program's pushes are configured as JSON, the others are always XML.
    fn content_type(self) -> &'static str {
        match self {
            Self::Mini => "application/json",
            Self::Wechat | Self::Wecom => "text/xml",
        }
    }

    fn read(self, plain: &str) -> Option<Value> {
        match self {
            Self::Mini => serde_json::from_str(plain).ok(),
            Self::Wechat | Self::Wecom => xml::read(plain),
        }
    }
}

/// What a phone shows of a reply.
fn chat_line(reply: &str) -> Option<Said> {
    let reply = xml::read(reply)?;
    let article = |item: &Value| Article {
        title: xml::text(item, "Title").to_owned(),
        description: xml::text(item, "Description").to_owned(),
        url: xml::text(item, "Url").to_owned(),
    };
    let articles = xml::list(&reply["Articles"], "item").map(article).collect();
    Some(Said::Reply {
        msg_type: xml::text(&reply, "MsgType").to_owned(),
        text: xml::text(&reply, "Content").to_owned(),
        articles,
    })
}

#[cfg(test)]
mod tests;
