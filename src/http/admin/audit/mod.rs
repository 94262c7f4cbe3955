//! 操作日志: who changed or saw what. A line is kept in codes, and told in [`words`]: the list and its sheet say
//! the same.

mod names;
mod told;
mod words;

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use futures::FutureExt;
use serde::Serialize;
use utoipa::ToSchema;

use self::told::{FactOut, Told};
use super::page::{Page, PageOut, days, queries};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::window::{campus_time, screen_time};
use crate::http::export::{PAGE, Sheet, export};
use crate::http::extract::{Json, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::AuditId;
use crate::secret::Masked;
use crate::store::StoreError;
use crate::store::audit::{self, AuditFilter};

queries! {
    /// What is looked for; everything that is given must fit.
    AuditQuery {
        /// `staff:<id>`, `person:<id>`, `resident` or `operator`.
        who,
        /// `area.set`, `visit.approve`, `reveal.staff_phone` …
        what,
        /// `visit:<id>`, `area:<id>` …
        subject,
        /// The first day.
        from,
        /// And the last.
        until,
    }
}

impl AuditQuery {
    fn filter(&self) -> Result<(AuditFilter, Page<AuditId>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let filter = AuditFilter {
            who: text(&self.who),
            what: text(&self.what),
            subject: text(&self.subject),
            at: days(
                &mut f,
                [
                    ("from", self.from.as_deref()),
                    ("until", self.until.as_deref()),
                ],
            ),
        };
        f.finish(Some((filter, page)))
    }
}

async fn lines(
    ctx: &Ctx,
    filter: &AuditFilter,
    before: Option<AuditId>,
    limit: u64,
) -> Result<Vec<Told>, StoreError> {
    let found = audit::list(&ctx.db.read, filter, before, limit).await?;
    Told::all(&ctx.db.read, found).await
}

/// A line of the audit, masked as it was written.
#[derive(Serialize, ToSchema)]
pub struct AuditRowOut {
    id: AuditId,
    at: DateTime<FixedOffset>,
    who: String,
    /// A member of staff by their name, anybody else by what they are.
    #[schema(example = "吴*")]
    who_text: String,
    what: String,
    #[schema(example = "修改到访区域")]
    what_text: String,
    subject: String,
    #[schema(example = "到访区域 图书馆")]
    subject_text: String,
    /// What it says, all in one line; of a change only what is another now.
    detail: String,
    facts: Vec<FactOut>,
}

impl AuditRowOut {
    fn of(told: Told) -> Self {
        let mask = |name: &str| Masked::name(name).to_string();
        Self {
            who_text: told.who(&mask),
            what_text: told.act().to_owned(),
            subject_text: told.subject(&mask),
            detail: told.detail(&mask),
            facts: told.facts(&mask),
            id: told.kept.id,
            at: campus_time(told.kept.at),
            who: told.kept.who,
            what: told.kept.what,
            subject: told.kept.subject,
        }
    }
}

/// Something that can be done, and is written down.
#[derive(Serialize, ToSchema)]
pub struct ActOut {
    #[schema(example = "area.set")]
    what: &'static str,
    #[schema(example = "修改到访区域")]
    text: &'static str,
}

/// Everything that the audit may hold, in the order of a menu
#[utoipa::path(get, path = "/api/admin/audit/acts", operation_id = "audited_acts", tag = "admin",
    responses((status = 200, body = Vec<ActOut>), (status = 403, body = ProblemOut)))]
pub async fn acts(_: Admin) -> Json<Vec<ActOut>> {
    let acts = words::acts().map(|(what, text)| ActOut { what, text });
    Json(acts.collect())
}

/// 操作日志, newest first
#[utoipa::path(get, path = "/api/admin/audit", operation_id = "audit", tag = "admin",
    params(AuditQuery),
    responses((status = 200, body = PageOut<AuditRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    _: Admin,
    Query(query): Query<AuditQuery>,
) -> Result<Json<PageOut<AuditRowOut>>, Problem> {
    let (filter, page) = query.filter()?;
    let found = lines(&ctx, &filter, page.before, page.limit).await?;
    let key = |told: &Told| told.kept.id.to_string();
    Ok(Json(page.of(found, key, AuditRowOut::of)))
}

const SHEET: Sheet<Told> = Sheet {
    name: "audit",
    what: "audit.export",
    columns: &[
        ("时间", |_, told| screen_time(told.kept.at)),
        ("操作人", |shown, told| {
            told.who(&|name| shown.name(name))
        }),
        ("操作人编号", |_, told| told.kept.who.clone()),
        ("操作", |_, told| told.act().to_owned()),
        ("对象", |shown, told| {
            told.subject(&|name| shown.name(name))
        }),
        ("内容", |shown, told| {
            told.detail(&|name| shown.name(name))
        }),
    ],
};

export! {
    /// 导出 of 操作日志
    at "/api/admin/audit/export" as "export_audit",
    (ctx, by: Admin, asked: AuditQuery) {
        let (filter, _) = asked.query.filter()?;
        let page = |before| lines(&ctx, &filter, before, PAGE).boxed();
        let key = |told: &Told| told.kept.id;
        SHEET.take((&ctx, &by.member, asked.plain), page, key).await
    }
}
