//! 访客管理: everybody who came or wants to, each once.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{PageOut, queries};
use crate::ctx::Ctx;
use crate::domain::Phone;
use crate::domain::actors::Admin;
use crate::domain::keyword::NameStart;
use crate::domain::window::campus_time;
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
    let mut f = Fields::default();
    let page = query.page(&mut f);
    let phone = f.maybe("phone", query.phone.as_deref(), Phone::parse);
    let filter = HumanFilter {
        name: query.name.as_deref().and_then(NameStart::parse),
        phone: phone.map(|phone| ctx.keys.keyed_hash(&phone)),
    };
    let (filter, page) = f.finish(Some((filter, page)))?;
    let found = humans::list(&ctx.db.read, &filter, page.before, page.limit).await?;
    let key = |human: &Human| human.last.id.to_string();
    Ok(Json(page.of(found, key, PersonRowOut::of)))
}
