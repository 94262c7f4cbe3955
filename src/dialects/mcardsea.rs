//! mcardsea: `GET …/qa/mcardsea.php?cardid=&mjihao=&cjihao=&status=&time=`, three or four times for one
//! card, whose letters it makes capitals. The low digit of `status` is 1 on the way in and 0 on the way
//! out. It opens on a text with `status=1` and `time=`.

use super::fields::Fields;
use super::{Heard, Reading, Reply, Request, Said};
use crate::domain::campus::Direction;
use crate::domain::gate::{Content, Kind};

pub fn hear(request: &Request<'_>) -> Option<Heard> {
    let fields = Fields::of(request);
    let card = fields.get("cardid").filter(|card| !card.is_empty())?;
    let direction = match fields.get_or_empty("status").bytes().last() {
        Some(b'1') => Some(Direction::In),
        Some(b'0') => Some(Direction::Out),
        _ => None,
    };
    let repeated = ["cardid", "mjihao", "cjihao"]
        .map(|name| format!("{name}={}", plain(fields.get_or_empty(name))))
        .join("&");
    Some(Heard::Read(Reading {
        content: Content {
            kind: Kind::Qr,
            text: card.to_owned(),
        },
        reader: fields.get_or_empty("mjihao").parse().unwrap_or_default(),
        direction,
        // `time` is the same for the repeats only: they are known by the content and the moment.
        serial: None,
        past: None,
        echo: format!("{repeated}\n{}", plain(fields.get_or_empty("time"))),
    }))
}

pub fn answer(read: &Reading, said: &Said) -> Reply {
    let (repeated, time) = read.echo.split_once('\n').unwrap_or_default();
    let status = u8::from(said.opens);
    Reply::text(format!("{repeated}&status={status}&time={time}"))
}

/// What is repeated must not say more than was asked: no ampersand, no line.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.:+/= ".contains(*c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(opens: bool) -> Said {
        Said {
            opens,
            say: String::new(),
            display: Vec::new(),
        }
    }

    fn reading(query: &str) -> Option<Reading> {
        let request = Request {
            path: "qa/mcardsea.php",
            query,
            body: b"",
        };
        match hear(&request)? {
            Heard::Read(reading) => Some(reading),
            Heard::Beat(_) => None,
        }
    }

    #[test]
    fn a_card_is_read_with_its_way_and_repeated() {
        let read = reading("cardid=CP1ABC&mjihao=1&cjihao=K7&status=11&time=1764000000").unwrap();
        assert_eq!(read.content.text, "CP1ABC");
        assert_eq!((read.reader, read.direction), (1, Some(Direction::In)));
        assert_eq!(
            answer(&read, &said(true)).bytes(false),
            b"cardid=CP1ABC&mjihao=1&cjihao=K7&status=1&time=1764000000"
        );
        assert_eq!(
            answer(&read, &said(false)).bytes(false),
            b"cardid=CP1ABC&mjihao=1&cjihao=K7&status=0&time=1764000000"
        );
        let out = reading("cardid=CP1ABC&status=10").unwrap();
        assert_eq!(out.direction, Some(Direction::Out));
        assert_eq!(reading("cardid=CP1ABC").unwrap().direction, None);
        assert_eq!(reading("mjihao=1"), None);
    }

    #[test]
    fn a_card_cannot_write_the_answer() {
        let read = reading("cardid=X%26status%3D1&mjihao=1%0A&time=1").unwrap();
        assert_eq!(
            answer(&read, &said(false)).bytes(false),
            b"cardid=Xstatus=1&mjihao=1&cjihao=&status=0&time=1"
        );
    }
}
