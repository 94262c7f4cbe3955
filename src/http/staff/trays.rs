//! 待处理, 已处理, 抄送我, 我发起: the lists and their counts.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::actions::trays::{self, Tray};
use crate::ctx::Ctx;
use crate::domain::actors::Staff;
use crate::domain::keyword::Keyword;
use crate::domain::mode::Mode;
use crate::domain::stage::StageKind;
use crate::domain::window::campus_time;
use crate::http::extract::{Json, Query, page_size};
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AreaId, ReasonId, VisitId};
use crate::store::visit_facts::VisitFacts;
use crate::store::visit_filter::Filter;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TrayQuery {
    /// `todo` (待处理), `done` (已处理), `cc` (抄送我) or `mine` (我发起).
    r#box: String,
    /// 关键字: a 单据号, a whole phone number, a plate, or the beginning of a name.
    q: Option<String>,
    /// 状态, as `stage` of a card.
    stage: Option<String>,
    /// 来源, as `mode` of a visit.
    mode: Option<String>,
    #[param(value_type = Option<String>)]
    area: Option<AreaId>,
    #[param(value_type = Option<String>)]
    reason: Option<ReasonId>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<VisitId>,
    /// 1 to 50; 20 when left out.
    limit: Option<u64>,
}

/// A card of 访客申请单.
#[derive(Serialize, ToSchema)]
pub struct CardOut {
    id: VisitId,
    submitter: String,
    host: String,
    area: String,
    reason: String,
    starts_at: DateTime<FixedOffset>,
    stage: &'static str,
    stage_text: &'static str,
    submitted_at: DateTime<FixedOffset>,
}

#[derive(Serialize, ToSchema)]
pub struct CardsOut {
    items: Vec<CardOut>,
    next: Option<VisitId>,
}

/// What lies before oneself
#[utoipa::path(get, path = "/api/staff/approvals", operation_id = "list_approvals", tag = "staff", params(TrayQuery),
    responses((status = 200, body = CardsOut), (status = 422, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    by: Staff,
    Query(query): Query<TrayQuery>,
) -> Result<Json<CardsOut>, Problem> {
    let tray = Tray::parse(&query.r#box)
        .ok_or_else(|| Problem::field("box", "box_unknown", "box 应为 todo、done、cc 或 mine"))?;
    let (limit, after) = (page_size(query.limit), query.after);
    let filter = query.filter(&ctx)?;
    let found = trays::list(&ctx, &by, tray, filter, after, limit).await?;
    let next = found.last().map(|facts| facts.visit.id);
    let next = next.filter(|_| found.len() as u64 == limit);
    Ok(Json(CardsOut {
        items: found.iter().map(card).collect(),
        next,
    }))
}

impl TrayQuery {
    fn filter(&self, ctx: &Ctx) -> Result<Filter, Problem> {
        let stage = known(self.stage.as_deref(), "stage", StageKind::parse)?;
        let mode = known(self.mode.as_deref(), "mode", Mode::parse)?;
        Ok(Filter {
            keyword: self
                .q
                .as_deref()
                .and_then(|text| Keyword::parse(text, &ctx.keys)),
            stage,
            mode,
            area: self.area,
            reason: self.reason,
            ..Filter::default()
        })
    }
}

/// One of the words that a field takes; an empty one is none.
fn known<T>(
    given: Option<&str>,
    field: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let given = given.filter(|given| !given.is_empty());
    given
        .map(|given| {
            parse(given).ok_or_else(|| {
                Problem::field(field, "filter_unknown", format!("{field} 没有这个取值"))
            })
        })
        .transpose()
}

fn card(facts: &VisitFacts) -> CardOut {
    CardOut {
        id: facts.visit.id,
        submitter: facts.submitter().to_owned(),
        host: facts.host.name.clone(),
        area: facts.area.name.clone(),
        reason: facts.reason.name.clone(),
        starts_at: campus_time(facts.visit.window.from()),
        stage: facts.visit.stage.as_str(),
        stage_text: facts.visit.stage.word(),
        submitted_at: campus_time(facts.visit.submitted_at),
    }
}

/// How many lie in each; 100 stands for more than 99.
#[derive(Serialize, ToSchema)]
pub struct CountsOut {
    todo: u64,
    done: u64,
    cc: u64,
    mine: u64,
}

/// The badges of the four lists
#[utoipa::path(get, path = "/api/staff/approvals/counts", operation_id = "count_approvals", tag = "staff",
    responses((status = 200, body = CountsOut)))]
pub async fn counts(State(ctx): State<Ctx>, by: Staff) -> Result<Json<CountsOut>, Problem> {
    let [todo, done, cc, mine] = trays::counts(&ctx, &by).await?.map(|(_, count)| count);
    Ok(Json(CountsOut {
        todo,
        done,
        cc,
        mine,
    }))
}
