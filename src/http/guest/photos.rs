//! Pictures are uploaded before the form that names them, and shown to those with the right to see them.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::photos::{self, keep};
use crate::domain::actors::{Guest, Staff};
use crate::domain::photo::PhotoKind;
use crate::http::address::ClientAddress;
use crate::http::extract::{Json, Path};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::state::Site;
use crate::ids::PhotoId;

/// A form with the fields `kind` and `file`, read.
pub struct Upload {
    kind: PhotoKind,
    file: Vec<u8>,
}

/// The form, for the documents.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct UploadIn {
    /// `id_card` (证件照) or `face` (人脸照).
    kind: String,
    /// JPEG, PNG or WebP.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

impl FromRequest<Site> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let form = Multipart::from_request(request, site).await;
        let mut form = form.map_err(|_| Problem::malformed("请以表单上传照片"))?;
        let (mut kind, mut file) = (None, None);
        while let Some(field) = form.next_field().await.map_err(broken)? {
            match field.name() {
                Some("kind") => kind = PhotoKind::parse(&field.text().await.map_err(broken)?),
                Some("file") => file = Some(field.bytes().await.map_err(broken)?.to_vec()),
                _ => return Err(Problem::malformed("表单只有 kind 和 file 两项")),
            }
        }
        let kind = kind
            .ok_or_else(|| Problem::field("kind", "photo_kind", "照片类型应为 id_card 或 face"))?;
        let file = file.ok_or_else(|| Problem::field("file", "photo_required", "请选择照片"))?;
        Ok(Self { kind, file })
    }
}

#[must_use]
pub fn broken(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::malformed("文件没有完整送达，请重试"),
    }
}

#[derive(Serialize, ToSchema)]
pub struct PhotoOut {
    id: PhotoId,
}

/// Uploads a picture
#[utoipa::path(post, path = "/api/photos", tag = "visitor",
    request_body(content = UploadIn, content_type = "multipart/form-data"),
    responses((status = 201, body = PhotoOut), (status = 413, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn upload(
    State(site): State<Site>,
    guest: Guest,
    Upload { kind, file }: Upload,
) -> Result<(StatusCode, Json<PhotoOut>), Problem> {
    let id = keep(&site.ctx, (&guest).into(), kind, file).await?;
    Ok((StatusCode::CREATED, Json(PhotoOut { id })))
}

/// Uploads a picture of somebody for whom one fills in the form
#[utoipa::path(post, path = "/api/staff/photos", tag = "staff",
    request_body(content = UploadIn, content_type = "multipart/form-data"),
    responses((status = 201, body = PhotoOut), (status = 413, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn upload_by_staff(
    State(site): State<Site>,
    staff: Staff,
    Upload { kind, file }: Upload,
) -> Result<(StatusCode, Json<PhotoOut>), Problem> {
    let id = keep(&site.ctx, (&staff).into(), kind, file).await?;
    Ok((StatusCode::CREATED, Json(PhotoOut { id })))
}

/// A JPEG for whoever asked, and for nobody's memory.
pub struct Picture(pub Vec<u8>);

impl IntoResponse for Picture {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "image/jpeg"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (headers, self.0).into_response()
    }
}

/// One's own picture
#[utoipa::path(get, path = "/api/photos/{id}", tag = "visitor", params(("id" = PhotoId, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 404, body = ProblemOut)))]
pub async fn show(
    State(site): State<Site>,
    guest: Guest,
    Path(id): Path<PhotoId>,
) -> Result<Picture, Problem> {
    Ok(Picture(photos::show(&site.ctx, (&guest).into(), id).await?))
}

/// Takes one's own picture back
///
/// A face photo with the consent to use it; any other while no application rests on it.
#[utoipa::path(delete, path = "/api/photos/{id}", tag = "visitor", params(("id" = PhotoId, Path)),
    responses((status = 204), (status = 404, body = ProblemOut), (status = 409, body = ProblemOut)))]
pub async fn withdraw(
    State(site): State<Site>,
    guest: Guest,
    Path(id): Path<PhotoId>,
) -> Result<StatusCode, Problem> {
    photos::withdraw(&site.ctx, (&guest).into(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back the face photo behind a pass
///
/// For whoever holds its link: somebody else may have given the picture.
#[utoipa::path(delete, path = "/api/passes/{token}/face", tag = "visitor",
    params(("token" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemOut)))]
pub async fn withdraw_face(
    State(site): State<Site>,
    ClientAddress(from): ClientAddress,
    Path(token): Path<String>,
) -> Result<StatusCode, Problem> {
    site.doors.limits.link(from)?;
    photos::withdraw_face(&site.ctx, &token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A picture that one gave for somebody
#[utoipa::path(get, path = "/api/staff/photos/{id}", tag = "staff", params(("id" = PhotoId, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 404, body = ProblemOut)))]
pub async fn show_to_staff(
    State(site): State<Site>,
    staff: Staff,
    Path(id): Path<PhotoId>,
) -> Result<Picture, Problem> {
    Ok(Picture(photos::show(&site.ctx, (&staff).into(), id).await?))
}

/// Takes back a picture that one gave for somebody
#[utoipa::path(delete, path = "/api/staff/photos/{id}", tag = "staff", params(("id" = PhotoId, Path)),
    responses((status = 204), (status = 404, body = ProblemOut), (status = 409, body = ProblemOut)))]
pub async fn withdraw_by_staff(
    State(site): State<Site>,
    staff: Staff,
    Path(id): Path<PhotoId>,
) -> Result<StatusCode, Problem> {
    photos::withdraw(&site.ctx, (&staff).into(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
