//! 操作日志: who changed or saw what.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{PageOut, days, queries};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::window::campus_time;
use crate::http::extract::{Json, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AuditId, StaffId};
use crate::secret::Masked;
use crate::store::audit::{self, AuditFilter, Kept};
use crate::store::staff;

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
    let mut f = Fields::default();
    let page = query.page(&mut f);
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let filter = AuditFilter {
        who: text(&query.who),
        what: text(&query.what),
        subject: text(&query.subject),
        at: days(
            &mut f,
            [
                ("from", query.from.as_deref()),
                ("until", query.until.as_deref()),
            ],
        ),
    };
    let (filter, page) = f.finish(Some((filter, page)))?;
    let db = &ctx.db.read;
    let found = audit::list(db, &filter, page.before, page.limit).await?;
    let members = staff::find_many(db, found.iter().filter_map(|kept| member(&kept.who))).await?;
    let name = |who: &str| {
        let id = member(who)?;
        let member = members.iter().find(|member| member.id == id)?;
        Some(Masked::name(member.name.as_str()))
    };
    let row = |kept: Kept| AuditRowOut {
        id: kept.id,
        at: campus_time(kept.at),
        name: name(&kept.who),
        who: kept.who,
        what: kept.what,
        subject: kept.subject,
        detail: kept.detail,
    };
    Ok(Json(page.of(found, |kept| kept.id.to_string(), row)))
}

fn member(who: &str) -> Option<StaffId> {
    who.strip_prefix("staff:")?.parse().ok()
}
