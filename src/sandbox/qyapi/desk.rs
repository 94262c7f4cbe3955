//! The staff and what lies on their desks: the application's messages in each one's WeCom.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::card::Card;
use super::message::Earlier;
use crate::sandbox::Sandbox;
use crate::sandbox::push::{Door, Push, Pushed, Unpushed};
use crate::sandbox::xml::{self, Content};

/// A member of staff with WeCom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StaffMember {
    pub userid: String,
    pub name: String,
}

/// One message of the application.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WorkMessage {
    Text(WorkText),
    Card {
        at: DateTime<Utc>,
        msgid: String,
        /// How many times it was sent again and not shown.
        suppressed: u32,
        #[serde(flatten)]
        card: Card,
    },
}

/// A text message of the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorkText {
    pub at: DateTime<Utc>,
    pub msgid: String,
    pub content: String,
    /// How many times it was sent again and not shown.
    pub suppressed: u32,
}

/// Every desk, and what WeCom remembers of the messages on them.
#[derive(Default)]
pub(in crate::sandbox) struct Desks {
    all: Vec<Desk>,
    /// Every task id that was ever used.
    pub(super) task_ids: HashSet<String>,
    /// Members whom messages do not reach, though the call succeeds.
    pub(super) unlicensed: HashSet<String>,
    /// The messages that asked for a duplicate check.
    pub(super) earlier: Vec<Earlier>,
}

struct Desk {
    member: StaffMember,
    messages: Vec<WorkMessage>,
}

impl Desks {
    pub(super) fn has(&self, userid: &str) -> bool {
        self.all.iter().any(|desk| desk.member.userid == userid)
    }

    pub(super) fn messages(&self, userid: &str) -> &[WorkMessage] {
        let found = self.all.iter().find(|desk| desk.member.userid == userid);
        found.map_or(&[], |desk| &desk.messages)
    }

    pub(super) fn put(&mut self, userid: &str, message: WorkMessage) {
        if let Some(desk) = self
            .all
            .iter_mut()
            .find(|desk| desk.member.userid == userid)
        {
            desk.messages.push(message);
        }
    }

    /// The card of a task on somebody's desk.
    pub(super) fn card_mut(&mut self, userid: &str, task: &str) -> Option<&mut Card> {
        let desk = self
            .all
            .iter_mut()
            .find(|desk| desk.member.userid == userid)?;
        desk.messages.iter_mut().find_map(|message| match message {
            WorkMessage::Card { card, .. } if card.task_id == task => Some(card),
            WorkMessage::Card { .. } | WorkMessage::Text(_) => None,
        })
    }

    /// Everybody on whose desk the card of a task lies.
    pub(super) fn holders(&self, task: &str) -> Vec<String> {
        let holds = |desk: &&Desk| {
            desk.messages.iter().any(|message| match message {
                WorkMessage::Card { card, .. } => card.task_id == task,
                WorkMessage::Text(_) => false,
            })
        };
        self.all
            .iter()
            .filter(holds)
            .map(|desk| desk.member.userid.clone())
            .collect()
    }

    /// Counts that a message was sent again and not shown again.
    pub(super) fn count_suppressed(&mut self, id: &str) {
        for message in self.all.iter_mut().flat_map(|desk| &mut desk.messages) {
            let (msgid, suppressed) = match message {
                WorkMessage::Text(text) => (&text.msgid, &mut text.suppressed),
                WorkMessage::Card {
                    msgid, suppressed, ..
                } => (&*msgid, suppressed),
            };
            if msgid == id {
                *suppressed += 1;
            }
        }
    }
}

impl WorkMessage {
    pub(super) fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Text(WorkText { at, .. }) | Self::Card { at, .. } => *at,
        }
    }
}

impl Sandbox {
    /// Gives a member of staff a WeCom; a userid that is there already gets the new name.
    pub fn add_staff(&self, userid: &str, name: &str) {
        let member = StaffMember {
            userid: userid.to_owned(),
            name: name.to_owned(),
        };
        let desks = &mut self.state().desks.all;
        match desks.iter_mut().find(|desk| desk.member.userid == userid) {
            Some(desk) => desk.member = member,
            None => desks.push(Desk {
                member,
                messages: Vec::new(),
            }),
        }
    }

    /// Everybody with WeCom.
    #[must_use]
    pub fn staff(&self) -> Vec<StaffMember> {
        self.state()
            .desks
            .all
            .iter()
            .map(|desk| desk.member.clone())
            .collect()
    }

