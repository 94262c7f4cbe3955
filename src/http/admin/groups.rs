//! 团体通行: the visits of groups, with the columns of their own screen.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::PageOut;
use super::visits::{VisitsQuery, days_long, initiator_s_phone, phone_of_initiator, take};
use crate::actions::{console, passes};
use crate::ctx::Ctx;
use crate::domain::actors::{Admin, Staff};
use crate::domain::mode::Mode;
use crate::domain::window::{campus_time, screen_time};
use crate::http::export::{Sheet, export};
use crate::http::extract::{Json, Path, Query};
use crate::http::group_pass::{self, GroupPassOut, Picture};
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::VisitId;
use crate::secret::Masked;
use crate::store::visit_facts::VisitFacts;

/// A line of 团体通行.
#[derive(Serialize, ToSchema)]
pub struct GroupRowOut {
    id: VisitId,
    /// 发起人.
    #[schema(value_type = String)]
    initiator: Masked,
    /// 发起人手机号.
    #[schema(value_type = String)]
    initiator_phone: Masked,
    /// 负责人.
    #[schema(value_type = String)]
    host: Masked,
    /// 负责人部门.
    department: String,
    /// 负责人手机号.
    #[schema(value_type = String)]
    host_phone: Masked,
    /// 来访总人数.
    headcount: i16,
    area: String,
    reason: String,
    /// 预约开始时间.
    starts_at: DateTime<FixedOffset>,
    /// 预约结束时间.
    ends_at: DateTime<FixedOffset>,
    /// 预约时长.
    days: i64,
    stage: &'static str,
    /// 状态.
    stage_text: &'static str,
    /// 申请时间.
    submitted_at: DateTime<FixedOffset>,
}

impl GroupRowOut {
    fn of(facts: &VisitFacts) -> Self {
        let visit = &facts.visit;
        Self {
            id: visit.id,
            initiator: Masked::name(facts.submitter()),
            initiator_phone: phone_of_initiator(facts),
            host: Masked::name(&facts.host.name),
            department: facts.host.department.clone(),
            host_phone: facts.host.phone.clone(),
            headcount: facts
                .group
                .as_ref()
                .map_or(0, |group| group.headcount.get()),
            area: facts.area.name.clone(),
            reason: facts.reason.name.clone(),
            starts_at: campus_time(visit.window.from()),
            ends_at: campus_time(visit.window.until()),
            days: visit.window.days(),
            stage: visit.stage.as_str(),
            stage_text: visit.stage.word(),
            submitted_at: campus_time(visit.submitted_at),
        }
    }
}

/// 团体通行, newest first; 详情 is that of a visit
#[utoipa::path(get, path = "/api/admin/groups", operation_id = "all_groups", tag = "admin",
    params(VisitsQuery),
    responses((status = 200, body = PageOut<GroupRowOut>), (status = 422, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    by: Staff,
    Query(query): Query<VisitsQuery>,
) -> Result<Json<PageOut<GroupRowOut>>, Problem> {
    let (mut filter, page) = query.filter(&ctx)?;
    filter.mode = Some(Mode::Group);
    let found = console::visits(&ctx, &by, &filter, page.before, page.limit).await?;
    let key = |facts: &VisitFacts| facts.visit.id.to_string();
    Ok(Json(page.of(found, key, |facts| GroupRowOut::of(&facts))))
}

/// 通行凭证 of any group, and writes down who has seen it
///
/// Who applied for it has it at `/api/staff/groups/{id}/pass`.
#[utoipa::path(get, path = "/api/admin/groups/{id}/pass", operation_id = "reveal_group_pass", tag = "admin",
    params(("id" = VisitId, Path)),
    responses((status = 200, body = GroupPassOut), (status = 403, body = ProblemOut),
        (status = 404, body = ProblemOut)))]
pub async fn pass(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<VisitId>,
) -> Result<Response, Problem> {
    let seen = passes::reveal_of_group(&ctx, &by, id, "group_pass.show").await?;
    group_pass::shown(&ctx, seen)
}

/// Its QR as a file, `qr.svg` or `qr.png`, and writes down who has taken it
#[utoipa::path(get, path = "/api/admin/groups/{id}/pass/{file}", operation_id = "take_group_pass",
    tag = "admin", params(("id" = VisitId, Path), ("file" = String, Path)),
    responses((status = 200, content_type = "image/png"), (status = 403, body = ProblemOut),
        (status = 404, body = ProblemOut)))]
pub async fn save_pass(
    State(ctx): State<Ctx>,
    by: Admin,
    Path((id, file)): Path<(VisitId, String)>,
) -> Result<Response, Problem> {
    let picture = Picture::named(&file)?;
    let taken = passes::reveal_of_group(&ctx, &by, id, "group_pass.take").await?;
    picture.saved(id, taken)
}

const SHEET: Sheet<VisitFacts> = Sheet {
    name: "groups",
    what: "groups.export",
    columns: &[
        ("单据号", |_, facts| facts.visit.id.to_string()),
        ("发起人", |shown, facts| shown.name(facts.submitter())),
        ("发起人手机号", initiator_s_phone),
        ("负责人", |shown, facts| shown.name(&facts.host.name)),
        ("负责人部门", |_, facts| facts.host.department.clone()),
        // What a list knows of it; the register of staff has it in full.
        ("负责人手机号", |_, facts| {
            facts.host.phone.to_string()
        }),
        ("来访总人数", |_, facts| {
            let group = facts.group.as_ref();
            group.map_or_else(String::new, |group| group.headcount.get().to_string())
        }),
        ("来访区域", |_, facts| facts.area.name.clone()),
        ("来访事由", |_, facts| facts.reason.name.clone()),
        ("预约开始时间", |_, facts| {
            screen_time(facts.visit.window.from())
        }),
        ("预约结束时间", |_, facts| {
            screen_time(facts.visit.window.until())
        }),
        ("预约时长", days_long),
        ("状态", |_, facts| facts.visit.stage.word().to_owned()),
        ("申请时间", |_, facts| {
            screen_time(facts.visit.submitted_at)
        }),
    ],
};

export! {
    /// 导出 of 团体通行
    at "/api/admin/groups/export" as "export_groups",
    (ctx, by: Staff, asked: VisitsQuery) {
        let (mut filter, _) = asked.query.filter(&ctx)?;
        filter.mode = Some(Mode::Group);
        take(&ctx, &by, (filter, asked.plain), &SHEET).await
    }
}
