//! Subscription messages (订阅消息, 订阅通知): one grant of the person buys one message, and nothing
//! protects from sending twice.
//!
//! Sources: <https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html>,
//! <https://developers.weixin.qq.com/doc/offiaccount/Subscription_Messages/api.html>.

use serde::Deserialize;
use serde_json::{Value, json};

use super::account::OfficialAccount;
use super::app::{Connection, data};
use super::mini::MiniProgram;
use super::template::MiniProgramPage;
use crate::tencent::call::CallError;

/// A message to one person who granted it.
#[derive(Clone, PartialEq, Eq)]
pub struct SubscriptionMessage {
    /// An openid of the app that sends.
    pub to: String,
    pub template_id: String,
    /// What a tap opens: a path in the mini-program, or for the account a URL.
    pub page: Option<String>,
    /// For the account: the mini-program that a tap opens instead.
    pub mini_program: Option<MiniProgramPage>,
    pub data: Vec<(String, String)>,
}

/// A template of subscription messages as it stands in the app.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SubscriptionTemplate {
    #[serde(rename = "priTmplId")]
    pub template_id: String,
    pub title: String,
    pub content: String,
}

impl MiniProgram {
    /// Sends to a person of the mini-program; gives the number under which
    /// `subscribe_msg_sent_event` will report, when WeChat says it.
    ///
    /// # Errors
    /// [`CallError`]; 43101 when the grant is used up or was never given.
    pub async fn send_subscription(
        &self,
        message: &SubscriptionMessage,
    ) -> Result<Option<String>, CallError> {
        send(&self.connection, "/cgi-bin/message/subscribe/send", message).await
    }

    /// # Errors
    /// [`CallError`].
    pub async fn subscription_templates(&self) -> Result<Vec<SubscriptionTemplate>, CallError> {
        templates(&self.connection).await
    }
}

impl OfficialAccount {
    /// Sends to a person of the account; the number as for the mini-program.
    ///
    /// # Errors
    /// [`CallError`]; 43101 when the grant is used up or was never given.
    pub async fn send_subscription(
        &self,
        message: &SubscriptionMessage,
    ) -> Result<Option<String>, CallError> {
        let path = "/cgi-bin/message/subscribe/bizsend";
        send(&self.connection, path, message).await
    }

    /// # Errors
    /// [`CallError`].
    pub async fn subscription_templates(&self) -> Result<Vec<SubscriptionTemplate>, CallError> {
        templates(&self.connection).await
    }
}

impl SubscriptionMessage {
    fn to_json(&self) -> Value {
        let mut body = json!({
            "touser": self.to,
            "template_id": self.template_id,
            "data": data(&self.data),
        });
        if let Some(page) = &self.page {
            body["page"] = json!(page);
        }
        if let Some(page) = &self.mini_program {
            body["miniprogram"] = page.to_json();
        }
        body
    }
}

/// The documents' example of the answer has no number, and their text says that there is one.
async fn send(
    connection: &Connection,
    path: &str,
    message: &SubscriptionMessage,
) -> Result<Option<String>, CallError> {
    #[derive(Deserialize)]
    struct Sent {
        #[serde(default)]
        msgid: Option<Value>,
    }
    let sent: Sent = connection.post(path, &message.to_json()).await?;
    Ok(sent.msgid.and_then(|id| match id {
        Value::String(id) => Some(id),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }))
}

async fn templates(connection: &Connection) -> Result<Vec<SubscriptionTemplate>, CallError> {
    #[derive(Deserialize)]
    struct Listed {
        data: Vec<SubscriptionTemplate>,
    }
    let listed: Listed = connection.get("/wxaapi/newtmpl/gettemplate", &[]).await?;
    Ok(listed.data)
}
