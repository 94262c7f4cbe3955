//! 门禁, with what stands at them; [`super::devices`] adds those and gives them their keys.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::devices::DeviceOut;
use super::page::PageOut;
use crate::actions::registers::{self, gate_revision};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::campus::Gate;
use crate::domain::revision::Revision;
use crate::domain::{Fault, Title};
use crate::http::extract::{Json, Path};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AreaId, GateId};
use crate::store::gates;
use crate::store::passage_list::last_seen;

#[derive(Serialize, ToSchema)]
pub struct GateRowOut {
    id: GateId,
    name: String,
    area: String,
    area_id: AreaId,
    open: bool,
    devices: Vec<DeviceOut>,
    /// To be sent back with what is saved.
    #[schema(value_type = String)]
    revision: Revision,
}

impl GateRowOut {
    fn of(gate: Gate, devices: Vec<DeviceOut>) -> Self {
        Self {
            revision: gate_revision(&gate),
            id: gate.id,
            name: gate.name,
            area: gate.area_name,
            area_id: gate.area,
            open: gate.open,
            devices,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateIn {
    #[serde(default)]
    name: String,
    /// The area that it leads into.
    #[serde(default)]
    area: String,
}

/// Every gate with its devices, oldest first
#[utoipa::path(get, path = "/api/admin/gates", operation_id = "all_gates", tag = "admin",
    responses((status = 200, body = PageOut<GateRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(State(ctx): State<Ctx>, _: Admin) -> Result<Json<PageOut<GateRowOut>>, Problem> {
    let db = &ctx.db.read;
    let (all, devices, seen) = (
        gates::all(db).await?,
        gates::devices(db).await?,
        last_seen(db).await?,
    );
    let at = |gate: GateId| {
        let here = devices.iter().filter(|device| device.gate == gate);
        let theirs = here.filter(|device| !device.is_hand);
        let out = theirs.map(|device| {
            let seen_at = seen.get(device.id.as_str()).copied();
            DeviceOut::of(device, seen_at, ctx.clock.now())
        });
        out.collect()
    };
    Ok(Json(PageOut::whole(all, |gate| {
        let devices = at(gate.id);
        GateRowOut::of(gate, devices)
    })))
}

/// Adds a gate of an area
#[utoipa::path(post, path = "/api/admin/gates", operation_id = "add_gate", tag = "admin",
    request_body = GateIn,
    responses((status = 201, body = GateRowOut), (status = 403, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<GateIn>,
) -> Result<(StatusCode, Json<GateRowOut>), Problem> {
    let mut f = Fields::default();
    let name = f.take("name", Title::parse(&form.name));
    let no_area = Fault::new("area_required", "请选择到访区域");
    let area = f.id("area", &form.area, no_area);
    let (name, area) = f.finish(name.zip(area))?;
    let gate = registers::add_gate(&ctx, &by, &name, area).await?;
    Ok((StatusCode::CREATED, Json(GateRowOut::of(gate, Vec::new()))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateForm {
    #[serde(default)]
    name: String,
    open: bool,
    /// As it was read.
    revision: String,
}

/// Renames, opens or closes a gate, for the next scan on; `devices` are left out of the answer
#[utoipa::path(put, path = "/api/admin/gates/{id}", operation_id = "save_gate", tag = "admin",
    params(("id" = GateId, Path)), request_body = GateForm,
    responses((status = 200, body = GateRowOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn save(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<GateId>,
    Json(form): Json<GateForm>,
) -> Result<Json<GateRowOut>, Problem> {
    let mut f = Fields::default();
    let name = f.take("name", Title::parse(&form.name));
    let name = f.finish(name)?;
    let what = (&name, form.open);
    let gate = registers::save_gate(&ctx, &by, (id, &form.revision), what).await?;
    Ok(Json(GateRowOut::of(gate, Vec::new())))
}
