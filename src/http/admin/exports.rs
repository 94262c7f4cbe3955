//! 导出 of the console's lists: what the list would show, all of it, under the headings of the handbook.

use axum::extract::State;
use axum::response::Response;
use futures::FutureExt;

use super::visits::VisitsQuery;
use crate::actions::{console, exports};
use crate::ctx::Ctx;
use crate::domain::Phone;
use crate::domain::actors::{Admin, Staff};
use crate::domain::campus::SealedPhone;
use crate::domain::mode::Mode;
use crate::domain::resident::Registration;
use crate::domain::window::screen_time;
use crate::http::export::{Export, PAGE, Written};
use crate::http::problem::{Problem, ProblemOut};
use crate::secret::{Masked, Sealable};
use crate::store::visit_facts::VisitFacts;

const VISITS: [&str; 14] = [
    "单据号",
    "发起人",
    "联系方式",
    "被访人",
    "被访人部门",
    "到访区域",
    "来访事由",
    "来源",
    "开始时间",
    "结束时间",
    "时长",
    "来访人数",
    "状态",
    "申请时间",
];

const GROUPS: [&str; 14] = [
    "单据号",
    "发起人",
    "发起人手机号",
    "负责人",
    "负责人部门",
    "负责人手机号",
    "来访总人数",
    "来访区域",
    "来访事由",
    "预约开始时间",
    "预约结束时间",
    "预约时长",
    "状态",
    "申请时间",
];

const REGISTRATIONS: [&str; 11] = [
    "单据号",
    "访客姓名",
    "手机号码",
    "车牌号",
    "住户姓名",
    "住户手机号码",
    "门牌号",
    "开始时间",
    "结束时间",
    "状态",
    "申请时间",
];

/// 导出 of 申请管理
///
/// What the list of the same query holds, as far as the one who asks may see it, as a sheet of Excel. With
/// `plain=true` names and phones are in full, for administrators only. That it was taken is written down.
#[utoipa::path(get, path = "/api/admin/visits/export", operation_id = "export_visits", tag = "admin",
    params(VisitsQuery, ("plain" = Option<bool>, Query)),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 403, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn visits(
    State(ctx): State<Ctx>,
    by: Staff,
    asked: Export<VisitsQuery>,
) -> Result<Response, Problem> {
    let list = ("visits", "visits.export", None);
    take(&ctx, &by, asked, list, (VISITS, of_visit)).await
}

/// 导出 of 团体通行; as that of 申请管理
#[utoipa::path(get, path = "/api/admin/groups/export", operation_id = "export_groups", tag = "admin",
    params(VisitsQuery, ("plain" = Option<bool>, Query)),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 403, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn groups(
    State(ctx): State<Ctx>,
    by: Staff,
    asked: Export<VisitsQuery>,
) -> Result<Response, Problem> {
    let list = ("groups", "groups.export", Some(Mode::Group));
    take(&ctx, &by, asked, list, (GROUPS, of_group)).await
}

/// 导出 of 住户预约; as that of 申请管理
#[utoipa::path(get, path = "/api/admin/registrations/export", operation_id = "export_registrations",
    tag = "admin", params(VisitsQuery, ("plain" = Option<bool>, Query)),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 403, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn registrations(
    State(ctx): State<Ctx>,
    by: Staff,
    asked: Export<VisitsQuery>,
) -> Result<Response, Problem> {
    let list = (
        "registrations",
        "registrations.export",
        Some(Mode::Residential),
    );
    take(&ctx, &by, asked, list, (REGISTRATIONS, of_registration)).await
}

/// What makes the cells of a visit.
type Row<const N: usize> = fn(&Shown<'_>) -> [String; N];

/// Writes the visits of a list, one row each, and writes down who took them.
async fn take<const N: usize>(
    ctx: &Ctx,
    by: &Staff,
    Export { query, plain }: Export<VisitsQuery>,
    (name, what, mode): (&'static str, &'static str, Option<Mode>),
    (headings, row): ([&str; N], Row<N>),
) -> Result<Response, Problem> {
    if plain && Admin::of(by.member.clone()).is_none() {
        return Err(Problem::forbidden());
    }
    let (mut filter, _) = query.filter(ctx)?;
    filter.mode = mode.or(filter.mode);
    let filter = &filter;
    let page = |before| console::visits(ctx, by, filter, before, PAGE).boxed();
    let row = |facts: &VisitFacts| row(&Shown { ctx, facts, plain });
    let written = Written::of(headings, page, |facts| facts.visit.id, row).await?;
    exports::note(ctx, by, what, name, (written.rows(), plain)).await?;
    written.send(name).await
}

/// A visit as its row shows it.
struct Shown<'a> {
    ctx: &'a Ctx,
    facts: &'a VisitFacts,
    plain: bool,
}

