//! 住户预约: the visits to residents.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::PageOut;
use super::visits::{VisitsQuery, initiator_s_phone, take};
use crate::actions::console;
use crate::ctx::Ctx;
use crate::domain::actors::Staff;
use crate::domain::mode::Mode;
use crate::domain::resident::Registration;
use crate::domain::window::{campus_time, screen_time};
use crate::http::export::{Sheet, export};
use crate::http::extract::{Json, Query};
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::VisitId;
use crate::secret::Masked;
use crate::store::visit_facts::VisitFacts;

/// A line of 住户预约.
#[derive(Serialize, ToSchema)]
pub struct RegistrationRowOut {
    id: VisitId,
    /// 访客姓名.
    #[schema(value_type = String)]
    visitor: Masked,
    #[schema(value_type = String)]
    phone: Masked,
    plate: Option<String>,
    /// 住户, as they were typed.
    #[schema(value_type = Option<String>)]
    resident: Option<Masked>,
    #[schema(value_type = String)]
    resident_phone: Masked,
    /// 门牌号.
    house: Option<String>,
    /// Whether the residents' register knew them by name, phone and house number.
    known: bool,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    stage: &'static str,
    /// 状态.
    stage_text: &'static str,
    submitted_at: DateTime<FixedOffset>,
}

impl RegistrationRowOut {
    fn of(facts: &VisitFacts) -> Self {
        let (visit, typed) = (&facts.visit, facts.registration.as_ref());
        let plate = facts
            .visitors
            .first()
            .and_then(|first| first.plate.as_ref());
        Self {
            id: visit.id,
            visitor: Masked::name(facts.submitter()),
            phone: super::visits::phone_of_initiator(facts),
            plate: plate.map(|plate| plate.as_str().to_owned()),
            resident: typed.map(|typed| Masked::name(typed.name.as_str())),
            resident_phone: facts.host.phone.clone(),
            house: typed.map(|typed| typed.house.as_str().to_owned()),
            known: typed.is_some_and(|typed| typed.resident.is_some()),
            starts_at: campus_time(visit.window.from()),
            ends_at: campus_time(visit.window.until()),
            stage: visit.stage.as_str(),
            stage_text: visit.stage.word(),
            submitted_at: campus_time(visit.submitted_at),
        }
    }
}

/// 住户预约, newest first; the desk's are its department's
#[utoipa::path(get, path = "/api/admin/registrations", operation_id = "all_registrations", tag = "admin",
    params(VisitsQuery),
    responses((status = 200, body = PageOut<RegistrationRowOut>), (status = 422, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    by: Staff,
    Query(query): Query<VisitsQuery>,
) -> Result<Json<PageOut<RegistrationRowOut>>, Problem> {
    let (mut filter, page) = query.filter(&ctx)?;
    filter.mode = Some(Mode::Residential);
    let found = console::visits(&ctx, &by, &filter, page.before, page.limit).await?;
    let key = |facts: &VisitFacts| facts.visit.id.to_string();
    Ok(Json(
        page.of(found, key, |facts| RegistrationRowOut::of(&facts)),
    ))
}

const SHEET: Sheet<VisitFacts> = Sheet {
    name: "registrations",
    what: "registrations.export",
    columns: &[
        ("单据号", |_, facts| facts.visit.id.to_string()),
        ("访客姓名", |shown, facts| shown.name(facts.submitter())),
        ("手机号码", initiator_s_phone),
        ("车牌号", |_, facts| {
            let first = facts.visitors.first();
            let plate = first.and_then(|first| first.plate.as_ref());
            plate.map_or_else(String::new, |plate| plate.as_str().to_owned())
        }),
        ("住户姓名", |shown, facts| {
            typed(facts, |typed| shown.name(typed.name.as_str()))
        }),
        ("住户手机号码", |shown, facts| {
            typed(facts, |typed| shown.phone(&typed.phone))
        }),
        ("门牌号", |_, facts| {
            typed(facts, |typed| typed.house.as_str().to_owned())
        }),
        ("开始时间", |_, facts| {
            screen_time(facts.visit.window.from())
        }),
        ("结束时间", |_, facts| {
            screen_time(facts.visit.window.until())
        }),
        ("状态", |_, facts| facts.visit.stage.word().to_owned()),
        ("申请时间", |_, facts| {
            screen_time(facts.visit.submitted_at)
        }),
    ],
};

fn typed(facts: &VisitFacts, text: impl FnOnce(&Registration) -> String) -> String {
    facts.registration.as_ref().map_or_else(String::new, text)
}

export! {
    /// 导出 of 住户预约
    at "/api/admin/registrations/export" as "export_registrations",
    (ctx, by: Staff, asked: VisitsQuery) {
        let (mut filter, _) = asked.query.filter(&ctx)?;
        filter.mode = Some(Mode::Residential);
        take(&ctx, &by, (filter, asked.plain), &SHEET).await
    }
}
