//! 访客车辆: the vehicles of every visit.

use std::str::FromStr;

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{PageOut, queries};
use crate::ctx::Ctx;
use crate::domain::Plate;
use crate::domain::actors::Admin;
use crate::domain::window::campus_time;
use crate::http::extract::{Json, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::VisitId;
use crate::secret::Masked;
use crate::store::humans::{Vehicle, list_vehicles};
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::visits;

queries! {
    /// What is looked for.
    VehiclesQuery {
        /// A whole plate, however it is typed.
        plate,
    }
}

/// A vehicle in a visit.
#[derive(Serialize, ToSchema)]
pub struct VehicleRowOut {
    #[schema(example = "渝A12345")]
    plate: String,
    /// The visitor who comes in it, or the contact of the group.
    #[schema(value_type = String)]
    holder: Masked,
    #[schema(value_type = String)]
    phone: Masked,
    /// Whether it is a group's.
    group: bool,
    visit: VisitId,
    area: String,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    /// 状态 of the visit.
    stage_text: &'static str,
}

impl VehicleRowOut {
    fn of(vehicle: Vehicle, facts: &VisitFacts) -> Self {
        let comes = |plate: &Plate| plate.as_str() == vehicle.plate;
        let mut visitors = facts.visitors.iter();
        let driver = visitors.find(|visitor| visitor.plate.as_ref().is_some_and(comes));
        let holder = driver.or(facts.visitors.first());
        Self {
            holder: Masked::name(holder.map_or("", |holder| holder.name.as_str())),
            phone: holder.map_or_else(|| Masked::phone(""), |holder| holder.phone.mask.clone()),
            group: driver.is_none(),
            visit: vehicle.visit,
            area: facts.area.name.clone(),
            starts_at: campus_time(facts.visit.window.from()),
            ends_at: campus_time(facts.visit.window.until()),
            stage_text: facts.visit.stage.word(),
            plate: vehicle.plate,
        }
    }
}

/// The key of a page: `单据号.车牌号`.
impl FromStr for Vehicle {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (visit, plate) = text.split_once('.').ok_or(())?;
        Ok(Self {
            visit: visit.parse().map_err(|_| ())?,
            plate: Plate::parse(plate).map_err(|_| ())?.as_str().to_owned(),
        })
    }
}

/// 访客车辆, the newest visit first
#[utoipa::path(get, path = "/api/admin/vehicles", operation_id = "all_vehicles", tag = "admin",
    params(VehiclesQuery),
    responses((status = 200, body = PageOut<VehicleRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    _: Admin,
    Query(query): Query<VehiclesQuery>,
) -> Result<Json<PageOut<VehicleRowOut>>, Problem> {
    let mut f = Fields::default();
    let page = query.page::<Vehicle>(&mut f);
    let plate = f.maybe("plate", query.plate.as_deref(), Plate::parse);
    let (plate, page) = f.finish(Some((plate, page)))?;
    let db = &ctx.db.read;
    let found = list_vehicles(db, plate.as_ref(), page.before.as_ref(), page.limit).await?;
    let of = visits::find_many(db, found.iter().map(|vehicle| vehicle.visit)).await?;
    let facts = visit_facts::of(db, of, ctx.clock.now()).await?;
    let key = |vehicle: &Vehicle| format!("{}.{}", vehicle.visit, vehicle.plate);
    let page = page.of(found, key, |vehicle| {
        let facts = facts.iter().find(|facts| facts.visit.id == vehicle.visit);
        facts.map(|facts| VehicleRowOut::of(vehicle, facts))
    });
    Ok(Json(PageOut {
        items: page.items.into_iter().flatten().collect(),
        next: page.next,
    }))
}
