//! ACS3-HMAC-SHA256, the signature of Aliyun's OpenAPI (V3版本请求体&签名机制), checked as the gateway
//! checks it: <https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature>.

use std::fmt::Write;

use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::sandbox::AliyunSms;
use crate::sandbox::call::Call;
use crate::secret::hmac_sha256;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// A request whose time is further from ours is refused.
pub(super) const SKEW_SECONDS: i64 = 900;
/// What must be signed, besides what else begins with `x-acs-`.
const SIGNED: [&str; 6] = [
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
];

/// Status, code and sentence.
pub(super) type Refused = (StatusCode, &'static str, &'static str);

pub(super) const UNKNOWN_ID: Refused = (
    StatusCode::NOT_FOUND,
    "InvalidAccessKeyId.NotFound",
    "Specified access key is not found.",
);

/// Checks a POST to `/`, and gives its nonce.
pub(super) fn check<'a>(
    account: &AliyunSms,
    call: &'a Call,
    now: DateTime<Utc>,
) -> Result<&'a str, Refused> {
    let incomplete = (
        StatusCode::BAD_REQUEST,
        "IncompleteSignature",
        "The request signature does not conform to Aliyun standards.",
    );
    let different = (
        StatusCode::BAD_REQUEST,
        "SignatureDoesNotMatch",
        "Specified signature does not match our calculation.",
    );
    let header = |name: &str| header(&call.headers, name);
    let given = Authorization::read(header("authorization")).ok_or(incomplete)?;
    if given.id != account.access_key_id {
        return Err(UNKNOWN_ID);
    }
    let at = DateTime::parse_from_rfc3339(header("x-acs-date")).map_err(|_| incomplete)?;
    if (now - at.to_utc()).num_seconds().abs() > SKEW_SECONDS {
        return Err((
            StatusCode::BAD_REQUEST,
            "InvalidTimeStamp.Expired",
            "Specified time stamp or date value is expired.",
        ));
    }
    let names: Vec<&str> = given.signed.split(';').collect();
    let covers = SIGNED.iter().all(|name| names.contains(name));
    if !covers || !names.is_sorted() || header("x-acs-signature-nonce").is_empty() {
        return Err(incomplete);
    }
    if header("x-acs-content-sha256") != hash(&call.body) {
        return Err(different);
    }
    let headers: Vec<_> = names.iter().map(|name| (*name, header(name))).collect();
    let expected = sign(&account.access_key_secret, call.pairs(), &headers);
    if given.signature == expected {
        Ok(header("x-acs-signature-nonce"))
    } else {
        Err(different)
    }
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or("")
}

struct Authorization<'a> {
    id: &'a str,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// `ACS3-HMAC-SHA256 Credential=<id>,SignedHeaders=a;b,Signature=<hex>`.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix(ALGORITHM)?.trim().split(',');
        Some(Self {
            id: parts.next()?.strip_prefix("Credential=")?,
            signed: parts.next()?.strip_prefix("SignedHeaders=")?,
            signature: parts.next()?.strip_prefix("Signature=")?,
        })
    }
}

/// The signature of a POST to `/`. The body is signed by the header that carries its hash.
fn sign(secret: &str, query: &[(String, String)], headers: &[(&str, &str)]) -> String {
    let mut query: Vec<_> = query
        .iter()
        .map(|(k, v)| (encoded(k), encoded(v)))
        .collect();
    query.sort();
    let pairs: Vec<_> = query.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let line = |(name, value): &(&str, &str)| format!("{name}:{}\n", value.trim());
    let lines: String = headers.iter().map(line).collect();
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    let body = headers
        .iter()
        .find(|(name, _)| *name == "x-acs-content-sha256");
    let request = format!(
        "POST\n/\n{}\n{lines}\n{}\n{}",
        pairs.join("&"),
        names.join(";"),
        body.map_or("", |(_, hash)| hash),
    );
    let text = format!("{ALGORITHM}\n{}", hash(request.as_bytes()));
    HEXLOWER.encode(&hmac_sha256(secret.as_bytes(), &[text]))
}

/// RFC 3986: all but the unreserved characters as `%XX`.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte.into());
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The headers of a request for the tests of the gateway, signed with the account's secret.
#[cfg(test)]
pub(in crate::sandbox) fn authorization(
    account: &AliyunSms,
    now: DateTime<Utc>,
    nonce: &str,
    query: &[(String, String)],
) -> Vec<(&'static str, String)> {
    let date = now.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let values = [
        "gateway.test",
        "SendSms",
        &hash(b""),
        &date,
        nonce,
        "2017-05-25",
    ];
    let headers: Vec<_> = SIGNED.into_iter().zip(values).collect();
    let signature = sign(&account.access_key_secret, query, &headers);
    let authorization = format!(
        "{ALGORITHM} Credential={},SignedHeaders={},Signature={signature}",
        account.access_key_id,
        SIGNED.join(";")
    );
    let owned = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    owned.chain([("authorization", authorization)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_aliyuns_published_example() {
        // help.aliyun.com, V3版本请求体&签名机制, 固定参数示例 (RunInstances).
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let query = [
            pair("RegionId", "cn-shanghai"),
            pair(
                "ImageId",
                "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            ),
        ];
        let headers = [
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            (
                "x-acs-content-sha256",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
        ];
        assert_eq!(
            sign("YourAccessKeySecret", &query, &headers),
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    #[test]
    fn names_and_values_are_encoded_as_the_document_says() {
        // The document's own: a space is %20, * is %2A, ~ stays.
        assert_eq!(encoded("a b*~张"), "a%20b%2A~%E5%BC%A0");
    }
}
