//! `/gate/<dialect>/<key>`: readers that cannot sign. Such a device is known by the key in its path, which is
//! its own and good for nothing else, and by the network it calls from. What it says and what it opens on is
//! its dialect; what is decided is decided as for every other.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::way;
use crate::actions::passages::{Record, fingerprint, record, unavailable, verify};
use crate::ctx::{Answered, Ctx};
use crate::dialects::{Dialect, Heard, Past, Reading, Request, Said, Spoken};
use crate::domain::actors::Reader;
use crate::domain::campus::Direction;
use crate::domain::gate::{Reason, Scan};
use crate::http::address::ClientAddress;
use crate::http::extract::{Path, Raw};
use crate::http::problem::Problem;
use crate::http::reader::LOOK_UP;
use crate::http::state::Site;
use crate::ids::PassageId;
use crate::secret::token_hash;
use crate::store::{StoreError, news, spoken};

/// A terminal sends the picture of a face, a camera that of a car.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
pub struct At {
    dialect: String,
    key: String,
    #[serde(default)]
    rest: String,
}

pub async fn ask(
    State(site): State<Site>,
    Path(at): Path<At>,
    ClientAddress(from): ClientAddress,
    RawQuery(query): RawQuery,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let (ctx, now) = (&site.ctx, site.ctx.clock.now());
    let dialect = Dialect::parse(&at.dialect).ok_or_else(Problem::not_found)?;
    let query = query.unwrap_or_default();
    let request = Request {
        path: &at.rest,
        query: &query,
        body: &body,
    };
    let heard = dialect.hear(&request, now);
    let Some(spoken) = look_up(ctx, token_hash(&at.key)).await else {
        tracing::error!("a reader could not be looked up");
        if let Some(Heard::Read(Reading { past: Some(_), .. })) = heard {
            // What it kept it must keep on keeping, and send again.
            return Err(Problem::failure());
        }
        // Such readers take anything but their own words for a dead server, and change their mode.
        let closed = Said::closed("系统繁忙，请联系门岗");
        let reply = dialect.answer(&Reading::nothing(), &closed, now);
        return Ok(([(header::CONTENT_TYPE, reply.content_type)], reply.body).into_response());
    };
    // Whoever calls with another's words or from elsewhere is told no more than who has no key.
    let fits = |Spoken { speech, until, .. }: &Spoken| {
        let good = until.is_none_or(|until| now < until);
        good && speech.dialect == dialect && speech.network.contains(&from)
    };
    let spoken = spoken.filter(|known| fits(&known.1));
    let spoken = spoken.ok_or_else(Problem::not_found)?;
    let (version, Spoken { device, speech, .. }) = (*spoken).clone();
    let reply = match heard {
        Some(Heard::Beat(reply)) => reply,
        Some(Heard::Read(reading)) => {
            let hash = hash(&query, &body);
            let reader = Reader {
                device: Arc::new(device),
                version,
            };
            let said = decide(ctx, reader, &reading, hash).await?;
            dialect.answer(&reading, &said, now)
        }
        None => dialect.answer(&Reading::nothing(), &Said::closed("无效的二维码"), now),
    };
    let charset = if speech.gbk { "gbk" } else { "utf-8" };
    let kind = format!("{}; charset={charset}", reply.content_type);
    Ok(([(header::CONTENT_TYPE, kind)], reply.bytes(speech.gbk)).into_response())
}

/// The device with the key, and how often gates had changed before it was read; as it was last seen while
/// the database cannot be asked, and nothing at all when it never was.
async fn look_up(ctx: &Ctx, key: String) -> Option<Option<Arc<(i64, Spoken)>>> {
    let spoken = &ctx.caches.gates.spoken;
    let read = async || {
        let version = news::gates_version(&ctx.db.read).await?;
        let found = spoken::find(&ctx.db.read, &key).await?;
        Ok::<_, StoreError>(found.map(|found| Arc::new((version, found))))
    };
    match tokio::time::timeout(LOOK_UP, spoken.get(&key, read)).await {
        Ok(Ok(found)) => Some(found),
        Ok(Err(_)) | Err(_) => spoken.last(&key).map(Some),
    }
}

async fn decide(
    ctx: &Ctx,
    reader: Reader,
    reading: &Reading,
    hash: String,
) -> Result<Said, Problem> {
    let told = reading.direction.map(Direction::as_str);
    let unnumbered = reading.serial.is_none();
    let repeats = unnumbered.then(|| fingerprint(ctx, &reading.content));
    let scan = Scan {
        nonce: match &reading.serial {
            Some(serial) => serial.clone(),
            // Known by what was read and when.
            None => ctx.mint::<PassageId>().to_string(),
        },
        repeats,
        reader: reading.reader,
        kind: reading.content.kind,
        direction: way(reader.device.direction, told),
    };
    if let Some(Past { at, opened }) = reading.past {
        let past = Record {
            scan,
            content: reading.content.clone(),
            at,
            decided: if opened {
                Reason::Ok
            } else {
                Reason::Unavailable
            },
            list_version: 0,
            hash,
        };
        record(ctx, &reader, &[past]).await?;
        return Ok(Said::closed(""));
    }
    let body = match verify(ctx, reader, scan, &reading.content, hash).await {
        Ok(Answered::With(body)) => body,
        Ok(Answered::NonceSpent) => return Ok(Said::closed("请重新出示")),
        Err(error) => {
            tracing::error!(%error, "a gate could not be answered");
            unavailable(ctx)
        }
    };
    Said::read(&body).ok_or_else(Problem::failure)
}

fn hash(query: &str, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    hash.update(query);
    hash.update([0]);
    hash.update(body);
    HEXLOWER.encode(&hash.finalize())
}
