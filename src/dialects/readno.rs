//! The boards that send `id, idtype, sn, readno, time` by GET or POST: `idtype` 0 and 1 are a QR, 2 an ID
//! card, 99 a sign of life. They open on `"result":1`.

use chrono::{DateTime, Utc};

use super::fields::Fields;
use super::{Heard, Reading, Reply, Request, Said};
use crate::domain::gate::{Content, Kind};
use crate::domain::window::screen_time;

pub fn hear(request: &Request<'_>, now: DateTime<Utc>) -> Option<Heard> {
    let fields = Fields::of(request);
    let echo = fields.get_or_empty("readno");
    let kind = match fields.get("idtype")? {
        "0" | "1" => Kind::Qr,
        "2" => Kind::IdCard,
        "99" => return Some(Heard::Beat(reply(echo, false, "", "", now))),
        _ => Kind::Card,
    };
    let id = fields.get("id").filter(|id| !id.is_empty())?;
    Some(Heard::Read(Reading {
        content: Content {
            kind,
            text: id.to_owned(),
        },
        reader: echo.parse().unwrap_or_default(),
        direction: None,
        // `sn` is the board's own number.
        serial: None,
        past: None,
        echo: echo.to_owned(),
    }))
}

pub fn answer(read: &Reading, said: &Said, now: DateTime<Utc>) -> Reply {
    let screen = said.display.join(" ");
    reply(&read.echo, said.opens, &screen, &said.say, now)
}

/// `opendelay` is left to the board; `currtime` sets its clock.
fn reply(readno: &str, opens: bool, screen: &str, voice: &str, now: DateTime<Utc>) -> Reply {
    let words = |text: &str| serde_json::Value::from(text).to_string();
    Reply::json(format!(
        r#"{{"result":{},"readno":{},"cnt":1,"str1":{},"opendelay":"","sndtxt":{},"currtime":"{}"}}"#,
        u8::from(opens),
        words(readno),
        words(screen),
        words(voice),
        screen_time(now),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-03-02T06:00:00Z".parse().unwrap()
    }

    fn heard(query: &str, body: &[u8]) -> Option<Heard> {
        let request = Request {
            path: "",
            query,
            body,
        };
        hear(&request, now())
    }

    #[test]
    fn a_code_and_an_id_card_are_told_apart() {
        for (query, body, kind) in [
            (
                "id=CP1ABC&idtype=1&sn=9&readno=2&time=1",
                &b""[..],
                Kind::Qr,
            ),
            ("", b"id=CP1ABC&idtype=0&readno=2", Kind::Qr),
            (
                "",
                br#"{"id":"CP1ABC","idtype":2,"readno":2}"#,
                Kind::IdCard,
            ),
            ("id=CP1ABC&idtype=7&readno=2", b"", Kind::Card),
        ] {
            let Some(Heard::Read(read)) = heard(query, body) else {
                panic!("{query}");
            };
            assert_eq!((read.content.kind, read.reader), (kind, 2), "{query}");
            assert_eq!(read.content.text, "CP1ABC");
        }
        assert_eq!(heard("idtype=1&readno=2", b""), None);
        assert_eq!(heard("id=CP1ABC", b""), None);
    }

    #[test]
    fn the_answers_are_these_bytes() {
        let Some(Heard::Read(read)) = heard("id=CP1ABC&idtype=1&readno=2", b"") else {
            panic!();
        };
        let said = Said {
            opens: true,
            say: "欢迎".to_owned(),
            display: vec!["张*".to_owned()],
        };
        assert_eq!(
            answer(&read, &said, now()).body,
            r#"{"result":1,"readno":"2","cnt":1,"str1":"张*","opendelay":"","sndtxt":"欢迎","currtime":"2026-03-02 14:00:00"}"#
        );
        let beat = r#"{"result":0,"readno":"1","cnt":1,"str1":"","opendelay":"","sndtxt":"","currtime":"2026-03-02 14:00:00"}"#;
        assert_eq!(
            heard("idtype=99&readno=1", b""),
            Some(Heard::Beat(Reply::json(beat)))
        );
    }
}
