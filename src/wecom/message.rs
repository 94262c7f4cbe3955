//! What the application tells members, and how it changes the cards they already have.
//!
//! Sources: <https://developer.work.weixin.qq.com/document/path/90236>,
//! <https://developer.work.weixin.qq.com/document/path/94888>.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::application::Application;
use super::card::Card;
use crate::tencent::call::CallError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// At most 2,048 bytes; more is cut.
    Text(String),
    Card(Card),
}

/// WeCom took the message. That it names invalid members is a partial failure: the others have it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sent {
    pub message_id: String,
    /// For a card with buttons: what changes it by API, once, within 72 hours.
    pub response_code: Option<String>,
    /// Members who are unknown, outside the application's range, or without a licence.
    pub invalid_users: Vec<String>,
}

/// What a card becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardUpdate {
    /// All buttons give way to this text.
    ReplaceButtons(String),
    ReplaceCard(Card),
}

/// The longest interval of the duplicate check.
const MAX_INTERVAL: u64 = 4 * 60 * 60;

impl Application {
    /// Sends to members by userid, at most 1,000. For `no_repeat` (at most four hours) WeCom sends
    /// the same content to the same members only once, so a send whose outcome is unknown may be
    /// repeated. More than 30 a minute to one member are dropped without a word.
    ///
    /// # Errors
    /// [`CallError`]; 81013 when no member is valid.
    pub async fn send(
        &self,
        to: &[&str],
        message: &Message,
        no_repeat: Option<Duration>,
    ) -> Result<Sent, CallError> {
        let mut body = json!({ "touser": to.join("|"), "agentid": self.credentials.agent_id });
        match message {
            Message::Text(text) => {
                body["msgtype"] = json!("text");
                body["text"] = json!({ "content": text });
            }
            Message::Card(card) => {
                body["msgtype"] = json!("template_card");
                body["template_card"] = card.to_json();
            }
        }
        if let Some(interval) = no_repeat {
            body["enable_duplicate_check"] = json!(1);
            body["duplicate_check_interval"] = json!(interval.as_secs().min(MAX_INTERVAL));
        }
        let answer: Answer = self.post("/cgi-bin/message/send", &body).await?;
        Ok(answer.into())
    }

    /// Changes a card for the members named. The code works once; each click brings a new one.
    /// Gives the members for whom it did not change.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn update_card(
        &self,
        of: &[&str],
        response_code: &str,
        update: &CardUpdate,
    ) -> Result<Vec<String>, CallError> {
        #[derive(Deserialize)]
        struct Updated {
            #[serde(default)]
            invaliduser: Vec<String>,
        }
        let mut body = json!({
            "userids": of,
            "agentid": self.credentials.agent_id,
            "response_code": response_code,
        });
        match update {
            CardUpdate::ReplaceButtons(text) => body["button"] = json!({ "replace_name": text }),
            CardUpdate::ReplaceCard(card) => body["template_card"] = card.to_json(),
        }
        let path = "/cgi-bin/message/update_template_card";
        let updated: Updated = self.post(path, &body).await?;
        Ok(updated.invaliduser)
    }
}

#[derive(Deserialize)]
struct Answer {
    msgid: String,
    response_code: Option<String>,
    #[serde(default)]
    invaliduser: String,
    #[serde(default)]
    unlicenseduser: String,
}

impl From<Answer> for Sent {
    fn from(answer: Answer) -> Self {
        let invalid = answer
            .invaliduser
            .split('|')
            .chain(answer.unlicenseduser.split('|'));
        Self {
            message_id: answer.msgid,
            response_code: answer.response_code,
            invalid_users: invalid
                .filter(|user| !user.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }
}
