//! POST /cgi-bin/message/custom/send (客服消息), and for how long and how often it may be used.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;

use super::authorised;
use crate::sandbox::call::{Answer, Call, Refusal, ok};
use crate::sandbox::people::{Article, Said};

/// What somebody did opens a window: so many messages for so long (客服消息, 下发条数限制).
struct Window {
    most: u8,
    life: Duration,
}

/// A tap on the menu, a scan, a subscription.
const GESTURE: Window = Window {
    most: 3,
    life: Duration::minutes(1),
};
/// A message of the person's own.
const MESSAGE: Window = Window {
    most: 5,
    life: Duration::hours(48),
};
/// The longest text, in bytes.
const LONGEST: usize = 2048;

/// When the windows of one person opened, and how much was sent through each.
#[derive(Clone, Debug, Default)]
pub struct Windows {
    gesture: Option<Opened>,
    message: Option<Opened>,
}

#[derive(Clone, Debug)]
struct Opened {
    at: DateTime<Utc>,
    sent: u8,
}

impl Windows {
    pub(in crate::sandbox) fn open_by_gesture(&mut self, at: DateTime<Utc>) {
        self.gesture = Some(Opened { at, sent: 0 });
    }

    pub(in crate::sandbox) fn open_by_message(&mut self, at: DateTime<Utc>) {
        self.message = Some(Opened { at, sent: 0 });
    }

    /// Counts a message against an open window: the short one first, since the long one lasts.
    fn spend(&mut self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let mut open = [(&GESTURE, &mut self.gesture), (&MESSAGE, &mut self.message)]
            .into_iter()
            .filter_map(|(window, opened)| Some((window, opened.as_mut()?)))
            .filter(|(window, opened)| now - opened.at < window.life)
            .peekable();
        if open.peek().is_none() {
            return Err(Refusal::new(
                45015,
                "response out of time limit or subscription is canceled",
            ));
        }
        match open.find(|(window, opened)| opened.sent < window.most) {
            Some((_, opened)) => {
                opened.sent += 1;
                Ok(())
            }
            None => Err(Refusal::new(45047, "out of response count limit")),
        }
    }
}

#[derive(Deserialize)]
struct Send {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    msgtype: String,
    text: Option<Text>,
    news: Option<News>,
}

#[derive(Deserialize)]
struct Text {
    content: String,
}

#[derive(Deserialize)]
struct News {
    articles: Vec<Article>,
}

pub(super) fn send(call: &Call) -> Answer {
    authorised(call)?;
    let asked: Send = call.json()?;
    let said = match (asked.msgtype.as_str(), asked.text, asked.news) {
        ("text", Some(text), _) => text_line(text.content)?,
        ("news", _, Some(news)) => news_line(news.articles)?,
        ("text" | "news", _, _) => return Err(Refusal::new(40035, "invalid parameter")),
        _ => return Err(Refusal::new(40008, "invalid message type")),
    };
    let sandbox = &call.sandbox;
    let now = sandbox.now();
    let mut state = sandbox.state();
    let person = state.people.find_mut(&asked.touser);
    let person = person.ok_or_else(|| Refusal::new(40003, "invalid openid"))?;
    // Who no longer follows has no open window: the number is the same.
    if !person.follows {
        return Err(Refusal::new(
            45015,
            "response out of time limit or subscription is canceled",
        ));
    }
    person.windows.spend(now)?;
    state.people.show(&asked.touser, now, said);
    Ok(ok())
}

fn text_line(text: String) -> Result<Said, Refusal> {
    if text.is_empty() {
        return Err(Refusal::new(44004, "empty content"));
    }
    if text.len() > LONGEST {
        return Err(Refusal::new(45002, "content size out of limit"));
    }
    Ok(Said::Custom {
        text,
        articles: Vec::new(),
    })
}

