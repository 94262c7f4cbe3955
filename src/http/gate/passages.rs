//! `POST /gate/v1/passages`: what a device decided while it had no network.

use axum::extract::State;
use axum::response::Response;
use chrono::DateTime;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{must_be, way};
use crate::actions::passages::{Record, Recorded, record};
use crate::domain::campus::Direction;
use crate::domain::gate::{Content, Kind, Reason, Scan};
use crate::http::extract::read;
use crate::http::problem::Problem;
use crate::http::reader::Signed;
use crate::http::state::Site;

/// The most records of one request, and the most bytes: a signed code is 148 of them.
const MOST: usize = 500;
pub const MOST_BYTES: usize = 256 * 1024;

#[derive(Deserialize)]
struct PassagesIn {
    dev: String,
    /// The version of the list by which the device decided.
    lv: i64,
    items: Vec<Value>,
}

/// A scan as it would have been sent, and what the device made of it.
#[derive(Deserialize)]
struct RecordIn {
    /// The device's own number, by which the record is known again.
    n: String,
    k: String,
    v: String,
    /// Seconds since 1970.
    t: i64,
    #[serde(default)]
    rd: i16,
    dir: Option<String>,
    /// Whether it opened.
    ok: u8,
    /// Why it did not, as in an answer.
    r: Option<String>,
}

#[derive(Serialize)]
struct PassagesOut {
    ok: u8,
    /// In the order of `items`.
    res: Vec<ResultOut>,
    st: i64,
    lv: i64,
}

#[derive(Serialize)]
struct ResultOut {
    n: Option<String>,
    /// `stored`, `repeated`, or `malformed`: that one is of no use a second time either.
    r: &'static str,
}

pub async fn passages(State(site): State<Site>, signed: Signed) -> Result<Response, Problem> {
    let ctx = &site.ctx;
    let told: PassagesIn = read(&signed.body)?;
    must_be(&signed, &told.dev)?;
    if told.items.len() > MOST {
        return Err(Problem::too_large());
    }
    let direction = signed.reader.device.direction;
    let parsed = |item: &Value| parse(direction, told.lv, item);
    let parsed: Vec<_> = told.items.iter().map(parsed).collect();
    let records: Vec<_> = parsed.iter().flatten().cloned().collect();
    let mut recorded = record(ctx, &signed.reader, &records).await?.into_iter();
    let result = |(item, parsed): (&Value, &Option<Record>)| {
        let came = parsed.as_ref().and_then(|_| recorded.next());
        ResultOut {
            n: item["n"].as_str().map(str::to_owned),
            r: match came {
                Some(Recorded::Stored) => "stored",
                Some(Recorded::Repeated) => "repeated",
                None => "malformed",
            },
        }
    };
    signed.answer_key().json(&PassagesOut {
        ok: 1,
        res: told.items.iter().zip(&parsed).map(result).collect(),
        st: ctx.clock.now().timestamp(),
        lv: ctx.caches.list_version(),
    })
}

fn parse(registered: Direction, list_version: i64, item: &Value) -> Option<Record> {
    let told: RecordIn = serde_json::from_value(item.clone()).ok()?;
    let fits = matches!(told.n.len(), 1..=64) && told.n.bytes().all(|b| b.is_ascii_graphic());
    let content = Content {
        kind: Kind::parse(&told.k),
        text: told.v,
    };
    let why = told.r.as_deref().and_then(Reason::parse);
    let refused = why.filter(|why| *why != Reason::Ok);
    let scan = Scan {
        nonce: fits.then_some(told.n)?,
        repeats: None,
        reader: told.rd,
        kind: content.kind,
        direction: way(registered, told.dir.as_deref()),
    };
    Some(Record {
        scan,
        content,
        at: DateTime::from_timestamp(told.t, 0)?,
        decided: match told.ok {
            0 => refused.unwrap_or(Reason::Unavailable),
            _ => Reason::Ok,
        },
        list_version,
        hash: HEXLOWER.encode(&Sha256::digest(item.to_string())),
    })
}
