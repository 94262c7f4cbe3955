//! The devices at the gates: those that sign, and readers that cannot. A key is told once, by the answer
//! that made it.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, FixedOffset, Utc};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::devices::{self, Given, NewDevice};
use crate::ctx::Ctx;
use crate::dialects::{Dialect, Speech};
use crate::domain::Fault;
use crate::domain::actors::Admin;
use crate::domain::campus::{DeviceId, Direction, Habits};
use crate::domain::window::campus_time;
use crate::http::extract::{Json, Path};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::secret::Sealable;
use crate::store::gates::Installed;

#[derive(Serialize, ToSchema)]
pub struct DeviceOut {
    /// The number painted on it.
    id: String,
    /// What it speaks: `native` signs, the others have their key in their address.
    dialect: &'static str,
    /// From where one that cannot sign calls.
    #[schema(example = "10.1.0.0/16")]
    network: Option<String>,
    /// Its screen and voice want GBK.
    gbk: bool,
    /// `in`, `out` or `both`.
    direction: &'static str,
    /// Its lane tells when somebody has really gone through.
    reports_passed: bool,
    /// In how many milliseconds it reads the same code again at the soonest.
    repeat_ms: i32,
    added_at: DateTime<FixedOffset>,
    /// Until when the key before is good; none when it no longer is, or there was none.
    old_key_until: Option<DateTime<FixedOffset>>,
    revoked_at: Option<DateTime<FixedOffset>>,
    /// When it last sent a scan; none when it never did.
    seen_at: Option<DateTime<FixedOffset>>,
}

impl DeviceOut {
    pub fn of(device: &Installed, seen_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let speech = device.speech;
        let old_key = device.old_key_until.filter(|until| now < *until);
        Self {
            id: device.id.as_str().to_owned(),
            dialect: speech.map_or(Dialect::Native, |s| s.dialect).as_str(),
            network: speech.map(|speech| speech.network.to_string()),
            gbk: speech.is_some_and(|speech| speech.gbk),
            direction: device.direction.as_str(),
            reports_passed: device.habits.reports_passed,
            repeat_ms: device.habits.repeat_ms,
            added_at: campus_time(device.added_at),
            old_key_until: old_key.map(campus_time),
            revoked_at: device.revoked_at.map(campus_time),
            seen_at: seen_at.map(campus_time),
        }
    }
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
    /// `native`, which signs, also when it is left out; of those that cannot `vguang`, `mcardsea`,
    /// `cerberus`, `readno`, `hikvision` or `vzenith`.
    dialect: Option<String>,
    /// From where such a reader calls; elsewhere its key is good for nothing.
    #[schema(example = "10.1.0.0/16")]
    network: Option<String>,
    /// Such a reader's screen and voice want GBK.
    #[serde(default)]
    gbk: bool,
}

impl DeviceIn {
    fn device(&self) -> Result<NewDevice, Problem> {
        let mut f = Fields::default();
        let no_id = Fault::new("device_id_invalid", "设备编号应为1到32个字母、数字、_或-");
        let id = f.take("id", DeviceId::parse(&self.id).ok_or(no_id));
        let no_gate = Fault::new("gate_required", "请选择门禁");
        let gate = f.id("gate", &self.gate, no_gate);
        let no_way = Fault::new("direction_unknown", "direction 应为 in、out 或 both");
        let direction = f.take("direction", Direction::parse(&self.direction).ok_or(no_way));
        let dialect = Dialect::parse(self.dialect.as_deref().unwrap_or("native"));
        let no_dialect = Fault::new("dialect_unknown", "不支持该设备类型");
        let dialect = f.take("dialect", dialect.ok_or(no_dialect));
        let speaks = dialect.filter(|dialect| *dialect != Dialect::Native);
        let speech = speaks.and_then(|dialect| self.speech(dialect, &mut f));
        let whole = id.zip(gate).zip(direction);
        f.finish(whole.map(|((id, gate), direction)| NewDevice {
            id,
            gate,
            direction,
            speech,
        }))
    }