fn of_visit(shown: &Shown<'_>) -> [String; 14] {
    let (visit, facts) = (&shown.facts.visit, shown.facts);
    [
        // Nineteen digits: a text, for Excel keeps fifteen of a number.
        visit.id.to_string(),
        shown.name(facts.submitter()),
        shown.phone_of_initiator(),
        shown.name(&facts.host.name),
        facts.host.department.clone(),
        facts.area.name.clone(),
        facts.reason.name.clone(),
        visit.mode.word().to_owned(),
        screen_time(visit.window.from()),
        screen_time(visit.window.until()),
        shown.days(),
        shown.people(),
        visit.stage.word().to_owned(),
        screen_time(visit.submitted_at),
    ]
}

fn of_group(shown: &Shown<'_>) -> [String; 14] {
    let (visit, facts) = (&shown.facts.visit, shown.facts);
    [
        visit.id.to_string(),
        shown.name(facts.submitter()),
        shown.phone_of_initiator(),
        shown.name(&facts.host.name),
        facts.host.department.clone(),
        // What a list knows of it; the register of staff has it in full.
        facts.host.phone.to_string(),
        shown.people(),
        facts.area.name.clone(),
        facts.reason.name.clone(),
        screen_time(visit.window.from()),
        screen_time(visit.window.until()),
        shown.days(),
        visit.stage.word().to_owned(),
        screen_time(visit.submitted_at),
    ]
}

fn of_registration(shown: &Shown<'_>) -> [String; 11] {
    let (visit, facts) = (&shown.facts.visit, shown.facts);
    let plate = facts
        .visitors
        .first()
        .and_then(|first| first.plate.as_ref());
    let typed = facts.registration.as_ref();
    let typed = |text: fn(&Shown<'_>, &Registration) -> String| {
        typed.map_or_else(String::new, |typed| text(shown, typed))
    };
    [
        visit.id.to_string(),
        shown.name(facts.submitter()),
        shown.phone_of_initiator(),
        plate.map_or_else(String::new, |plate| plate.as_str().to_owned()),
        typed(|shown, typed| shown.name(typed.name.as_str())),
        typed(|shown, typed| shown.phone(&typed.phone)),
        typed(|_, typed| typed.house.as_str().to_owned()),
        screen_time(visit.window.from()),
        screen_time(visit.window.until()),
        visit.stage.word().to_owned(),
        screen_time(visit.submitted_at),
    ]
}

impl Shown<'_> {
    fn name(&self, name: &str) -> String {
        if self.plain {
            name.to_owned()
        } else {
            Masked::name(name).to_string()
        }
    }

    /// Of one that is not kept any more nothing is left to show.
    fn phone(&self, phone: &SealedPhone) -> String {
        let opened = self
            .plain
            .then(|| self.ctx.keys.open::<Phone>(&phone.sealed));
        match opened {
            Some(Ok(phone)) => phone.expose().to_owned(),
            Some(Err(_)) | None => phone.mask.to_string(),
        }
    }

    /// Of the member of staff who began it, or else of the first visitor.
    fn phone_of_initiator(&self) -> String {
        let staff = self.facts.staff.as_ref().map(|member| &member.phone);
        let first = self.facts.visitors.first().map(|visitor| &visitor.phone);
        staff
            .or(first)
            .map_or_else(String::new, |phone| self.phone(phone))
    }

    fn people(&self) -> String {
        let group = self.facts.group.as_ref();
        let listed = || self.facts.visitors.len().to_string();
        group.map_or_else(listed, |group| group.headcount.get().to_string())
    }

    fn days(&self) -> String {
        format!("{}天", self.facts.visit.window.days())
    }
}
