//! 门禁 and the devices at them.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, FixedOffset};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::PageOut;
use crate::actions::devices;
use crate::actions::registers::{self, gate_revision};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::campus::{DeviceId, DeviceKey, Direction, Gate};
use crate::domain::revision::Revision;
use crate::domain::window::campus_time;
use crate::domain::{Fault, Title};
use crate::http::extract::{Json, Path};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AreaId, GateId};
use crate::secret::Sealable;
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

#[derive(Serialize, ToSchema)]
pub struct DeviceOut {
    /// The number painted on it.
    id: String,
    /// `in`, `out` or `both`.
    direction: &'static str,
    added_at: DateTime<FixedOffset>,
    revoked_at: Option<DateTime<FixedOffset>>,
    /// When it last sent a scan; none when it never did.
    seen_at: Option<DateTime<FixedOffset>>,
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceIn {
    /// The number painted on it: 1 to 32 letters, digits, _ or -.
    #[serde(default)]
    id: String,
    /// The gate at which it stands.
    #[serde(default)]
    gate: String,
    /// `in`, `out` or `both`.
    #[serde(default)]
    direction: String,
}

/// Told once; it cannot be read again.
#[derive(Serialize, ToSchema)]
pub struct DeviceKeyOut {
    id: String,
    /// 64 hexadecimal digits, to be typed into the device.
    key: String,
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
        let out = theirs.map(|device| DeviceOut {
            id: device.id.as_str().to_owned(),
            direction: device.direction.as_str(),
            added_at: campus_time(device.added_at),
            revoked_at: device.revoked_at.map(campus_time),
            seen_at: seen.get(device.id.as_str()).map(|at| campus_time(*at)),
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
    let no_area = Fault::new("area_unknown", "该到访区域不存在");
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateIn {
    /// How long the key before is still good: 0 to 720.
    overlap_hours: i64,
}

/// Gives a device another key and tells it, once
#[utoipa::path(post, path = "/api/admin/devices/{id}/rotate", operation_id = "rotate_device", tag = "admin",
    params(("id" = String, Path)), request_body = RotateIn,
    responses((status = 200, body = DeviceKeyOut), (status = 404, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn rotate_device(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<String>,
    Json(form): Json<RotateIn>,
) -> Result<Response, Problem> {
    let id = DeviceId::parse(&id).ok_or_else(Problem::not_found)?;
    if !(0..=720).contains(&form.overlap_hours) {
        let said = "旧密钥的保留时间应为0到720小时";
        return Err(Problem::field("overlap_hours", "overlap_invalid", said));
    }
    let key = DeviceKey::new(ctx.entropy.bytes());
    let (who, overlap) = (by.as_audited(), Duration::hours(form.overlap_hours));
    devices::rotate(&ctx, &who, &id, &key, overlap).await?;
    let headers = [(header::CACHE_CONTROL, "no-store")];
    Ok((headers, Json(DeviceKeyOut::of(&id, &key))).into_response())
}

/// Takes a device out of use at once and for good
#[utoipa::path(post, path = "/api/admin/devices/{id}/revoke", operation_id = "revoke_device", tag = "admin",
    params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemOut)))]
pub async fn revoke_device(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = DeviceId::parse(&id).ok_or_else(Problem::not_found)?;
    devices::revoke(&ctx, &by.as_audited(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl DeviceKeyOut {
    fn of(id: &DeviceId, key: &DeviceKey) -> Self {
        Self {
            id: id.as_str().to_owned(),
            key: key.expose().to_owned(),
        }
    }
}

/// Adds a device at a gate and tells its key, once
#[utoipa::path(post, path = "/api/admin/devices", operation_id = "add_device", tag = "admin",
    request_body = DeviceIn,
    responses((status = 201, body = DeviceKeyOut), (status = 403, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn add_device(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<DeviceIn>,
) -> Result<Response, Problem> {
    let mut f = Fields::default();
    let no_id = Fault::new("device_id_invalid", "设备编号应为1到32个字母、数字、_或-");
    let id = f.take("id", DeviceId::parse(&form.id).ok_or(no_id));
    let gate = f.id(
        "gate",
        &form.gate,
        Fault::new("gate_unknown", "该门禁不存在"),
    );
    let no_way = Fault::new("direction_unknown", "direction 应为 in、out 或 both");
    let direction = f.take("direction", Direction::parse(&form.direction).ok_or(no_way));
    let ((id, gate), direction) = f.finish(id.zip(gate).zip(direction))?;
    let key = registers::add_device(&ctx, &by, (id.clone(), gate), direction).await?;
    let headers = [(header::CACHE_CONTROL, "no-store")];
    let out = Json(DeviceKeyOut::of(&id, &key));
    Ok((StatusCode::CREATED, headers, out).into_response())
}
