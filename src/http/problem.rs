//! What goes wrong, as `application/problem+json` (RFC 9457): one table from our errors to a status, a
//! stable code and a sentence for whoever asked.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::actions::applications::BookError;
use crate::actions::photos::PictureError;
use crate::actions::sessions::LoginError;
use crate::cas::CasError;
use crate::domain::Fault;
use crate::http::language::Language;
use crate::photos::{PhotoError, PhotoFault};
use crate::store::StoreError;
use crate::tencent::call::CallError;
use crate::tencent::callback::CallbackRefusal;
use crate::tencent::errcode::Class;

/// A refusal or a failure, before the request's id is put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub detail: String,
    pub errors: Vec<FieldError>,
}

/// What is wrong with one field; its name is the path in the request's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    #[schema(example = "visitor.phone")]
    pub field: String,
    #[schema(example = "phone_invalid")]
    pub code: &'static str,
    #[schema(example = "手机号应为11位大陆手机号码")]
    pub detail: String,
}

/// The body.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemOut {
    /// The HTTP status in words.
    pub title: &'static str,
    pub status: u16,
    /// Stable: programs decide by it.
    #[schema(example = "invalid")]
    pub code: &'static str,
    /// A sentence for a person.
    pub detail: String,
    /// Names the request in our logs.
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// Fields that are not what they should be.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "请检查填写的内容",
        );
        Self { errors, ..problem }
    }

    /// One field that is not what it should be.
    #[must_use]
    pub fn field(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        let error = FieldError {
            field: field.to_owned(),
            code,
            detail: detail.into(),
        };
        Self::invalid(vec![error])
    }

    /// A body that cannot be read at all.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    #[must_use]
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "请求内容过大")
    }

    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "没有找到")
    }

    #[must_use]
    pub fn method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "不支持该请求方式",
        )
    }

    #[must_use]
    pub fn media_type() -> Self {
        let detail = "请求内容应为 application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", detail)
    }

    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "请先登录")
    }

    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "您没有此权限")
    }

    /// A request that a page of somebody else's made with our cookie.
    #[must_use]
    pub fn foreign_origin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "foreign_origin", "请从本站页面提交")
    }

    #[must_use]
    pub fn too_often() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_often",
            "操作过于频繁，请稍后再试",
        )
    }

    #[must_use]
    pub fn failure() -> Self {
        let detail = "系统繁忙，请稍后再试";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failure", detail)
    }

    /// A request that was not answered in time.
    #[must_use]
    pub fn timeout() -> Self {
        let detail = "处理超时，请稍后再试";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail)
    }

    /// A login's code or state that is spent, foreign or made up.
    #[must_use]
    pub fn login_code() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "login_code",
            "登录已失效，请重新登录",
        )
    }

    /// A code of the phone button that is spent or made up; the login itself stands.
    #[must_use]
    pub fn phone_code() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "phone_code",
            "手机号授权已失效，请重新授权",
        )
    }

    /// A login's code by SMS that is wrong, old, used, or was tried too often.
    #[must_use]
    pub fn sms_code() -> Self {
        let detail = "验证码不正确或已失效，请核对或重新获取";
        Self::field("code", "sms_code", detail)
    }

    /// A short code that leads to no pass of this phone, or did too often.
    #[must_use]
    pub fn pass_code() -> Self {
        let detail = "编码或手机号后四位不正确，或已多次输错";
        Self::new(StatusCode::NOT_FOUND, "pass_code", detail)
    }

    #[must_use]
    pub fn foreign_phone() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "phone_foreign",
            "仅支持中国大陆手机号码",
        )
    }

    #[must_use]
    pub fn wechat_unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "wechat_unavailable",
            "微信暂时没有响应，请稍后再试",
        )
    }

    /// Seconds since 1970 of our clock go along, so that a device can mend its own.
    #[must_use]
    pub fn clock_skew(now: i64) -> Self {
        let detail = format!("clock differs by more than 120 s; server time {now}");
        Self::new(StatusCode::UNAUTHORIZED, "clock_skew", detail)
    }

    /// A device that is not known, or whose signature does not fit.
    #[must_use]
    pub fn device() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "device",
            "unknown device or wrong signature",
        )
    }

    #[must_use]
    pub fn nonce_spent() -> Self {
        let detail = "this nonce was used for another scan, or more than 60 s ago";
        Self::new(StatusCode::CONFLICT, "nonce_spent", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a problem in the language of whoever asked, with the number of their request.
pub fn finish(response: &mut Response, request_id: &str, language: Language) {
    let Some(mut problem) = response.extensions_mut().remove::<Problem>() else {
        return;
    };
    language.translate(problem.code, &mut problem.detail);
    for error in &mut problem.errors {
        language.translate(error.code, &mut error.detail);
    }
    let out = ProblemOut {
        title: problem.status.canonical_reason().unwrap_or("Error"),
        status: problem.status.as_u16(),
        code: problem.code,
        detail: problem.detail,
        request_id: request_id.to_owned(),
        errors: problem.errors,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/problem+json"),
        (header::CONTENT_LANGUAGE, language.tag()),
        (header::VARY, "accept-language"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(serde_json::to_vec(&out).unwrap_or_default());
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::failure()
    }
}

impl From<BookError> for Problem {
    fn from(error: BookError) -> Self {
        let said = error.to_string();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, said.clone());
        match error {
            BookError::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", said),
            BookError::UnknownHost => Self::field("host", "host_unknown", said),
            BookError::UnknownArea => Self::field("area", "area_unknown", said),
            BookError::UnknownReason => Self::field("reason", "reason_unknown", said),
            BookError::NoQuarter => conflict("no_quarter"),
            BookError::TooManyToResident(_) => conflict("too_many_to_resident"),
            BookError::UnknownIdPhoto(number) => Self::field(
                &super::refusals::of_visitor(number, "id_photo"),
                "photo_unknown",
                said,
            ),
            BookError::UnknownFacePhoto(number) => Self::field(
                &super::refusals::of_visitor(number, "face_photo"),
                "photo_unknown",
                said,
            ),
            BookError::Over => Self::field("ends_at", "window_over", said),
            BookError::TooFar => Self::field("starts_at", "window_too_far", said),
            BookError::TooManyPending => conflict("too_many_pending"),
            BookError::TooManyToday(_) => conflict("too_many_today"),
            BookError::Limit(limit) => limit.into(),
            BookError::Screened(_) => conflict("visitor_screened"),
            BookError::KeyReused => conflict("idempotency_key_reused"),
            BookError::Refused(refusal) => refusal.into(),
            BookError::Visit(error) => error.into(),
            BookError::Store(error) => error.into(),
        }
    }
}

impl From<PictureError> for Problem {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Photo(PhotoError::Refused(PhotoFault::TooLarge)) => {
                let detail = PhotoFault::TooLarge.to_string();
                let error = FieldError {
                    field: "file".to_owned(),
                    code: "photo_too_large",
                    detail,
                };
                Self {
                    errors: vec![error],
                    ..Self::too_large()
                }
            }
            PictureError::Photo(PhotoError::Refused(fault)) => {
                Self::field("file", fault.code(), fault.to_string())
            }
            PictureError::Photo(error) => {
                tracing::error!(%error, "a picture could not be kept or shown");
                Self::failure()
            }
            PictureError::NotFound => {
                Self::new(StatusCode::NOT_FOUND, "not_found", error.to_string())
            }
            PictureError::InUse => {
                Self::new(StatusCode::CONFLICT, "photo_in_use", error.to_string())
            }
            PictureError::Store(error) => error.into(),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::NotStaff => {
                Self::new(StatusCode::FORBIDDEN, "not_staff", error.to_string())
            }
            LoginError::Store(error) => error.into(),
        }
    }
}

/// A login's code was refused, or WeChat did not answer.
impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        match error.class() {
            Some(Class::Never | Class::Done) => Self::login_code(),
            Some(Class::Token | Class::Configuration | Class::Busy | Class::Wait) | None => {
                tracing::error!(%error, "a login could not be checked");
                Self::wechat_unavailable()
            }
        }
    }
}

/// A ticket was refused, or CAS did not answer.
impl From<CasError> for Problem {
    fn from(error: CasError) -> Self {
        match error {
            CasError::Ticket => Self::login_code(),
            CasError::Call(error) => {
                tracing::error!(%error, "a login could not be checked with CAS");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "cas_unavailable",
                    "统一身份认证暂时没有响应，请稍后再试",
                )
            }
        }
    }
}

/// A delivery that is not WeChat's, or not for us. Nothing of it is said back.
impl From<CallbackRefusal> for Problem {
    fn from(refusal: CallbackRefusal) -> Self {
        Self::new(StatusCode::FORBIDDEN, refusal.code(), "refused")
    }
}

/// A value that is not a field of a form: what a platform told us.
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, fault.code, fault.sentence)
    }
}
