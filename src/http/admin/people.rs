//! 访客管理: everybody who came or wants to, each once.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use futures::FutureExt;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, PageOut, queries};
use super::words;
use crate::ctx::Ctx;
use crate::domain::Phone;
use crate::domain::actors::Admin;
use crate::domain::keyword::NameStart;
use crate::domain::window::{campus_time, screen_time};
use crate::http::export::{PAGE, Sheet, export};
use crate::http::extract::{Json, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{VisitId, VisitorId};
use crate::secret::Masked;
use crate::store::humans::{self, Human, HumanFilter};

queries! {
    /// What is looked for; everything that is given must fit.
    PeopleQuery {
        /// The beginning of a name.
        name,
        /// A whole phone number.
        phone,
    }
}

impl PeopleQuery {
    fn filter(&self, ctx: &Ctx) -> Result<(HumanFilter, Page<VisitorId>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let phone = f.maybe("phone", self.phone.as_deref(), Phone::parse);
        let filter = HumanFilter {
            name: self.name.as_deref().and_then(NameStart::parse),
            phone: phone.map(|phone| ctx.keys.keyed_hash(&phone)),
        };
        f.finish(Some((filter, page)))
    }
}

/// A human, known by name and phone, with the details of their last visit.
#[derive(Serialize, ToSchema)]
pub struct PersonRowOut {
    /// Of the visitor in the last visit, for `/api/admin/reveal`.
    id: VisitorId,
    #[schema(value_type = String, example = "张**")]
    name: Masked,
    #[schema(value_type = String, example = "139****0003")]
    phone: Masked,
    /// `resident_id`, `passport` …
    document: Option<&'static str>,
    #[schema(value_type = Option<String>)]
    id_number: Option<Masked>,
    last_visit: VisitId,
    last_visit_at: DateTime<FixedOffset>,
    /// In how many visits they are.
    visits: i64,
}

impl PersonRowOut {
    fn of(human: Human) -> Self {
        let document = human.last.document.as_ref();
        Self {
            id: human.last.id,
            name: Masked::name(human.last.name.as_str()),
            phone: human.last.phone.mask.clone(),
            document: document.map(|document| document.kind.as_str()),
            id_number: document.map(|document| document.mask.clone()),
            last_visit: human.last_visit.id,
            last_visit_at: campus_time(human.last_visit.window.from()),
            visits: human.visits,
        }
    }
}

/// 访客管理, whoever applied last first
#[utoipa::path(get, path = "/api/admin/people", operation_id = "all_people", tag = "admin",
    params(PeopleQuery),
    responses((status = 200, body = PageOut<PersonRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    _: Admin,
    Query(query): Query<PeopleQuery>,
) -> Result<Json<PageOut<PersonRowOut>>, Problem> {
    let (filter, page) = query.filter(&ctx)?;
    let found = humans::list(&ctx.db.read, &filter, page.before, page.limit).await?;
    let key = |human: &Human| human.last.id.to_string();
    Ok(Json(page.of(found, key, PersonRowOut::of)))
}

const SHEET: Sheet<Human> = Sheet {
    name: "people",
    what: "people.export",
    columns: &[
        ("姓名", |shown, human| {
            shown.name(human.last.name.as_str())
        }),
        ("手机号", |shown, human| shown.phone(&human.last.phone)),
        ("证件类型", |_, human| {
            let document = human.last.document.as_ref();
            document
                .map_or("", |document| words::document(document.kind))
                .to_owned()
        }),
        ("证件号", |shown, human| {
            let document = human.last.document.as_ref();
            document.map_or_else(String::new, |document| shown.document(document))
        }),
        ("来访次数", |_, human| human.visits.to_string()),
        ("最近来访时间", |_, human| {
            screen_time(human.last_visit.window.from())
        }),
        ("最近单据号", |_, human| {
            human.last_visit.id.to_string()
        }),
    ],
};

export! {
    /// 导出 of 访客管理
    at "/api/admin/people/export" as "export_people",
    (ctx, by: Admin, asked: PeopleQuery) {
        let (filter, _) = asked.query.filter(&ctx)?;
        let page = |before| humans::list(&ctx.db.read, &filter, before, PAGE).boxed();
        let key = |human: &Human| human.last.id;
        SHEET.take((&ctx, &by.member, asked.plain), page, key).await
    }
}
