//! 通行记录: what the gates were asked, and what they said.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use futures::FutureExt;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, PageOut, choice, days, named, queries};
use super::words;
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::campus::{DeviceId, Gate};
use crate::domain::gate::Reason;
use crate::domain::window::{campus_time, screen_time};
use crate::http::export::{PAGE, Sheet, export};
use crate::http::extract::{Json, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{GateId, PassageId, VisitId};
use crate::secret::Masked;
use crate::store::StoreError;
use crate::store::gates::{self, Installed};
use crate::store::passage_list::{self, PassageFilter, Scanned};

queries! {
    /// What is looked for; everything that is given must fit.
    PassagesQuery {
        /// A gate's id.
        gate,
        /// A device's number.
        device,
        /// `ok`, `expired`, `blocked` …
        reason,
        /// A pass's id.
        pass,
        /// The first day.
        from,
        /// And the last.
        until,
    }
}

/// The gates, and what is installed at them.
struct Places {
    gates: Vec<Gate>,
    devices: Vec<Installed>,
}

impl Places {
    async fn of(ctx: &Ctx) -> Result<Self, StoreError> {
        let db = &ctx.db.read;
        Ok(Self {
            gates: gates::all(db).await?,
            devices: gates::devices(db).await?,
        })
    }

    /// The name of the gate where a device is.
    fn gate(&self, device: &str) -> Option<String> {
        let mut devices = self.devices.iter();
        let installed = devices.find(|installed| installed.id.as_str() == device)?;
        let gate = self.gates.iter().find(|gate| gate.id == installed.gate)?;
        Some(gate.name.clone())
    }
}

impl PassagesQuery {
    fn filter(&self, places: &Places) -> Result<(PassageFilter, Page<PassageId>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let gate: Option<GateId> = named(&mut f, "gate", self.gate.as_deref());
        let device = choice(&mut f, "device", self.device.as_deref(), DeviceId::parse);
        let asked = |installed: &&Installed| {
            gate.is_none_or(|gate| installed.gate == gate)
                && device.as_ref().is_none_or(|device| installed.id == *device)
        };
        let by_device = gate.is_some() || device.is_some();
        let asked = places.devices.iter().filter(asked);
        let filter = PassageFilter {
            devices: by_device.then(|| asked.map(|installed| installed.id.clone()).collect()),
            reason: choice(&mut f, "reason", self.reason.as_deref(), Reason::parse),
            pass: named(&mut f, "pass", self.pass.as_deref()),
            recorded: days(
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

/// A scan, and the name of the gate where it was made.
type Placed = (Scanned, Option<String>);

async fn placed(
    ctx: &Ctx,
    (places, filter): (&Places, &PassageFilter),
    before: Option<PassageId>,
    limit: u64,
) -> Result<Vec<Placed>, StoreError> {
    let found = passage_list::list(&ctx.db.read, filter, before, limit).await?;
    let with_gate = |scanned: Scanned| {
        let gate = places.gate(&scanned.passage.device_id);
        (scanned, gate)
    };
    Ok(found.into_iter().map(with_gate).collect())
}

/// A scan and its answer.
#[derive(Serialize, ToSchema)]
pub struct PassageRowOut {
    id: PassageId,
    at: DateTime<FixedOffset>,
    gate: Option<String>,
    device: String,
    /// `in`, `out`, or `both` of a device that does not say.
    direction: String,
    /// Whose pass it was; none when no pass was read.
    #[schema(value_type = Option<String>)]
    holder: Option<Masked>,
    visit: Option<VisitId>,
    /// Whether the gate opened.
    opened: bool,
    /// `ok`, or why not.
    #[schema(example = "expired")]
    reason: String,
}

/// 通行记录, newest first
#[utoipa::path(get, path = "/api/admin/passages", operation_id = "all_passages", tag = "admin",
    params(PassagesQuery),
    responses((status = 200, body = PageOut<PassageRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    _: Admin,
    Query(query): Query<PassagesQuery>,
) -> Result<Json<PageOut<PassageRowOut>>, Problem> {
    let places = Places::of(&ctx).await?;
    let (filter, page) = query.filter(&places)?;
    let found = placed(&ctx, (&places, &filter), page.before, page.limit).await?;
    let row = |(Scanned { passage, holder }, gate): Placed| PassageRowOut {
        id: passage.id.into(),
        at: campus_time(passage.at),
        gate,
        device: passage.device_id,
        direction: passage.direction,
        holder: holder
            .as_ref()
            .map(|holder| Masked::name(holder.name.as_str())),
        visit: holder.map(|holder| holder.visit),
        opened: passage.reason == Reason::Ok.as_str(),
        reason: passage.reason,
    };
    let key = |(scanned, _): &Placed| scanned.passage.id.to_string();
    Ok(Json(page.of(found, key, row)))
}

const SHEET: Sheet<Placed> = Sheet {
    name: "passages",
    what: "passages.export",
    columns: &[
        ("时间", |_, (scanned, _)| screen_time(scanned.passage.at)),
        ("门禁", |_, (_, gate)| gate.clone().unwrap_or_default()),
        ("设备", |_, (scanned, _)| {
            scanned.passage.device_id.clone()
        }),
        ("方向", |_, (scanned, _)| {
            words::direction(&scanned.passage.direction).to_owned()
        }),
        ("访客姓名", |shown, (scanned, _)| {
            let holder = scanned.holder.as_ref();
            holder.map_or_else(String::new, |holder| shown.name(holder.name.as_str()))
        }),
        ("单据号", |_, (scanned, _)| {
            let holder = scanned.holder.as_ref();
            holder.map_or_else(String::new, |holder| holder.visit.to_string())
        }),
        ("结果", |_, (scanned, _)| {
            let reason = Reason::parse(&scanned.passage.reason);
            reason.map_or("", words::reason).to_owned()
        }),
    ],
};

export! {
    /// 导出 of 通行记录
    at "/api/admin/passages/export" as "export_passages",
    (ctx, by: Admin, asked: PassagesQuery) {
        let places = Places::of(&ctx).await?;
        let (filter, _) = asked.query.filter(&places)?;
        let page = |before| placed(&ctx, (&places, &filter), before, PAGE).boxed();
        let key = |(scanned, _): &Placed| scanned.passage.id.into();
        SHEET.take((&ctx, &by.member, asked.plain), page, key).await
    }
}
