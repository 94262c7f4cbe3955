//! 访客车辆: the vehicles of every visit.

use std::str::FromStr;

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use futures::FutureExt;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, PageOut, queries};
use crate::ctx::Ctx;
use crate::domain::Plate;
use crate::domain::actors::Admin;
use crate::domain::visitor::Visitor;
use crate::domain::window::{campus_time, screen_time};
use crate::http::export::{PAGE, Sheet, export};
use crate::http::extract::{Json, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::VisitId;
use crate::secret::Masked;
use crate::store::humans::{Vehicle, list_vehicles};
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{StoreError, visits};

queries! {
    /// What is looked for.
    VehiclesQuery {
        /// A whole plate, however it is typed.
        plate,
    }
}

impl VehiclesQuery {
    fn filter(&self) -> Result<(Option<Plate>, Page<Vehicle>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let plate = f.maybe("plate", self.plate.as_deref(), Plate::parse);
        f.finish(Some((plate, page)))
    }
}

/// A vehicle and its visit.
type Coming = (Vehicle, VisitFacts);

async fn coming(
    ctx: &Ctx,
    plate: Option<&Plate>,
    before: Option<&Vehicle>,
    limit: u64,
) -> Result<Vec<Coming>, StoreError> {
    let db = &ctx.db.read;
    let found = list_vehicles(db, plate, before, limit).await?;
    let of = visits::find_many(db, found.iter().map(|vehicle| vehicle.visit)).await?;
    let facts = visit_facts::of(db, of, ctx.clock.now()).await?;
    let of_visit = |id| facts.iter().find(|facts| facts.visit.id == id).cloned();
    let coming = |vehicle: Vehicle| Some((of_visit(vehicle.visit)?, vehicle));
    let coming = found.into_iter().filter_map(coming);
    Ok(coming.map(|(facts, vehicle)| (vehicle, facts)).collect())
}

/// The visitor who comes in it, or the contact of the group; and whether it is a group's.
fn holder((vehicle, facts): &Coming) -> (Option<&Visitor>, bool) {
    let comes = |plate: &Plate| plate.as_str() == vehicle.plate;
    let mut visitors = facts.visitors.iter();
    let driver = visitors.find(|visitor| visitor.plate.as_ref().is_some_and(comes));
    (driver.or(facts.visitors.first()), driver.is_none())
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
    #[schema(example = "approved")]
    stage: &'static str,
    stage_text: &'static str,
}

impl VehicleRowOut {
    fn of(coming: Coming) -> Self {
        let (holder, group) = holder(&coming);
        let (vehicle, facts) = &coming;
        Self {
            holder: Masked::name(holder.map_or("", |holder| holder.name.as_str())),
            phone: holder.map_or_else(|| Masked::phone(""), |holder| holder.phone.mask.clone()),
            group,
            visit: vehicle.visit,
            area: facts.area.name.clone(),
            starts_at: campus_time(facts.visit.window.from()),
            ends_at: campus_time(facts.visit.window.until()),
            stage: facts.visit.stage.as_str(),
            stage_text: facts.visit.stage.word(),
            plate: vehicle.plate.clone(),
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
    let (plate, page) = query.filter()?;
    let found = coming(&ctx, plate.as_ref(), page.before.as_ref(), page.limit).await?;
    let key = |(vehicle, _): &Coming| format!("{}.{}", vehicle.visit, vehicle.plate);
    Ok(Json(page.of(found, key, VehicleRowOut::of)))
}

const SHEET: Sheet<Coming> = Sheet {
    name: "vehicles",
    what: "vehicles.export",
    columns: &[
        ("车牌号", |_, (vehicle, _)| vehicle.plate.clone()),
        ("访客姓名", |shown, coming| {
            let (holder, _) = holder(coming);
            holder.map_or_else(String::new, |holder| shown.name(holder.name.as_str()))
        }),
        ("手机号", |shown, coming| {
            let (holder, _) = holder(coming);
            holder.map_or_else(String::new, |holder| shown.phone(&holder.phone))
        }),
        ("单据号", |_, (vehicle, _)| vehicle.visit.to_string()),
        ("到访区域", |_, (_, facts)| facts.area.name.clone()),
        ("开始时间", |_, (_, facts)| {
            screen_time(facts.visit.window.from())
        }),
        ("结束时间", |_, (_, facts)| {
            screen_time(facts.visit.window.until())
        }),
        ("状态", |_, (_, facts)| {
            facts.visit.stage.word().to_owned()
        }),
    ],
};

export! {
    /// 导出 of 访客车辆
    at "/api/admin/vehicles/export" as "export_vehicles",
    (ctx, by: Admin, asked: VehiclesQuery) {
        let (plate, _) = asked.query.filter()?;
        let page = |before: Option<Vehicle>| {
            let (ctx, plate) = (&ctx, plate.as_ref());
            async move { coming(ctx, plate, before.as_ref(), PAGE).await }.boxed()
        };
        let key = |(vehicle, _): &Coming| vehicle.clone();
        SHEET.take((&ctx, &by.member, asked.plain), page, key).await
    }
}
