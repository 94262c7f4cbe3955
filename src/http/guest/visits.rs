//! 访客预约: book, read, correct, withdraw.

use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use chrono::{DateTime, FixedOffset};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use crate::actions::visits::{self, Booking, Details, Key};
use crate::ctx::Ctx;
use crate::domain::actors::Guest;
use crate::domain::visit::Stage;
use crate::domain::window::campus_time;
use crate::domain::{Fault, IdNumber, Items, Note, PersonName, Phone, Plate, Window};
use crate::http::extract::{Json, Path, Query, Raw, must_be_json, read};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::http::state::Site;
use crate::ids::{AreaId, ReasonId, StaffId, VisitId, VisitorId};
use crate::secret::Masked;
use crate::store::visit_facts::VisitFacts;

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
    booking: Booking,
    key: Option<Key>,
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

/// 访客申请单.
#[derive(Serialize, ToSchema)]
pub struct VisitOut {
    /// 单据号.
    id: VisitId,
    /// `pending`, `approved`, `rejected`, `returned`, `withdrawn`, `lapsed` or `completed`.
    #[schema(example = "pending")]
    stage: &'static str,
    /// 状态 as the screen says it.
    #[schema(example = "审批中")]
    stage_text: &'static str,
    host: HostNameOut,
    area: String,
    area_id: AreaId,
    reason: String,
    reason_id: ReasonId,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    /// 时长.
    days: i64,
    note: Option<String>,
    /// What the approver said.
    comment: Option<String>,
    submitted_at: DateTime<FixedOffset>,
    visitors: Vec<VisitorOut>,
}

#[derive(Serialize, ToSchema)]
pub struct HostNameOut {
    id: StaffId,
    name: String,
    department: String,
}

#[derive(Serialize, ToSchema)]
pub struct VisitorOut {
    id: VisitorId,
    name: String,
    #[schema(value_type = String)]
    phone: Masked,
    plate: Option<String>,
    items: Option<String>,
    has_face: bool,
    /// Only while the pass is good, or will be.
    pass: Option<PassLinkOut>,
}

#[derive(Serialize, ToSchema)]
pub struct PassLinkOut {
    /// A path of this site.
    #[schema(example = "/p/…")]
    link: String,
}

impl VisitOut {
    fn of(ctx: &Ctx, facts: VisitFacts) -> Self {
        let visit = &facts.visit;
        let comment = match &visit.stage {
            Stage::Approved { comment, .. } => comment.as_ref(),
            Stage::Rejected { comment, .. } | Stage::Returned { comment, .. } => Some(comment),
            Stage::Pending
            | Stage::Withdrawn { .. }
            | Stage::Lapsed { .. }
            | Stage::Completed { .. } => None,
        };
        let live = matches!(visit.stage, Stage::Approved { .. });
        let link = |visitor: VisitorId| {
            let pass = facts
                .passes
                .iter()
                .find(|pass| live && pass.visitor == visitor)?;
            let token = ctx
                .keys
                .link_token("pass", pass.id.get(), pass.link_generation);
            Some(PassLinkOut {
                link: format!("/p/{}", token.reveal()),
            })
        };
        let visitors = facts.visitors.iter().map(|visitor| VisitorOut {
            id: visitor.id,
            name: visitor.name.as_str().to_owned(),
            phone: visitor.phone.mask.clone(),
            plate: visitor
                .plate
                .as_ref()
                .map(|plate| plate.as_str().to_owned()),
            items: visitor
                .items
                .as_ref()
                .map(|items| items.as_str().to_owned()),
            has_face: visitor.face_photo.is_some(),
            pass: link(visitor.id),
        });
        Self {
            id: visit.id,
            stage: visit.stage.as_str(),
            stage_text: visit.stage.word(),
            host: HostNameOut {
                id: facts.host.id,
                name: facts.host.name.as_str().to_owned(),
                department: facts.host.department_name.clone(),
            },
            area: facts.area.name.clone(),
            area_id: facts.area.id,
            reason: facts.reason.name.clone(),
            reason_id: facts.reason.id,
            starts_at: campus_time(visit.window.from()),
            ends_at: campus_time(visit.window.until()),
            days: visit.window.days(),
            note: visit.note.as_ref().map(|note| note.as_str().to_owned()),
            comment: comment.map(|comment| comment.as_str().to_owned()),
            submitted_at: campus_time(visit.submitted_at),
            visitors: visitors.collect(),
        }
    }
}

/// Books a visit for one
///
/// Sent again with the same `Idempotency-Key` it is answered with the visit of the first time.
#[utoipa::path(post, path = "/api/visits", tag = "visitor", request_body = BookVisitIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn book(
    State(ctx): State<Ctx>,
    guest: Guest,
    asked: Asked,
) -> Result<(StatusCode, Json<VisitOut>), Problem> {
    let id = visits::book(&ctx, &guest, asked.key.as_ref(), &asked.booking).await?;
    Ok((StatusCode::CREATED, one(&ctx, &guest, id).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<VisitId>,
    /// 1 to 50; 20 when left out.
    limit: Option<u64>,
}

impl PageQuery {
    #[must_use]
    pub fn after(&self) -> Option<VisitId> {
        self.after
    }

    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit.unwrap_or(20).clamp(1, 50)
    }
}

/// A page of a list, and the key of the next.
#[derive(Serialize, ToSchema)]
pub struct VisitsOut {
    items: Vec<VisitOut>,
    next: Option<VisitId>,
}

/// 预约记录, newest first
#[utoipa::path(get, path = "/api/visits", tag = "visitor", params(PageQuery),
    responses((status = 200, body = VisitsOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    guest: Guest,
    Query(page): Query<PageQuery>,
) -> Result<Json<VisitsOut>, Problem> {
    let limit = page.limit();
    let found = visits::list(&ctx, &guest, page.after(), limit).await?;
    let next = found.last().map(|facts| facts.visit.id);
    let next = next.filter(|_| found.len() as u64 == limit);
    Ok(Json(VisitsOut {
        items: found.into_iter().map(|f| VisitOut::of(&ctx, f)).collect(),
        next,
    }))
}

/// One visit of one's own
#[utoipa::path(get, path = "/api/visits/{id}", tag = "visitor", params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 404, body = ProblemOut)))]
pub async fn find(
    State(ctx): State<Ctx>,
    guest: Guest,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    one(&ctx, &guest, id).await
}

/// Corrects a returned visit, which submits it again
#[utoipa::path(put, path = "/api/visits/{id}", tag = "visitor", params(("id" = VisitId, Path)),
    request_body = BookVisitIn,
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn correct(
    State(ctx): State<Ctx>,
    guest: Guest,
    Path(id): Path<VisitId>,
    Json(form): Json<BookVisitIn>,
) -> Result<Json<VisitOut>, Problem> {
    visits::correct(&ctx, &guest, id, &form.try_into()?).await?;
    one(&ctx, &guest, id).await
}

/// Withdraws a visit and revokes its passes
#[utoipa::path(post, path = "/api/visits/{id}/withdraw", tag = "visitor",
    params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitOut), (status = 409, body = ProblemOut)))]
pub async fn withdraw(
    State(ctx): State<Ctx>,
    guest: Guest,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitOut>, Problem> {
    visits::withdraw(&ctx, &guest, id).await?;
    one(&ctx, &guest, id).await
}

async fn one(ctx: &Ctx, guest: &Guest, id: VisitId) -> Result<Json<VisitOut>, Problem> {
    Ok(Json(VisitOut::of(ctx, visits::find(ctx, guest, id).await?)))
}
