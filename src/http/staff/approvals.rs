//! 待处理, 已处理, and 同意 / 拒绝 / 退回 with a comment.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::actions::approvals::{self, Box};
use crate::actions::photos;
use crate::actions::screening::rulings;
use crate::ctx::Ctx;
use crate::domain::Comment;
use crate::domain::actors::Approver;
use crate::domain::visit::{Decider, Decision, Stage};
use crate::domain::window::campus_time;
use crate::http::extract::{Json, Path, Query, page_size};
use crate::http::group::GroupOut;
use crate::http::guest::photos::Picture;
use crate::http::problem::{Problem, ProblemOut};
use crate::http::visit::ResidentOut;
use crate::ids::{PhotoId, VisitId};
use crate::secret::Masked;
use crate::store::approval_steps::Step;
use crate::store::staff;
use crate::store::visit_facts::VisitFacts;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BoxQuery {
    /// `todo` (待处理) or `done` (已处理).
    r#box: String,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<VisitId>,
    /// 1 to 50; 20 when left out.
    limit: Option<u64>,
}

/// A card of 访客申请单.
#[derive(Serialize, ToSchema)]
pub struct CardOut {
    id: VisitId,
    submitter: String,
    host: String,
    area: String,
    reason: String,
    starts_at: DateTime<FixedOffset>,
    stage: &'static str,
    stage_text: &'static str,
    submitted_at: DateTime<FixedOffset>,
}

#[derive(Serialize, ToSchema)]
pub struct CardsOut {
    items: Vec<CardOut>,
    next: Option<VisitId>,
}

/// The visits of one's department
#[utoipa::path(get, path = "/api/staff/approvals", operation_id = "list_approvals", tag = "staff", params(BoxQuery),
    responses((status = 200, body = CardsOut), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    by: Approver,
    Query(query): Query<BoxQuery>,
) -> Result<Json<CardsOut>, Problem> {
    let which = match query.r#box.as_str() {
        "todo" => Box::Todo,
        "done" => Box::Done,
        _ => {
            return Err(Problem::field(
                "box",
                "box_unknown",
                "box 应为 todo 或 done",
            ));
        }
    };
    let limit = page_size(query.limit);
    let found = approvals::list(&ctx, &by, which, query.after, limit).await?;
    let next = found.last().map(|facts| facts.visit.id);
    let next = next.filter(|_| found.len() as u64 == limit);
    let card = |facts: VisitFacts| CardOut {
        id: facts.visit.id,
        submitter: facts.submitter().to_owned(),
        host: facts.host.name.clone(),
        area: facts.area.name.clone(),
        reason: facts.reason.name.clone(),
        starts_at: campus_time(facts.visit.window.from()),
        stage: facts.visit.stage.as_str(),
        stage_text: facts.visit.stage.word(),
        submitted_at: campus_time(facts.visit.submitted_at),
    };
    Ok(Json(CardsOut {
        items: found.into_iter().map(card).collect(),
        next,
    }))
}

/// 审批信息, 审批流程, 审批历史 of one visit.
#[derive(Serialize, ToSchema)]
pub struct ApprovalOut {
    id: VisitId,
    stage: &'static str,
    stage_text: &'static str,
    /// 提交人.
    submitter: String,
    submitted_at: DateTime<FixedOffset>,
    host: String,
    department: String,
    #[schema(value_type = String)]
    host_phone: Masked,
    /// Of a registration in the residential quarter.
    resident: Option<ResidentOut>,
    /// Whether the residents' register knows them by name, phone and house number.
    known: Option<bool>,
    /// Of 团体通行, whose contact is the only visitor and answers for the vehicles.
    group: Option<GroupOut>,
    area: String,
    reason: String,
    /// 来源, as in the visit itself.
    #[schema(example = "booking")]
    mode: &'static str,
    /// 区域描述.
    area_note: Option<String>,
    note: Option<String>,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
    visitors: Vec<ApprovalVisitorOut>,
    steps: Vec<StepOut>,
    /// Whether 同意, 拒绝 and 退回 would be taken now.
    can_decide: bool,
}

#[derive(Serialize, ToSchema)]
pub struct ApprovalVisitorOut {
    name: String,
    #[schema(value_type = String)]
    phone: Masked,
    /// None of a visitor to a resident.
    #[schema(value_type = Option<String>)]
    id_number: Option<Masked>,
    plate: Option<String>,
    items: Option<String>,
    /// Shown at `/api/staff/approvals/{visit}/photos/{photo}`; none of a visitor to a resident.
    id_photo: Option<PhotoId>,
    face_photo: Option<PhotoId>,
    /// What the approver must know before they decide.
    #[schema(example = "需重点核查，请与保卫处核实后再审批")]
    alert: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
pub struct StepOut {
    /// `住户` when the residents' register or the resident decided.
    approver: Option<String>,
    /// `approve`, `reject` or `return`.
    decision: Option<String>,
    comment: Option<String>,
    decided_at: Option<DateTime<FixedOffset>>,
}

/// One visit of one's department
#[utoipa::path(get, path = "/api/staff/approvals/{visit}", operation_id = "find_approval", tag = "staff",
    params(("visit" = VisitId, Path)),
    responses((status = 200, body = ApprovalOut), (status = 404, body = ProblemOut)))]
pub async fn find(
    State(ctx): State<Ctx>,
    by: Approver,
    Path(id): Path<VisitId>,
) -> Result<Json<ApprovalOut>, Problem> {
    one(&ctx, &by, id).await
}

/// A picture of a visitor of such a visit
#[utoipa::path(get, path = "/api/staff/approvals/{visit}/photos/{photo}", tag = "staff",
    params(("visit" = VisitId, Path), ("photo" = PhotoId, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 404, body = ProblemOut)))]
