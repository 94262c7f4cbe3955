//! axum's extractors with our problems for their rejections, which are plain text otherwise.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body, in or out. Unknown fields are refused by the types themselves.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        let Raw(bytes) = Raw::from_request(request, state).await?;
        read(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Pages of others can send forms and plain text without asking, but no JSON.
pub fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/json")) {
        Ok(())
    } else {
        Err(Problem::media_type())
    }
}

/// A body as it is, up to the limit of its route.
pub struct Raw(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                Problem::too_large()
            }
            _ => Problem::malformed("请求内容没有完整送达"),
        })
    }
}

/// Reads JSON; a field that has the wrong type, is missing or unknown is named.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() {
            // serde's sentence names the field and what it should be, and quotes no content but a
            // wrong scalar's kind; the line and column behind it help nobody.
            let said = error.to_string();
            let said = said.split(" at line").next().unwrap_or_default();
            let named = said.split('`').nth(1).unwrap_or_default();
            if said.starts_with("missing field") {
                // The path ends at the object that the field is missing from.
                let field = match path.as_str() {
                    "." => named.to_owned(),
                    path => format!("{path}.{named}"),
                };
                return Problem::field(&field, "field_type", format!("缺少字段：{named}"));
            }
            let detail = if said.starts_with("unknown field") {
                format!("没有这个字段：{named}")
            } else {
                "字段类型不正确".to_owned()
            };
            Problem::field(&path, "field_type", detail)
        } else {
            Problem::malformed("请求内容不是有效的JSON")
        }
    })?;
    json.end()
        .map_err(|_| Problem::malformed("请求内容不是有效的JSON"))?;
    Ok(value)
}

/// The query string.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        #[expect(clippy::disallowed_types, reason = "this is the wrapper")]
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|query| Self(query.0))
            .map_err(|rejection| unread(&rejection.body_text()))
    }
}

/// What is wrong with a query, from axum's sentence, which begins with the field or has it between
/// backquotes, and behind it quotes what must not be said again.
fn unread(said: &str) -> Problem {
    let said = said.split_once("string: ").map_or(said, |(_, said)| said);
    let quoted = said.split('`').nth(1).unwrap_or_default();
    let (field, detail) = match said.split(" field `").next() {
        Some(before) if before.ends_with("unknown") => (quoted, "没有这个查询参数"),
        Some(before) if before.ends_with("missing") => (quoted, "缺少这个查询参数"),
        _ => {
            let field = said.split(':').next().unwrap_or_default();
            (field, "查询参数格式不正确")
        }
    };
    Problem::field(field, "query_invalid", detail)
}

/// How many rows a page has: what was asked, within 1 to 50, or 20.
#[must_use]
pub fn page_size(asked: Option<u64>) -> u64 {
    asked.unwrap_or(20).clamp(1, 50)
}

/// The places in the path. One that cannot be what it should names nothing.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        #[expect(clippy::disallowed_types, reason = "this is the wrapper")]
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0))
            .map_err(|_| Problem::not_found())
    }
}
