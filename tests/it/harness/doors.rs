//! The gates.

use axum::body::Body;
use axum::http::Request;
use campus_pass::domain::campus::DeviceId;
use campus_pass::domain::pass::Pass;
use campus_pass::ids::PassId;
use campus_pass::sandbox::{Scan, Scanned};
use campus_pass::secret::hmac_sha256;
use campus_pass::store::{gates, passes, presences};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Answer, App, plain};

/// A device at a gate, played by the sandbox, which signs and checks signatures with code of its own.
pub struct Gate<'a> {
    pub app: &'a App,
    pub device: &'static str,
}

impl Gate<'_> {
    /// Holds a code before the reader. The answer must be signed.
    pub async fn scan(&self, code: &str) -> String {
        self.scan_with(Scan {
            v: code.to_owned(),
            ..Scan::default()
        })
        .await
    }

    pub async fn scan_with(&self, scan: Scan) -> String {
        let scanned = self.app.sandbox.scan(self.device, scan).await.unwrap();
        if scanned.status == 200 {
            assert!(
                scanned.signature_ok,
                "an answer without the device's signature"
            );
        }
        told(&scanned, &self.app.base)
    }
}

impl Gate<'_> {
    /// Sends JSON, under the nonce that it names as `n`, or else under the next one.
    pub async fn post(&self, path: &str, json: &Value) -> Answer {
        let nonce = json["n"]
            .as_str()
            .map_or_else(|| self.nonce(), str::to_owned);
        self.send("POST", path, &nonce, json.to_string()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &self.nonce(), String::new()).await
    }

    fn nonce(&self) -> String {
        HEXLOWER.encode(&self.app.ctx.entropy.bytes::<8>())
    }

    /// Signed by the contract's words, with the key that the database has; the answer's signature is looked at.
    async fn send(&self, method: &str, path: &str, n: &str, body: String) -> Answer {
        let ctx = &self.app.ctx;
        let id = DeviceId::parse(self.device).unwrap();
        let device = gates::find_device(&ctx.db.read, &id).await.unwrap();
        let key = ctx.keys.open(&device.unwrap().key).unwrap().bytes();
        let hash = |text: &[u8]| HEXLOWER.encode(&Sha256::digest(text));
        let signed = |text: String| HEXLOWER.encode(&hmac_sha256(&key, &[text]));
        let t = ctx.clock.now().timestamp();
        let sig = signed(format!(
            "{method}\n{path}\n{t}\n{n}\n{}",
            hash(body.as_bytes())
        ));
        let header = format!("CP1-HMAC-SHA256 dev={id}, t={t}, n={n}, sig={sig}");
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", header);
        let answer = self.app.send(request.body(Body::from(body)).unwrap()).await;
        if answer.status == 200 {
            let expected = signed(format!("200\n{n}\n{}", hash(&answer.bytes)));
            assert_eq!(answer.header("x-cp1-signature"), expected);
        }
        answer
    }
}

/// The pass that a signed code is about.
pub async fn pass_of(app: &App, code: &str) -> Pass {
    let bytes = BASE32_NOPAD.decode(code.as_bytes()).unwrap();
    let id = i64::from_be_bytes(bytes[2..10].try_into().unwrap());
    let pass = passes::find(&app.ctx.db.read, PassId::from(id)).await;
    pass.unwrap().unwrap()
}

/// How often whoever shows a code has come in, wherever.
pub async fn entries_of(app: &App, code: &str) -> i32 {
    let pass = pass_of(app, code).await;
    let seen = presences::of_passes(&app.ctx.db.read, [pass.id]).await;
    seen.unwrap()
        .values()
        .map(|presence| presence.entries)
        .sum()
}

/// `200 {…}`, without what differs from run to run.
fn told(scanned: &Scanned, base: &str) -> String {
    let mut body = scanned.body.clone();
    if let Value::Object(fields) = &mut body {
        fields.remove("request_id");
        fields.remove("st");
    }
    plain(&format!("{} {body}", scanned.status), base)
}
