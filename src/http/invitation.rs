//! An invitation as its initiator sees it, and as whoever holds its link does.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::Fields;
use super::problem::Problem;
use crate::ctx::Ctx;
use crate::domain::Fault;
use crate::domain::invitation::{Course, Invitation};
use crate::domain::window::campus_time;
use crate::ids::InviteeId;
use crate::secret::Masked;
use crate::store::visit_facts::VisitFacts;

/// What stays the same for everybody: the clock and the places.
#[derive(Serialize, ToSchema)]
pub struct InvitationOut {
    /// A path of this site; `link` + its host is what is shared.
    #[schema(example = "/i/…")]
    link: String,
    /// The QR of the link, a PNG: a path of this site.
    #[schema(example = "/api/invitations/…/qr.png")]
    qr: String,
    /// Whether somebody can still join.
    open: bool,
    /// How it ended: `full`, `lapsed`, `submitted` or `withdrawn`.
    ending: Option<&'static str>,
    /// 距离失效: from this moment on nobody joins.
    lapses_at: DateTime<FixedOffset>,
    /// The server's clock.
    now: DateTime<FixedOffset>,
    /// 邀请随行人数, those who joined included.
    capacity: i16,
    /// How many have joined.
    joined: usize,
    /// 受邀人员: those who joined, then those who were invited by name, then the empty places.
    places: Vec<PlaceOut>,
}

/// One of the places.
#[derive(Serialize, ToSchema)]
pub struct PlaceOut {
    /// `joined`, `invited` (kept for the one of this name) or `empty`.
    #[schema(example = "joined")]
    state: &'static str,
    name: Option<String>,
    #[schema(value_type = Option<String>)]
    phone: Option<Masked>,
    /// By which the initiator closes it.
    invitee: Option<InviteeId>,
}

impl InvitationOut {
    pub fn of(ctx: &Ctx, facts: &VisitFacts) -> Option<Self> {
        let invitation = facts.invitation.as_ref()?;
        let token = ctx.invitation_token(invitation);
        let token = token.reveal();
        let ending = ending(invitation);
        Some(Self {
            link: format!("/i/{token}"),
            qr: format!("/api/invitations/{token}/qr.png"),
            open: ending.is_none(),
            ending,
            lapses_at: campus_time(invitation.lapses_at),
            now: campus_time(ctx.clock.now()),
            capacity: invitation.capacity.get(),
            joined: facts.visitors.len(),
            places: places(facts, invitation),
        })
    }
}

/// 邀请信息, for whoever holds the link.
#[derive(Serialize, ToSchema)]
pub struct InvitedOut {
    /// 发起人, masked.
    #[schema(value_type = String, example = "刘*")]
    initiator: Masked,
    host: String,
    department: String,
    area: String,
    reason: String,
    /// 到访时间.
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    /// As in a visit of one's own.
    #[schema(example = "inviting")]
    stage: &'static str,
    #[schema(example = "邀请中")]
    stage_text: &'static str,
    /// With the names masked.
    invitation: InvitationOut,
}

impl InvitedOut {
    pub fn of(ctx: &Ctx, facts: &VisitFacts) -> Option<Self> {
        let mut invitation = InvitationOut::of(ctx, facts)?;
        for place in &mut invitation.places {
            let masked = place.name.as_deref().map(Masked::name);
            place.name = masked.map(|name| name.as_str().to_owned());
            (place.phone, place.invitee) = (None, None);
        }
        Some(Self {
            initiator: Masked::name(facts.submitter()),
            host: facts.host.name.clone(),
            department: facts.host.department.clone(),
            area: facts.area.name.clone(),
            reason: facts.reason.name.clone(),
            starts_at: campus_time(facts.visit.window.from()),
            ends_at: campus_time(facts.visit.window.until()),
            stage: facts.visit.stage.as_str(),
            stage_text: facts.visit.stage.word(),
            invitation,
        })
    }
}

/// Which place is closed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseIn {
    /// The one that is kept for this invitee; left out, one that is kept for nobody.
    invitee: Option<String>,
}

impl CloseIn {
    pub fn named(&self) -> Result<Option<InviteeId>, Problem> {
        let mut f = Fields::default();
        let named = f.maybe("invitee", self.invitee.as_deref(), |text| {
            let unknown = Fault::new("invitee_unknown", "没有找到该受邀人");
            text.parse().map_err(|_| unknown)
        });
        f.finish(Some(named))
    }
}

fn ending(invitation: &Invitation) -> Option<&'static str> {
    match invitation.course {
        Course::Open => None,
        Course::Ended { how, .. } => Some(how.as_str()),
    }
}

fn places(facts: &VisitFacts, invitation: &Invitation) -> Vec<PlaceOut> {
    let place = |state, name: &str, phone: &Masked, invitee| PlaceOut {
        state,
        name: Some(name.to_owned()),
        phone: Some(phone.clone()),
        invitee,
    };
    let joined = facts.visitors.iter();
    let joined = joined.map(|v| place("joined", v.name.as_str(), &v.phone.mask, None));
    let kept = facts.invitees.iter().filter(|i| i.visitor.is_none());
    let kept = kept.map(|i| place("invited", i.name.as_str(), &i.phone.mask, Some(i.id)));
    let mut places: Vec<_> = joined.chain(kept).collect();
    let all = usize::try_from(invitation.capacity.get()).unwrap_or(0);
    while places.len() < all {
        places.push(PlaceOut {
            state: "empty",
            name: None,
            phone: None,
            invitee: None,
        });
    }
    places
}
