//! What is one's own: taken along, and given up.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::leaving::{self, Own};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Guest};
use crate::domain::visitor::Visitor;
use crate::domain::window::campus_time;
use crate::domain::{IdNumber, Phone};
use crate::http::extract::Json;
use crate::http::problem::{Problem, ProblemOut};
use crate::http::session::without_cookies;
use crate::ids::{PersonId, PhotoId, VisitId};
use crate::secret::{Masked, Sealable};
use crate::store::visit_facts::VisitFacts;

/// Everything that is kept of whoever asks. What is their own is in full; what is another's is masked.
#[derive(Serialize, ToSchema)]
pub struct OwnOut {
    account: AccountOut,
    visits: Vec<OwnVisitOut>,
    photos: Vec<OwnPhotoOut>,
    consents: Vec<ConsentOut>,
    messages: Vec<OwnMessageOut>,
    subscriptions: Vec<GrantOut>,
    sessions: Vec<LoginOut>,
}

#[derive(Serialize, ToSchema)]
pub struct AccountOut {
    id: PersonId,
    name: Option<String>,
    phone: Option<String>,
    phone_proven_at: Option<DateTime<FixedOffset>>,
    /// How WeChat calls them: in the Official Account, in the mini-program, in both.
    oa_openid: Option<String>,
    mini_openid: Option<String>,
    unionid: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct OwnVisitOut {
    id: VisitId,
    mode: &'static str,
    stage: &'static str,
    stage_text: &'static str,
    /// Whether they began it, and not only are in it.
    begun: bool,
    #[schema(value_type = String)]
    host: Masked,
    department: String,
    area: String,
    reason: String,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    submitted_at: DateTime<FixedOffset>,
    area_note: Option<String>,
    note: Option<String>,
    /// Those that they typed in, and themselves.
    visitors: Vec<OwnVisitorOut>,
}

#[derive(Serialize, ToSchema)]
pub struct OwnVisitorOut {
    name: String,
    phone: String,
    id_number: Option<String>,
    plate: Option<String>,
    items: Option<String>,
    id_photo: Option<PhotoId>,
    face_photo: Option<PhotoId>,
}

#[derive(Serialize, ToSchema)]
pub struct OwnPhotoOut {
    /// At `/api/photos/{id}`.
    id: PhotoId,
    kind: &'static str,
    given_at: DateTime<FixedOffset>,
}

#[derive(Serialize, ToSchema)]
pub struct ConsentOut {
    purpose: String,
    text_version: String,
    given_at: DateTime<FixedOffset>,
    withdrawn_at: Option<DateTime<FixedOffset>>,
}

#[derive(Serialize, ToSchema)]
pub struct OwnMessageOut {
    kind: &'static str,
    visit: Option<VisitId>,
    /// `due`, `sent`, `dead` or `overtaken`.
    state: String,
    at: DateTime<FixedOffset>,
}

#[derive(Serialize, ToSchema)]
pub struct GrantOut {
    template_id: String,
    /// How many messages may still be sent.
    left: i32,
}

#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "times end in _at in this API")]
pub struct LoginOut {
    begun_at: DateTime<FixedOffset>,
    seen_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
}

/// Everything that is kept of me
#[utoipa::path(get, path = "/api/me/export", operation_id = "export_me", tag = "login",
    responses((status = 200, body = OwnOut), (status = 401, body = ProblemOut)))]
pub async fn export(State(ctx): State<Ctx>, guest: Guest) -> Result<Response, Problem> {
    let own = leaving::gather(&ctx, &guest).await?;
    let own = own.ok_or_else(Problem::unauthorized)?;
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"my-data.json\"",
        ),
    ];
    Ok((headers, Json(OwnOut::of(&ctx, own))).into_response())
}

/// What means it, in either language.
const CONFIRMED: [&str; 2] = ["注销", "DELETE"];

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveIn {
    /// `注销` or `DELETE`: typed by whoever means it.
    #[serde(default)]
    #[schema(example = "注销")]
    confirm: String,
}

