//! Hikvision remote verification: an event `AccessControllerEvent` with `remoteCheck`, a `serialNo`, and a
//! `QRCodeInfo` or an `employeeNoString`, often as a part of a multipart body beside a picture. It is
//! answered in the same response. `currentEvent: false` is one that is sent again, and a gap between
//! `frontSerialNo` and `serialNo` one that was lost.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Heard, Past, Reading, Reply, Request, Said};
use crate::domain::gate::{Content, Kind};

pub fn hear(request: &Request<'_>) -> Option<Heard> {
    let told = event(request.body)?;
    let event = &told["AccessControllerEvent"];
    let asks = event["remoteCheck"] == true || event["remoteCheck"] == "true";
    let content = content(event);
    let (Some(content), true) = (content, asks) else {
        // Doors that open, tampering, signs of life.
        return Some(Heard::Beat(Reply::json("{}")));
    };
    let serial = number(&event["serialNo"])?;
    let before = number(&event["frontSerialNo"]);
    if before.is_some_and(|before| before + 1 != serial && before != serial) {
        tracing::warn!(
            gate.serial = serial,
            "a terminal has lost an event before this one"
        );
    }
    let again = event["currentEvent"] == false || event["currentEvent"] == "false";
    let at = told["dateTime"].as_str();
    let at = at.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let at = at.map(|at| at.with_timezone(&Utc));
    Some(Heard::Read(Reading {
        content,
        reader: 0,
        direction: None,
        serial: Some(format!("hik-{serial}")),
        past: at
            .filter(|_| again)
            // A terminal that asks and is not answered stays closed.
            .map(|at| Past { at, opened: false }),
        echo: serial.to_string(),
    }))
}

fn content(event: &Value) -> Option<Content> {
    let text = |name: &str| event[name].as_str().filter(|text| !text.is_empty());
    let (kind, text) = match (text("QRCodeInfo"), text("employeeNoString")) {
        (Some(code), _) => (Kind::Qr, code),
        (None, Some(person)) => (Kind::Face, person),
        (None, None) => return None,
    };
    Some(Content {
        kind,
        text: text.to_owned(),
    })
}

/// Terminals write numbers as numbers or as texts.
fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// The event, as the whole body or as a part of it, whatever the content type says.
fn event(body: &[u8]) -> Option<Value> {
    if let Ok(event) = serde_json::from_slice(body) {
        return Some(event);
    }
    // Pictures are no text, so the parts are looked for in bytes.
    let boundary = body.split(|byte| *byte == b'\r').next()?;
    if !boundary.starts_with(b"--") {
        return None;
    }
    let mut rest = body;
    while let Some(at) = find(rest, b"\r\n\r\n") {
        let part = &rest[at + 4..];
        let end = find(part, boundary).unwrap_or(part.len());
        if let Ok(event) = serde_json::from_slice(trim(&part[..end])) {
            return Some(event);
        }
        rest = &part[end..];
    }
    None
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

pub fn answer(read: &Reading, said: &Said) -> Reply {
    let result = if said.opens { "success" } else { "failed" };
    let info = Value::from(said.say.as_str());
    Reply::json(format!(
        r#"{{"RemoteCheck":{{"serialNo":{},"checkResult":"{result}","info":{info}}}}}"#,
        read.echo
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"eventType":"AccessControllerEvent","dateTime":"2026-03-02T14:00:00+08:00","AccessControllerEvent":{"remoteCheck":true,"serialNo":41,"frontSerialNo":40,"currentEvent":true,"QRCodeInfo":"CP1ABC"}}"#;

    fn heard(body: &[u8]) -> Option<Heard> {
        hear(&Request {
            path: "",
            query: "",
            body,
        })
    }

    fn reading(body: &[u8]) -> Reading {
        match heard(body) {
            Some(Heard::Read(reading)) => reading,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_event_is_found_alone_and_beside_a_picture() {
        let read = reading(EVENT.as_bytes());
        assert_eq!(read.content.text, "CP1ABC");
        assert_eq!(read.serial.as_deref(), Some("hik-41"));
        assert_eq!(read.past, None);
        let mut parts = b"--MIME_boundary\r\nContent-Disposition: form-data; name=\"Picture\"\r\n\
            Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0{\r\n\r\n\xff\xd9\r\n--MIME_boundary\r\n\
            Content-Disposition: form-data; name=\"event_log\"\r\n\r\n"
            .to_vec();
        parts.extend_from_slice(EVENT.as_bytes());
        parts.extend_from_slice(b"\r\n--MIME_boundary--\r\n");
        assert_eq!(reading(&parts), read);
        assert_eq!(heard(b"--MIME_boundary\r\n\r\nnothing"), None);
        assert_eq!(heard(b""), None);
    }

    #[test]
    fn a_face_is_known_by_its_number_and_what_is_sent_again_is_past() {
        let again = EVENT
            .replace("\"currentEvent\":true", "\"currentEvent\":false")
            .replace("\"QRCodeInfo\":\"CP1ABC\"", "\"employeeNoString\":\"162\"");
        let read = reading(again.as_bytes());
        assert_eq!(
            (read.content.kind, &*read.content.text),
            (Kind::Face, "162")
        );
        let at = "2026-03-02T06:00:00Z".parse().unwrap();
        assert_eq!(read.past, Some(Past { at, opened: false }));
    }

    #[test]
    fn what_asks_nothing_is_acknowledged() {
        for event in [
            EVENT.replace("\"remoteCheck\":true", "\"remoteCheck\":false"),
            EVENT.replace("QRCodeInfo", "Other"),
            r#"{"eventType":"heartBeat"}"#.to_owned(),
        ] {
            let beat = Some(Heard::Beat(Reply::json("{}")));
            assert_eq!(heard(event.as_bytes()), beat, "{event}");
        }
    }

    #[test]
    fn the_answer_is_these_bytes() {
        let read = reading(EVENT.as_bytes());
        let said = |opens, say: &str| Said {
            opens,
            say: say.to_owned(),
            display: Vec::new(),
        };
        assert_eq!(
            answer(&read, &said(true, "欢迎")).body,
            r#"{"RemoteCheck":{"serialNo":41,"checkResult":"success","info":"欢迎"}}"#
        );
        assert_eq!(
            answer(&read, &said(false, "已撤销")).body,
            r#"{"RemoteCheck":{"serialNo":41,"checkResult":"failed","info":"已撤销"}}"#
        );
    }
}
