//! The gates.

use campus_pass::sandbox::{Scan, Scanned};
use serde_json::Value;

use super::{App, plain};

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

/// `200 {…}`, without what differs from run to run.
fn told(scanned: &Scanned, base: &str) -> String {
    let mut body = scanned.body.clone();
    if let Value::Object(fields) = &mut body {
        fields.remove("request_id");
        fields.remove("st");
    }
    plain(&format!("{} {body}", scanned.status), base)
}
