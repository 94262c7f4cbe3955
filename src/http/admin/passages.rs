//! 通行记录: what the gates were asked, and what they said.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{PageOut, choice, days, named, queries};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::campus::DeviceId;
use crate::domain::gate::Reason;
use crate::domain::window::campus_time;
use crate::http::extract::{Json, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{GateId, PassageId, VisitId};
use crate::secret::Masked;
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
    let mut f = Fields::default();
    let db = &ctx.db.read;
    let (gates, devices) = (gates::all(db).await?, gates::devices(db).await?);
    let page = query.page(&mut f);
    let gate: Option<GateId> = named(&mut f, "gate", query.gate.as_deref());
    let device = choice(&mut f, "device", query.device.as_deref(), DeviceId::parse);
    let asked = |installed: &&Installed| {
        gate.is_none_or(|gate| installed.gate == gate)
            && device.as_ref().is_none_or(|device| installed.id == *device)
    };
    let by_device = gate.is_some() || device.is_some();
    let asked = devices
        .iter()
        .filter(asked)
        .map(|installed| installed.id.clone());
    let filter = PassageFilter {
        devices: by_device.then(|| asked.collect()),
        reason: choice(&mut f, "reason", query.reason.as_deref(), Reason::parse),
        pass: named(&mut f, "pass", query.pass.as_deref()),
        recorded: days(
            &mut f,
            [
                ("from", query.from.as_deref()),
                ("until", query.until.as_deref()),
            ],
        ),
    };
    let (filter, page) = f.finish(Some((filter, page)))?;
    let found = passage_list::list(db, &filter, page.before, page.limit).await?;
    let gate_of = |device: &str| {
        let installed = devices
            .iter()
            .find(|installed| installed.id.as_str() == device)?;
        let gate = gates.iter().find(|gate| gate.id == installed.gate)?;
        Some(gate.name.clone())
    };
    let row = |Scanned { passage, holder }: Scanned| PassageRowOut {
        id: passage.id.into(),
        at: campus_time(passage.at),
        gate: gate_of(&passage.device_id),
        device: passage.device_id,
        direction: passage.direction,
        holder: holder
            .as_ref()
            .map(|holder| Masked::name(holder.name.as_str())),
        visit: holder.map(|holder| holder.visit),
        opened: passage.reason == Reason::Ok.as_str(),
        reason: passage.reason,
    };
    let key = |scanned: &Scanned| scanned.passage.id.to_string();
    Ok(Json(page.of(found, key, row)))
}
