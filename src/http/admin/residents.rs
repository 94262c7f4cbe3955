//! 住户: who lives in the quarter.

use axum::extract::State;
use axum::http::StatusCode;
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{Page, PageOut, queries};
use crate::actions::residents::{Listed, move_in, move_out};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::resident::Resident;
use crate::domain::{HouseNumber, PersonName, Phone};
use crate::http::export::{PAGE, Sheet, export};
use crate::http::extract::{Json, Path, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::ResidentId;
use crate::secret::Masked;
use crate::store::residents::{self, ResidentFilter};

queries! {
    /// Whom one looks for; everything that is given must fit.
    ResidentsQuery {
        /// A whole name.
        name,
        /// A whole phone number.
        phone,
        /// 门牌号, however it is written.
        house,
    }
}

impl ResidentsQuery {
    fn filter(&self, ctx: &Ctx) -> Result<(ResidentFilter, Page<ResidentId>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let phone = f.maybe("phone", self.phone.as_deref(), Phone::parse);
        let filter = ResidentFilter {
            name: f.maybe("name", self.name.as_deref(), PersonName::parse),
            phone: phone.map(|phone| ctx.keys.keyed_hash(&phone)),
            house: f.maybe("house", self.house.as_deref(), HouseNumber::parse),
        };
        f.finish(Some((filter, page)))
    }
}

#[derive(Serialize, ToSchema)]
pub struct ResidentRowOut {
    id: ResidentId,
    #[schema(value_type = String)]
    name: Masked,
    #[schema(value_type = String)]
    phone: Masked,
    /// 门牌号 in its canonical form.
    house: String,
}

impl ResidentRowOut {
    fn of(resident: Resident) -> Self {
        Self {
            id: resident.id,
            name: Masked::name(resident.name.as_str()),
            phone: resident.phone.mask,
            house: resident.house.as_str().to_owned(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResidentIn {
    #[serde(default)]
    name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    house: String,
}

/// Those who live there, newest first
#[utoipa::path(get, path = "/api/admin/residents", operation_id = "all_residents", tag = "admin",
    params(ResidentsQuery),
    responses((status = 200, body = PageOut<ResidentRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    _: Admin,
    Query(query): Query<ResidentsQuery>,
) -> Result<Json<PageOut<ResidentRowOut>>, Problem> {
    let (filter, page) = query.filter(&ctx)?;
    let found = residents::list(&ctx.db.read, &filter, page.before, page.limit).await?;
    Ok(Json(page.of(
        found,
        |resident| resident.id.to_string(),
        ResidentRowOut::of,
    )))
}

/// Somebody moves in, or back
#[utoipa::path(post, path = "/api/admin/residents", operation_id = "add_resident", tag = "admin",
    request_body = NewResidentIn,
    responses((status = 201, body = ResidentRowOut), (status = 403, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<NewResidentIn>,
) -> Result<(StatusCode, Json<ResidentRowOut>), Problem> {
    let mut f = Fields::default();
    let name = f.take("name", PersonName::parse(&form.name));
    let phone = f.take("phone", Phone::parse(&form.phone));
    let house = f.take("house", HouseNumber::parse(&form.house));
    let whole = name.zip(phone).zip(house);
    let listed = f.finish(whole.map(|((name, phone), house)| Listed { name, phone, house }))?;
    let added = move_in(&ctx, &by, &listed).await?;
    Ok((StatusCode::CREATED, Json(ResidentRowOut::of(added))))
}

/// Somebody moves out
#[utoipa::path(post, path = "/api/admin/residents/{id}/remove", operation_id = "remove_resident",
    tag = "admin", params(("id" = ResidentId, Path)),
    responses((status = 204), (status = 404, body = ProblemOut)))]
pub async fn remove(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<ResidentId>,
) -> Result<StatusCode, Problem> {
    move_out(&ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

const SHEET: Sheet<Resident> = Sheet {
    name: "residents",
    what: "residents.export",
    columns: &[
        ("姓名", |shown, resident| {
            shown.name(resident.name.as_str())
        }),
        ("手机号", |shown, resident| shown.phone(&resident.phone)),
        ("门牌号", |_, resident| {
            resident.house.as_str().to_owned()
        }),
    ],
};

export! {
    /// 导出 of 住户
    at "/api/admin/residents/export" as "export_residents",
    (ctx, by: Admin, asked: ResidentsQuery) {
        let (filter, _) = asked.query.filter(&ctx)?;
        let page = |before| residents::list(&ctx.db.read, &filter, before, PAGE).boxed();
        let key = |resident: &Resident| resident.id;
        SHEET.take((&ctx, &by.member, asked.plain), page, key).await
    }
}
