//! 审批流程 and 审批历史 of a visit, in words.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::readers::ReaderOut;
use crate::actions::approvals::Seen;
use crate::ctx::Ctx;
use crate::domain::campus::Member;
use crate::domain::route::{Asked, Quorum};
use crate::domain::visit::{Decider, Host, Stage};
use crate::domain::window::campus_time;
use crate::http::problem::Problem;
use crate::ids::{DepartmentId, StaffId, StepId};
use crate::store::approval_steps::Step;
use crate::store::{departments, staff};

/// 审批流程: somebody is asked.
#[derive(Serialize, ToSchema)]
pub struct StepOut {
    id: StepId,
    /// Which submission of the visit it belongs to.
    round: i16,
    #[schema(example = "信息中心 审批负责人")]
    asked: String,
    /// 会签: all of them must agree.
    all: bool,
    /// None while an earlier step is open, or when that one ended it.
    asked_at: Option<DateTime<FixedOffset>>,
    /// When the rule decides, if nobody has by then.
    ends_at: Option<DateTime<FixedOffset>>,
    /// Whose word decided; `住户` when the residents' register or the resident did, `系统` when a rule did.
    approver: Option<String>,
    /// `approve`, `reject` or `return`.
    decision: Option<String>,
    comment: Option<String>,
    decided_at: Option<DateTime<FixedOffset>>,
}

/// 审批历史: what happened.
#[derive(Serialize, ToSchema)]
pub struct EventOut {
    at: DateTime<FixedOffset>,
    /// Who did it.
    who: String,
    /// In whose place, when that is another.
    r#for: Option<String>,
    #[schema(example = "同意")]
    what: &'static str,
    comment: Option<String>,
}

/// What is needed to say it.
pub struct Flow<'a> {
    seen: &'a Seen,
    members: HashMap<StaffId, Member>,
    departments: HashMap<DepartmentId, String>,
}

impl<'a> Flow<'a> {
    pub async fn load(ctx: &Ctx, seen: &'a Seen) -> Result<Self, Problem> {
        let asked = seen.steps.iter().filter_map(|step| match step.plan.asked {
            Asked::Member(id) => Some(id),
            Asked::Department(_) | Asked::Administrators | Asked::Nobody => None,
        });
        let decided = seen
            .steps
            .iter()
            .filter_map(|step| match step.decided.as_ref()?.by {
                Decider::Staff(id) => Some(id),
                Decider::Rule => None,
            });
        let said = seen
            .words
            .iter()
            .flat_map(|word| [word.staff, word.given_by]);
        let named = asked
            .chain(decided)
            .chain(said)
            .chain(seen.readers.iter().copied());
        let members = staff::find_many(&ctx.db.read, named.collect::<Vec<_>>()).await?;
        Ok(Self {
            seen,
            members: members.into_iter().map(|one| (one.id, one)).collect(),
            departments: departments::names(&ctx.db.read)
                .await?
                .into_iter()
                .collect(),
        })
    }

    pub fn step(&self, step: &Step) -> StepOut {
        let decided = step.decided.as_ref();
        StepOut {
            id: step.id,
            round: step.round,
            asked: self.asked(step.plan.asked),
            all: step.plan.quorum == Quorum::All,
            asked_at: step.asked_at.map(campus_time),
            ends_at: step.ends_at.filter(|_| decided.is_none()).map(campus_time),
            approver: decided.map(|decided| self.decider(decided.by)),
            decision: decided.map(|decided| decided.decision.clone()),
            comment: decided.and_then(|decided| decided.comment.clone()),
            decided_at: decided.map(|decided| campus_time(decided.at)),
        }
    }

    /// Who submitted, who said what, and how it ended, oldest first.
    pub fn history(&self) -> Vec<EventOut> {
        let facts = &self.seen.facts;
        let mut events: Vec<(DateTime<Utc>, EventOut)> = Vec::new();
        let mut add = |at: DateTime<Utc>, who: String, of: Option<String>, what, comment| {
            let event = EventOut {
                at: campus_time(at),
                who,
                r#for: of,
                what,
                comment,
            };
            events.push((at, event));
        };
        let mut round = 0;
        for step in &self.seen.steps {
            // What is decided afterwards without being asked, such as 我不认识此人, is no submission.
            if step.round != round && (round == 0 || step.plan.asked != Asked::Nobody) {
                let what = if round == 0 { "提交" } else { "重新提交" };
                if let Some(at) = step.asked_at {
                    add(at, facts.submitter().to_owned(), None, what, None);
                }
            }
            round = step.round;
            let words = self.seen.words.iter().filter(|word| word.step == step.id);
            let mut by_word = false;
            for word in words {
                by_word = true;
                let of = (word.given_by != word.staff).then(|| self.name(word.staff));
                let what = decided_as(&word.decision);
                add(
                    word.at,
                    self.name(word.given_by),
                    of,
                    what,
                    word.comment.clone(),
                );
            }
            if let (Some(decided), false) = (&step.decided, by_word) {
                let what = decided_as(&decided.decision);
                let comment = decided.comment.clone();
                add(decided.at, self.decider(decided.by), None, what, comment);
            }
        }
        match &facts.visit.stage {
            Stage::Withdrawn { at } => add(*at, facts.submitter().to_owned(), None, "撤销", None),
            Stage::Lapsed { at } => add(*at, "系统".to_owned(), None, "失效", None),
            Stage::Completed { at } => add(*at, "系统".to_owned(), None, "完成", None),
            Stage::Inviting
            | Stage::Pending
            | Stage::Approved { .. }
            | Stage::Rejected { .. }
            | Stage::Returned { .. } => {}
        }
        // Stable, so that what happened in one moment stays in the order of the steps.
        events.sort_by_key(|(at, _)| *at);
        events.into_iter().map(|(_, event)| event).collect()
    }

    pub fn readers(&self) -> Vec<ReaderOut> {
        let readers = self.seen.readers.iter();
        readers
            .filter_map(|id| self.members.get(id))
            .map(ReaderOut::of)
            .collect()
    }

    fn asked(&self, asked: Asked) -> String {
        match asked {
            Asked::Department(id) => {
                let name = self.departments.get(&id).map_or("", String::as_str);
                format!("{name} 审批负责人")
            }
            Asked::Member(id) if self.seen.facts.visit.host == Host::Staff(id) => {
                format!("被访人 {}", self.name(id))
            }
            Asked::Member(id) => self.name(id),
            Asked::Administrators => "访客管理员".to_owned(),
            Asked::Nobody => "无需审批".to_owned(),
        }
    }

    fn decider(&self, by: Decider) -> String {
        match by {
            Decider::Staff(id) => self.name(id),
            Decider::Rule if self.seen.facts.visit.host == Host::Resident => "住户".to_owned(),
            Decider::Rule => "系统".to_owned(),
        }
    }

    fn name(&self, id: StaffId) -> String {
        let member = self.members.get(&id);
        member.map_or(String::new(), |member| member.name.as_str().to_owned())
    }
}

fn decided_as(decision: &str) -> &'static str {
    match decision {
        "approve" => "同意",
        "reject" => "拒绝",
        _ => "退回",
    }
}
