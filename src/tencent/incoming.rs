//! A message or an event that came in: what all of them carry, whatever they are about.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::element::Element;

/// An opened callback. Its kinds are told apart by `wechat::event` and `wecom::event`.
#[derive(Clone, PartialEq, Eq)]
pub struct Incoming {
    pub fields: Element,
}

/// Its kind alone: what people write to us is not for the log.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({} {})", self.msg_type(), self.event())
    }
}

impl Incoming {
    /// `ToUserName`: the account's original id (`gh_…`), or the corp id.
    #[must_use]
    pub fn to(&self) -> &str {
        self.fields.text("ToUserName").unwrap_or_default()
    }

    /// `FromUserName`: an openid, a WeCom userid, or `sys`.
    #[must_use]
    pub fn from(&self) -> &str {
        self.fields.text("FromUserName").unwrap_or_default()
    }

    /// `CreateTime` in seconds since 1970; 0 when it is missing.
    #[must_use]
    pub fn created_at(&self) -> i64 {
        self.fields.number("CreateTime").unwrap_or_default()
    }

    /// `MsgType` in lower case: its case differs between the platforms' own documents.
    #[must_use]
    pub fn msg_type(&self) -> String {
        self.fields.text_or_empty("MsgType").to_ascii_lowercase()
    }

    /// `Event` in lower case; empty for a message, even one that carries the field.
    #[must_use]
    pub fn event(&self) -> String {
        if self.is_event() {
            self.fields.text_or_empty("Event").to_ascii_lowercase()
        } else {
            String::new()
        }
    }

    fn is_event(&self) -> bool {
        let kind = self.fields.text("MsgType");
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("event"))
    }

    /// What two deliveries of the same thing have in common, as its SHA-256: it names who wrote.
    #[must_use]
    pub fn duplicate_key(&self) -> DuplicateKey {
        let mut hash = Sha256::new();
        for path in if self.is_event() {
            EVENT_KEY
        } else {
            MESSAGE_KEY
        } {
            hash.update(self.fields.text(path).unwrap_or_default());
            // It cannot stand in a text (see `Element`), so no two lists of texts make one key.
            hash.update("\u{1f}");
        }
        DuplicateKey(hash.finalize().into())
    }
}

/// Equal for the deliveries of one message, different for any two messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DuplicateKey([u8; 32]);

/// In hexadecimal.
impl fmt::Display for DuplicateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// `MsgId` may be any text and is not unique by itself. Some messages spell it `MsgID`.
const MESSAGE_KEY: &[&str] = &["ToUserName", "FromUserName", "MsgId", "MsgID", "CreateTime"];

/// The documents name the first seven. The others tell apart what happens to one person, or from
/// `sys`, within one second: two delivery reports, or two members changed in one go.
const EVENT_KEY: &[&str] = &[
    "ToUserName",
    "FromUserName",
    "CreateTime",
    "Event",
    "EventKey",
    "AgentID",
    "TaskId",
    "MsgID",
    "SubscribeMsgSentEvent/List/MsgID",
    "List/MsgID",
    "ChangeType",
    "UserID",
    "trace_id",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tencent::xml;

    fn incoming(inner: &str) -> Incoming {
        let fields = xml::read(&format!("<xml><ToUserName>gh</ToUserName>{inner}</xml>")).unwrap();
        Incoming { fields }
    }

    #[test]
    fn the_case_of_kind_and_event_does_not_matter() {
        let scan = incoming("<MsgType>Event</MsgType><Event>SCAN</Event>");
        assert_eq!(
            (scan.msg_type().as_str(), scan.event().as_str()),
            ("event", "scan")
        );
        let text = incoming("<MsgType>text</MsgType><Event>subscribe</Event>");
        assert_eq!(
            (text.msg_type().as_str(), text.event().as_str()),
            ("text", "")
        );
        assert_eq!(format!("{text:?}"), "Incoming(text )");
    }

    #[test]
    fn the_same_id_from_another_person_or_second_is_another_message() {
        let key = |from: &str, id: &str, at: u32| {
            incoming(&format!(
                "<MsgType>text</MsgType><FromUserName>{from}</FromUserName><MsgId>{id}</MsgId>\
                 <CreateTime>{at}</CreateTime><Content>{at}{id}</Content>"
            ))
            .duplicate_key()
        };
        assert_eq!(key("a", "id-1", 1), key("a", "id-1", 1));
        assert_ne!(key("a", "id-1", 1), key("b", "id-1", 1));
        assert_ne!(key("a", "id-1", 1), key("a", "id-1", 2));
        assert_ne!(key("a", "id-1", 1), key("a", "id-2", 1));
    }

    #[test]
    fn two_delivery_reports_to_one_person_in_one_second_are_two_events() {
        let report = |id: u32| {
            incoming(&format!(
                "<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><FromUserName>o\
                 </FromUserName><CreateTime>1</CreateTime><MsgID>{id}</MsgID>"
            ))
            .duplicate_key()
        };
        assert_eq!(report(1), report(1));
        assert_ne!(report(1), report(2));
    }
}
