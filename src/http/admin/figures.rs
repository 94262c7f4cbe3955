//! 数据概览: today, in one call.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::figures::{self, Figures};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::window::campus_time;
use crate::http::extract::Json;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AreaId, VisitId};

/// Everything is as of one moment. 今日 are the visits that begin today.
#[derive(Serialize, ToSchema)]
pub struct FiguresOut {
    at: DateTime<FixedOffset>,
    /// 今日 by 状态, every one of them.
    stages: Vec<StageCountOut>,
    /// 今日 by 到访区域.
    areas: Vec<AreaCountOut>,
    /// 今日 by the hour in which they begin, 0 to 23.
    hours: Vec<usize>,
    /// How many came in today and have not gone out, as far as the gates tell.
    on_campus: i64,
    /// How many wait for a decision.
    waiting: u64,
    /// The one that waits longest.
    longest: Option<WaitingOut>,
    /// How many messages could not be delivered.
    failed_messages: u64,
    failed_messages_today: u64,
}

#[derive(Serialize, ToSchema)]
pub struct StageCountOut {
    stage: &'static str,
    stage_text: &'static str,
    visits: usize,
}

#[derive(Serialize, ToSchema)]
pub struct AreaCountOut {
    area: AreaId,
    name: String,
    visits: usize,
}

#[derive(Serialize, ToSchema)]
pub struct WaitingOut {
    visit: VisitId,
    since: DateTime<FixedOffset>,
    minutes: i64,
}

impl FiguresOut {
    fn of(figures: Figures) -> Self {
        let stage = |(stage, visits): (crate::domain::stage::StageKind, usize)| StageCountOut {
            stage: stage.as_str(),
            stage_text: stage.word(),
            visits,
        };
        let longest = figures.waiting.longest.map(|(visit, since)| WaitingOut {
            visit,
            since: campus_time(since),
            minutes: (figures.at - since).num_minutes(),
        });
        let areas = figures
            .areas
            .into_iter()
            .map(|(area, visits)| AreaCountOut {
                area: area.id,
                name: area.name,
                visits,
            });
        Self {
            at: campus_time(figures.at),
            stages: figures.stages.map(stage).into(),
            areas: areas.collect(),
            hours: figures.hours.into(),
            on_campus: figures.on_campus,
            waiting: figures.waiting.count,
            longest,
            failed_messages: figures.dead.0,
            failed_messages_today: figures.dead.1,
        }
    }
}

/// 数据概览
#[utoipa::path(get, path = "/api/admin/figures", operation_id = "figures", tag = "admin",
    responses((status = 200, body = FiguresOut), (status = 403, body = ProblemOut)))]
pub async fn show(State(ctx): State<Ctx>, by: Admin) -> Result<Json<FiguresOut>, Problem> {
    Ok(Json(FiguresOut::of(figures::figures(&ctx, &by).await?)))
}
