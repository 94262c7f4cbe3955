//! 申请管理: every visit that the one who asks may see, and 详情 of one.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, FixedOffset};
use futures::FutureExt;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, PageOut, named, visit_queries};
use crate::actions::console;
use crate::ctx::Ctx;
use crate::domain::actors::{Admin, Staff};
use crate::domain::keyword::NameStart;
use crate::domain::visitor::Visitor;
use crate::domain::window::{campus_time, screen_time};
use crate::http::export::{PAGE, Sheet, Shown, export};
use crate::http::extract::{Json, Path, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{VisitId, VisitorId};
use crate::secret::Masked;
use crate::store::visit_facts::VisitFacts;
use crate::store::visit_filter::Filter;

visit_queries! {
    /// What is looked for; everything that is given must fit.
    VisitsQuery {
        /// 发起人: the beginning of a name.
        initiator,
        /// 被访人: the beginning of a name.
        host,
        /// 被访人部门.
        department,
    }
}

impl VisitsQuery {
    pub(super) fn filter(&self, ctx: &Ctx) -> Result<(Filter, Page<VisitId>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let filter = Filter {
            initiator: self.initiator.as_deref().and_then(NameStart::parse),
            host: self.host.as_deref().and_then(NameStart::parse),
            department: named(&mut f, "department", self.department.as_deref()),
            ..self.sought(&mut f, ctx)
        };
        f.finish(Some((filter, page)))
    }
}

/// A line of 申请管理.
#[derive(Serialize, ToSchema)]
pub struct VisitRowOut {
    /// 单据号.
    id: VisitId,
    /// 发起人.
    #[schema(value_type = String, example = "张**")]
    initiator: Masked,
    /// 联系方式 of whoever began it.
    #[schema(value_type = String, example = "139****0003")]
    phone: Masked,
    /// 被访人.
    #[schema(value_type = String, example = "刘*")]
    host: Masked,
    /// 被访人部门.
    department: String,
    area: String,
    reason: String,
    mode: &'static str,
    /// 来源.
    #[schema(example = "访客预约")]
    mode_text: &'static str,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    /// 时长.
    days: i64,
    #[schema(example = "pending")]
    stage: &'static str,
    /// 状态.
    #[schema(example = "审批中")]
    stage_text: &'static str,
    /// 申请时间.
    submitted_at: DateTime<FixedOffset>,
    /// How many people are in it by name.
    visitors: usize,
}

impl VisitRowOut {
    #[must_use]
    pub fn of(facts: &VisitFacts) -> Self {
        let visit = &facts.visit;
        Self {
            id: visit.id,
            initiator: Masked::name(facts.submitter()),
            phone: phone_of_initiator(facts),
            host: Masked::name(&facts.host.name),
            department: facts.host.department.clone(),
            area: facts.area.name.clone(),
            reason: facts.reason.name.clone(),
            mode: visit.mode.as_str(),
            mode_text: visit.mode.word(),
            starts_at: campus_time(visit.window.from()),
            ends_at: campus_time(visit.window.until()),
            days: visit.window.days(),
            stage: visit.stage.as_str(),
            stage_text: visit.stage.word(),
            submitted_at: campus_time(visit.submitted_at),
            visitors: facts.visitors.len(),
        }
    }
}

/// Of the member of staff who began it, or else of the first visitor.
pub(super) fn phone_of_initiator(facts: &VisitFacts) -> Masked {
    let staff = facts.staff.as_ref().map(|member| &member.phone);
    let first = facts.visitors.first().map(|visitor| &visitor.phone);
    let phone = staff.or(first).map(|phone| phone.mask.clone());
    phone.unwrap_or_else(|| Masked::phone(""))
}

/// 详情.
#[derive(Serialize, ToSchema)]
pub struct VisitDetailOut {
    visit: VisitRowOut,
    #[schema(value_type = String)]
    host_phone: Masked,
    /// 区域描述.
    area_note: Option<String>,
    /// 来访描述.
    note: Option<String>,
    /// What the approver said.
    comment: Option<String>,
    arrived_at: Option<DateTime<FixedOffset>>,
    visitors: Vec<VisitorRowOut>,
    /// 总人数 of 团体通行.
    headcount: Option<i16>,
    /// 来访车辆 of 团体通行.
    plates: Vec<String>,
    /// 门牌号 of a registration.
    house: Option<String>,
}

/// Somebody in it.
#[derive(Serialize, ToSchema)]
pub struct VisitorRowOut {
    id: VisitorId,
    #[schema(value_type = String)]
    name: Masked,
    #[schema(value_type = String)]
    phone: Masked,
    /// `resident_id`, `passport` …; none of a visitor to a resident.
    document: Option<&'static str>,
    #[schema(value_type = Option<String>)]
    id_number: Option<Masked>,
    plate: Option<String>,
    items: Option<String>,
    has_face: bool,
}

impl VisitorRowOut {
    fn of(visitor: &Visitor) -> Self {
        let document = visitor.document.as_ref();
        let plate = visitor.plate.as_ref();
        let items = visitor.items.as_ref();
        Self {
            id: visitor.id,
            name: Masked::name(visitor.name.as_str()),
            phone: visitor.phone.mask.clone(),
            document: document.map(|document| document.kind.as_str()),
            id_number: document.map(|document| document.mask.clone()),
            plate: plate.map(|plate| plate.as_str().to_owned()),
            items: items.map(|items| items.as_str().to_owned()),
            has_face: visitor.face_photo.is_some(),
        }
    }
}

/// 申请管理, newest first: an administrator's are all, an approver's their department's, anybody's their own
#[utoipa::path(get, path = "/api/admin/visits", operation_id = "all_visits", tag = "admin",
    params(VisitsQuery),
    responses((status = 200, body = PageOut<VisitRowOut>), (status = 422, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    by: Staff,
    Query(query): Query<VisitsQuery>,
) -> Result<Json<PageOut<VisitRowOut>>, Problem> {
    let (filter, page) = query.filter(&ctx)?;
    let found = console::visits(&ctx, &by, &filter, page.before, page.limit).await?;
    let key = |facts: &VisitFacts| facts.visit.id.to_string();
    Ok(Json(page.of(found, key, |facts| VisitRowOut::of(&facts))))
}

/// 详情
#[utoipa::path(get, path = "/api/admin/visits/{id}", operation_id = "any_visit", tag = "admin",
    params(("id" = VisitId, Path)),
    responses((status = 200, body = VisitDetailOut), (status = 404, body = ProblemOut)))]
