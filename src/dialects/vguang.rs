//! 微光 and kin: `POST vgdecoderesult=<content>&&devicenumber=<no>`, often as `text/html`; some send the
//! content as the whole body. They open on `code=0000` and deny on anything else.

use super::fields::text;
use super::{Heard, Reading, Reply, Request, Said};
use crate::domain::gate::{Content, Kind};

const RESULT: &str = "vgdecoderesult=";
const NUMBER: &str = "&&devicenumber=";

pub fn hear(request: &Request<'_>) -> Option<Heard> {
    let body = text(request.body);
    let body = body.trim_matches(['\r', '\n', '\0', ' ']);
    let content = match body.strip_prefix(RESULT) {
        // The content may hold an ampersand; the number comes last.
        Some(rest) => rest
            .rsplit_once(NUMBER)
            .map_or(rest, |(content, _)| content),
        None => body,
    };
    if content.is_empty() {
        return None;
    }
    Some(Heard::Read(Reading {
        content: Content {
            kind: Kind::Qr,
            text: content.to_owned(),
        },
        reader: 0,
        direction: None,
        serial: None,
        past: None,
        echo: String::new(),
    }))
}

pub fn answer(said: &Said) -> Reply {
    Reply::text(if said.opens { "code=0000" } else { "code=0001" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(body: &[u8]) -> Option<String> {
        let request = Request {
            path: "",
            query: "",
            body,
        };
        match hear(&request)? {
            Heard::Read(reading) => Some(reading.content.text),
            Heard::Beat(_) => None,
        }
    }

    #[test]
    fn the_content_stands_between_two_names_or_alone() {
        for (body, read) in [
            (
                &b"vgdecoderesult=CP1ABC&&devicenumber=7"[..],
                Some("CP1ABC"),
            ),
            (b"vgdecoderesult=a&b=c&&devicenumber=7", Some("a&b=c")),
            (b"vgdecoderesult=CP1ABC", Some("CP1ABC")),
            (b"CP1ABC\r\n", Some("CP1ABC")),
            (b"vgdecoderesult=&&devicenumber=7", None),
            (b"", None),
        ] {
            assert_eq!(content(body).as_deref(), read, "{body:?}");
        }
    }

    #[test]
    fn it_opens_on_four_noughts() {
        let said = |opens| Said {
            opens,
            say: "欢迎".to_owned(),
            display: Vec::new(),
        };
        assert_eq!(answer(&said(true)).bytes(false), b"code=0000");
        assert_eq!(answer(&said(true)).content_type, "text/plain");
        assert_eq!(answer(&said(false)).bytes(false), b"code=0001");
    }
}
