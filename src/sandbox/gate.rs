//! The gate: a native device that scans a code, signs as CP1-HMAC-SHA256 wants it, and looks at the signature
//! of the answer before it would open.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::push::Unpushed;
use super::{Exchange, Sandbox};
use crate::secret::hmac_sha256;

const PATH: &str = "/gate/v1/verify";

/// A device that codes can be held before.
#[derive(Clone, Serialize, ToSchema)]
pub struct GateDevice {
    pub dev: String,
    /// Where it stands and which way it lets through, for people: 东门 · 进.
    pub place: String,
    #[serde(skip)]
    key: [u8; 32],
}

/// What is held before the reader.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// The content of the code.
    pub v: String,
    /// The device's nonce; the next number when it is left out.
    #[serde(default)]
    pub n: Option<String>,
    /// The device's clock in seconds; the right time when it is left out.
    #[serde(default)]
    pub t: Option<i64>,
    /// The kind of content; `qr` when it is left out.
    #[serde(default)]
    pub k: Option<String>,
    /// `in` or `out` at a two-way reader.
    #[serde(default)]
    pub dir: Option<String>,
}

/// What the gate made of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Scanned {
    pub status: u16,
    /// The body that was sent.
    #[schema(value_type = Object)]
    pub request: Value,
    /// The answer.
    #[schema(value_type = Object)]
    pub body: Value,
    /// Whether the answer was signed with the device's key; a gate opens for no other.
    pub signature_ok: bool,
}

impl Sandbox {
    /// Puts up a device, which signs with `key`.
    pub fn add_gate(&self, dev: &str, place: &str, key: [u8; 32]) {
        let (dev, place) = (dev.to_owned(), place.to_owned());
        let mut state = self.state();
        state
            .gates
            .insert(dev.clone(), GateDevice { dev, place, key });
    }

    /// The devices that were put up.
    #[must_use]
    pub fn gates(&self) -> Vec<GateDevice> {
        self.state().gates.values().cloned().collect()
    }

    /// Holds a code before a reader.
    ///
    /// # Errors
    /// [`Unpushed::NoSuchDevice`], [`Unpushed::NoAnswer`].
    pub async fn scan(&self, dev: &str, scan: Scan) -> Result<Scanned, Unpushed> {
        let (key, number) = {
            let mut state = self.state();
            let key = state.gates.get(dev).ok_or(Unpushed::NoSuchDevice)?.key;
            state.last_scan += 1;
            (key, state.last_scan)
        };
        let at = self.now();
        // A device that starts again must not begin at a nonce it has used.
        let n = scan
            .n
            .unwrap_or_else(|| format!("{}-{number}", at.timestamp()));
        let t = scan.t.unwrap_or(at.timestamp());
        let k = scan.k.as_deref().unwrap_or("qr");
        let told =
            json!({"dev": dev, "rd": 1, "k": k, "v": scan.v, "n": n, "t": t, "dir": scan.dir});
        let body = told.to_string();
        let signature = sign_request(&key, PATH, t, &n, body.as_bytes());
        let answer = self
            .0
            .client
            .post(format!("{}{PATH}", self.settings().service))
            .header("content-type", "application/json")
            .header(
                "authorization",
                format!("CP1-HMAC-SHA256 dev={dev}, t={t}, n={n}, sig={signature}"),
            )
            .body(body)
            .send()
            .await
            .map_err(|_| Unpushed::NoAnswer)?;
        let status = answer.status().as_u16();
        let signed = answer.headers().get("x-cp1-signature").cloned();
        let bytes = answer.bytes().await.map_err(|_| Unpushed::NoAnswer)?;
        let expected = sign_answer(&key, status, &n, &bytes);
        let body: Value = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into());
        let mut kept = told.clone();
        // What is on the log must not open a gate.
        kept["v"] = "…".into();
        let entry = Exchange::to_the_service(self.now(), PATH, kept, status, body.clone());
        self.state().log.add(entry);
        let signature_ok = signed.is_some_and(|signed| signed == expected.as_str());
        Ok(Scanned {
            status,
            request: told,
            body,
            signature_ok,
        })
    }
}

/// Over method, path with query, time, nonce and the hash of the body, one a line.
fn sign_request(key: &[u8; 32], path: &str, t: i64, n: &str, body: &[u8]) -> String {
    let text = format!(
        "POST\n{path}\n{t}\n{n}\n{}",
        HEXLOWER.encode(&Sha256::digest(body))
    );
    HEXLOWER.encode(&hmac_sha256(key, &[text]))
}

/// Over status, nonce and the hash of the body, one a line.
fn sign_answer(key: &[u8; 32], status: u16, n: &str, body: &[u8]) -> String {
    let text = format!("{status}\n{n}\n{}", HEXLOWER.encode(&Sha256::digest(body)));
    HEXLOWER.encode(&hmac_sha256(key, &[text]))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Bytes;
    use axum::http::HeaderMap;
    use axum::routing::post;

    use super::super::testing::{Trial, against};
    use super::*;

    #[test]
    fn both_signatures_are_those_of_the_contracts_known_answer() {
        // The gate's contract, §1, "Known answer".
        let key = std::array::from_fn(|n| u8::try_from(n).unwrap());
        let body = br#"{"dev":"G03","rd":1,"k":"qr","v":"TEST","n":"1","t":1764000000,"dir":null}"#;
        assert_eq!(
            sign_request(&key, "/gate/v1/verify", 1_764_000_000, "1", body),
            "486a1af58196e5052d3c0809a090c96bc1e5564a09ef58578bfa7b33828042a6"
        );
        assert_eq!(
            sign_answer(&key, 200, "1", br#"{"ok":1}"#),
            "8d9c8c891eac1e13eb15b0914b79c8439d92bd1eaebc147125cfbc754564c6fc"
        );
    }

    #[tokio::test]
    async fn an_answer_counts_only_when_the_devices_key_has_signed_it() {
        for (key, counts) in [([7; 32], true), ([8; 32], false)] {
            let answer = async move |headers: HeaderMap, body: Bytes| {
                let told: Value = serde_json::from_slice(&body).unwrap();
                let (n, t) = (told["n"].as_str().unwrap(), told["t"].as_i64().unwrap());
                let signature = sign_request(&[7; 32], PATH, t, n, &body);
                let expected = format!("CP1-HMAC-SHA256 dev=G03, t={t}, n={n}, sig={signature}");
                assert_eq!(headers["authorization"], expected.as_str());
                let answer = r#"{"ok":1,"r":"ok"}"#;
                (
                    [(
                        "x-cp1-signature",
                        sign_answer(&key, 200, n, answer.as_bytes()),
                    )],
                    answer,
                )
            };
            against(
                Router::new().route(PATH, post(answer)),
                async |world: Trial| {
                    let scan = Scan {
                        v: "TEST".into(),
                        ..Scan::default()
                    };
                    let scanned = world.sandbox.scan("G03", scan.clone()).await.unwrap();
                    assert_eq!((scanned.status, scanned.signature_ok), (200, counts));
                    assert_eq!(scanned.body["ok"], 1);
                    let next = world.sandbox.scan("G03", scan.clone()).await.unwrap();
                    assert_ne!(next.request["n"], scanned.request["n"]);
                    let strange = world.sandbox.scan("G99", scan).await;
                    assert!(matches!(strange, Err(Unpushed::NoSuchDevice)));
                },
            )
            .await;
        }
    }
}
