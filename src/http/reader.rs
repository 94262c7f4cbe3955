//! A gate's device, known by its signature over the request.
//!
//! `Authorization: CP1-HMAC-SHA256 dev=G03, t=1764000000, n=1, sig=<hex>` with
//! sig = HMAC-SHA256(device key, method LF path-with-query LF t LF n LF hex(sha256(body))). The answer
//! carries `x-cp1-signature` = HMAC-SHA256(device key, status LF n LF hex(sha256(body))).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::Serialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::extract::Raw;
use super::problem::Problem;
use super::state::Site;
use crate::ctx::Ctx;
use crate::domain::actors::Reader;
use crate::domain::campus::{Device, DeviceId, DeviceKey};
use crate::secret::hmac_sha256;
use crate::store::{StoreError, gates, news};

/// A request of a device, checked.
pub struct Signed {
    pub reader: Reader,
    pub nonce: String,
    pub body: Vec<u8>,
    /// SHA-256 of the body in hexadecimal.
    pub body_hash: String,
    key: DeviceKey,
}

/// How long a device may be looked up: what is left of the second in which a gate is answered.
pub const LOOK_UP: Duration = Duration::from_millis(250);

/// How far a device's clock may be off, in seconds.
const SKEW: i64 = 120;

impl FromRequest<Site> for Signed {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let given = Given::of(request.headers()).ok_or_else(Problem::device)?;
        let method = request.method().as_str().to_owned();
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned();
        let Raw(body) = Raw::from_request(request, site).await?;
        let device = device(&site.ctx, &given.device).await?;
        let body_hash = HEXLOWER.encode(&Sha256::digest(&body));
        let fits = |key: &DeviceKey| {
            let signed = request_signature(key, &method, &path, &given, &body_hash);
            bool::from(signed.ct_eq(&given.signature))
        };
        let Some(key) = keys(&site.ctx, &device.device)?.into_iter().find(fits) else {
            tracing::warn!(device.id = %device.device.id, "a device's signature does not fit");
            return Err(Problem::device());
        };
        let now = site.ctx.clock.now().timestamp();
        if (now - given.time).abs() > SKEW {
            return Err(Problem::clock_skew(now));
        }
        let (reader, nonce) = (device, given.nonce);
        Ok(Self {
            reader,
            nonce,
            body: body.to_vec(),
            body_hash,
            key,
        })
    }
}

/// The keys by which a device is known at the moment: its own, and for a while the one before.
fn keys(ctx: &Ctx, device: &Device) -> Result<Vec<DeviceKey>, Problem> {
    let now = ctx.clock.now();
    let old = device.old_key.iter().filter(|(_, until)| now < *until);
    let sealed = std::iter::once(&device.key).chain(old.map(|(key, _)| key));
    let keys: Result<Vec<_>, _> = sealed.map(|key| ctx.keys.open(key)).collect();
    keys.map_err(|error| {
        tracing::error!(device.id = %device.id, %error, "a device's key does not open");
        Problem::failure()
    })
}

/// The device, as the database had it a moment ago; as it was last seen while the database cannot be asked.
async fn device(ctx: &Ctx, id: &DeviceId) -> Result<Reader, Problem> {
    let devices = &ctx.caches.gates.devices;
    let asked = devices.get(id, || Box::pin(look_up(ctx, id)));
    let reader = match tokio::time::timeout(LOOK_UP, asked).await {
        Ok(Ok(Some(reader))) => reader,
        Ok(Ok(None)) => return Err(Problem::device()),
        Ok(Err(_)) | Err(_) => devices.last(id).ok_or_else(|| {
            tracing::error!(device.id = %id, "a device could not be looked up in time");
            Problem::failure()
        })?,
    };
    Ok(Reader::clone(&reader))
}

async fn look_up(ctx: &Ctx, id: &DeviceId) -> Result<Option<Arc<Reader>>, StoreError> {
    let db = &ctx.db.read;
    // Read first: then at worst a device is newer than its version, and is looked at once more.
    let version = news::gates_version(db).await?;
    let device = gates::find_device(db, id).await?;
    Ok(device.map(|device| {
        Arc::new(Reader {
            device: Arc::new(device),
            version,
        })
    }))
}

