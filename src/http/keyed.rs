//! `Idempotency-Key`: the sender's own name for a request, under which it may be sent again.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use data_encoding::HEXLOWER;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::extract::{Raw, must_be_json, read};
use super::problem::Problem;
use super::state::Site;
use crate::actions::once::Key;

/// A form, and the key under which its sender will ask again.
pub struct Keyed<F> {
    pub form: F,
    pub key: Option<Key>,
}

impl<F: DeserializeOwned> FromRequest<Site> for Keyed<F> {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        let (mut parts, body) = request.into_parts();
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(&mut parts, site).await?;
        let path = parts.uri.path().to_owned();
        let Raw(bytes) = Raw::from_request(Request::from_parts(parts, body), site).await?;
        let form = read(&bytes)?;
        // The same form at another door is another request.
        let hash = Sha256::new().chain_update(&path).chain_update(&bytes);
        let request_hash = HEXLOWER.encode(&hash.finalize());
        Ok(Self {
            form,
            key: key.map(|key| Key { key, request_hash }),
        })
    }
}

/// `Idempotency-Key`, when there is one: 1 to 64 visible characters of ASCII.
struct IdempotencyKey(Option<String>);

impl FromRequestParts<Site> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = key.to_str().unwrap_or_default();
        let fits = matches!(key.len(), 1..=64) && key.bytes().all(|b| b.is_ascii_graphic());
        if fits {
            Ok(Self(Some(key.to_owned())))
        } else {
            Err(Problem::malformed("Idempotency-Key 应为1到64个可见字符"))
        }
    }
}
