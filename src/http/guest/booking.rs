//! The form of 访客预约, from JSON to a booking.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::actions::visits::{Booking, Details, Key};
use crate::domain::{Fault, IdNumber, Items, Note, PersonName, Phone, Plate, Window};
use crate::http::extract::{Raw, must_be_json, read};
use crate::http::fields::Fields;
use crate::http::problem::Problem;
use crate::http::state::Site;

/// 到访信息.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookVisitIn {
    /// 被访人, from `/api/hosts`.
    #[serde(default)]
    host: String,
    /// 到访区域, from `/api/areas`.
    #[serde(default)]
    area: String,
    /// 来访事由, from `/api/reasons`.
    #[serde(default)]
    reason: String,
    /// 开始时间, RFC 3339.
    #[serde(default)]
    #[schema(example = "2026-03-02T14:00:00+08:00")]
    starts_at: String,
    /// 结束时间, RFC 3339, still in.
    #[serde(default)]
    #[schema(example = "2026-03-02T16:00:00+08:00")]
    ends_at: String,
    /// 来访描述.
    note: Option<String>,
    visitor: VisitorIn,
    /// The visitor consents to the use of the face photo; needed when there is one.
    #[serde(default)]
    consent: bool,
}

/// 基本信息 and 备案信息.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitorIn {
    /// 姓名.
    #[serde(default)]
    name: String,
    /// 手机号.
    #[serde(default)]
    phone: String,
    /// 证件号.
    #[serde(default)]
    id_number: String,
    /// 证件照, from `/api/photos`.
    #[serde(default)]
    id_photo: String,
    /// 人脸照, from `/api/photos`.
    face_photo: Option<String>,
    /// 车牌号.
    plate: Option<String>,
    /// 携带物品.
    items: Option<String>,
}

impl TryFrom<BookVisitIn> for Booking {
    type Error = Problem;

    fn try_from(form: BookVisitIn) -> Result<Self, Problem> {
        let mut f = Fields::default();
        let host = f.id(
            "host",
            &form.host,
            Fault::new("host_required", "请选择被访人"),
        );
        let area = f.id(
            "area",
            &form.area,
            Fault::new("area_required", "请选择到访区域"),
        );
        let reason = f.id(
            "reason",
            &form.reason,
            Fault::new("reason_required", "请选择来访事由"),
        );
        let starts_at = f.time("starts_at", &form.starts_at);
        let ends_at = f.time("ends_at", &form.ends_at);
        let window = starts_at
            .zip(ends_at)
            .and_then(|(from, until)| f.take("ends_at", Window::new(from, until)));
        let note = f.maybe("note", form.note.as_deref(), Note::parse);
        let visitor = details(&mut f, &form.visitor, form.consent);
        let whole = host.zip(area).zip(reason).zip(window).zip(visitor);
        f.finish(
            whole.map(|((((host, area), reason), window), visitor)| Self {
                host,
                area,
                reason,
                note,
                window,
                visitor,
            }),
        )
    }
}

fn details(f: &mut Fields, form: &VisitorIn, consent: bool) -> Option<Details> {
    let name = f.take("visitor.name", PersonName::parse(&form.name));
    let phone = f.take("visitor.phone", Phone::parse(&form.phone));
    let id_number = f.take("visitor.id_number", IdNumber::parse(&form.id_number));
    let no_photo = Fault::new("photo_required", "请上传与证件号对应的证件照");
    let id_photo = f.id("visitor.id_photo", &form.id_photo, no_photo);
    let face_photo = f.maybe("visitor.face_photo", form.face_photo.as_deref(), |text| {
        text.parse()
            .map_err(|_| Fault::new("photo_unknown", "请重新上传人脸照"))
    });
    if face_photo.is_some() && !consent {
        f.fault(
            "consent",
            Fault::new("consent_required", "使用人脸照需要您的同意"),
        );
    }
    let plate = f.maybe("visitor.plate", form.plate.as_deref(), Plate::parse);
    let items = f.maybe("visitor.items", form.items.as_deref(), Items::parse);
    let whole = name.zip(phone).zip(id_number).zip(id_photo);
    whole.map(|(((name, phone), id_number), id_photo)| Details {
        name,
        phone,
        id_number,
        id_photo,
        face_photo,
        plate,
        items,
    })
}

/// A booking and the key under which its sender will ask again.
pub struct Asked {
    pub booking: Booking,
    pub key: Option<Key>,
}

impl FromRequest<Site> for Asked {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        let (mut parts, body) = request.into_parts();
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(&mut parts, site).await?;
        let Raw(bytes) = Raw::from_request(Request::from_parts(parts, body), site).await?;
        let booking = read::<BookVisitIn>(&bytes)?.try_into()?;
        let request_hash = HEXLOWER.encode(&Sha256::digest(&bytes));
        Ok(Self {
            booking,
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
