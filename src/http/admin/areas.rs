//! 到访区域, with their limits and gates.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::page::PageOut;
use super::reasons::NamedIn;
use crate::actions::registers::{self, AreaForm, area_revision};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::campus::{Area, Gate};
use crate::domain::hours::Hours;
use crate::domain::limits::{Limits, Overlap};
use crate::domain::revision::Revision;
use crate::domain::rules::{Exits, Outage, Passback, Rules};
use crate::domain::{Fault, Title};
use crate::http::extract::{Json, Path};
use crate::http::fields::Fields;
use crate::http::forms::whole;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AreaId, GateId};
use crate::store::{areas, gates};

#[derive(Serialize, ToSchema)]
pub struct AreaRowOut {
    id: AreaId,
    name: String,
    /// Whether it can be chosen for a new visit.
    open: bool,
    /// How many days of the calendar ahead a visit may begin; 0 is today alone.
    days_ahead: i16,
    /// How many days of the calendar a visit may touch.
    days_long: i16,
    /// How many applications one visitor may submit for it in a day; none is as many as anywhere.
    a_day: Option<i16>,
    /// `allow` or `refuse`: whether one document may be in two visits to it at one time.
    overlap: &'static str,
    rules: RulesOut,
    gates: Vec<AreaGateOut>,
    /// To be sent back with what is saved.
    #[schema(value_type = String)]
    revision: Revision,
}

/// What it asks at its gates.
#[derive(Serialize, ToSchema)]
pub struct RulesOut {
    /// 开放时间; `always` when it never closes.
    #[schema(example = "mon-fri 06:00-23:00, sat-sun 08:00-20:00")]
    hours: String,
    /// How many entries one pass has in a day; none is no limit.
    entries_a_day: Option<i16>,
    /// 防潜回: `off`, `soft` or `hard`.
    passback: &'static str,
    /// After so many minutes whoever was not seen leaving is taken to have left; none: never.
    reentry_minutes: Option<i16>,
    /// What was never a pass on the way out: `refuse` or `open`.
    exits: &'static str,
    /// On the way in while the database cannot be asked: `refuse`, or `signed`, which opens for a signed code.
    outage: &'static str,
}

impl RulesOut {
    fn of(rules: &Rules) -> Self {
        Self {
            hours: match rules.hours.to_string() {
                none if none.is_empty() => "always".to_owned(),
                some => some,
            },
            entries_a_day: rules.entries_a_day,
            passback: rules.passback.as_str(),
            reentry_minutes: rules.reentry_minutes,
            exits: rules.exits.as_str(),
            outage: rules.outage.as_str(),
        }
    }
}

/// A gate that leads into it.
#[derive(Serialize, ToSchema)]
pub struct AreaGateOut {
    id: GateId,
    name: String,
    open: bool,
}