pub async fn photo(
    State(ctx): State<Ctx>,
    by: Approver,
    Path((visit, photo)): Path<(VisitId, PhotoId)>,
) -> Result<Picture, Problem> {
    let shown = photos::show_of_visit(&ctx, &by, visit, photo).await?;
    Ok(Picture(shown))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentIn {
    /// Needed to reject and to return.
    #[serde(default)]
    comment: String,
}

impl CommentIn {
    fn said(&self) -> Result<Comment, Problem> {
        Comment::parse(&self.comment).map_err(|f| Problem::field("comment", f.code, f.sentence))
    }
}

/// 同意
#[utoipa::path(post, path = "/api/staff/approvals/{visit}/approve", tag = "staff",
    params(("visit" = VisitId, Path)), request_body = CommentIn,
    responses((status = 200, body = ApprovalOut), (status = 409, body = ProblemOut)))]
pub async fn approve(
    State(ctx): State<Ctx>,
    by: Approver,
    Path(id): Path<VisitId>,
    Json(with): Json<CommentIn>,
) -> Result<Json<ApprovalOut>, Problem> {
    let comment = if with.comment.trim().is_empty() {
        None
    } else {
        Some(with.said()?)
    };
    approvals::decide(&ctx, &by, id, Decision::Approve(comment)).await?;
    one(&ctx, &by, id).await
}

/// 拒绝
#[utoipa::path(post, path = "/api/staff/approvals/{visit}/reject", tag = "staff",
    params(("visit" = VisitId, Path)), request_body = CommentIn,
    responses((status = 200, body = ApprovalOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn reject(
    State(ctx): State<Ctx>,
    by: Approver,
    Path(id): Path<VisitId>,
    Json(with): Json<CommentIn>,
) -> Result<Json<ApprovalOut>, Problem> {
    approvals::decide(&ctx, &by, id, Decision::Reject(with.said()?)).await?;
    one(&ctx, &by, id).await
}

/// 退回
#[utoipa::path(post, path = "/api/staff/approvals/{visit}/return", tag = "staff",
    params(("visit" = VisitId, Path)), request_body = CommentIn,
    responses((status = 200, body = ApprovalOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn return_(
    State(ctx): State<Ctx>,
    by: Approver,
    Path(id): Path<VisitId>,
    Json(with): Json<CommentIn>,
) -> Result<Json<ApprovalOut>, Problem> {
    approvals::decide(&ctx, &by, id, Decision::Return(with.said()?)).await?;
    one(&ctx, &by, id).await
}

async fn one(ctx: &Ctx, by: &Approver, id: VisitId) -> Result<Json<ApprovalOut>, Problem> {
    let (facts, steps) = approvals::find(ctx, by, id).await?;
    let by_staff = |step: &Step| match step.decided.as_ref()?.by {
        Decider::Staff(id) => Some(id),
        Decider::Resident => None,
    };
    let deciders = steps.iter().filter_map(by_staff);
    let deciders = staff::find_many(&ctx.db.read, deciders).await?;
    let step = |step: &Step| {
        let decided = step.decided.as_ref();
        let approver = decided.and_then(|d| match d.by {
            Decider::Staff(id) => Some(deciders.iter().find(|by| by.id == id)?.name.as_str()),
            Decider::Resident => Some("住户"),
        });
        StepOut {
            approver: approver.map(ToOwned::to_owned),
            decision: decided.map(|d| d.decision.clone()),
            comment: decided.and_then(|d| d.comment.clone()),
            decided_at: decided.map(|d| campus_time(d.at)),
        }
    };
    let (visit, typed) = (&facts.visit, facts.registration.as_ref());
    let asked = steps
        .last()
        .is_some_and(|step| step.department == by.member.department);
    let rulings = rulings(&ctx.db.read, ctx, &facts.visitors, visit.area).await?;
    let visitors = facts.visitors.iter().zip(rulings);
    let visitors = visitors.map(|(visitor, ruling)| ApprovalVisitorOut {
        alert: ruling.and_then(|entry| entry.effect.alert()),
        name: visitor.name.as_str().to_owned(),
        phone: visitor.phone.mask.clone(),
        id_number: visitor.document.as_ref().map(|id| id.mask.clone()),
        plate: visitor
            .plate
            .as_ref()
            .map(|plate| plate.as_str().to_owned()),
        items: visitor
            .items
            .as_ref()
            .map(|items| items.as_str().to_owned()),
        id_photo: visitor.document.as_ref().map(|id| id.photo),
        face_photo: visitor.face_photo,
    });
    Ok(Json(ApprovalOut {
        id,
        stage: visit.stage.as_str(),
        stage_text: visit.stage.word(),
        submitter: facts.submitter().to_owned(),
        submitted_at: campus_time(visit.submitted_at),
        host: facts.host.name.clone(),
        department: facts.host.department.clone(),
        host_phone: facts.host.phone.clone(),
        resident: typed.map(ResidentOut::of),
        group: GroupOut::of(&facts),
        known: typed.map(|typed| typed.resident.is_some()),
        area: facts.area.name.clone(),
        reason: facts.reason.name.clone(),
        mode: visit.mode.as_str(),
        area_note: visit
            .area_note
            .as_ref()
            .map(|note| note.as_str().to_owned()),
        note: visit.note.as_ref().map(|note| note.as_str().to_owned()),
        starts_at: campus_time(visit.window.from()),
        ends_at: campus_time(visit.window.until()),
        visitors: visitors.collect(),
        steps: steps.iter().map(step).collect(),
        can_decide: asked && visit.stage == Stage::Pending,
    }))
}