fn news_line(articles: Vec<Article>) -> Result<Said, Refusal> {
    // Since October 2018 there is one.
    if articles.len() != 1 {
        return Err(Refusal::new(45008, "article size out of limit"));
    }
    Ok(Said::Custom {
        text: String::new(),
        articles,
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::post;
    use chrono::Duration;
    use serde_json::{Value, json};

    use crate::sandbox::people::{Article, Said};
    use crate::sandbox::testing::{Trial, against};

    async fn send(world: &Trial, message: &Value) -> Value {
        let token = world.account_token().await;
        let path = format!("/weixin/cgi-bin/message/custom/send?access_token={token}");
        world.post(&path, message).await["errcode"].clone()
    }

    fn text(openid: &str) -> Value {
        json!({"touser": openid, "msgtype": "text", "text": {"content": "您的申请已提交"}})
    }

    fn silent() -> Router {
        Router::new().route("/wechat", post(async || "success"))
    }

    #[tokio::test]
    async fn five_messages_may_follow_one_within_two_days() {
        against(silent(), async |world: Trial| {
            let openid = world.follower("甲");
            assert_eq!(send(&world, &text(&openid)).await, 45015);
            world.sandbox.say(&openid, "你好").await.unwrap();
            for _ in 0..5 {
                assert_eq!(send(&world, &text(&openid)).await, 0);
            }
            assert_eq!(send(&world, &text(&openid)).await, 45047);
            world.sandbox.say(&openid, "在吗").await.unwrap();
            world.later(Duration::hours(48) - Duration::seconds(1));
            assert_eq!(send(&world, &text(&openid)).await, 0);
            world.later(Duration::seconds(1));
            assert_eq!(send(&world, &text(&openid)).await, 45015);
        })
        .await;
    }

    #[tokio::test]
    async fn three_messages_may_follow_a_tap_within_a_minute() {
        against(silent(), async |world: Trial| {
            let openid = world.sandbox.add_person("甲").openid;
            world.sandbox.follow(&openid).await.unwrap();
            assert_eq!(send(&world, &text(&openid)).await, 0);
            let menu = json!({"button": [{"type": "click", "name": "校园", "key": "k"}]});
            world.sandbox.state().menu = Some(menu);
            world.sandbox.tap(&openid, "k").await.unwrap();
            for _ in 0..3 {
                assert_eq!(send(&world, &text(&openid)).await, 0);
            }
            assert_eq!(send(&world, &text(&openid)).await, 45047);
            world.sandbox.tap(&openid, "k").await.unwrap();
            world.later(Duration::minutes(1));
            assert_eq!(send(&world, &text(&openid)).await, 45015);
            world.sandbox.tap(&openid, "k").await.unwrap();
            world.sandbox.unfollow(&openid).await.unwrap();
            assert_eq!(send(&world, &text(&openid)).await, 45015);
        })
        .await;
    }

    #[tokio::test]
    async fn what_arrives_is_a_line_of_its_own_kind_in_the_chat() {
        against(silent(), async |world: Trial| {
            let openid = world.follower("甲");
            world.sandbox.say(&openid, "你好").await.unwrap();
            let article = json!({"title": "访客预约", "description": "", "picurl": "",
                "url": "http://service.test/h5"});
            let news = |articles: Value| {
                json!({"touser": openid, "msgtype": "news", "news": {"articles": articles}})
            };
            for (errcode, message) in [
                (0, text(&openid)),
                (0, news(json!([article]))),
                (45008, news(json!([article, article]))),
                (40003, text("nobody")),
                (40008, json!({"touser": openid, "msgtype": "voice"})),
                (44004, json!({"touser": openid, "msgtype": "text", "text": {"content": ""}})),
                (45002, json!({"touser": openid, "msgtype": "text",
                    "text": {"content": "字".repeat(683)}})),
            ] {
                assert_eq!(send(&world, &message).await, errcode, "{message}");
            }
            let lines: Vec<_> = world.sandbox.chat(&openid).into_iter().map(|l| l.what).collect();
            let custom = |text: &str, articles| Said::Custom {
                text: text.into(),
                articles,
            };
            let shown = Article {
                title: "访客预约".into(),
                description: String::new(),
                url: "http://service.test/h5".into(),
            };
            assert_eq!(
                lines[1..],
                [custom("您的申请已提交", vec![]), custom("", vec![shown])]
            );
        })
        .await;
    }
}