    fn speech(&self, dialect: Dialect, f: &mut Fields) -> Option<Speech> {
        let no_network = Fault::new(
            "network_invalid",
            "来源网段应为设备所在的网段，如 10.1.0.0/16",
        );
        let typed = self.network.as_deref().unwrap_or_default();
        let network = typed.trim().parse::<IpNet>().map_err(|_| no_network);
        let network = f.take("network", network)?;
        Some(Speech {
            dialect,
            network: network.trunc(),
            gbk: self.gbk,
        })
    }
}

/// Told once; it cannot be read again.
#[derive(Serialize, ToSchema)]
pub struct DeviceKeyOut {
    id: String,
    /// 64 hexadecimal digits, to be typed into a device that signs.
    key: Option<String>,
    /// What a reader that cannot sign is told to ask, with its key in it.
    #[schema(example = "https://…/gate/vguang/…")]
    address: Option<String>,
}

impl DeviceKeyOut {
    fn answer(ctx: &Ctx, status: StatusCode, id: &DeviceId, given: &Given) -> Response {
        let (key, address) = match given {
            Given::Key(key) => (Some(key.expose().to_owned()), None),
            Given::InAddress(dialect, url_key) => {
                let path = format!("/gate/{}/{url_key}", dialect.as_str());
                (None, Some(ctx.link(&path)))
            }
        };
        let id = id.as_str().to_owned();
        let headers = [(header::CACHE_CONTROL, "no-store")];
        (status, headers, Json(Self { id, key, address })).into_response()
    }
}

/// Adds a device at a gate and tells its key, once
#[utoipa::path(post, path = "/api/admin/devices", operation_id = "add_device", tag = "admin",
    request_body = DeviceIn,
    responses((status = 201, body = DeviceKeyOut), (status = 403, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<DeviceIn>,
) -> Result<Response, Problem> {
    let new = form.device()?;
    let id = new.id.clone();
    let given = devices::add(&ctx, &by, new).await?;
    Ok(DeviceKeyOut::answer(&ctx, StatusCode::CREATED, &id, &given))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HabitsIn {
    /// Its lane tells when somebody has really gone through; until then nobody has.
    reports_passed: bool,
    /// In how many milliseconds it reads the same code again at the soonest: 0 to 60000.
    repeat_ms: i64,
}

/// Says what a device does by itself, for the next scan on
#[utoipa::path(put, path = "/api/admin/devices/{id}", operation_id = "save_device", tag = "admin",
    params(("id" = String, Path)), request_body = HabitsIn,
    responses((status = 204), (status = 404, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn save(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<String>,
    Json(form): Json<HabitsIn>,
) -> Result<StatusCode, Problem> {
    let id = DeviceId::parse(&id).ok_or_else(Problem::not_found)?;
    let repeat_ms = i32::try_from(form.repeat_ms).ok();
    let Some(repeat_ms @ 0..=60_000) = repeat_ms else {
        let said = "重复识读间隔应为0到60000毫秒";
        return Err(Problem::field("repeat_ms", "repeat_ms_invalid", said));
    };
    let habits = Habits {
        reports_passed: form.reports_passed,
        repeat_ms,
    };
    devices::set_habits(&ctx, &by.as_audited(), &id, habits).await?;
    Ok(StatusCode::NO_CONTENT)
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
pub async fn rotate(
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
    let overlap = Duration::hours(form.overlap_hours);
    let given = devices::renew(&ctx, &by.as_audited(), &id, overlap).await?;
    Ok(DeviceKeyOut::answer(&ctx, StatusCode::OK, &id, &given))
}

/// Takes a device out of use at once and for good
#[utoipa::path(post, path = "/api/admin/devices/{id}/revoke", operation_id = "revoke_device", tag = "admin",
    params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemOut)))]
pub async fn revoke(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = DeviceId::parse(&id).ok_or_else(Problem::not_found)?;
    devices::revoke(&ctx, &by.as_audited(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