pub async fn find(
    State(ctx): State<Ctx>,
    by: Staff,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitDetailOut>, Problem> {
    let facts = console::visit(&ctx, &by, id).await?;
    let facts = facts.ok_or_else(Problem::not_found)?;
    let (visit, group) = (&facts.visit, facts.group.as_ref());
    let text = |text: &str| text.to_owned();
    let plates = group.iter().flat_map(|group| &group.plates);
    let typed = facts.registration.as_ref();
    Ok(Json(VisitDetailOut {
        visit: VisitRowOut::of(&facts),
        host_phone: facts.host.phone.clone(),
        area_note: visit.area_note.as_ref().map(|note| text(note.as_str())),
        note: visit.note.as_ref().map(|note| text(note.as_str())),
        comment: visit.stage.comment().map(|said| text(said.as_str())),
        arrived_at: visit.arrived_at.map(campus_time),
        visitors: facts.visitors.iter().map(VisitorRowOut::of).collect(),
        headcount: group.map(|group| group.headcount.get()),
        plates: plates.map(|plate| text(plate.as_str())).collect(),
        house: typed.map(|typed| text(typed.house.as_str())),
    }))
}

const SHEET: Sheet<VisitFacts> = Sheet {
    name: "visits",
    what: "visits.export",
    columns: &[
        // Nineteen digits: a text, for Excel keeps fifteen of a number.
        ("单据号", |_, facts| facts.visit.id.to_string()),
        ("发起人", |shown, facts| shown.name(facts.submitter())),
        ("联系方式", initiator_s_phone),
        ("被访人", |shown, facts| shown.name(&facts.host.name)),
        ("被访人部门", |_, facts| facts.host.department.clone()),
        ("到访区域", |_, facts| facts.area.name.clone()),
        ("来访事由", |_, facts| facts.reason.name.clone()),
        ("来源", |_, facts| facts.visit.mode.word().to_owned()),
        ("开始时间", |_, facts| {
            screen_time(facts.visit.window.from())
        }),
        ("结束时间", |_, facts| {
            screen_time(facts.visit.window.until())
        }),
        ("时长", days_long),
        ("来访人数", |_, facts| {
            let group = facts.group.as_ref();
            let listed = || facts.visitors.len().to_string();
            group.map_or_else(listed, |group| group.headcount.get().to_string())
        }),
        ("状态", |_, facts| facts.visit.stage.word().to_owned()),
        ("申请时间", |_, facts| {
            screen_time(facts.visit.submitted_at)
        }),
    ],
};

/// Of the member of staff who began it, or else of the first visitor.
pub(super) fn initiator_s_phone(shown: &Shown<'_>, facts: &VisitFacts) -> String {
    let staff = facts.staff.as_ref().map(|member| &member.phone);
    let first = facts.visitors.first().map(|visitor| &visitor.phone);
    staff
        .or(first)
        .map_or_else(String::new, |phone| shown.phone(phone))
}

/// 时长.
pub(super) fn days_long(_: &Shown<'_>, facts: &VisitFacts) -> String {
    format!("{}天", facts.visit.window.days())
}

/// Sends the visits of a list, as far as the one who asks may see them; in full to administrators only.
pub(super) async fn take(
    ctx: &Ctx,
    by: &Staff,
    (filter, plain): (Filter, bool),
    sheet: &Sheet<VisitFacts>,
) -> Result<Response, Problem> {
    if plain && Admin::of(by.member.clone()).is_none() {
        return Err(Problem::forbidden());
    }
    let page = |before| console::visits(ctx, by, &filter, before, PAGE).boxed();
    let key = |facts: &VisitFacts| facts.visit.id;
    sheet.take((ctx, &by.member, plain), page, key).await
}

export! {
    /// 导出 of 申请管理
    at "/api/admin/visits/export" as "export_visits",
    (ctx, by: Staff, asked: VisitsQuery) {
        let (filter, _) = asked.query.filter(&ctx)?;
        take(&ctx, &by, (filter, asked.plain), &SHEET).await
    }
}
