//! 操作日志: who changed or saw what.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use futures::FutureExt;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, PageOut, days, queries};
use crate::ctx::Ctx;
use crate::domain::PersonName;
use crate::domain::actors::Admin;
use crate::domain::window::{campus_time, screen_time};
use crate::http::export::{PAGE, Sheet, export};
use crate::http::extract::{Json, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AuditId, StaffId};
use crate::secret::Masked;
use crate::store::audit::{self, AuditFilter, Kept};
use crate::store::{StoreError, staff};

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

/// A line, and the name of the member of staff who did it.
type Named = (Kept, Option<PersonName>);

async fn lines(
    ctx: &Ctx,
    filter: &AuditFilter,
    before: Option<AuditId>,
    limit: u64,
) -> Result<Vec<Named>, StoreError> {
    let db = &ctx.db.read;
    let found = audit::list(db, filter, before, limit).await?;
    let members = staff::find_many(db, found.iter().filter_map(|kept| member(&kept.who))).await?;
    let name = |who: &str| {
        let id = member(who)?;
        let member = members.iter().find(|member| member.id == id)?;
        Some(member.name.clone())
    };
    let named = |kept: Kept| {
        let name = name(&kept.who);
        (kept, name)
    };
    Ok(found.into_iter().map(named).collect())
}

/// A line of the audit, masked as it was written.
#[derive(Serialize, ToSchema)]
pub struct AuditRowOut {
    id: AuditId,
    at: DateTime<FixedOffset>,
    who: String,
    /// Of a member of staff.
    #[schema(value_type = Option<String>)]
    name: Option<Masked>,
    what: String,
    subject: String,
    /// `before → after` of a change.
    detail: String,
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
    let row = |(kept, name): Named| AuditRowOut {
        id: kept.id,
        at: campus_time(kept.at),
        name: name.map(|name| Masked::name(name.as_str())),
        who: kept.who,
        what: kept.what,
        subject: kept.subject,
        detail: kept.detail,
    };
    Ok(Json(page.of(found, |(kept, _)| kept.id.to_string(), row)))
}

fn member(who: &str) -> Option<StaffId> {
    who.strip_prefix("staff:")?.parse().ok()
}

const SHEET: Sheet<Named> = Sheet {
    name: "audit",
    what: "audit.export",
    columns: &[
        ("时间", |_, (kept, _)| screen_time(kept.at)),
        ("操作人", |_, (kept, _)| kept.who.clone()),
        ("姓名", |shown, (_, name)| {
            let name = name.as_ref();
            name.map_or_else(String::new, |name| shown.name(name.as_str()))
        }),
        ("操作", |_, (kept, _)| kept.what.clone()),
        ("对象", |_, (kept, _)| kept.subject.clone()),
        ("内容", |_, (kept, _)| kept.detail.clone()),
    ],
};

export! {
    /// 导出 of 操作日志
    at "/api/admin/audit/export" as "export_audit",
    (ctx, by: Admin, asked: AuditQuery) {
        let (filter, _) = asked.query.filter()?;
        let page = |before| lines(&ctx, &filter, before, PAGE).boxed();
        let key = |(kept, _): &Named| kept.id;
        SHEET.take((&ctx, &by.member, asked.plain), page, key).await
    }
}
