//! POST /cgi-bin/message/send (发送应用消息): texts and cards with buttons.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::card::{Card, invalid};
use super::desk::{WorkMessage, WorkText};
use super::{authorised, own_agent};
use crate::sandbox::Sandbox;
use crate::sandbox::call::{Answer, Call, Refusal};

/// Longer texts are cut, as the documents say.
const TEXT_BYTES: usize = 2048;
/// Half an hour unless the message says otherwise, and at most four hours.
const CHECKED_SECONDS: i64 = 1800;
const CHECKED_AT_MOST: i64 = 4 * 3600;
/// More in one minute to one member are dropped without a word.
const A_MINUTE: usize = 30;

/// A message that asked for a duplicate check.
pub(super) struct Earlier {
    body: Value,
    until: DateTime<Utc>,
    answer: Value,
    msgid: String,
}

#[derive(Deserialize)]
struct Send {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    msgtype: String,
    #[serde(default)]
    agentid: i64,
    #[serde(default)]
    text: Option<Text>,
    #[serde(default)]
    template_card: Value,
    #[serde(default)]
    enable_duplicate_check: u8,
    #[serde(default)]
    duplicate_check_interval: Option<i64>,
}

#[derive(Deserialize)]
struct Text {
    content: String,
}

enum Content {
    Text(String),
    Card(Box<Card>),
}

pub(super) fn send(call: &Call) -> Answer {
    authorised(call)?;
    let (sandbox, now) = (&call.sandbox, call.sandbox.now());
    let (asked, body): (Send, Value) = (call.json()?, call.json()?);
    own_agent(call, asked.agentid)?;
    let (users, invalid_users) = receivers(sandbox, &asked.touser)?;
    if asked.enable_duplicate_check == 1
        && let Some(answer) = sandbox.seen(&body, now)
    {
        return Ok(answer);
    }
    let content = content(sandbox, &asked)?;
    let msgid = format!("msg_{}", sandbox.number());
    let mut answer = json!({
        "errcode": 0,
        "errmsg": "ok",
        "invaliduser": invalid_users.join("|"),
        "msgid": msgid,
    });
    if let Content::Card(card) = &content
        && !card.buttons.is_empty()
    {
        answer["response_code"] = sandbox.response_code(&card.task_id).into();
    }
    let desks = &mut sandbox.state().desks;
    let is_licensed = |user: &String| !desks.unlicensed.contains(user);
    let (users, unlicensed): (Vec<_>, Vec<_>) = users.into_iter().partition(is_licensed);
    if !unlicensed.is_empty() {
        answer["unlicenseduser"] = unlicensed.join("|").into();
    }
    for user in users {
        let minute_ago = now - Duration::minutes(1);
        let lately = desks
            .messages(&user)
            .iter()
            .filter(|message| message.at() > minute_ago);
        if lately.count() < A_MINUTE {
            desks.put(&user, content.message(now, &msgid));
        }
    }
    if let Content::Card(card) = content
        && !card.task_id.is_empty()
    {
        desks.task_ids.insert(card.task_id);
    }
    if asked.enable_duplicate_check == 1 {
        let seconds = asked.duplicate_check_interval.unwrap_or(CHECKED_SECONDS);
        let until = now + Duration::seconds(seconds.clamp(0, CHECKED_AT_MOST));
        desks.earlier.push(Earlier {
            body,
            until,
            answer: answer.clone(),
            msgid,
        });
    }
    Ok(answer)
}

impl Sandbox {
    /// A new code with which the card of this task can be updated once, as a tap brings one.
    #[must_use]
    pub fn response_code(&self, task: &str) -> String {
        let purpose = super::update::PURPOSE;
        self.state()
            .codes
            .issue(purpose, task, self.now(), self.entropy())
    }

    /// The answer that the same message got a short while ago.
    fn seen(&self, body: &Value, now: DateTime<Utc>) -> Option<Value> {
        let desks = &mut self.state().desks;
        desks.earlier.retain(|earlier| earlier.until > now);
        let earlier = desks.earlier.iter().find(|earlier| earlier.body == *body)?;
        let (answer, msgid) = (earlier.answer.clone(), earlier.msgid.clone());
        desks.count_suppressed(&msgid);
        Some(answer)
    }
}

impl Content {
    fn message(&self, at: DateTime<Utc>, msgid: &str) -> WorkMessage {
        let (msgid, suppressed) = (msgid.to_owned(), 0);
        match self {
            Self::Text(content) => {
                let content = content.clone();
                WorkMessage::Text(WorkText {
                    at,
                    msgid,
                    content,
                    suppressed,
                })
            }
            Self::Card(card) => WorkMessage::Card {
                at,
                msgid,
                suppressed,
                card: Card::clone(card),
            },
        }
    }
}

/// Who gets it and who does not exist; an error when nobody exists.
fn receivers(sandbox: &Sandbox, touser: &str) -> Result<(Vec<String>, Vec<String>), Refusal> {
    if touser.is_empty() {
        return Err(Refusal::new(82001, "touser & toparty & totag all empty"));
    }
    let state = sandbox.state();
    let named = touser.split('|').map(str::to_owned);
    let (there, missing): (Vec<_>, Vec<_>) = named.partition(|user| state.desks.has(user));
    if there.is_empty() {
        return Err(Refusal::new(81013, "user & party & tag all invalid"));
    }
    Ok((there, missing))
}

