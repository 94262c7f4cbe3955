//! TC3-HMAC-SHA256, the signature of Tencent Cloud's API 3.0 (签名方法 v3), checked as the gateway checks it.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::sandbox::TencentSms;
use crate::secret::hmac_sha256;

const ALGORITHM: &str = "TC3-HMAC-SHA256";
/// A request whose time is further from ours is refused.
const SKEW_SECONDS: i64 = 300;

/// A code of Tencent Cloud's and a sentence.
pub(super) type Refused = (&'static str, &'static str);

pub(super) const UNKNOWN_ID: Refused =
    ("AuthFailure.SecretIdNotFound", "The SecretId is not found.");

/// Checks the signature of a POST to the service `sms`.
pub(super) fn check(
    account: &TencentSms,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Refused> {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    };
    let given = Authorization::read(header("authorization")).ok_or((
        "AuthFailure.InvalidAuthorization",
        "The Authorization header is malformed.",
    ))?;
    if given.secret_id != account.secret_id {
        return Err(UNKNOWN_ID);
    }
    let timestamp = header("x-tc-timestamp");
    let at = timestamp
        .parse()
        .ok()
        .and_then(|at| DateTime::from_timestamp(at, 0));
    let at = at.ok_or(("MissingParameter", "The request is missing `Timestamp`."))?;
    if (now - at).num_seconds().abs() > SKEW_SECONDS {
        return Err(("AuthFailure.SignatureExpire", "The signature has expired."));
    }
    let signed: Vec<&str> = given.signed_headers.split(';').collect();
    let dated = given.date == at.format("%Y-%m-%d").to_string();
    let covers = signed.contains(&"content-type") && signed.contains(&"host") && signed.is_sorted();
    if !dated || given.service != "sms" || !covers {
        return Err((
            "AuthFailure.SignatureFailure",
            "The credential scope is wrong.",
        ));
    }
    let pairs: Vec<_> = signed.iter().map(|name| (*name, header(name))).collect();
    let expected = sign(
        &account.secret_key,
        &given.date,
        &given.service,
        timestamp,
        &pairs,
        body,
    );
    if given.signature == expected {
        Ok(())
    } else {
        Err((
            "AuthFailure.SignatureFailure",
            "The provided credentials could not be validated.",
        ))
    }
}

struct Authorization {
    secret_id: String,
    date: String,
    service: String,
    signed_headers: String,
    signature: String,
}

impl Authorization {
    /// `TC3-HMAC-SHA256 Credential=<id>/<date>/<service>/tc3_request, SignedHeaders=…, Signature=…`.
    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(ALGORITHM)?.trim();
        let mut parts = rest.split(',').map(str::trim);
        let credential = parts.next()?.strip_prefix("Credential=")?;
        let signed_headers = parts.next()?.strip_prefix("SignedHeaders=")?.to_owned();
        let signature = parts.next()?.strip_prefix("Signature=")?.to_owned();
        let [secret_id, date, service, "tc3_request"] =
            *credential.split('/').collect::<Vec<_>>().as_slice()
        else {
            return None;
        };
        let [secret_id, date, service] = [secret_id, date, service].map(str::to_owned);
        Some(Self {
            secret_id,
            date,
            service,
            signed_headers,
            signature,
        })
    }
}

/// The signature of a POST to `/`: names and values of headers count in lower case.
fn sign(
    secret_key: &str,
    date: &str,
    service: &str,
    timestamp: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> String {
    let line = |(name, value): &(&str, &str)| format!("{name}:{}\n", value.trim().to_lowercase());
    let lines: String = headers.iter().map(line).collect();
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    let request = format!("POST\n/\n\n{lines}\n{}\n{}", names.join(";"), hash(body));
    let scope = format!("{date}/{service}/tc3_request");
    let text = format!(
        "{ALGORITHM}\n{timestamp}\n{scope}\n{}",
        hash(request.as_bytes())
    );
    let key = hmac_sha256(format!("TC3{secret_key}").as_bytes(), &[date]);
    let key = hmac_sha256(&hmac_sha256(&key, &[service]), &["tc3_request"]);
    HEXLOWER.encode(&hmac_sha256(&key, &[text]))
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Time and header of a request for the tests of the gateway, signed with the account's key.
#[cfg(test)]
pub(in crate::sandbox) fn authorization(
    account: &TencentSms,
    now: DateTime<Utc>,
    body: &[u8],
) -> (String, String) {
    let (timestamp, date) = (
        now.timestamp().to_string(),
        now.format("%Y-%m-%d").to_string(),
    );
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("host", "gateway.test"),
    ];
    let signature = sign(
        &account.secret_key,
        &date,
        "sms",
        &timestamp,
        &headers,
        body,
    );
    let header = format!(
        "{ALGORITHM} Credential={}/{date}/sms/tc3_request, SignedHeaders=content-type;host, \
         Signature={signature}",
        account.secret_id
    );
    (timestamp, header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_tencents_published_example() {
        // cloud.tencent.com/document/api/213/30654, 签名方法 v3, the example of DescribeInstances.
        let body = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let headers = [
            ("content-type", "application/json; charset=utf-8"),
            ("host", "cvm.tencentcloudapi.com"),
        ];
        let key = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
        assert_eq!(
            sign(
                key,
                "2019-02-25",
                "cvm",
                "1551113065",
                &headers,
                body.as_bytes()
            ),
            "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );
    }
}
