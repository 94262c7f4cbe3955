//! What people let the two apps send (订阅消息, 订阅通知), the messages that were bought with it, and what the
//! service is told of both.
//!
//! Source: <https://developers.weixin.qq.com/doc/offiaccount/Subscription_Messages/api.html>, 事件推送, and
//! the mini-program's page beside it. The account's events are XML, with the list in an element named
//! after the event; the mini-program's are JSON, with the list in the root.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::people::TemplateLine;
use super::push::{Door, Push};
use super::xml::Content;
use super::{Pushed, Sandbox, Unpushed};

/// Which app asks and sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum App {
    Mini,
    Account,
}

/// The answer for one template.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    pub template_id: String,
    pub accepts: bool,
}

/// What became of one subscription message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentMessage {
    pub template_id: String,
    /// What the sending returned.
    pub msgid: String,
    /// 0 is delivered.
    pub error_code: i64,
}

/// A subscription message on somebody's phone.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Notice {
    pub at: DateTime<Utc>,
    pub app: App,
    pub msgid: String,
    pub template_id: String,
    pub title: String,
    pub page: Option<String>,
    pub data: Vec<TemplateLine>,
}

/// Grants and messages by the openid of the app in question.
#[derive(Default)]
pub(super) struct Subscriptions {
    grants: HashMap<(String, String), u32>,
    notices: Vec<(String, Notice)>,
}

impl Subscriptions {
    /// Uses up a grant; says whether there was one.
    pub(super) fn spend(&mut self, openid: &str, template: &str) -> bool {
        let place = (openid.to_owned(), template.to_owned());
        match self.grants.get_mut(&place) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(_) | None => false,
        }
    }

    pub(super) fn show(&mut self, openid: &str, notice: Notice) {
        self.notices.push((openid.to_owned(), notice));
    }
}

impl Sandbox {
    /// Answers the question on the screen: each acceptance buys one message. The service is told.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn subscribe(
        &self,
        openid: &str,
        app: App,
        list: &[Answered],
    ) -> Result<Pushed, Unpushed> {
        let from = self.known_to(openid, app)?;
        for answered in list.iter().filter(|answered| answered.accepts) {
            self.grant(&from, &answered.template_id);
        }
        let list = list.iter().map(answer).collect();
        self.push(told(app, &from, Happened::Popup, list)).await
    }

    /// Changes the answers in the settings, where a no voids what was granted. The service is told.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn change_subscriptions(
        &self,
        openid: &str,
        app: App,
        list: &[Answered],
    ) -> Result<Pushed, Unpushed> {
        let from = self.known_to(openid, app)?;
        for answered in list.iter().filter(|answered| !answered.accepts) {
            self.void(&from, &answered.template_id);
        }
        let list = list.iter().map(answer).collect();
        self.push(told(app, &from, Happened::Change, list)).await
    }

    /// Tells the service what became of messages, whether they were sent or not.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn report_subscriptions(
        &self,
        openid: &str,
        app: App,
        list: &[SentMessage],
    ) -> Result<Pushed, Unpushed> {
        let from = self.known_to(openid, app)?;
        let list = list.iter().map(report).collect();
        self.push(told(app, &from, Happened::Sent, list)).await
    }

    /// Grants a message without a word to the service: a popup whose push got lost. `openid` is the
    /// app's own.
    pub fn grant(&self, openid: &str, template: &str) {
        let place = (openid.to_owned(), template.to_owned());
        *self.state().subscriptions.grants.entry(place).or_default() += 1;
    }

    /// Takes all grants without a word to the service: a change whose push got lost.
    pub fn void(&self, openid: &str, template: &str) {
        let place = (openid.to_owned(), template.to_owned());
        self.state().subscriptions.grants.remove(&place);
    }

    /// The subscription messages on somebody's phone, oldest first.
    #[must_use]
    pub fn notices(&self, openid: &str) -> Vec<Notice> {
        let state = self.state();
        let Some(person) = state.people.find(openid) else {
            return Vec::new();
        };
        let theirs = state.subscriptions.notices.iter();
        let theirs = theirs.filter(|(to, _)| *to == person.openid || *to == person.mini_openid);
        theirs.map(|(_, notice)| notice.clone()).collect()
    }

    fn known_to(&self, openid: &str, app: App) -> Result<String, Unpushed> {
        let state = self.state();
        let person = state.people.find(openid).ok_or(Unpushed::NoSuchPerson)?;
        Ok(match app {
            App::Mini => person.mini_openid.clone(),
            App::Account => person.openid.clone(),
        })
    }
}

/// The report that follows a message which WeChat took.
pub(super) fn fate(app: App, openid: &str, template: &str, msgid: i64) -> Push {
    let sent = SentMessage {
        template_id: template.to_owned(),
        msgid: msgid.to_string(),
        error_code: 0,
    };
    told(app, openid, Happened::Sent, vec![report(&sent)])
}

type Fields = Vec<(&'static str, Content)>;

#[derive(Clone, Copy)]
enum Happened {
    Popup,
    Change,
    Sent,
}

fn told(app: App, from: &str, what: Happened, list: Vec<Fields>) -> Push {
    let (event, around) = match what {
        Happened::Popup => ("subscribe_msg_popup_event", "SubscribeMsgPopupEvent"),
        Happened::Change => ("subscribe_msg_change_event", "SubscribeMsgChangeEvent"),
        Happened::Sent => ("subscribe_msg_sent_event", "SubscribeMsgSentEvent"),
    };
    let list = ("List", Content::List(list));
    let (door, list) = match app {
        App::Mini => (Door::Mini, list),
        App::Account => (Door::Wechat, (around, Content::List(vec![vec![list]]))),
    };
    Push {
        door,
        from: from.to_owned(),
        fields: vec![
            ("MsgType", Content::Text("event".to_owned())),
            ("Event", Content::Text(event.to_owned())),
            list,
        ],
    }
}

fn answer(one: &Answered) -> Fields {
    let status = if one.accepts { "accept" } else { "reject" };
    vec![
        ("TemplateId", Content::Text(one.template_id.clone())),
        ("SubscribeStatusString", Content::Text(status.to_owned())),
        ("PopupScene", Content::Text("0".to_owned())),
    ]
}

fn report(one: &SentMessage) -> Fields {
    let status = if one.error_code == 0 {
        "success"
    } else {
        "failed"
    };
    vec![
        ("TemplateId", Content::Text(one.template_id.clone())),
        ("MsgID", Content::Text(one.msgid.clone())),
        ("ErrorCode", Content::Text(one.error_code.to_string())),
        ("ErrorStatus", Content::Text(status.to_owned())),
    ]
}
