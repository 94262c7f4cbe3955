//! Lists of Excel on their way in: the file of a request, read off the threads that answer others, and what
//! is said of its rows.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::Raw;
use super::guest::photos::broken;
use super::language::Language;
use super::problem::Problem;
use super::state::Site;
use crate::sheet::{self, Cells, Column, Faulty, List, SheetFault, Wrong};

/// The largest file: [`sheet::MOST_ROWS`] rows of ten columns in a CSV, and more than that packed.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const CSV: &str = "text/csv";

/// The bytes of a list: the body itself, or the field `file` of a form.
pub struct ListFile(Bytes);

impl FromRequest<Site> for ListFile {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with(CSV) || kind.starts_with(XLSX) {
            let Raw(bytes) = Raw::from_request(request, site).await?;
            return Ok(Self(bytes));
        }
        let form = Multipart::from_request(request, site).await;
        let mut form = form.map_err(|_| Problem::media_type())?;
        while let Some(field) = form.next_field().await.map_err(broken)? {
            if field.name() == Some("file") {
                return Ok(Self(field.bytes().await.map_err(broken)?));
            }
        }
        Err(Problem::field(
            "file",
            "file_required",
            "请选择要导入的文件",
        ))
    }
}

impl ListFile {
    /// Takes it apart, while others are answered.
    ///
    /// # Errors
    /// When it is no such list.
    pub async fn read<T: Send + 'static>(
        self,
        columns: &'static [Column],
        parse: fn(&Cells<'_>) -> Result<T, Wrong>,
    ) -> Result<List<T>, Problem> {
        let read = tokio::task::spawn_blocking(move || sheet::read(&self.0, columns, parse));
        let read = read.await.map_err(|_| {
            tracing::error!("the reader of lists panicked");
            Problem::failure()
        })?;
        Ok(read?)
    }
}

impl From<SheetFault> for Problem {
    fn from(fault: SheetFault) -> Self {
        Self::field("file", fault.code(), fault.to_string())
    }
}

/// A row that is not taken.
#[derive(Serialize, ToSchema)]
pub struct FaultOut {
    /// As Excel counts it: the heading is row 1.
    row: u64,
    /// The heading; none when it is the row as a whole.
    #[schema(example = "手机号")]
    column: Option<&'static str>,
    #[schema(example = "phone_invalid")]
    code: &'static str,
    detail: String,
}

impl FaultOut {
    /// The heading stays as the file has it.
    pub fn of(faulty: Faulty, language: Language) -> Self {
        let mut detail = faulty.detail;
        language.translate(faulty.code, &mut detail);
        Self {
            row: faulty.row,
            column: faulty.column,
            code: faulty.code,
            detail,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TemplateQuery {
    /// `xlsx` or `csv`; a sheet when it is left out.
    #[serde(default)]
    format: Format,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Xlsx,
    Csv,
}

impl TemplateQuery {
    /// 导入模板 under this name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn answer(&self, name: &str, columns: &[Column]) -> Result<Response, Problem> {
        match self.format {
            Format::Csv => Ok(csv_template(name, columns)),
            Format::Xlsx => {
                let bytes = sheet::xlsx_template(columns).map_err(|error| {
                    tracing::error!(%error, "a template could not be written");
                    Problem::failure()
                })?;
                Ok(saved(XLSX, &format!("{name}.xlsx"), bytes))
            }
        }
    }
}

/// 导入模板 as a CSV.
pub fn csv_template(name: &str, columns: &[Column]) -> Response {
    let text = sheet::csv_template(columns);
    saved("text/csv; charset=utf-8", &format!("{name}.csv"), text)
}

/// A sheet that the browser saves under this name.
pub fn xlsx(name: &str, body: Body) -> Response {
    saved(XLSX, name, body)
}

fn saved(kind: &str, name: &str, body: impl Into<Body>) -> Response {
    let name = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, &name),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body.into()).into_response()
}