fn content(sandbox: &Sandbox, asked: &Send) -> Result<Content, Refusal> {
    match asked.msgtype.as_str() {
        "text" => match &asked.text {
            Some(Text { content }) if !content.is_empty() => {
                let end = content.floor_char_boundary(TEXT_BYTES);
                Ok(Content::Text(content[..end].to_owned()))
            }
            Some(_) | None => Err(Refusal::new(44004, "empty content")),
        },
        "template_card" => {
            let card = Card::from_json(&asked.template_card)?;
            if sandbox.state().desks.task_ids.contains(&card.task_id) {
                return Err(invalid("template_card.task_id is not unique"));
            }
            Ok(Content::Card(Box::new(card)))
        }
        _ => Err(Refusal::new(40008, "invalid message type")),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::{Value, json};

    use crate::sandbox::testing::{Trial, card};

    #[tokio::test]
    async fn a_message_to_some_who_exist_names_those_who_do_not() {
        let world = Trial::with_staff();
        let text = json!({"touser": "zhang|ghost", "msgtype": "text", "agentid": 1_000_002,
            "text": {"content": "您的访客已到达"}});
        let answer = world.send(&text).await;
        assert_eq!(
            (answer["errcode"].as_i64(), &answer["invaliduser"]),
            (Some(0), &json!("ghost"))
        );
        assert_eq!(world.sandbox.texts_of("zhang")[0].content, "您的访客已到达");

        world.sandbox.unlicense("zhang");
        let answer = world.send(&text).await;
        assert_eq!(
            [&answer["errcode"], &answer["unlicenseduser"]],
            [&json!(0), &json!("zhang")]
        );
        assert_eq!(
            world.sandbox.texts_of("zhang").len(),
            1,
            "it did not arrive"
        );

        let mut nobody = text.clone();
        nobody["touser"] = json!("ghost");
        assert_eq!(world.send(&nobody).await["errcode"], 81013);
        nobody["touser"] = json!("");
        assert_eq!(world.send(&nobody).await["errcode"], 82001);
        let mut foreign = text;
        foreign["agentid"] = json!(1);
        assert_eq!(world.send(&foreign).await["errcode"], 40056);
    }

    #[tokio::test]
    async fn the_same_message_is_shown_once_in_half_an_hour() {
        let world = Trial::with_staff();
        let mut text = json!({"touser": "zhang", "msgtype": "text", "agentid": 1_000_002,
            "text": {"content": "到达"}, "enable_duplicate_check": 1});
        let first = world.send(&text).await;
        assert_eq!(world.send(&text).await, first);
        assert_eq!(world.sandbox.texts_of("zhang")[0].suppressed, 1);
        world.later(Duration::seconds(1800));
        world.send(&text).await;
        assert_eq!(world.sandbox.texts_of("zhang").len(), 2);
        text["enable_duplicate_check"] = json!(0);
        world.send(&text).await;
        assert_eq!(world.sandbox.texts_of("zhang").len(), 3);
    }

    #[tokio::test]
    async fn a_card_keeps_the_rules_of_cards() {
        let world = Trial::with_staff();
        let change = |pointer: &str, value: Value| {
            let mut message = card("zhang", "visit-1");
            *message.pointer_mut(pointer).unwrap() = value;
            message
        };
        let buttons = |n: usize| {
            let button = |i| json!({"text": "同意", "key": format!("k{i}")});
            Value::Array((0..n).map(button).collect())
        };
        for (errcode, message) in [
            (40058, change("/template_card/task_id", json!("a b"))),
            (40058, change("/template_card/task_id", json!(""))),
            (
                40058,
                change("/template_card/task_id", json!("a".repeat(129))),
            ),
            (40058, change("/template_card/button_list", buttons(0))),
            (40058, change("/template_card/button_list", buttons(7))),
            (
                40058,
                change(
                    "/template_card/button_list/1",
                    json!({"text": "同意", "key": "approve"}),
                ),
            ),
            (
                40058,
                change("/template_card/button_list/0", json!({"text": "同意"})),
            ),
            (
                40058,
                change("/template_card/card_type", json!("unheard_of")),
            ),
            (40008, change("/msgtype", json!("unheard_of"))),
            (0, change("/template_card/button_list", buttons(6))),
            (40058, card("zhang", "visit-1")),
        ] {
            assert_eq!(world.send(&message).await["errcode"], errcode, "{message}");
        }
        assert_eq!(world.sandbox.cards_of("zhang").len(), 1);
    }

    #[tokio::test]
    async fn a_notice_has_a_page_and_no_buttons() {
        let world = Trial::with_staff();
        let mut notice = json!({"touser": "zhang", "msgtype": "template_card", "agentid": 1_000_002,
            "template_card": {"card_type": "text_notice", "main_title": {"title": "访客已到达"}}});
        assert_eq!(world.send(&notice).await["errcode"], 40058);
        notice["template_card"]["card_action"] =
            json!({"type": 1, "url": "http://service.test/h5"});
        for _ in 0..2 {
            let answer = world.send(&notice).await;
            assert_eq!(
                (&answer["errcode"], &answer["response_code"]),
                (&json!(0), &Value::Null)
            );
        }
        assert_eq!(
            world.sandbox.cards_of("zhang")[1].url.as_deref(),
            Some("http://service.test/h5")
        );
    }

    #[tokio::test]
    async fn the_thirty_first_message_in_a_minute_is_dropped_silently() {
        let world = Trial::with_staff();
        for n in 0..31 {
            let text = json!({"touser": "zhang", "msgtype": "text", "agentid": 1_000_002,
                "text": {"content": n.to_string()}});
            assert_eq!(world.send(&text).await["errcode"], 0);
        }
        assert_eq!(world.sandbox.texts_of("zhang").len(), 30);
    }
}
