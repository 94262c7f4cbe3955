//! 门岗: a guard looks somebody up, checks a code, lets them through by hand, and sees who is on campus.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Json, Query};
use super::fields::Fields;
use super::keyed::Keyed;
use super::problem::{Problem, ProblemOut};
use crate::actions::guards::{self, Expected, Hand, Inside, Post, Said, Through};
use crate::ctx::Ctx;
use crate::domain::actors::Guard;
use crate::domain::campus::{Direction, Gate};
use crate::domain::gate::Verdict;
use crate::domain::keyword::Keyword;
use crate::domain::pass::Pass;
use crate::domain::window::campus_time;
use crate::domain::{Fault, Plate};
use crate::ids::{GateId, PassId, VisitId};
use crate::secret::Masked;
use crate::store::gates;
use crate::store::visit_facts::VisitFacts;

/// A gate to stand at.
#[derive(Serialize, ToSchema)]
pub struct PostOut {
    id: GateId,
    name: String,
    area: String,
    open: bool,
}

/// The gates
#[utoipa::path(get, path = "/api/guard/gates", operation_id = "guarded_gates", tag = "guard",
    responses((status = 200, body = [PostOut]), (status = 403, body = ProblemOut)))]
pub async fn gates(State(ctx): State<Ctx>, _: Guard) -> Result<Json<Vec<PostOut>>, Problem> {
    let gates = gates::all(&ctx.db.read).await?.into_iter();
    let post = |gate: Gate| PostOut {
        id: gate.id,
        name: gate.name,
        area: gate.area_name,
        open: gate.open,
    };
    Ok(Json(gates.map(post).collect()))
}

/// What the gate says, or would.
#[derive(Serialize, ToSchema)]
pub struct VerdictOut {
    opens: bool,
    /// `ok`, or why not: `expired`, `blocked` …
    #[schema(example = "ok")]
    reason: String,
    /// What is wrong though it opens.
    alert: Option<String>,
    /// In words.
    say: String,
    hint: Option<String>,
}

impl From<Verdict> for VerdictOut {
    fn from(verdict: Verdict) -> Self {
        Self {
            opens: verdict.opens(),
            reason: verdict.reason.as_str().to_owned(),
            alert: verdict.alert.map(|alert| alert.as_str().to_owned()),
            say: verdict.say,
            hint: verdict.hint,
        }
    }
}

impl From<Said> for VerdictOut {
    fn from(said: Said) -> Self {
        Self {
            opens: said.ok == 1,
            reason: said.r,
            alert: said.alert,
            say: said.say,
            hint: said.hint,
        }
    }
}

/// A visitor as a guard may see them.
#[derive(Serialize, ToSchema)]
pub struct AtGateOut {
    /// By which they are let through.
    pass: PassId,
    visit: VisitId,
    /// `booking`, `invitation`, `proxy`, `residential` or `group`.
    #[schema(example = "booking")]
    mode: &'static str,
    #[schema(value_type = String, example = "张**")]
    name: Masked,
    #[schema(value_type = String)]
    phone: Masked,
    #[schema(value_type = Option<String>)]
    id_number: Option<Masked>,
    /// Whether there is a picture of their document, and of their face.
    id_photo: bool,
    face_photo: bool,
    /// Theirs, or those of their group.
    plates: Vec<String>,
    items: Option<String>,
    /// 总人数 of a group.
    headcount: Option<i16>,
    host: String,
    department: String,
    area: String,
    reason: String,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
}

impl AtGateOut {
    fn of(pass: &Pass, facts: &VisitFacts) -> Option<Self> {
        let mut visitors = facts.visitors.iter();
        let visitor = visitors.find(|visitor| visitor.id == pass.visitor)?;
        let document = visitor.document.as_ref();
        let vehicles = facts.group.iter().flat_map(|group| &group.plates);
        let plates = visitor.plate.iter().chain(vehicles);
        Some(Self {
            pass: pass.id,
            visit: facts.visit.id,
            mode: facts.visit.mode.as_str(),
            name: Masked::name(visitor.name.as_str()),
            phone: visitor.phone.mask.clone(),
            id_number: document.map(|document| document.mask.clone()),
            id_photo: document.is_some(),
            face_photo: visitor.face_photo.is_some(),
            plates: plates.map(|plate| plate.as_str().to_owned()).collect(),
            items: visitor
                .items
                .as_ref()
                .map(|items| items.as_str().to_owned()),
            headcount: facts.group.as_ref().map(|group| group.headcount.get()),
            host: facts.host.name.clone(),
            department: facts.host.department.clone(),
            area: facts.area.name.clone(),
            reason: facts.reason.name.clone(),
            starts_at: campus_time(pass.window.from()),
            ends_at: campus_time(pass.window.until()),
        })
    }
}

