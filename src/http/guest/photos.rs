//! Pictures are uploaded before the form that names them.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::photos::keep;
use crate::domain::actors::{Guest, Staff};
use crate::domain::photo::PhotoKind;
use crate::http::extract::Json;
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

fn broken(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::malformed("照片没有完整送达，请重试"),
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
