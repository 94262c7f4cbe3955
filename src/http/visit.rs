//! A visit as whoever began it sees it, a visitor or a member of staff.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::page_size;
use super::group::GroupOut;
use super::invitation::InvitationOut;
use crate::ctx::Ctx;
use crate::domain::actors::Account;
use crate::domain::resident::Registration;
use crate::domain::visit::Stage;
use crate::domain::visitor::Visitor;
use crate::domain::window::campus_time;
use crate::ids::{AreaId, ReasonId, StaffId, VisitId, VisitorId};
use crate::secret::Masked;
use crate::store::visit_facts::VisitFacts;

/// 访客申请单.
#[derive(Serialize, ToSchema)]
pub struct VisitOut {
    /// 单据号.
    id: VisitId,
    /// 来源: `booking` (访客预约), `invitation` (访客邀约), `proxy` (访客代约), `residential`
    /// (丁香水榭小区访客登记) or `group` (团体通行).
    #[schema(example = "booking")]
    mode: &'static str,
    /// `inviting`, `pending`, `approved`, `rejected`, `returned`, `withdrawn`, `lapsed` or `completed`. Of a
    /// registration `submitted` stands for both `pending` and `approved`, unless the visitor's phone is
    /// proven to be one's own.
    #[schema(example = "pending")]
    stage: &'static str,
    /// 状态 as the screen says it.
    #[schema(example = "审批中")]
    stage_text: &'static str,
    host: HostNameOut,
    area: String,
    area_id: AreaId,
    reason: String,
    reason_id: ReasonId,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    /// 时长.
    days: i64,
    area_note: Option<String>,
    note: Option<String>,
    /// What the approver said.
    comment: Option<String>,
    submitted_at: DateTime<FixedOffset>,
    visitors: Vec<VisitorOut>,
    /// Of a visit that others are invited to, whether they still can join or not.
    invitation: Option<InvitationOut>,
    /// Of a registration.
    resident: Option<ResidentOut>,
    /// Of 团体通行, whose contact is the only visitor.
    group: Option<GroupOut>,
}

#[derive(Serialize, ToSchema)]
pub struct HostNameOut {
    /// None of a resident.
    id: Option<StaffId>,
    /// Of a resident, with the house number behind it.
    name: String,
    /// Of a resident, their quarter's desk.
    department: String,
}

/// 被访住户信息, as it was typed.
#[derive(Serialize, ToSchema)]
pub struct ResidentOut {
    name: String,
    #[schema(value_type = String)]
    phone: Masked,
    /// 门牌号 in its canonical form.
    #[schema(example = "3-2-501")]
    house: String,
}

impl ResidentOut {
    pub fn of(typed: &Registration) -> Self {
        Self {
            name: typed.name.as_str().to_owned(),
            phone: typed.phone.mask.clone(),
            house: typed.house.as_str().to_owned(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct VisitorOut {
    id: VisitorId,
    name: String,
    #[schema(value_type = String)]
    phone: Masked,
    plate: Option<String>,
    items: Option<String>,
    has_face: bool,
    /// One's own, and only while the pass is good, or will be: a companion's is theirs alone.
    pass: Option<PassLinkOut>,
}

#[derive(Serialize, ToSchema)]
pub struct PassLinkOut {
    /// A path of this site.
    #[schema(example = "/p/…")]
    link: String,
}

impl VisitOut {
    pub fn of(ctx: &Ctx, viewer: Account, facts: &VisitFacts) -> Self {
        let visit = &facts.visit;
        let text = |text: &str| text.to_owned();
        let (stage, stage_text) = facts.stage_for(viewer);
        let visitors = facts.visitors.iter();
        Self {
            id: visit.id,
            mode: visit.mode.as_str(),
            stage,
            stage_text,
            host: HostNameOut {
                id: facts.host.staff,
                name: facts.host.name.clone(),
                department: facts.host.department.clone(),
            },
            area: facts.area.name.clone(),
            area_id: facts.area.id,
            reason: facts.reason.name.clone(),
            reason_id: facts.reason.id,
            starts_at: campus_time(visit.window.from()),
            ends_at: campus_time(visit.window.until()),
            days: visit.window.days(),
            area_note: visit.area_note.as_ref().map(|note| text(note.as_str())),
            note: visit.note.as_ref().map(|note| text(note.as_str())),
            comment: visit.stage.comment().map(|said| text(said.as_str())),
            submitted_at: campus_time(visit.submitted_at),
            visitors: visitors
                .map(|visitor| VisitorOut::of(ctx, viewer, facts, visitor))
                .collect(),
            invitation: InvitationOut::of(ctx, facts),
            resident: facts.registration.as_ref().map(ResidentOut::of),
            group: GroupOut::of(facts),
        }
    }
}

impl VisitorOut {
    fn of(ctx: &Ctx, viewer: Account, facts: &VisitFacts, visitor: &Visitor) -> Self {
        let own = visitor.person.map(Account::Person) == Some(viewer);
        let live = matches!(facts.visit.stage, Stage::Approved { .. });
        let passes = facts.passes.iter().filter(|_| own && live);
        let pass = { passes }.find(|pass| pass.visitor == visitor.id);
        let link = |token: &str| PassLinkOut {
            link: format!("/p/{token}"),
        };
        Self {
            id: visitor.id,
            name: visitor.name.as_str().to_owned(),
            phone: visitor.phone.mask.clone(),
            plate: visitor.plate.as_ref().map(|p| p.as_str().to_owned()),
            items: visitor.items.as_ref().map(|i| i.as_str().to_owned()),
            has_face: visitor.face_photo.is_some(),
            pass: pass.map(|pass| {
                let (id, generation) = (pass.id.get(), pass.link_generation);
                link(ctx.keys.link_token("pass", id, generation).reveal())
            }),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    pub after: Option<VisitId>,
    /// 1 to 50; 20 when left out.
    limit: Option<u64>,
}

impl PageQuery {
    pub fn size(&self) -> u64 {
        page_size(self.limit)
    }
}

/// A page of a list, and the key of the next.
#[derive(Serialize, ToSchema)]
pub struct VisitsOut {
    items: Vec<VisitOut>,
    next: Option<VisitId>,
}

impl VisitsOut {
    pub fn of(ctx: &Ctx, viewer: Account, found: &[VisitFacts], page: &PageQuery) -> Self {
        let last = found.last().map(|facts| facts.visit.id);
        let items = found.iter().map(|facts| VisitOut::of(ctx, viewer, facts));
        Self {
            items: items.collect(),
            next: last.filter(|_| found.len() as u64 == page.size()),
        }
    }
}