/// Where the guard stands.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LookQuery {
    /// A 单据号, a whole phone number, a plate, or the beginning of a name.
    q: String,
    /// A gate's id.
    gate: String,
    /// `in` or `out`.
    direction: String,
}

#[derive(Serialize, ToSchema)]
pub struct ExpectedOut {
    #[serde(flatten)]
    visitor: AtGateOut,
    /// The vehicle that was looked for, by which it is let through: it takes no entry.
    plate: Option<String>,
    verdict: VerdictOut,
}

/// Those who are expected today, by what is asked for; at most twenty, and nothing of it is kept
#[utoipa::path(get, path = "/api/guard/visitors", operation_id = "look_up_visitors", tag = "guard",
    params(LookQuery),
    responses((status = 200, body = [ExpectedOut]), (status = 403, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn look_up(
    State(ctx): State<Ctx>,
    _: Guard,
    Query(LookQuery { q, gate, direction }): Query<LookQuery>,
) -> Result<Json<Vec<ExpectedOut>>, Problem> {
    let post = post(&ctx, &gate, &direction).await?;
    let none = Fault::new("q_required", "请输入手机号、车牌号、单据号或姓名");
    let mut f = Fields::default();
    let keyword = f.take("q", Keyword::parse(&q, &ctx.keys).ok_or(none));
    let keyword = f.finish(keyword)?;
    let found = guards::look_up(&ctx, &post, &keyword).await?.into_iter();
    let out = |found: Expected| {
        Some(ExpectedOut {
            visitor: AtGateOut::of(&found.pass, &found.facts)?,
            plate: found.plate.map(|plate| plate.as_str().to_owned()),
            verdict: found.verdict.into(),
        })
    };
    Ok(Json(found.filter_map(out).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckIn {
    /// What the QR says.
    code: String,
    /// A gate's id.
    gate: String,
    /// `in` or `out`.
    #[schema(example = "in")]
    direction: String,
}

#[derive(Serialize, ToSchema)]
pub struct CheckedOut {
    verdict: VerdictOut,
    /// None of a code that is no pass's.
    visitor: Option<AtGateOut>,
}

/// What the gate would say of a code; nothing of it is kept
#[utoipa::path(post, path = "/api/guard/check", operation_id = "check_code", tag = "guard",
    request_body = CheckIn,
    responses((status = 200, body = CheckedOut), (status = 403, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn check(
    State(ctx): State<Ctx>,
    _: Guard,
    Json(CheckIn {
        code,
        gate,
        direction,
    }): Json<CheckIn>,
) -> Result<Json<CheckedOut>, Problem> {
    let post = post(&ctx, &gate, &direction).await?;
    if code.trim().is_empty() {
        return Err(Problem::field(
            "code",
            "code_required",
            "请扫描或输入通行码",
        ));
    }
    let (verdict, found) = guards::check(&ctx, &post, code).await?;
    Ok(Json(CheckedOut {
        verdict: verdict.into(),
        visitor: found.and_then(|(pass, facts)| AtGateOut::of(&pass, &facts)),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ThroughIn {
    /// The pass of whoever goes through …
    pass: Option<String>,
    /// … or the plate of the vehicle, which takes no entry.
    plate: Option<String>,
    /// A gate's id.
    gate: String,
    /// `in` or `out`.
    #[schema(example = "in")]
    direction: String,
}

impl ThroughIn {
    fn who(&self) -> Result<Through, Problem> {
        let none = Fault::new("pass_required", "请先查询访客或扫码");
        let mut f = Fields::default();
        let plate = f.maybe("plate", self.plate.as_deref(), Plate::parse);
        let who = match (plate, &self.pass) {
            (Some(plate), None) => Some(Through::Plate(plate)),
            (None, Some(pass)) => f.id("pass", pass, none).map(Through::Pass),
            (Some(_), Some(_)) | (None, None) => {
                f.fault("pass", none);
                None
            }
        };
        f.finish(who)
    }
}

/// Lets somebody in or out by hand
///
/// The gate's own rules decide, and it is a passage as any other, with the guard's name. Sent again with the
/// same `Idempotency-Key` within a minute it is the same passage.
#[utoipa::path(post, path = "/api/guard/passages", operation_id = "let_through", tag = "guard",
    request_body = ThroughIn, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = VerdictOut), (status = 403, body = ProblemOut),
        (status = 404, body = ProblemOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn let_through(
    State(ctx): State<Ctx>,
    by: Guard,
    Keyed { form, key }: Keyed<ThroughIn>,
) -> Result<Json<VerdictOut>, Problem> {
    let form: ThroughIn = form;
    let post = post(&ctx, &form.gate, &form.direction).await?;
    let who = form.who()?;
    let key = match key {
        Some(key) => (key.key, key.request_hash),
        None => (HEXLOWER.encode(&ctx.entropy.bytes::<16>()), String::new()),
    };
    match guards::let_through(&ctx, &by, &post, &who, key).await? {
        Hand::Said(said) => Ok(Json(said.into())),
        Hand::KeySpent => Err(Problem {
            detail: "该操作已经处理，请重新查询".to_owned(),
            ..Problem::nonce_spent()
        }),
        Hand::NoSuchPass => Err(Problem::not_found()),
    }
}

#[derive(Serialize, ToSchema)]
pub struct GateCountOut {
    gate: GateId,
    name: String,
    people: i32,
}

#[derive(Serialize, ToSchema)]
pub struct InsideOut {
    #[serde(flatten)]
    visitor: AtGateOut,
    /// More than one of a group.
    people: i32,
    /// When they came in, or the last of a group.
    entered_at: Option<DateTime<FixedOffset>>,
    /// By which gate.
    gate: Option<GateId>,
    /// Their time is over.
    overdue: bool,
}

/// Who is on campus, as far as the gates tell.
#[derive(Serialize, ToSchema)]
pub struct PresencesOut {
    people: i32,
    gates: Vec<GateCountOut>,
    /// At most two hundred, those who have been inside longest first.
    longest: Vec<InsideOut>,
}

/// Who is on campus now
#[utoipa::path(get, path = "/api/guard/inside", operation_id = "who_is_inside", tag = "guard",
    responses((status = 200, body = PresencesOut), (status = 403, body = ProblemOut)))]
pub async fn inside(State(ctx): State<Ctx>, _: Guard) -> Result<Json<PresencesOut>, Problem> {
    let now = ctx.clock.now();
    let found = guards::inside(&ctx).await?;
    let count = |(gate, people): (Gate, i32)| GateCountOut {
        gate: gate.id,
        name: gate.name,
        people,
    };
    let row = |inside: Inside| {
        let pass = &inside.gone.pass;
        Some(InsideOut {
            visitor: AtGateOut::of(pass, &inside.facts)?,
            people: inside.people,
            entered_at: inside.since().map(campus_time),
            gate: inside.gate,
            overdue: pass.window.is_over(now),
        })
    };
    Ok(Json(PresencesOut {
        people: found.people,
        gates: found.gates.into_iter().map(count).collect(),
        longest: found.longest.into_iter().filter_map(row).collect(),
    }))
}

/// Where the guard stands.
async fn post(ctx: &Ctx, gate: &str, direction: &str) -> Result<Post, Problem> {
    let unknown = Fault::new("gate_unknown", "请选择所在的门岗");
    let mut f = Fields::default();
    let id: Option<GateId> = f.id("gate", gate, unknown);
    let found = match id {
        Some(id) => f.take("gate", gates::find(&ctx.db.read, id).await?.ok_or(unknown)),
        None => None,
    };
    let way = Direction::parse(direction).filter(|way| *way != Direction::Both);
    let way = way.ok_or(Fault::new("direction_unknown", "请选择进或出"));
    let way = f.take("direction", way);
    let post = found.zip(way);
    f.finish(post.map(|(gate, direction)| Post { gate, direction }))
}