impl Signed {
    /// The signed answer.
    pub fn answer(key: &AnswerKey, status: StatusCode, body: String) -> Response {
        let hash = HEXLOWER.encode(&Sha256::digest(body.as_bytes()));
        let code = status.as_u16().to_string();
        let parts = [&code, "\n", &key.nonce, "\n", &hash];
        let signature = HEXLOWER.encode(&hmac_sha256(&key.key.bytes(), &parts));
        let headers = [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (
                header::HeaderName::from_static("x-cp1-signature"),
                signature,
            ),
        ];
        (status, headers, body).into_response()
    }

    /// What signs the answer, apart from the request that is used up by then.
    pub fn answer_key(&self) -> AnswerKey {
        AnswerKey {
            key: self.key.clone(),
            nonce: self.nonce.clone(),
        }
    }
}

/// Signs the answer to one request.
pub struct AnswerKey {
    key: DeviceKey,
    nonce: String,
}

impl AnswerKey {
    /// A signed 200.
    pub fn json(&self, out: &impl Serialize) -> Result<Response, Problem> {
        let body = serde_json::to_string(out).map_err(|error| {
            tracing::error!(%error, "an answer to a device is no JSON");
            Problem::failure()
        })?;
        Ok(Signed::answer(self, StatusCode::OK, body))
    }
}

/// What stands in the header.
struct Given {
    device: DeviceId,
    time: i64,
    nonce: String,
    signature: Vec<u8>,
}

impl Given {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let list = header.strip_prefix("CP1-HMAC-SHA256 ")?;
        let field = |name: &str| {
            let mut fields = list
                .split(',')
                .filter_map(|field| field.trim().split_once('='));
            fields
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value)
        };
        let nonce = field("n")?;
        let fits = matches!(nonce.len(), 1..=64) && nonce.bytes().all(|b| b.is_ascii_graphic());
        Some(Self {
            device: DeviceId::parse(field("dev")?)?,
            time: field("t")?.parse().ok()?,
            nonce: fits.then(|| nonce.to_owned())?,
            signature: HEXLOWER_PERMISSIVE.decode(field("sig")?.as_bytes()).ok()?,
        })
    }
}

fn request_signature(
    key: &DeviceKey,
    method: &str,
    path: &str,
    given: &Given,
    body_hash: &str,
) -> [u8; 32] {
    let time = given.time.to_string();
    let parts = [
        method,
        "\n",
        path,
        "\n",
        &time,
        "\n",
        &given.nonce,
        "\n",
        body_hash,
    ];
    hmac_sha256(&key.bytes(), &parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    /// The known answer of `gate.md` §1, made outside this program.
    const BODY: &str =
        r#"{"dev":"G03","rd":1,"k":"qr","v":"TEST","n":"1","t":1764000000,"dir":null}"#;

    fn key() -> DeviceKey {
        DeviceKey::new(std::array::from_fn(|n| u8::try_from(n).unwrap()))
    }

    #[test]
    fn a_request_is_signed_as_the_contract_says() {
        let mut headers = HeaderMap::new();
        let text = "CP1-HMAC-SHA256 dev=G03, t=1764000000, n=1, sig=00";
        headers.insert(header::AUTHORIZATION, text.parse().unwrap());
        let given = Given::of(&headers).unwrap();
        let hash = HEXLOWER.encode(&Sha256::digest(BODY));
        let signed = request_signature(&key(), "POST", "/gate/v1/verify", &given, &hash);
        assert_eq!(
            HEXLOWER.encode(&signed),
            "486a1af58196e5052d3c0809a090c96bc1e5564a09ef58578bfa7b33828042a6"
        );
    }

    #[tokio::test]
    async fn an_answer_is_signed_as_the_contract_says() {
        let key = AnswerKey {
            key: key(),
            nonce: "1".into(),
        };
        let answer = Signed::answer(&key, StatusCode::OK, r#"{"ok":1}"#.into());
        assert_eq!(
            answer.headers()["x-cp1-signature"],
            "8d9c8c891eac1e13eb15b0914b79c8439d92bd1eaebc147125cfbc754564c6fc"
        );
        assert_eq!(
            to_bytes(answer.into_body(), 100).await.unwrap(),
            r#"{"ok":1}"#
        );
    }
}
