//! 数据概览: what the console's first screen says of today, as of one moment.

use chrono::{DateTime, Timelike, Utc};

use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::campus::Area;
use crate::domain::stage::StageKind;
use crate::domain::window::{Span, campus_time, day_start};
use crate::store::figures::{Waiting, dead_messages, on_campus, visits_of, waiting};
use crate::store::{StoreError, areas, snapshot};

/// Of the visits that begin today, how many are in each stage, go to each area, begin in each hour.
#[derive(Debug)]
pub struct Figures {
    pub at: DateTime<Utc>,
    pub stages: [(StageKind, usize); 8],
    pub areas: Vec<(Area, usize)>,
    pub hours: [usize; 24],
    pub on_campus: i64,
    pub waiting: Waiting,
    /// How many messages nobody could be told, in all and of today.
    pub dead: (u64, u64),
}

pub async fn figures(ctx: &Ctx, _: &Admin) -> Result<Figures, StoreError> {
    let at = ctx.clock.now();
    let today = campus_time(at).date_naive();
    let txn = snapshot(&ctx.db).await?;
    let visits = visits_of(&txn, Span::of_days(Some(today), Some(today)), at).await?;
    let count = |stage| visits.iter().filter(|visit| visit.stage == stage).count();
    let mut hours = [0; 24];
    for visit in &visits {
        let hour = campus_time(visit.starts_at).hour();
        hours[usize::try_from(hour).unwrap_or(0)] += 1;
    }
    let to = |area: &Area| visits.iter().filter(|visit| visit.area == area.id).count();
    let areas = areas::all(&txn).await?;
    Ok(Figures {
        at,
        stages: StageKind::ALL.map(|stage| (stage, count(stage))),
        areas: areas
            .into_iter()
            .map(|area| (area.clone(), to(&area)))
            .collect(),
        hours,
        on_campus: on_campus(&txn, day_start(at)).await?,
        waiting: waiting(&txn, at).await?,
        dead: dead_messages(&txn, day_start(at)).await?,
    })
}
