//! Template messages (模板消息) of the Official Account.
//!
//! Source: <https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html>.

use serde::Deserialize;
use serde_json::json;

use super::account::OfficialAccount;
use super::app::data;
use crate::tencent::call::CallError;

/// A message to one follower.
#[derive(Clone, PartialEq, Eq)]
pub struct TemplateMessage {
    /// An openid.
    pub to: String,
    pub template_id: String,
    /// The page that a tap opens, where no mini-program is named or it cannot be opened.
    pub url: Option<String>,
    pub mini_program: Option<MiniProgramPage>,
    /// For ten minutes WeChat sends nothing twice under the same id (40241): at most 32 characters.
    pub client_msg_id: Option<String>,
    /// Field and value, without `first` and `remark`, which are no longer shown.
    pub data: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MiniProgramPage {
    pub app_id: String,
    pub path: String,
}

/// A template as it stands in the account. `content` names the fields: `{{thing1.DATA}}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Template {
    pub template_id: String,
    pub title: String,
    pub content: String,
    #[serde(default)]
    pub example: String,
}

impl OfficialAccount {
    /// Sends; gives the `msgid` under which `TEMPLATESENDJOBFINISH` will report.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn send_template(&self, message: &TemplateMessage) -> Result<i64, CallError> {
        #[derive(Deserialize)]
        struct Sent {
            msgid: i64,
        }
        let mut body = json!({
            "touser": message.to,
            "template_id": message.template_id,
            "data": data(&message.data),
        });
        if let Some(url) = &message.url {
            body["url"] = json!(url);
        }
        if let Some(page) = &message.mini_program {
            body["miniprogram"] = page.to_json();
        }
        if let Some(id) = &message.client_msg_id {
            body["client_msg_id"] = json!(id);
        }
        let sent: Sent = self
            .connection
            .post("/cgi-bin/message/template/send", &body)
            .await?;
        Ok(sent.msgid)
    }

    /// The templates of the account, to check ours against.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn templates(&self) -> Result<Vec<Template>, CallError> {
        #[derive(Deserialize)]
        struct Listed {
            template_list: Vec<Template>,
        }
        let path = "/cgi-bin/template/get_all_private_template";
        let listed: Listed = self.connection.get(path, &[]).await?;
        Ok(listed.template_list)
    }
}

impl MiniProgramPage {
    pub(super) fn to_json(&self) -> serde_json::Value {
        json!({ "appid": self.app_id, "pagepath": self.path })
    }
}
