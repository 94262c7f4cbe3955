//! 审批信息, 审批流程, 审批历史 of one visit, and 同意 / 拒绝 / 退回 with a comment.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::flow::{EventOut, Flow, StepOut};
use super::readers::ReaderOut;
use crate::actions::approvals;
use crate::actions::photos;
use crate::actions::screening::rulings;
use crate::ctx::Ctx;
use crate::domain::Comment;
use crate::domain::actors::Staff;
use crate::domain::visit::Decision;
use crate::domain::window::campus_time;
use crate::http::extract::{Json, Path};
use crate::http::group::GroupOut;
use crate::http::guest::photos::Picture;
use crate::http::problem::{Problem, ProblemOut};
use crate::http::visit::ResidentOut;
use crate::ids::{PhotoId, StepId, VisitId};
use crate::secret::Masked;

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
    /// 审批流程.
    steps: Vec<StepOut>,
    /// 审批历史, oldest first.
    history: Vec<EventOut>,
    /// 抄送人.
    readers: Vec<ReaderOut>,
    /// Whether 同意, 拒绝 and 退回 would be taken now.
    can_decide: bool,
    /// The step that would be decided; a page sends it along, so that no later one is decided by mistake.
    step: Option<StepId>,
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
    /// Shown at `/api/staff/approvals/{visit}/photos/{photo}`; none of a visitor to a resident, nor to whoever
    /// only reads.
    id_photo: Option<PhotoId>,
    face_photo: Option<PhotoId>,
    /// What the approver must know before they decide.
    #[schema(example = "需重点核查，请与保卫处核实后再审批")]
    alert: Option<&'static str>,
}

/// One visit that one is asked about, may read, began or is visited by
#[utoipa::path(get, path = "/api/staff/approvals/{visit}", operation_id = "find_approval", tag = "staff",
    params(("visit" = VisitId, Path)),
    responses((status = 200, body = ApprovalOut), (status = 404, body = ProblemOut)))]
pub async fn find(
    State(ctx): State<Ctx>,
    by: Staff,
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
    by: Staff,
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
    /// `step` of what was looked at.
    step: Option<StepId>,
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
    by: Staff,
    Path(id): Path<VisitId>,
    Json(with): Json<CommentIn>,
) -> Result<Json<ApprovalOut>, Problem> {
    let comment = if with.comment.trim().is_empty() {
        None
    } else {
        Some(with.said()?)
    };
    approvals::decide(&ctx, &by, id, with.step, Decision::Approve(comment)).await?;
    one(&ctx, &by, id).await
}

/// 拒绝
#[utoipa::path(post, path = "/api/staff/approvals/{visit}/reject", tag = "staff",
    params(("visit" = VisitId, Path)), request_body = CommentIn,
    responses((status = 200, body = ApprovalOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn reject(
    State(ctx): State<Ctx>,
    by: Staff,
    Path(id): Path<VisitId>,
    Json(with): Json<CommentIn>,
) -> Result<Json<ApprovalOut>, Problem> {
    approvals::decide(&ctx, &by, id, with.step, Decision::Reject(with.said()?)).await?;
    one(&ctx, &by, id).await
}

/// 退回
#[utoipa::path(post, path = "/api/staff/approvals/{visit}/return", tag = "staff",
    params(("visit" = VisitId, Path)), request_body = CommentIn,
    responses((status = 200, body = ApprovalOut), (status = 409, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn return_(
    State(ctx): State<Ctx>,
    by: Staff,
    Path(id): Path<VisitId>,
    Json(with): Json<CommentIn>,
) -> Result<Json<ApprovalOut>, Problem> {
    approvals::decide(&ctx, &by, id, with.step, Decision::Return(with.said()?)).await?;
    one(&ctx, &by, id).await
}

async fn one(ctx: &Ctx, by: &Staff, id: VisitId) -> Result<Json<ApprovalOut>, Problem> {
    let seen = approvals::find(ctx, by, id).await?;
    let flow = Flow::load(ctx, &seen).await?;
    let (facts, pictures) = (&seen.facts, seen.pictures);
    let (visit, typed) = (&facts.visit, facts.registration.as_ref());
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
        id_photo: visitor
            .document
            .as_ref()
            .map(|id| id.photo)
            .filter(|_| pictures),
        face_photo: visitor.face_photo.filter(|_| pictures),
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
        group: GroupOut::of(facts),
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
        steps: seen.steps.iter().map(|step| flow.step(step)).collect(),
        history: flow.history(),
        readers: flow.readers(),
        can_decide: seen.open.is_some(),
        step: seen.open,
    }))
}
