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
    /// The same for whoever says it in another language.
    asked_as: Part,
    /// Whose approvers, or who, when it is somebody by name.
    #[schema(example = "信息中心")]
    asked_name: Option<String>,
    /// 会签: all of them must agree.
    all: bool,
    /// None while an earlier step is open, or when that one ended it.
    asked_at: Option<DateTime<FixedOffset>>,
    /// When the rule decides, if nobody has by then.
    ends_at: Option<DateTime<FixedOffset>>,
    /// Whose word decided; `住户` when the residents' register or the resident did, `系统` when a rule did.
    approver: Option<String>,
    /// None when `approver` is a name.
    approver_as: Option<Unnamed>,
    /// `approve`, `reject` or `return`.
    decision: Option<String>,
    comment: Option<String>,
    decided_at: Option<DateTime<FixedOffset>>,
}

/// As what somebody is asked.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The approvers of a department.
    Department,
    /// 被访人.
    Host,
    Member,
    Administrators,
    /// 无需审批.
    Nobody,
}

/// Who decided without a name that staff are told.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unnamed {
    /// 系统: a rule.
    System,
    /// 住户: their register, or they themselves.
    Resident,
}

impl Unnamed {
    fn word(self) -> &'static str {
        match self {
            Self::System => "系统",
            Self::Resident => "住户",
        }
    }
}

/// 审批历史: what happened.
#[derive(Serialize, ToSchema)]
pub struct EventOut {
    at: DateTime<FixedOffset>,
    /// Who did it.
    who: String,
    /// None when `who` is a name.
    who_as: Option<Unnamed>,
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
        let by = decided.map(|decided| self.decider(decided.by));
        let (asked_as, asked_name) = self.asked(step.plan.asked);
        StepOut {
            id: step.id,
            round: step.round,
            asked: in_words(asked_as, asked_name.as_deref().unwrap_or_default()),
            asked_as,
            asked_name,
            all: step.plan.quorum == Quorum::All,
            asked_at: step.asked_at.map(campus_time),
            ends_at: step.ends_at.filter(|_| decided.is_none()).map(campus_time),
            approver_as: by.as_ref().and_then(Who::unnamed),
            approver: by.map(Who::into_words),
            decision: decided.map(|decided| decided.decision.clone()),
            comment: decided.and_then(|decided| decided.comment.clone()),
            decided_at: decided.map(|decided| campus_time(decided.at)),
        }
    }

    /// Who submitted, who said what, and how it ended, oldest first.
    pub fn history(&self) -> Vec<EventOut> {
        let facts = &self.seen.facts;
        let mut events: Vec<(DateTime<Utc>, EventOut)> = Vec::new();
        let submitter = || Who::Named(facts.submitter().to_owned());
        let mut add = |at: DateTime<Utc>, who: Who, of: Option<String>, what, comment| {
            let event = EventOut {
                at: campus_time(at),
                who_as: who.unnamed(),
                who: who.into_words(),
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
                    add(at, submitter(), None, what, None);
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
                    Who::Named(self.name(word.given_by)),
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
            Stage::Withdrawn { at } => add(*at, submitter(), None, "撤销", None),
            Stage::Lapsed { at } => add(*at, Who::Unnamed(Unnamed::System), None, "失效", None),
            Stage::Completed { at } => add(*at, Who::Unnamed(Unnamed::System), None, "完成", None),
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

    fn asked(&self, asked: Asked) -> (Part, Option<String>) {
        match asked {
            Asked::Department(id) => (Part::Department, self.departments.get(&id).cloned()),
            Asked::Member(id) if self.seen.facts.visit.host == Host::Staff(id) => {
                (Part::Host, Some(self.name(id)))
            }
            Asked::Member(id) => (Part::Member, Some(self.name(id))),
            Asked::Administrators => (Part::Administrators, None),
            Asked::Nobody => (Part::Nobody, None),
        }
    }

    fn decider(&self, by: Decider) -> Who {
        match by {
            Decider::Staff(id) => Who::Named(self.name(id)),
            Decider::Rule if self.seen.facts.visit.host == Host::Resident => {
                Who::Unnamed(Unnamed::Resident)
            }
            Decider::Rule => Who::Unnamed(Unnamed::System),
        }
    }

    fn name(&self, id: StaffId) -> String {
        let member = self.members.get(&id);
        member.map_or(String::new(), |member| member.name.as_str().to_owned())
    }
}

/// Who did something.
enum Who {
    Named(String),
    Unnamed(Unnamed),
}

impl Who {
    fn unnamed(&self) -> Option<Unnamed> {
        match self {
            Self::Named(_) => None,
            Self::Unnamed(who) => Some(*who),
        }
    }

    fn into_words(self) -> String {
        match self {
            Self::Named(name) => name,
            Self::Unnamed(who) => who.word().to_owned(),
        }
    }
}

fn in_words(asked: Part, name: &str) -> String {
    match asked {
        Part::Department => format!("{name} 审批负责人"),
        Part::Host => format!("被访人 {name}"),
        Part::Member => name.to_owned(),
        Part::Administrators => "访客管理员".to_owned(),
        Part::Nobody => "无需审批".to_owned(),
    }
}

fn decided_as(decision: &str) -> &'static str {
    match decision {
        "approve" => "同意",
        "reject" => "拒绝",
        _ => "退回",
    }
}
