//! Cerberus: GET or POST `SearchCardAcs?type=9&Reader=0|1&Serial=&Card=<base64>…` and the sign of life
//! `GetStatus?Key=`. It opens on `"AcsRes":"1"`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::fields::{Fields, text};
use super::{Heard, Reading, Reply, Request, Said};
use crate::domain::campus::Direction;
use crate::domain::gate::{Content, Kind};

/// `type` of a QR.
const QR: &str = "9";
/// How long the relay stays closed, in the device's unit of seconds.
const SECONDS: &str = "5";

pub fn hear(request: &Request<'_>) -> Option<Heard> {
    let fields = Fields::of(request);
    if let Some(key) = fields.get("key") {
        return Some(Heard::Beat(Reply::json(json!({ "Key": key }).to_string())));
    }
    // A plus that nobody encoded has become a space.
    let card = fields.get("card")?.replace(' ', "+");
    let bytes = BASE64_STANDARD.decode(card.trim()).ok()?;
    let content = text(&bytes).into_owned();
    if content.is_empty() {
        return None;
    }
    let reader = fields.get_or_empty("reader").parse().unwrap_or_default();
    let kind = match fields.get("type") {
        Some(QR) | None => Kind::Qr,
        Some(_) => Kind::Card,
    };
    Some(Heard::Read(Reading {
        content: Content {
            kind,
            text: content,
        },
        reader,
        direction: match reader {
            0 => Some(Direction::In),
            1 => Some(Direction::Out),
            _ => None,
        },
        // `Serial` is the device's, and the same in each request.
        serial: None,
        past: None,
        echo: String::new(),
    }))
}

/// The action is that of the reader that asked: a board has a relay for each.
pub fn answer(read: &Reading, said: &Said) -> Reply {
    let words = |text: &str| serde_json::Value::from(text).to_string();
    let note = said.display.join(" ");
    Reply::json(format!(
        r#"{{"ActIndex":"{}","AcsRes":"{}","Time":"{SECONDS}","Voice":{},"Note":{}}}"#,
        read.reader,
        u8::from(said.opens),
        words(&said.say),
        words(&note),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str) -> Request<'_> {
        Request {
            path: "SearchCardAcs",
            query,
            body: b"",
        }
    }

    fn reading(heard: Option<Heard>) -> Reading {
        match heard {
            Some(Heard::Read(reading)) => reading,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_card_comes_in_base64_in_the_query_or_in_a_form() {
        // base64 of CP1ABC, by coreutils.
        let read = reading(hear(&request(
            "type=9&Reader=1&Serial=C0FFEE&Card=Q1AxQUJD",
        )));
        assert_eq!(read.content.text, "CP1ABC");
        assert_eq!(read.content.kind, Kind::Qr);
        assert_eq!((read.reader, read.direction), (1, Some(Direction::Out)));
        let posted = Request {
            path: "SearchCardAcs",
            query: "",
            body: b"type=4&Reader=0&Card=Q1AxQUJD",
        };
        let read = reading(hear(&posted));
        assert_eq!((read.content.kind, read.reader), (Kind::Card, 0));
        assert_eq!(hear(&request("type=9&Card=%%%")), None);
        assert_eq!(hear(&request("type=9&Card=")), None);
    }

    #[test]
    fn the_answer_is_these_bytes() {
        let read = reading(hear(&request("type=9&Reader=0&Card=Q1AxQUJD")));
        let said = Said {
            opens: true,
            say: "欢迎".to_owned(),
            display: vec!["张*".to_owned(), "校园区域".to_owned()],
        };
        assert_eq!(
            answer(&read, &said).body,
            r#"{"ActIndex":"0","AcsRes":"1","Time":"5","Voice":"欢迎","Note":"张* 校园区域"}"#
        );
        let no = Said {
            opens: false,
            say: "未到\"预约\"时间".to_owned(),
            display: Vec::new(),
        };
        assert_eq!(
            answer(&read, &no).body,
            r#"{"ActIndex":"0","AcsRes":"0","Time":"5","Voice":"未到\"预约\"时间","Note":""}"#
        );
    }

    #[test]
    fn a_sign_of_life_is_echoed() {
        let beat = Request {
            path: "GetStatus",
            query: "Key=2A5F",
            body: b"",
        };
        let reply = Reply::json(r#"{"Key":"2A5F"}"#);
        assert_eq!(hear(&beat), Some(Heard::Beat(reply)));
    }
}
