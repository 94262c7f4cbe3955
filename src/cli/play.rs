//! `device play`: a reader that is not there. It asks as one of its dialect would, repeats itself, tells late
//! and out of order what it kept without a network, and with a clock that is off. What it sends is written
//! here once more, apart from what reads it.

use anyhow::Context;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Duration, Utc};
use clap::Args;
use reqwest::Method;

use crate::clock::Clock;
use crate::dialects::Dialect;
use crate::domain::window::screen_time;
use crate::entropy::Entropy;

#[derive(Args)]
pub struct Play {
    /// What it speaks: vguang, mcardsea, cerberus, readno, hikvision or vzenith.
    #[arg(long, value_parser = dialect)]
    dialect: Dialect,
    /// What `device add` printed: the address that ends in its key.
    #[arg(long)]
    url: String,
    /// What is held before it: the text of a QR, or a plate for vzenith.
    #[arg(long)]
    content: String,
    /// How often it sends one reading: readers do three or four times.
    #[arg(long, default_value_t = 3)]
    repeats: u32,
    /// How many readings it kept without a network, told in any order, each tenth twice; hikvision and vzenith.
    #[arg(long, default_value_t = 0)]
    kept: u32,
    /// By how many seconds its clock is off.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    skew: i64,
}

pub fn dialect(text: &str) -> Result<Dialect, String> {
    let known = Dialect::parse(text).filter(|dialect| *dialect != Dialect::Native);
    known.ok_or_else(|| "vguang, mcardsea, cerberus, readno, hikvision or vzenith".to_owned())
}

/// One request of a device.
struct Sent {
    method: Method,
    /// Behind the key.
    path: String,
    content_type: &'static str,
    body: String,
}

/// Plays, and prints what goes and comes.
pub async fn run(play: &Play) -> anyhow::Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a device is no caller of ours, and waits for as long as it is answered"
    )]
    let client = reqwest::Client::builder().no_proxy().build()?;
    let now = Clock::System.now() + Duration::seconds(play.skew);
    let mut all: Vec<_> = (0..play.repeats)
        .map(|_| sent(play.dialect, &play.content, 1, (now, false)))
        .collect();
    all.extend(kept(play, now));
    for sent in all {
        let url = format!("{}{}", play.url.trim_end_matches('/'), sent.path);
        let asked = client
            .request(sent.method.clone(), &url)
            .header("content-type", sent.content_type)
            .body(sent.body);
        let answer = asked.send().await.context("nobody answers")?;
        let status = answer.status().as_u16();
        let said = answer.text().await?;
        println!("{} {status} {said}", sent.method);
    }
    Ok(())
}

/// What it kept in the hours before, in no order, each tenth twice.
fn kept(play: &Play, now: DateTime<Utc>) -> Vec<Sent> {
    let tells = matches!(play.dialect, Dialect::Hikvision | Dialect::Vzenith);
    let mut numbers: Vec<u32> = (0..play.kept).filter(|_| tells).collect();
    numbers.extend((0..play.kept).filter(|n| tells && n % 10 == 0));
    let mut keyed: Vec<_> = { numbers.into_iter() }
        .map(|n| (Entropy::System.bytes::<8>(), n))
        .collect();
    keyed.sort_unstable();
    let sent = |(_, n): ([u8; 8], u32)| {
        let at = now - Duration::seconds(i64::from(n) + 60);
        sent(play.dialect, &play.content, n + 2, (at, true))
    };
    keyed.into_iter().map(sent).collect()
}

/// The reading with this number, as the device sends it.
fn sent(dialect: Dialect, content: &str, n: u32, (at, old): (DateTime<Utc>, bool)) -> Sent {
    let encoded: String = form_urlencoded::byte_serialize(content.as_bytes()).collect();
    let seconds = at.timestamp();
    let get = |path: String| Sent {
        method: Method::GET,
        path,
        content_type: "text/plain",
        body: String::new(),
    };
    let post = |content_type, body| Sent {
        method: Method::POST,
        path: String::new(),
        content_type,
        body,
    };
    match dialect {
        Dialect::Native | Dialect::Vguang => {
            let body = format!("vgdecoderesult={content}&&devicenumber=1");
            post("text/html", body)
        }
        Dialect::Mcardsea => get(format!(
            "/qa/mcardsea.php?cardid={}&mjihao=1&cjihao=K1&status=11&time={seconds}",
            encoded.to_uppercase()
        )),
        Dialect::Cerberus => {
            let card = BASE64_STANDARD.encode(content);
            let card: String = form_urlencoded::byte_serialize(card.as_bytes()).collect();
            get(format!(
                "/SearchCardAcs?type=9&Reader=0&Serial=C0FFEE&Card={card}"
            ))
        }
        Dialect::Readno => {
            let time = screen_time(at);
            let time: String = form_urlencoded::byte_serialize(time.as_bytes()).collect();
            let body = format!("id={encoded}&idtype=1&sn=9&readno=1&time={time}");
            post("application/x-www-form-urlencoded", body)
        }
        Dialect::Hikvision => {
            let event = serde_json::json!({
                "eventType": "AccessControllerEvent",
                "dateTime": at.to_rfc3339(),
                "AccessControllerEvent": { "remoteCheck": true, "serialNo": n,
                    "frontSerialNo": n - 1, "currentEvent": !old, "QRCodeInfo": content }
            });
            let body = format!(
                "--MIME_boundary\r\nContent-Disposition: form-data; name=\"event_log\"\r\n\r\n\
                 {event}\r\n--MIME_boundary--\r\n"
            );
            post("multipart/form-data; boundary=MIME_boundary", body)
        }
        Dialect::Vzenith => {
            let alarm = serde_json::json!({ "AlarmInfoPlate": { "serialno": "c0ffee", "result": {
                "PlateResult": { "license": content, "confidence": 98, "direction": 4, "plateid": n,
                    "isoffline": u8::from(old),
                    "timeStamp": { "Timeval": { "sec": seconds, "usec": 0 } } } } } });
            post("application/json", alarm.to_string())
        }
    }
}
