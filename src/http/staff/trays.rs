//! 待处理, 已处理, 抄送我, 我发起: the lists and their counts.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::trays::{self, Tray};
use crate::ctx::Ctx;
use crate::domain::Fault;
use crate::domain::actors::Staff;
use crate::domain::window::campus_time;
use crate::http::admin::page::{Page, PageOut, visit_queries};
use crate::http::extract::{Json, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::VisitId;
use crate::store::visit_facts::VisitFacts;
use crate::store::visit_filter::Filter;

visit_queries! {
    TrayQuery {
        /// `todo` (待处理), `done` (已处理), `cc` (抄送我) or `mine` (我发起).
        r#box,
    }
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

impl TrayQuery {
    fn filter(&self, ctx: &Ctx) -> Result<(Tray, Filter, Page<VisitId>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let tray = Tray::parse(self.r#box.as_deref().unwrap_or_default());
        let tray = f.take("box", tray.ok_or(NO_BOX));
        let filter = self.sought(&mut f, ctx);
        f.finish(tray.map(|tray| (tray, filter, page)))
    }
}

const NO_BOX: Fault = Fault::new("box_unknown", "box 应为 todo、done、cc 或 mine");

/// What lies before oneself, newest first
#[utoipa::path(get, path = "/api/staff/approvals", operation_id = "list_approvals", tag = "staff", params(TrayQuery),
    responses((status = 200, body = PageOut<CardOut>), (status = 422, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    by: Staff,
    Query(query): Query<TrayQuery>,
) -> Result<Json<PageOut<CardOut>>, Problem> {
    let (tray, filter, page) = query.filter(&ctx)?;
    let found = trays::list(&ctx, &by, tray, filter, page.before, page.limit).await?;
    let key = |facts: &VisitFacts| facts.visit.id.to_string();
    Ok(Json(page.of(found, key, |facts| card(&facts))))
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