/// 注销: forgets me
///
/// What is open is withdrawn and its passes open nothing; names, numbers and pictures go. That there were visits,
/// where and when, stays for as long as the campus has to keep it. Every session ends, this one too. Who logs
/// in again is somebody new.
#[utoipa::path(post, path = "/api/me/delete", operation_id = "delete_me", tag = "login",
    request_body = LeaveIn,
    responses((status = 204), (status = 401, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn leave(
    State(ctx): State<Ctx>,
    guest: Guest,
    jar: CookieJar,
    Json(form): Json<LeaveIn>,
) -> Result<(CookieJar, StatusCode), Problem> {
    if !CONFIRMED.contains(&form.confirm.trim().to_uppercase().as_str()) {
        let said = "请输入“注销”以确认";
        return Err(Problem::field("confirm", "confirm_required", said));
    }
    leaving::leave(&ctx, &guest).await?;
    Ok((without_cookies(jar), StatusCode::NO_CONTENT))
}

impl OwnOut {
    fn of(ctx: &Ctx, own: Own) -> Self {
        let person = own.person;
        let phone = person.phone.as_ref();
        let messages = own.messages.into_iter().map(|standing| OwnMessageOut {
            kind: standing.owed.message.kind().as_str(),
            visit: standing.owed.visit,
            at: campus_time(standing.owed.created_at),
            state: standing.state,
        });
        Self {
            visits: { own.visits.iter() }
                .map(|facts| OwnVisitOut::of(ctx, person.id, facts))
                .collect(),
            photos: { own.pictures.into_iter() }
                .map(|(photo, at)| OwnPhotoOut {
                    id: photo.id,
                    kind: photo.kind.as_str(),
                    given_at: campus_time(at),
                })
                .collect(),
            consents: { own.consents.into_iter() }
                .map(|consent| ConsentOut {
                    purpose: consent.purpose,
                    text_version: consent.text_version,
                    given_at: campus_time(consent.given_at),
                    withdrawn_at: consent.withdrawn_at.map(campus_time),
                })
                .collect(),
            messages: messages.collect(),
            subscriptions: { own.grants.into_iter() }
                .map(|(wallet, grants)| GrantOut {
                    template_id: wallet.template_id,
                    left: grants.left(),
                })
                .collect(),
            sessions: { own.logins.into_iter() }
                .map(|login| LoginOut {
                    begun_at: campus_time(login.begun_at),
                    seen_at: campus_time(login.seen_at),
                    ends_at: campus_time(login.ends_at),
                })
                .collect(),
            account: AccountOut {
                id: person.id,
                name: person.name.map(|name| name.as_str().to_owned()),
                phone: phone
                    .and_then(|phone| ctx.keys.open::<Phone>(&phone.sealed).ok())
                    .map(|phone| phone.expose().to_owned()),
                phone_proven_at: person.phone_proven_at.map(campus_time),
                oa_openid: person.names.oa_openid,
                mini_openid: person.names.mini_openid,
                unionid: person.names.unionid,
            },
        }
    }
}

impl OwnVisitOut {
    fn of(ctx: &Ctx, person: PersonId, facts: &VisitFacts) -> Self {
        let visit = &facts.visit;
        let (stage, stage_text) = facts.stage_for(Account::Person(person));
        let begun = visit.initiator == Account::Person(person);
        let is_self = |visitor: &Visitor| visitor.person == Some(person);
        let seen = facts.visitors.iter();
        let seen = seen.filter(|visitor| begun || is_self(visitor));
        Self {
            id: visit.id,
            mode: visit.mode.as_str(),
            stage,
            stage_text,
            begun,
            host: Masked::name(&facts.host.name),
            department: facts.host.department.clone(),
            area: facts.area.name.clone(),
            reason: facts.reason.name.clone(),
            starts_at: campus_time(visit.window.from()),
            ends_at: campus_time(visit.window.until()),
            submitted_at: campus_time(visit.submitted_at),
            area_note: visit
                .area_note
                .as_ref()
                .filter(|_| begun)
                .map(|n| n.as_str().to_owned()),
            note: visit
                .note
                .as_ref()
                .filter(|_| begun)
                .map(|n| n.as_str().to_owned()),
            visitors: seen
                .map(|visitor| {
                    if is_self(visitor) {
                        OwnVisitorOut::in_full(ctx, visitor)
                    } else {
                        OwnVisitorOut::masked(visitor)
                    }
                })
                .collect(),
        }
    }
}

impl OwnVisitorOut {
    fn in_full(ctx: &Ctx, visitor: &Visitor) -> Self {
        let document = visitor.document.as_ref();
        let phone = ctx.keys.open::<Phone>(&visitor.phone.sealed).ok();
        let number = document.and_then(|known| ctx.keys.open::<IdNumber>(&known.sealed).ok());
        Self {
            name: visitor.name.as_str().to_owned(),
            phone: phone.map_or_else(String::new, |phone| phone.expose().to_owned()),
            id_number: number.map(|number| number.expose().to_owned()),
            plate: visitor.plate.as_ref().map(|p| p.as_str().to_owned()),
            items: visitor.items.as_ref().map(|i| i.as_str().to_owned()),
            id_photo: document.map(|document| document.photo),
            face_photo: visitor.face_photo,
        }
    }

    fn masked(visitor: &Visitor) -> Self {
        let document = visitor.document.as_ref();
        Self {
            name: Masked::name(visitor.name.as_str()).to_string(),
            phone: visitor.phone.mask.to_string(),
            id_number: document.map(|document| document.mask.to_string()),
            plate: visitor
                .plate
                .as_ref()
                .map(|plate| plate.masked().to_string()),
            items: None,
            id_photo: None,
            face_photo: None,
        }
    }
}
