//! 臻识 plate cameras: `POST {"AlarmInfoPlate":{"result":{"PlateResult":{"license",…}},"serialno"…}}`, sent up
//! to five times until it is answered, and up to 9,000 old ones after a time without a network, the same one
//! perhaps twice. `_无_` is no plate. It opens on `"info":"ok"`.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::fields::text;
use super::{Heard, Past, Reading, Reply, Request, Said};
use crate::domain::gate::{Content, Kind};

pub fn hear(request: &Request<'_>) -> Option<Heard> {
    let told: Value = serde_json::from_str(&text(request.body)).ok()?;
    let alarm = &told["AlarmInfoPlate"];
    if !alarm.is_object() {
        return Some(Heard::Beat(Reply::json("{}")));
    }
    let plate = &alarm["result"]["PlateResult"];
    let at = plate["timeStamp"]["Timeval"]["sec"].as_i64();
    let old = matches!(&plate["isoffline"], Value::Number(n) if n.as_i64() == Some(1))
        || plate["isoffline"] == true;
    // A camera counts its plates from its start, so that a number alone may come again.
    let number = plate["plateid"].as_u64();
    let serial = number.map(|number| format!("vz-{number}-{}", at.unwrap_or_default()));
    Some(Heard::Read(Reading {
        content: Content {
            kind: Kind::Plate,
            text: plate["license"].as_str().unwrap_or_default().to_owned(),
        },
        reader: 0,
        direction: None,
        serial,
        past: at
            .filter(|_| old)
            .and_then(|at| DateTime::<Utc>::from_timestamp(at, 0))
            // A camera without us opens for its own list.
            .map(|at| Past { at, opened: true }),
        echo: String::new(),
    }))
}

/// It is not to be sent again, whatever was decided.
pub fn answer(said: &Said) -> Reply {
    let info = if said.opens { "ok" } else { "no" };
    Reply::json(format!(
        r#"{{"Response_AlarmInfoPlate":{{"info":"{info}","content":"retransfer_stop"}}}}"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(license: &str, offline: u8) -> String {
        format!(
            r#"{{"AlarmInfoPlate":{{"channel":0,"deviceName":"IVS","ipaddr":"10.0.0.9","result":{{"PlateResult":{{"license":"{license}","confidence":98,"direction":4,"plateid":77,"isoffline":{offline},"timeStamp":{{"Timeval":{{"sec":1772431200,"usec":5}}}}}}}},"serialno":"c0ffee"}}}}"#
        )
    }

    fn reading(body: &[u8]) -> Reading {
        let request = Request {
            path: "",
            query: "",
            body,
        };
        match hear(&request) {
            Some(Heard::Read(reading)) => reading,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_plate_is_read_in_either_encoding_with_its_number_and_time() {
        let body = alarm("渝A12345", 0);
        let read = reading(body.as_bytes());
        assert_eq!(
            (read.content.kind, &*read.content.text),
            (Kind::Plate, "渝A12345")
        );
        assert_eq!(read.serial.as_deref(), Some("vz-77-1772431200"));
        assert_eq!(read.past, None);
        // 渝 is D3 E5 in GBK.
        let (before, after) = body.split_once('渝').unwrap();
        let gbk = [before.as_bytes(), b"\xd3\xe5", after.as_bytes()].concat();
        assert_eq!(reading(&gbk), read);
    }

    #[test]
    fn an_old_one_is_past() {
        let read = reading(alarm("渝A12345", 1).as_bytes());
        let at = "2026-03-02T06:00:00Z".parse().unwrap();
        assert_eq!(read.past, Some(Past { at, opened: true }));
        assert_eq!(reading(alarm("_无_", 0).as_bytes()).content.text, "_无_");
    }

    #[test]
    fn the_answer_is_these_bytes_and_what_is_no_alarm_is_acknowledged() {
        let said = |opens| Said {
            opens,
            say: String::new(),
            display: Vec::new(),
        };
        assert_eq!(
            answer(&said(true)).body,
            r#"{"Response_AlarmInfoPlate":{"info":"ok","content":"retransfer_stop"}}"#
        );
        assert_eq!(
            answer(&said(false)).body,
            r#"{"Response_AlarmInfoPlate":{"info":"no","content":"retransfer_stop"}}"#
        );
        let request = |body| Request {
            path: "",
            query: "",
            body,
        };
        let beat = Some(Heard::Beat(Reply::json("{}")));
        assert_eq!(hear(&request(br#"{"heartbeat":1}"#)), beat);
        assert_eq!(hear(&request(b"<html>")), None);
    }
}