impl AreaRowOut {
    fn of(area: Area, gates: &[Gate]) -> Self {
        let gates = gates.iter().filter(|gate| gate.area == area.id);
        Self {
            revision: area_revision(&area),
            id: area.id,
            name: area.name,
            open: area.open,
            days_ahead: area.limits.days_ahead,
            days_long: area.limits.days_long,
            a_day: area.limits.a_day,
            overlap: area.limits.overlap.as_str(),
            rules: RulesOut::of(&area.rules),
            gates: gates
                .map(|gate| AreaGateOut {
                    id: gate.id,
                    name: gate.name.clone(),
                    open: gate.open,
                })
                .collect(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaIn {
    #[serde(default)]
    name: String,
    open: bool,
    /// 0 to 366.
    #[schema(value_type = i64, example = 366)]
    days_ahead: Value,
    /// 1 to 31.
    #[schema(value_type = i64, example = 31)]
    days_long: Value,
    /// 1 to 20; none is as many as anywhere.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    a_day: Value,
    /// `allow` or `refuse`.
    #[schema(example = "allow")]
    overlap: String,
    /// As in the answers; those that are there stay when they are left out.
    rules: Option<RulesIn>,
    /// As it was read.
    revision: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesIn {
    hours: String,
    /// 1 to 100.
    #[schema(value_type = Option<i64>)]
    entries_a_day: Value,
    passback: String,
    /// 1 to 1440.
    #[schema(value_type = Option<i64>)]
    reentry_minutes: Value,
    exits: String,
    outage: String,
}

impl RulesIn {
    fn rules(&self, f: &mut Fields) -> Option<Rules> {
        let hours = f.take("rules.hours", Hours::parse(&self.hours));
        let neither = Fault::new("passback_unknown", "passback 应为 off、soft 或 hard");
        let passback = Passback::parse(&self.passback).ok_or(neither);
        let passback = f.take("rules.passback", passback);
        let neither = Fault::new("exits_unknown", "exits 应为 refuse 或 open");
        let exits = f.take("rules.exits", Exits::parse(&self.exits).ok_or(neither));
        let neither = Fault::new("outage_unknown", "outage 应为 refuse 或 signed");
        let outage = f.take("rules.outage", Outage::parse(&self.outage).ok_or(neither));
        let mut bound = |field: &str, value: &Value, most: i16, fault: Fault| match value {
            Value::Null => Some(None),
            given => {
                let given = i16::try_from(whole(given)).ok();
                let given = given.filter(|n| (1..=most).contains(n)).ok_or(fault);
                f.take(field, given).map(Some)
            }
        };
        let often = Fault::new("entries_a_day_invalid", "每日进入次数应为1到100，或不限");
        let entries = bound("rules.entries_a_day", &self.entries_a_day, 100, often);
        let soon = Fault::new(
            "reentry_minutes_invalid",
            "重新进入的间隔应为1到1440分钟，或不限",
        );
        let reentry = bound("rules.reentry_minutes", &self.reentry_minutes, 1440, soon);
        Some(Rules {
            hours: hours?,
            entries_a_day: entries?,
            passback: passback?,
            reentry_minutes: reentry?,
            exits: exits?,
            outage: outage?,
        })
    }
}

impl AreaIn {
    fn form(&self) -> Result<AreaForm, Problem> {
        let mut f = Fields::default();
        let name = f.take("name", Title::parse(&self.name));
        let mut number =
            |field: &str, value: &Value, range: std::ops::RangeInclusive<i16>, fault| {
                let given = i16::try_from(whole(value)).ok();
                f.take(field, given.filter(|n| range.contains(n)).ok_or(fault))
            };
        let ahead = Fault::new("days_ahead_invalid", "可提前预约天数应为0到366");
        let long = Fault::new("days_long_invalid", "最长时长应为1到31天");
        let often = Fault::new("a_day_invalid", "每日申请上限应为1到20，或不限");
        let days_ahead = number("days_ahead", &self.days_ahead, 0..=366, ahead);
        let days_long = number("days_long", &self.days_long, 1..=31, long);
        let a_day = match &self.a_day {
            Value::Null => None,
            given => number("a_day", given, 1..=20, often),
        };
        let neither = Fault::new("overlap_unknown", "overlap 应为 allow 或 refuse");
        let overlap = f.take("overlap", Overlap::parse(&self.overlap).ok_or(neither));
        let limits = days_ahead.zip(days_long).zip(overlap);
        let rules = self.rules.as_ref().and_then(|rules| rules.rules(&mut f));
        f.finish(
            name.zip(limits)
                .map(|(name, ((days_ahead, days_long), overlap))| AreaForm {
                    name,
                    open: self.open,
                    rules,
                    limits: Limits {
                        days_ahead,
                        days_long,
                        a_day,
                        overlap,
                    },
                }),
        )
    }
}

/// Every area, oldest first
#[utoipa::path(get, path = "/api/admin/areas", operation_id = "all_areas", tag = "admin",
    responses((status = 200, body = PageOut<AreaRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(State(ctx): State<Ctx>, _: Admin) -> Result<Json<PageOut<AreaRowOut>>, Problem> {
    let db = &ctx.db.read;
    let (all, gates) = (areas::all(db).await?, gates::all(db).await?);
    Ok(Json(PageOut::whole(all, |area| {
        AreaRowOut::of(area, &gates)
    })))
}

/// Adds an area, open and without limits of its own
#[utoipa::path(post, path = "/api/admin/areas", operation_id = "add_area", tag = "admin",
    request_body = NamedIn,
    responses((status = 201, body = AreaRowOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<NamedIn>,
) -> Result<(StatusCode, Json<AreaRowOut>), Problem> {
    let area = registers::add_area(&ctx, &by, &form.title()?).await?;
    Ok((StatusCode::CREATED, Json(AreaRowOut::of(area, &[]))))
}

/// Saves an area's form; what was applied for before stays as it was
#[utoipa::path(put, path = "/api/admin/areas/{id}", operation_id = "save_area", tag = "admin",
    params(("id" = AreaId, Path)), request_body = AreaIn,
    responses((status = 200, body = AreaRowOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn save(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<AreaId>,
    Json(form): Json<AreaIn>,
) -> Result<Json<AreaRowOut>, Problem> {
    let area = registers::save_area(&ctx, &by, (id, &form.revision), &form.form()?).await?;
    let gates = gates::all(&ctx.db.read).await?;
    Ok(Json(AreaRowOut::of(area, &gates)))
}
