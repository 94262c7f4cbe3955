//! Telling the service what happened outside: sealed and signed as WeChat and WeCom do it, delivered up to
//! three times, the reply opened, verified and shown to the person it is for.

use chrono::Duration;
use reqwest::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::people::{Article, Said};
use super::seal::Seal;
use super::xml::{self, Content};
use super::{Exchange, Sandbox};

/// WeChat delivers three times when it gets no answer.
const DELIVERIES: u32 = 3;
/// What WeChat shows when it got none (被动回复用户消息).
const OUT_OF_SERVICE: &str = "该公众号提供的服务出现故障，请稍后再试";
/// A `CreateTime` in milliseconds would be ages away from now.
const CREATED_NEAR: Duration = Duration::days(1);

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
    Wecom,
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
}

impl Sandbox {
    /// Pushes what waits, and says how much it was.
    ///
    /// # Errors
    /// [`Unpushed`] for the first that could not be delivered; it is not tried again, as WeChat
    /// does not either.
    pub async fn push_queued(&self) -> Result<usize, Unpushed> {
        let mut pushed = 0;
        loop {
            let Some(push) = self.state().pushes.pop_front() else {
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

    pub(super) fn queue(&self, push: Push) {
        self.state().pushes.push_back(push);
        self.0.queued.notify_one();
    }

    /// Delivers an event and opens the reply; shows nothing to anybody yet.
    pub(super) async fn push(&self, push: Push) -> Result<Pushed, Unpushed> {
        let seal = self.seal(push.door).ok_or(Unpushed::BadKey)?;
        let plain = self.plain(&push);
        let (path, mut delivered) = (push.door.path(), None);
        for _ in 0..DELIVERIES {
            let sent = self.sealed(&seal, push.door, &plain);
            let request = self.0.client.post(&sent.signed_url).body(sent.body.clone());
            let answer = request.header("content-type", "text/xml").send().await;
            if let Ok(answer) = answer {
                let status = answer.status();
                if let Ok(body) = answer.text().await {
                    delivered = Some((sent, status, body));
                    break;
                }
            }
        }
        let told = xml::read(&plain).unwrap_or_default();
        let Some((request, status, body)) = delivered else {
            let lost = Exchange::to_the_service(self.now(), path, told, 0, Value::Null);
            self.state().log.add(lost);
            return Err(Unpushed::NoAnswer);
        };
        let opened = self.opened(&seal, &push, status, &body);
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

    fn seal(&self, door: Door) -> Option<Seal> {
        let settings = self.settings();
        let (account, wecom) = (&settings.official_account, &settings.wecom);
        match door {
            Door::Wechat => Seal::new(&account.encoding_aes_key, &account.token, &account.app_id),
            Door::Wecom => Seal::new(&wecom.encoding_aes_key, &wecom.token, &wecom.corp_id),
        }
    }

    fn plain(&self, push: &Push) -> String {
        let mut fields = vec![
            (
                "ToUserName",
                Content::Text(self.receiver(push.door).to_owned()),
            ),
            ("FromUserName", Content::Text(push.from.clone())),
            ("CreateTime", Content::Number(self.now().timestamp())),
        ];
        fields.extend(
            push.fields
                .iter()
                .map(|(name, content)| (*name, content.clone())),
        );
        if push.door == Door::Wecom {
            fields.push(("AgentID", Content::Number(self.settings().wecom.agent_id)));
        }
        xml::document(&fields)
    }

    /// Whom the events are addressed to.
    fn receiver(&self, door: Door) -> &str {
        match door {
            Door::Wechat => &self.settings().official_account.original_id,
            Door::Wecom => &self.settings().wecom.corp_id,
        }
    }

    fn sealed(&self, seal: &Seal, door: Door, plain: &str) -> Sent {
        let timestamp = self.now().timestamp().to_string();
        let nonce = self.entropy().below(1_000_000_000).to_string();
        let encrypt = seal.close(plain, self.entropy().bytes());
        let msg_signature = seal.sign(&[&timestamp, &nonce, &encrypt]);
        let service = &self.settings().service;
        let url = format!(
            "{service}{}?timestamp={timestamp}&nonce={nonce}",
            door.path()
        );
        let mut fields = vec![("ToUserName", Content::Text(self.receiver(door).to_owned()))];
        let (url, signatures) = match door {
            Door::Wechat => {
                let signature = seal.sign(&[&timestamp, &nonce]);
                (
                    format!("{url}&encrypt_type=aes"),
                    format!("&signature={signature}"),
                )
            }
            Door::Wecom => {
                let agent_id = self.settings().wecom.agent_id.to_string();
                fields.push(("AgentID", Content::Text(agent_id)));
                (url, String::new())
            }
        };
        fields.push(("Encrypt", Content::Text(encrypt)));
        Sent {
            signed_url: format!("{url}{signatures}&msg_signature={msg_signature}"),
            url,
            body: xml::document(&fields),
            plain: plain.to_owned(),
        }
    }

    /// The reply in a service's answer; `None` when it is empty, and a sentence when WeChat would not
    /// accept it.
    fn opened(
        &self,
        seal: &Seal,
        push: &Push,
        status: StatusCode,
        body: &str,
    ) -> Result<Option<String>, String> {
        if status != StatusCode::OK {
            return Err(format!("the service answered {}", status.as_u16()));
        }
        if body.is_empty() || body == "success" {
            return Ok(None);
        }
        let outer = xml::read(body).ok_or("the reply is no XML")?;
        let part = |name| match xml::text(&outer, name) {
            "" => Err(format!("the reply has no {name}")),
            text => Ok(text),
        };
        let encrypt = part("Encrypt")?;
        let expected = seal.sign(&[part("TimeStamp")?, part("Nonce")?, encrypt]);
        if part("MsgSignature")? != expected {
            return Err("the reply's MsgSignature is wrong".to_owned());
        }
        let plain = seal.open(encrypt).map_err(|error| error.to_string())?;
        let inner = xml::read(&plain).ok_or("the sealed reply is no XML")?;
        let created = xml::text(&inner, "CreateTime").parse().unwrap_or_default();
        let age = self.now() - chrono::DateTime::from_timestamp(created, 0).unwrap_or_default();
        if xml::text(&inner, "ToUserName") != push.from {
            Err("the reply is for somebody else".to_owned())
        } else if xml::text(&inner, "FromUserName") != self.receiver(push.door) {
            Err("the reply is from somebody else".to_owned())
        } else if age.abs() > CREATED_NEAR {
            Err("the reply's CreateTime is not in seconds".to_owned())
        } else if xml::text(&inner, "MsgType").is_empty() {
            Err("the reply has not one MsgType".to_owned())
        } else {
            Ok(Some(plain))
        }
    }
}

impl Door {
    fn path(self) -> &'static str {
        match self {
            Self::Wechat => "/wechat",
            Self::Wecom => "/wecom",
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
    let articles = match reply.pointer("/Articles/item") {
        Some(Value::Array(items)) => items.iter().map(article).collect(),
        Some(item) => vec![article(item)],
        None => Vec::new(),
    };
    Some(Said::Reply {
        msg_type: xml::text(&reply, "MsgType").to_owned(),
        text: xml::text(&reply, "Content").to_owned(),
        articles,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::RawQuery;
    use axum::routing::post;

    use super::super::call::query_pairs;
    use super::super::testing::{Trial, against, card};
    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    const WECOM_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    fn account_seal() -> Seal {
        Seal::new(KEY, "account-token", "wx-account").unwrap()
    }

    fn wecom_seal() -> Seal {
        Seal::new(WECOM_KEY, "wecom-token", "corp").unwrap()
    }

    /// Checks a push as the documents say, and opens it.
    fn opened(seal: &Seal, query: Option<&str>, body: &[u8]) -> Value {
        let pairs = query_pairs(query);
        let part = |name: &str| &pairs.iter().find(|(key, _)| key == name).unwrap().1;
        let outer = xml::read(std::str::from_utf8(body).unwrap()).unwrap();
        let encrypt = xml::text(&outer, "Encrypt");
        let signed = seal.sign(&[part("timestamp"), part("nonce"), encrypt]);
        assert_eq!(*part("msg_signature"), signed);
        xml::read(&seal.open(encrypt).unwrap()).unwrap()
    }

    /// A sealed reply.
    fn reply(seal: &Seal, plain: &str) -> String {
        let encrypt = seal.close(plain, [5; 16]);
        let signature = seal.sign(&["1772000000", "n", &encrypt]);
        format!(
            "<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt><MsgSignature>{signature}</MsgSignature>\
             <TimeStamp>1772000000</TimeStamp><Nonce>n</Nonce></xml>"
        )
    }

    /// A service that answers each message of the account with what `answer` makes of it.
    fn account(answer: impl Fn(&Value) -> String + Clone + Send + Sync + 'static) -> Router {
        let told = async move |RawQuery(query): RawQuery, body: Bytes| {
            let query = query.as_deref();
            assert!(query.unwrap().contains("encrypt_type=aes&signature="));
            answer(&opened(&account_seal(), query, &body))
        };
        Router::new().route("/wechat", post(told))
    }

    fn text_to(told: &Value, from: &str, created: &str, text: &str) -> String {
        let to = xml::text(told, "FromUserName");
        format!(
            "<xml><ToUserName>{to}</ToUserName><FromUserName>{from}</FromUserName>\
             <CreateTime>{created}</CreateTime><MsgType>text</MsgType><Content>{text}</Content></xml>"
        )
    }

    #[tokio::test]
    async fn a_tap_on_the_menu_is_told_and_answered_in_the_chat() {
        let service = account(|told| {
            let key = xml::text(told, "EventKey");
            assert_eq!((xml::text(told, "Event"), key), ("CLICK", "campus"));
            assert_eq!(xml::text(told, "ToUserName"), "gh_account");
            assert_eq!(xml::text(told, "CreateTime"), "1772000000");
            reply(
                &account_seal(),
                &text_to(told, "gh_account", "1772000000", "访客预约"),
            )
        });
        against(service, async |world: Trial| {
            let openid = world.follower("甲");
            let menu = json!({"button": [{"type": "click", "name": "校园", "key": "campus"}]});
            world.sandbox.state().menu = Some(menu);
            let pushed = world.sandbox.tap(&openid, "campus").await.unwrap();
            assert_eq!(
                (pushed.status, pushed.text.as_deref()),
                (200, Some("访客预约"))
            );
            assert!(!pushed.request.url.contains("signature"));
            let chat = world.sandbox.chat(&openid);
            let said = |text: &str| Said::Reply {
                msg_type: "text".into(),
                text: text.into(),
                articles: vec![],
            };
            assert_eq!(chat[0].what, said("访客预约"));
            let other = world.sandbox.tap(&openid, "other").await;
            assert!(matches!(other, Err(Unpushed::NoSuchKey)));
        })
        .await;
    }

    #[tokio::test]
    async fn following_is_told_and_welcomed() {
        let service = account(|told| match xml::text(told, "Event") {
            "subscribe" => reply(
                &account_seal(),
                &text_to(told, "gh_account", "1772000000", "欢迎"),
            ),
            event => {
                assert_eq!(event, "unsubscribe");
                "success".to_owned()
            }
        });
        against(service, async |world: Trial| {
            let openid = world.sandbox.add_person("甲").openid;
            let silent = world.sandbox.say(&openid, "你好").await;
            assert!(matches!(silent, Err(Unpushed::NotFollowing)));
            let welcome = world.sandbox.follow(&openid).await.unwrap();
            assert_eq!(welcome.text.as_deref(), Some("欢迎"));
            let info = async || {
                let token = world.account_token().await;
                let path = "/weixin/cgi-bin/user/info?access_token";
                world.get(&format!("{path}={token}&openid={openid}")).await["subscribe"].clone()
            };
            assert_eq!(info().await, 1);
            let gone = world.sandbox.unfollow(&openid).await.unwrap();
            assert_eq!((gone.status, gone.reply), (200, None));
            assert_eq!(info().await, 0);
        })
        .await;
    }

    #[tokio::test]
    async fn a_reply_that_wechat_would_not_take_shows_its_fault_line() {
        for (fault, answer) in [
            (
                "the reply is no XML",
                (|_| "ok".to_owned()) as fn(&Value) -> String,
            ),
            ("the reply has no Encrypt", |told| {
                text_to(told, "gh_account", "1772000000", "x")
            }),
            ("the reply's MsgSignature is wrong", |told| {
                let seal = account_seal();
                let text = text_to(told, "gh_account", "1772000000", "x");
                reply(&seal, &text).replace("<Nonce>n", "<Nonce>m")
            }),
            ("it is sealed for another app id", |told| {
                let seal = Seal::new(KEY, "account-token", "wx-other").unwrap();
                reply(&seal, &text_to(told, "gh_account", "1772000000", "x"))
            }),
            ("the reply is from somebody else", |told| {
                reply(
                    &account_seal(),
                    &text_to(told, "gh_other", "1772000000", "x"),
                )
            }),
            ("the reply's CreateTime is not in seconds", |told| {
                reply(
                    &account_seal(),
                    &text_to(told, "gh_account", "1772000000000", "x"),
                )
            }),
        ] {
            against(account(answer), async |world: Trial| {
                let openid = world.follower("甲");
                let pushed = world.sandbox.say(&openid, "你好]]>").await.unwrap();
                assert_eq!(pushed.fault.as_deref(), Some(fault));
                let last = world.sandbox.chat(&openid).pop().unwrap().what;
                assert_eq!(
                    last,
                    Said::Fault {
                        text: OUT_OF_SERVICE.into()
                    }
                );
            })
            .await;
        }
    }

    #[tokio::test]
    async fn a_service_that_breaks_off_is_told_three_times() {
        let count = Arc::new(AtomicU32::new(0));
        let counted = count.clone();
        let broken = async move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let cut =
                futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
            axum::body::Body::from_stream(cut)
        };
        let service = Router::new().route("/wechat", post(broken));
        against(service, async |world: Trial| {
            let openid = world.follower("甲");
            let answer = world.sandbox.say(&openid, "你好").await;
            assert!(matches!(answer, Err(Unpushed::NoAnswer)));
        })
        .await;
        assert_eq!(count.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn the_fate_of_a_template_message_is_told_afterwards() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let service = account(move |event| {
            heard
                .lock()
                .unwrap()
                .push(xml::text(event, "Status").to_owned());
            assert_eq!(xml::text(event, "Event"), "TEMPLATESENDJOBFINISH");
            assert!(xml::text(event, "MsgID").parse::<i64>().unwrap() > 1 << 53);
            String::new()
        });
        against(service, async |world: Trial| {
            let openid = world.follower("甲");
            let token = world.account_token().await;
            let path = format!("/weixin/cgi-bin/message/template/send?access_token={token}");
            let field = |value: &str| json!({"value": value});
            let message = json!({"touser": openid, "template_id": "TPL-VISIT-RESULT", "data": {
                "thing1": field("张老师"), "thing2": field("校园"), "phrase4": field("已通过"),
                "time3": field("2026年03月02日 14:00")}});
            assert_eq!(world.post(&path, &message).await["errcode"], 0);
            world.sandbox.block(&openid, true).unwrap();
            assert_eq!(world.post(&path, &message).await["errcode"], 0);
            assert_eq!(world.sandbox.push_queued().await.unwrap(), 2);
            assert_eq!(world.sandbox.templates_to(&openid).len(), 1);
        })
        .await;
        assert_eq!(*told.lock().unwrap(), ["success", "failed:user block"]);
    }

    #[tokio::test]
    async fn a_tap_on_a_card_changes_the_card_of_whoever_tapped() {
        let answer = async |RawQuery(query): RawQuery, body: Bytes| {
            let told = opened(&wecom_seal(), query.as_deref(), &body);
            assert_eq!(xml::text(&told, "Event"), "template_card_event");
            assert_eq!(xml::text(&told, "TaskId"), "visit-1");
            assert_eq!(xml::text(&told, "AgentID"), "1000002");
            assert!(!xml::text(&told, "ResponseCode").is_empty());
            let to = xml::text(&told, "FromUserName");
            let plain = format!(
                "<xml><ToUserName>{to}</ToUserName><FromUserName>corp</FromUserName>\
                 <CreateTime>1772000000</CreateTime><MsgType>update_button</MsgType>\
                 <Button><ReplaceName>已同意</ReplaceName></Button></xml>"
            );
            reply(&wecom_seal(), &plain)
        };
        against(
            Router::new().route("/wecom", post(answer)),
            async |world: Trial| {
                world.sandbox.add_staff("zhang", "张老师");
                world.sandbox.add_staff("li", "李老师");
                world.send(&card("zhang|li", "visit-1")).await;
                let (_, mine) = world
                    .sandbox
                    .tap_card("zhang", "visit-1", "approve")
                    .await
                    .unwrap();
                assert_eq!(mine.replaced.as_deref(), Some("已同意"));
                assert_eq!(world.sandbox.cards_of("li")[0].replaced, None);
                let again = world.sandbox.tap_card("zhang", "visit-1", "approve").await;
                assert!(matches!(again, Err(Unpushed::NoSuchButton)));
                let log = world.sandbox.log();
                assert_eq!(log.last().unwrap().request["ResponseCode"], "…");
            },
        )
        .await;
    }
}
