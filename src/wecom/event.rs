//! What staff do in the application, typed.
//!
//! Source: <https://developer.work.weixin.qq.com/document/path/90240>.

use crate::tencent::incoming::Incoming;

/// A message or an event. Who did it is [`Incoming::from`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Text {
        content: String,
    },
    Image {
        media_id: String,
        pic_url: String,
    },
    /// A member opened the application.
    EnterAgent,
    /// A member was given the application.
    Subscribe,
    Unsubscribe,
    /// A menu button that answers.
    Click {
        key: String,
    },
    /// A menu button that opened a page.
    View {
        url: String,
    },
    /// The address book changed: `create_user`, `update_user`, `delete_user`, `update_party`, …
    ContactChanged {
        change: String,
        user_id: String,
        /// When the member was renamed.
        new_user_id: Option<String>,
    },
    /// A button of a card.
    CardClicked(CardClick),
    /// An entry of the menu in a card's corner.
    CardMenuClicked(CardClick),
    /// A step of WeCom's own approvals (审批), by its number and `SpStatus`.
    ApprovalChanged {
        number: String,
        status: u32,
    },
    /// A kind that this code does not know; everything is in [`Incoming::fields`].
    Unknown,
}

/// A click on a card. With `response_code` the card can be changed by API, once, within 72 hours.
#[derive(Clone, PartialEq, Eq)]
pub struct CardClick {
    pub key: String,
    pub task_id: String,
    pub card_type: String,
    pub response_code: String,
    pub agent_id: i64,
}

impl std::fmt::Debug for CardClick {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardClick")
            .field("key", &self.key)
            .field("task_id", &self.task_id)
            .finish_non_exhaustive()
    }
}

impl From<&Incoming> for Event {
    fn from(incoming: &Incoming) -> Self {
        let text = |path| incoming.fields.text_or_empty(path);
        match (incoming.msg_type().as_str(), incoming.event().as_str()) {
            ("text", _) => Self::Text {
                content: text("Content"),
            },
            ("image", _) => Self::Image {
                media_id: text("MediaId"),
                pic_url: text("PicUrl"),
            },
            (_, "enter_agent") => Self::EnterAgent,
            (_, "subscribe") => Self::Subscribe,
            (_, "unsubscribe") => Self::Unsubscribe,
            (_, "click") => Self::Click {
                key: text("EventKey"),
            },
            (_, "view") => Self::View {
                url: text("EventKey"),
            },
            (_, "change_contact") => Self::ContactChanged {
                change: text("ChangeType"),
                user_id: text("UserID"),
                new_user_id: incoming.fields.text("NewUserID").map(str::to_owned),
            },
            (_, "template_card_event") => Self::CardClicked(CardClick::from(incoming)),
            (_, "template_card_menu_event") => Self::CardMenuClicked(CardClick::from(incoming)),
            (_, "sys_approval_change") => Self::ApprovalChanged {
                number: text("ApprovalInfo/SpNo"),
                status: incoming
                    .fields
                    .number("ApprovalInfo/SpStatus")
                    .unwrap_or_default(),
            },
            _ => Self::Unknown,
        }
    }
}

impl From<&Incoming> for CardClick {
    fn from(incoming: &Incoming) -> Self {
        let text = |path| incoming.fields.text_or_empty(path);
        Self {
            key: text("EventKey"),
            task_id: text("TaskId"),
            card_type: text("CardType"),
            response_code: text("ResponseCode"),
            agent_id: incoming.fields.number("AgentID").unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tencent::payloads;

    #[test]
    fn every_payload_of_the_sdks_is_read_and_the_known_ones_are_typed() {
        for payload in payloads::all() {
            let typed = Event::from(&payload.incoming()) != Event::Unknown;
            let known = ["text", "image"].contains(&payload.msg_type.as_str())
                || (payload.msg_type == "event"
                    && ["change_contact", "template_card_event"].contains(&payload.event.as_str()));
            assert_eq!(typed, known, "{}", payload.file);
        }
    }

    #[test]
    fn wxjavas_click_on_a_card_is_typed_and_its_code_is_not_shown() {
        let file = "wxjava__WxCpXmlMessageTest__event_template_card_event__ab020738.xml";
        let event = Event::from(&payloads::named(file).incoming());
        let click = CardClick {
            key: "key111".into(),
            task_id: "taskid111".into(),
            card_type: "text_notice".into(),
            response_code: "ResponseCode".into(),
            agent_id: 1,
        };
        assert_eq!(event, Event::CardClicked(click));
        assert!(!format!("{event:?}").contains("ResponseCode"));
    }

    #[test]
    fn a_member_who_is_renamed_keeps_both_names() {
        let file = "wxjava__WxCpXmlMessageTest__event_change_contact__4975e136.xml";
        let renamed = Event::ContactChanged {
            change: "update_user".into(),
            user_id: "zhangsan".into(),
            new_user_id: Some("zhangsan001".into()),
        };
        assert_eq!(Event::from(&payloads::named(file).incoming()), renamed);
    }

    #[test]
    fn the_other_events_are_typed() {
        let event = |inner: &str| {
            Event::from(&payloads::incoming(&format!(
                "<MsgType>event</MsgType>{inner}"
            )))
        };
        assert_eq!(event("<Event>enter_agent</Event>"), Event::EnterAgent);
        assert_eq!(event("<Event>subscribe</Event>"), Event::Subscribe);
        assert!(matches!(
            event("<Event>template_card_menu_event</Event><EventKey>k</EventKey>"),
            Event::CardMenuClicked(click) if click.key == "k"
        ));
        let approval = "<Event>sys_approval_change</Event>\
            <ApprovalInfo><SpNo>201910180001</SpNo><SpStatus>2</SpStatus></ApprovalInfo>";
        assert_eq!(
            event(approval),
            Event::ApprovalChanged {
                number: "201910180001".into(),
                status: 2
            }
        );
        assert_eq!(
            event("<Event>click</Event>"),
            Event::Click { key: String::new() }
        );
    }
}
