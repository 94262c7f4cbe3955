//! Lists of an administrator: 教职工 and 住户 go into their registers; 来访车辆 and 访客名单 come back checked,
//! for a form to take.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::actions::registers::RegisterError;
use crate::actions::residents::Entered as Moved;
use crate::actions::staff::Entered as Hired;
use crate::actions::{residents, staff};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Admin};
use crate::http::extract::{Json, Path, Query};
use crate::http::group::{self, PlatesOut};
use crate::http::language::Language;
use crate::http::lists::{FaultOut, ListFile, TemplateQuery};
use crate::http::problem::{Problem, ProblemOut};
use crate::http::roster::{self, RosterOut};
use crate::sheet::{Column, Faulty, List};

/// What a list is of.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListKind {
    Staff,
    Residents,
    Vehicles,
    Visitors,
}

impl ListKind {
    fn columns(self) -> (&'static str, &'static [Column]) {
        match self {
            Self::Staff => ("staff", &staff::COLUMNS),
            Self::Residents => ("residents", &residents::COLUMNS),
            Self::Vehicles => ("vehicles", &group::COLUMNS),
            Self::Visitors => ("visitors", &roster::COLUMNS),
        }
    }
}

/// 导入模板
#[utoipa::path(get, path = "/api/admin/imports/{kind}/template", operation_id = "save_list_template",
    tag = "admin", params(("kind" = ListKind, Path), TemplateQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 403, body = ProblemOut)))]
pub async fn template(
    _: Admin,
    Path(kind): Path<ListKind>,
    Query(query): Query<TemplateQuery>,
) -> Result<Response, Problem> {
    let (name, columns) = kind.columns();
    query.answer(name, columns)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// Only says what would happen.
    #[serde(default)]
    dry_run: bool,
    /// `all`: a row with a fault keeps all of it out. `good`: the others are taken.
    #[serde(default)]
    how: How,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum How {
    #[default]
    All,
    Good,
}

/// What became of a list, or would.
#[derive(Serialize, ToSchema)]
pub struct ImportOut {
    /// What the file was: `xlsx`, `utf-8` or `gbk`.
    #[schema(example = "gbk")]
    form: &'static str,
    /// Headings that nobody asked for, and below which nothing was read.
    ignored: Vec<String>,
    new: usize,
    changed: usize,
    unchanged: usize,
    bad: usize,
    /// Whether it was stored: neither a dry run nor kept out by a fault.
    stored: bool,
    faults: Vec<FaultOut>,
}

/// Takes a list of `staff` or `residents` into its register; checks one of `vehicles` or `visitors`
///
/// The same list again changes nothing. Whoever is not on it stays as they are. `vehicles` and `visitors` are
/// answered with their rows, and nothing is kept.
#[utoipa::path(post, path = "/api/admin/imports/{kind}", operation_id = "import_list", tag = "admin",
    params(("kind" = ListKind, Path), ImportQuery),
    request_body(content = String, content_type = "multipart/form-data"),
    responses((status = 200, body = ImportOut), (status = 403, body = ProblemOut),
        (status = 413, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn import(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(kind): Path<ListKind>,
    Query(query): Query<ImportQuery>,
    language: Language,
    file: ListFile,
) -> Result<Response, Problem> {
    let (_, columns) = kind.columns();
    let by = Account::Staff(by.member.id);
    Ok(match kind {
        ListKind::Staff => {
            let mut list = file.read(columns, staff::employed).await?;
            let how = staff::Import {
                dry_run: query.is_tried(&list),
                whole: query.how == How::All,
            };
            let rows = list.rows.iter().map(|(_, row)| row);
            let imported = staff::import(&ctx, by, rows, how).await?;
            let refused = list.rows.iter().zip(&imported.0);
            let refused = refused.filter(|(_, came)| **came == Hired::Refused);
            let refused = refused.map(|((row, _), _)| last_administrator(*row));
            list.faulty.extend(refused);
            list.faulty.sort_by_key(|faulty| faulty.row);
            let count = |what| imported.0.iter().filter(|came| **came == what).count();
            let counts = [Hired::Added, Hired::Changed, Hired::Unchanged].map(count);
            Json(query.out(list, counts, language)).into_response()
        }
        ListKind::Residents => {
            let list = file.read(columns, residents::listed).await?;
            let how = residents::Import {
                whole: false,
                dry_run: query.is_tried(&list),
            };
            let rows = list.rows.iter().map(|(_, row)| row);
            let imported = residents::import(&ctx, by, rows, how).await?;
            let count = |what| {
                imported
                    .entered
                    .iter()
                    .filter(|came| **came == what)
                    .count()
            };
            let counts = [Moved::Added, Moved::Back, Moved::Unchanged].map(count);
            Json(query.out(list, counts, language)).into_response()
        }
        ListKind::Vehicles => {
            let list = file.read(columns, group::listed).await?;
            Json(PlatesOut::of(list, language)?).into_response()
        }
        ListKind::Visitors => {
            let list = file.read(columns, roster::listed).await?;
            Json(RosterOut::of(list, language)?).into_response()
        }
    })
}

/// As the register refuses it.
fn last_administrator(row: u64) -> Faulty {
    Faulty {
        row,
        column: Some("角色"),
        code: "last_administrator",
        detail: RegisterError::LastAdministrator.to_string(),
    }
}

impl ImportQuery {
    fn is_tried<T>(&self, list: &List<T>) -> bool {
        self.dry_run || (self.how == How::All && !list.faulty.is_empty())
    }

    fn out<T>(
        &self,
        list: List<T>,
        [new, changed, unchanged]: [usize; 3],
        language: Language,
    ) -> ImportOut {
        let said = |faulty| FaultOut::of(faulty, language);
        ImportOut {
            stored: !self.is_tried(&list),
            form: list.form.as_str(),
            ignored: list.ignored,
            new,
            changed,
            unchanged,
            bad: list.faulty.len(),
            faults: list.faulty.into_iter().map(said).collect(),
        }
    }
}