    /// Takes somebody out of WeCom, with their desk.
    pub fn remove_staff(&self, userid: &str) {
        let all = &mut self.state().desks.all;
        all.retain(|desk| desk.member.userid != userid);
    }

    /// Takes away somebody's licence (互通账号).
    pub fn unlicense(&self, userid: &str) {
        self.state().desks.unlicensed.insert(userid.to_owned());
    }

    /// What the application sent to somebody, oldest first, as it looks now.
    #[must_use]
    pub fn work_messages(&self, userid: &str) -> Vec<WorkMessage> {
        self.state().desks.messages(userid).to_vec()
    }

    /// The cards on somebody's desk, as they look now.
    #[must_use]
    pub fn cards_of(&self, userid: &str) -> Vec<Card> {
        let cards = self
            .work_messages(userid)
            .into_iter()
            .filter_map(|message| match message {
                WorkMessage::Card { card, .. } => Some(card),
                WorkMessage::Text(_) => None,
            });
        cards.collect()
    }

    /// The texts that somebody got.
    #[must_use]
    pub fn texts_of(&self, userid: &str) -> Vec<WorkText> {
        let texts = self
            .work_messages(userid)
            .into_iter()
            .filter_map(|message| match message {
                WorkMessage::Text(text) => Some(text),
                WorkMessage::Card { .. } => None,
            });
        texts.collect()
    }

    /// Taps a button of a card. The service is told with a `ResponseCode` of its own, and its passive
    /// reply changes the card of whoever tapped; gives back the card as it looks then.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn tap_card(
        &self,
        userid: &str,
        task: &str,
        key: &str,
    ) -> Result<(Pushed, Card), Unpushed> {
        if !self.state().desks.has(userid) {
            return Err(Unpushed::NoSuchStaff);
        }
        let card = self.card(userid, task)?;
        if card
            .buttons
            .iter()
            .all(|button| button.key.as_deref() != Some(key))
        {
            return Err(Unpushed::NoSuchButton);
        }
        let response_code = self.response_code(task);
        let text = |text: &str| Content::Text(text.to_owned());
        let fields = vec![
            ("MsgType", text("event")),
            ("Event", text("template_card_event")),
            ("EventKey", text(key)),
            ("TaskId", text(task)),
            ("CardType", text("button_interaction")),
            ("ResponseCode", text(&response_code)),
        ];
        let push = Push {
            door: Door::Wecom,
            from: userid.to_owned(),
            fields,
        };
        let pushed = self.push(push).await?;
        if let Some(reply) = pushed.reply.as_deref().and_then(xml::read) {
            self.apply_reply(userid, task, &reply);
        }
        Ok((pushed, self.card(userid, task)?))
    }

    /// Writes to the application; its passive reply stands among the messages.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn write(&self, userid: &str, text: &str) -> Result<Pushed, Unpushed> {
        if !self.state().desks.has(userid) {
            return Err(Unpushed::NoSuchStaff);
        }
        let fields = vec![
            ("MsgType", Content::Text("text".to_owned())),
            ("Content", Content::Text(text.to_owned())),
            ("MsgId", Content::Text(self.number().to_string())),
        ];
        let push = Push {
            door: Door::Wecom,
            from: userid.to_owned(),
            fields,
        };
        let pushed = self.push(push).await?;
        if let Some(reply) = pushed.reply.as_deref().and_then(xml::read) {
            self.apply_reply(userid, "", &reply);
        }
        Ok(pushed)
    }

    fn card(&self, userid: &str, task: &str) -> Result<Card, Unpushed> {
        let card = self.state().desks.card_mut(userid, task).cloned();
        card.ok_or(Unpushed::NoSuchCard)
    }

    fn apply_reply(&self, userid: &str, task: &str, reply: &serde_json::Value) {
        let (at, msgid) = (self.now(), self.number().to_string());
        let desks = &mut self.state().desks;
        match xml::text(reply, "MsgType") {
            "update_button" => {
                if let Some(card) = desks.card_mut(userid, task) {
                    card.replace_buttons(xml::text(reply, "Button/ReplaceName"));
                }
            }
            "update_template_card" => {
                if let Some(card) = desks.card_mut(userid, task) {
                    *card = Card::from_reply(&reply["TemplateCard"], task);
                }
            }
            "text" => {
                let content = xml::text(reply, "Content").to_owned();
                let text = WorkText {
                    at,
                    msgid,
                    content,
                    suppressed: 0,
                };
                desks.put(userid, WorkMessage::Text(text));
            }
            _ => {}
        }
    }
}
