//! 访客申请单: a visit and what may become of it.
//!
//! inviting → pending → approved → completed; inviting → withdrawn, lapsed; pending → rejected, returned
//! (→ pending), withdrawn, lapsed; approved → withdrawn, lapsed. Lapse is a fact of the clock: [`Visit::settle`] says what a stored
//! stage means now, and every read does that first.

use chrono::{DateTime, Utc};

use super::actors::Account;
use super::mode::Mode;
use super::stage::StageKind;
use super::{AreaNote, Comment, Note, Window};
use crate::ids::{AreaId, DepartmentId, ReasonId, StaffId, VisitId};

/// An application with its facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    pub id: VisitId,
    pub mode: Mode,
    /// 发起人.
    pub initiator: Account,
    pub host: Host,
    /// The host's department when it was submitted, or the desk of the residents' quarter: theirs is the
    /// decision.
    pub department: DepartmentId,
    pub area: AreaId,
    pub reason: ReasonId,
    pub area_note: Option<AreaNote>,
    pub note: Option<Note>,
    pub window: Window,
    /// When it went to approval; of one that still invites, when it began.
    pub submitted_at: DateTime<Utc>,
    pub arrived_at: Option<DateTime<Utc>>,
    pub stage: Stage,
    /// Counts the changes; an update names the one it saw.
    pub version: i32,
}

/// 被访人; of a group the one in charge, 负责人.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    Staff(StaffId),
    /// 被访住户: what was typed about them is the visit's [`super::resident::Registration`].
    Resident,
}

impl Host {
    /// The member of staff, if it is one.
    #[must_use]
    pub fn staff(self) -> Option<StaffId> {
        match self {
            Self::Staff(id) => Some(id),
            Self::Resident => None,
        }
    }
}

/// 状态.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// 邀请中: others may still join; see [`super::invitation`].
    Inviting,
    /// 审批中.
    Pending,
    /// 已通过.
    Approved {
        by: Decider,
        at: DateTime<Utc>,
        comment: Option<Comment>,
    },
    /// 已拒绝.
    Rejected {
        by: Decider,
        at: DateTime<Utc>,
        comment: Comment,
    },
    /// 已退回: the initiator corrects and submits again.
    Returned {
        by: Decider,
        at: DateTime<Utc>,
        comment: Comment,
    },
    /// 已撤销.
    Withdrawn { at: DateTime<Utc> },
    /// 已失效: the end passed, and nobody came.
    Lapsed { at: DateTime<Utc> },
    /// 已完成: the end passed after a visit that took place.
    Completed { at: DateTime<Utc> },
}

impl Stage {
    #[must_use]
    pub fn kind(&self) -> StageKind {
        match self {
            Self::Inviting => StageKind::Inviting,
            Self::Pending => StageKind::Pending,
            Self::Approved { .. } => StageKind::Approved,
            Self::Rejected { .. } => StageKind::Rejected,
            Self::Returned { .. } => StageKind::Returned,
            Self::Withdrawn { .. } => StageKind::Withdrawn,
            Self::Lapsed { .. } => StageKind::Lapsed,
            Self::Completed { .. } => StageKind::Completed,
        }
    }

    /// Its short text in a column and in the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.kind().as_str()
    }

    /// What the approver said.
    #[must_use]
    pub fn comment(&self) -> Option<&Comment> {
        match self {
            Self::Approved { comment, .. } => comment.as_ref(),
            Self::Rejected { comment, .. } | Self::Returned { comment, .. } => Some(comment),
            Self::Inviting
            | Self::Pending
            | Self::Withdrawn { .. }
            | Self::Lapsed { .. }
            | Self::Completed { .. } => None,
        }
    }

    /// The word on the screen.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.kind().word()
    }
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    Staff(StaffId),
    /// Nobody on the staff: the residents' register or the resident themselves, or the rule of a route that
    /// asks nobody or whose time is out.
    Rule,
}

impl Decider {
    /// The column of the deciding member of staff, which is empty for a rule.
    #[must_use]
    pub fn as_column(self) -> Option<i64> {
        match self {
            Self::Staff(id) => Some(id.get()),
            Self::Rule => None,
        }
    }

    #[must_use]
    pub fn from_column(staff: Option<i64>) -> Self {
        staff.map_or(Self::Rule, |id| Self::Staff(id.into()))
    }
}

/// As the audit names them.
impl std::fmt::Display for Decider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::Rule => f.write_str("rule"),
        }
    }
}

/// A decision about what waits for one.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// 同意.
    Approve(Option<Comment>),
    /// 拒绝.
    Reject(Comment),
    /// 退回.
    Return(Comment),
}

impl Decision {
    /// Its short text in a column.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Approve(_) => "approve",
            Self::Reject(_) => "reject",
            Self::Return(_) => "return",
        }
    }

    #[must_use]
    pub fn comment(&self) -> Option<&Comment> {
        match self {
            Self::Approve(comment) => comment.as_ref(),
            Self::Reject(comment) | Self::Return(comment) => Some(comment),
        }
    }
}

/// Why a transition is refused. Each carries the stage that stands in its way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisitError {
    #[error("该申请{0}，不能再审批")]
    Decided(&'static str),
    #[error("到访时间已过，不能再审批")]
    Over,
    #[error("该申请{0}，不能撤销")]
    NotWithdrawable(&'static str),
    #[error("只有已退回的申请可以修改，该申请{0}")]
    NotReturned(&'static str),
}

impl Visit {
    /// What the stored stage means at `now`.
    #[must_use]
    pub fn settle(mut self, now: DateTime<Utc>) -> Self {
        let at = self.window.until();
        self.stage = match self.stage {
            stage if !self.window.is_over(now) => stage,
            Stage::Approved { .. } if self.arrived_at.is_some() => Stage::Completed { at },
            Stage::Inviting | Stage::Pending | Stage::Returned { .. } | Stage::Approved { .. } => {
                Stage::Lapsed { at }
            }
            stage @ (Stage::Rejected { .. }
            | Stage::Withdrawn { .. }
            | Stage::Lapsed { .. }
            | Stage::Completed { .. }) => stage,
        };
        self
    }

    /// Whether its stage tells what stands in the residents' register: that the register or the resident
    /// has approved it, or has not. What the desk decided tells nothing of it.
    #[must_use]
    pub fn tells_of_residents(&self) -> bool {
        let by_register = match &self.stage {
            Stage::Pending => true,
            Stage::Approved { by, .. } => *by == Decider::Rule,
            Stage::Inviting
            | Stage::Rejected { .. }
            | Stage::Returned { .. }
            | Stage::Withdrawn { .. }
            | Stage::Lapsed { .. }
            | Stage::Completed { .. } => false,
        };
        self.mode == Mode::Residential && by_register
    }

    /// Whether a member of staff began it or is visited.
    #[must_use]
    pub fn concerns(&self, staff: StaffId) -> bool {
        self.initiator == Account::Staff(staff) || self.host == Host::Staff(staff)
    }

    /// Its invitation ended at `at` with so many in it.
    #[must_use]
    pub fn end_inviting(mut self, joined: usize, at: DateTime<Utc>) -> Self {
        match (&self.stage, joined) {
            (Stage::Inviting, 0) => self.stage = Stage::Lapsed { at },
            (Stage::Inviting, _) => (self.stage, self.submitted_at) = (Stage::Pending, at),
            (
                Stage::Pending
                | Stage::Approved { .. }
                | Stage::Rejected { .. }
                | Stage::Returned { .. }
                | Stage::Withdrawn { .. }
                | Stage::Lapsed { .. }
                | Stage::Completed { .. },
                _,
            ) => {}
        }
        self
    }

    /// # Errors
    /// When it is decided already, or over.
    pub fn decide(
        mut self,
        decision: Decision,
        by: Decider,
        at: DateTime<Utc>,
    ) -> Result<Self, VisitError> {
        if self.window.is_over(at) && self.stage == Stage::Pending {
            return Err(VisitError::Over);
        }
        if self.stage != Stage::Pending {
            return Err(VisitError::Decided(self.settle(at).stage.word()));
        }
        self.stage = match decision {
            Decision::Approve(comment) => Stage::Approved { by, at, comment },
            Decision::Reject(comment) => Stage::Rejected { by, at, comment },
            Decision::Return(comment) => Stage::Returned { by, at, comment },
        };
        Ok(self)
    }

    /// The resident says that they know no such visitor, after it was approved.
    ///
    /// # Errors
    /// When it has ended, one way or another.
    pub fn disown(mut self, at: DateTime<Utc>) -> Result<Self, VisitError> {
        self = self.settle(at);
        match self.stage {
            Stage::Approved { .. } => {
                let (by, comment) = (Decider::Rule, Comment::unconfirmed());
                self.stage = Stage::Rejected { by, at, comment };
                Ok(self)
            }
            stage => Err(VisitError::Decided(stage.word())),
        }
    }

    /// # Errors
    /// When it has ended, one way or another.
    pub fn withdraw(mut self, at: DateTime<Utc>) -> Result<Self, VisitError> {
        self = self.settle(at);
        match self.stage {
            Stage::Inviting | Stage::Pending | Stage::Returned { .. } | Stage::Approved { .. } => {
                self.stage = Stage::Withdrawn { at };
                Ok(self)
            }
            stage @ (Stage::Rejected { .. }
            | Stage::Withdrawn { .. }
            | Stage::Lapsed { .. }
            | Stage::Completed { .. }) => Err(VisitError::NotWithdrawable(stage.word())),
        }
    }

    /// A returned visit with its mistakes mended, submitted again.
    ///
    /// # Errors
    /// When it was not returned, or is over.
    pub fn correct(mut self, with: Corrected, at: DateTime<Utc>) -> Result<Self, VisitError> {
        self = self.settle(at);
        match self.stage {
            Stage::Returned { .. } => {
                let Corrected {
                    host,
                    department,
                    area,
                    reason,
                    area_note,
                    note,
                    window,
                } = with;
                (self.host, self.department, self.area, self.reason) =
                    (host, department, area, reason);
                (self.area_note, self.note, self.window) = (area_note, note, window);
                (self.stage, self.submitted_at) = (Stage::Pending, at);
                Ok(self)
            }
            stage => Err(VisitError::NotReturned(stage.word())),
        }
    }
}

/// What a correction may change of the visit itself.
#[derive(Clone, Debug)]
pub struct Corrected {
    pub host: Host,
    pub department: DepartmentId,
    pub area: AreaId,
    pub reason: ReasonId,
    pub area_note: Option<AreaNote>,
    pub note: Option<Note>,
    pub window: Window,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32) -> DateTime<Utc> {
        chrono::NaiveDate::from_ymd_opt(2026, 3, 2)
            .unwrap()
            .and_hms_opt(hour, 0, 0)
            .unwrap()
            .and_utc()
    }

    fn visit(stage: Stage) -> Visit {
        Visit {
            id: 1.into(),
            mode: Mode::Booking,
            initiator: Account::Person(2.into()),
            host: Host::Staff(3.into()),
            department: 4.into(),
            area: 5.into(),
            reason: 6.into(),
            area_note: None,
            note: None,
            window: Window::new(at(6), at(8)).unwrap(),
            submitted_at: at(1),
            arrived_at: None,
            stage,
            version: 1,
        }
    }

    fn every_stage() -> [Stage; 8] {
        let (by, at) = (Decider::Staff(9.into()), at(2));
        let comment = Comment::parse("请补充").unwrap();
        [
            Stage::Inviting,
            Stage::Pending,
            Stage::Approved {
                by,
                at,
                comment: None,
            },
            Stage::Rejected {
                by,
                at,
                comment: comment.clone(),
            },
            Stage::Returned { by, at, comment },
            Stage::Withdrawn { at },
            Stage::Lapsed { at },
            Stage::Completed { at },
        ]
    }

    #[test]
    fn each_stage_allows_what_the_handbook_says_and_nothing_else() {
        let corrected = || Corrected {
            host: Host::Staff(3.into()),
            department: 4.into(),
            area: 5.into(),
            reason: 6.into(),
            area_note: None,
            note: None,
            window: Window::new(at(6), at(8)).unwrap(),
        };
        let table: Vec<String> = every_stage()
            .map(|stage| {
                let name = stage.as_str();
                let word = |r: Result<Visit, VisitError>| match r {
                    Ok(visit) => visit.stage.as_str().to_owned(),
                    Err(error) => error.to_string(),
                };
                let decide = word(visit(stage.clone()).decide(
                    Decision::Approve(None),
                    Decider::Rule,
                    at(3),
                ));
                let withdraw = word(visit(stage.clone()).withdraw(at(3)));
                let correct = word(visit(stage.clone()).correct(corrected(), at(3)));
                let settle = visit(stage).settle(at(9)).stage.as_str();
                format!("{name} | {decide} | {withdraw} | {correct} | {settle}")
            })
            .into();
        insta::assert_snapshot!(table.join("\n"), @r"
        inviting | 该申请邀请中，不能再审批 | withdrawn | 只有已退回的申请可以修改，该申请邀请中 | lapsed
        pending | approved | withdrawn | 只有已退回的申请可以修改，该申请审批中 | lapsed
        approved | 该申请已通过，不能再审批 | withdrawn | 只有已退回的申请可以修改，该申请已通过 | lapsed
        rejected | 该申请已拒绝，不能再审批 | 该申请已拒绝，不能撤销 | 只有已退回的申请可以修改，该申请已拒绝 | rejected
        returned | 该申请已退回，不能再审批 | withdrawn | pending | lapsed
        withdrawn | 该申请已撤销，不能再审批 | 该申请已撤销，不能撤销 | 只有已退回的申请可以修改，该申请已撤销 | withdrawn
        lapsed | 该申请已失效，不能再审批 | 该申请已失效，不能撤销 | 只有已退回的申请可以修改，该申请已失效 | lapsed
        completed | 该申请已完成，不能再审批 | 该申请已完成，不能撤销 | 只有已退回的申请可以修改，该申请已完成 | completed
        ");
    }

    #[test]
    fn an_invitation_that_ends_is_submitted_with_those_in_it_or_lapses_without() {
        let ended = |stage, joined| {
            let visit = visit(stage).end_inviting(joined, at(3));
            (visit.stage.as_str(), visit.submitted_at)
        };
        assert_eq!(ended(Stage::Inviting, 0), ("lapsed", at(1)));
        assert_eq!(ended(Stage::Inviting, 2), ("pending", at(3)));
        for stage in every_stage().into_iter().skip(1) {
            let name = stage.as_str();
            assert_eq!(
                ended(stage, 2),
                (name, at(1)),
                "what has gone on stays as it is"
            );
        }
    }

    #[test]
    fn a_visit_that_took_place_is_completed_and_one_that_did_not_lapses() {
        let approved = Stage::Approved {
            by: Decider::Staff(9.into()),
            at: at(2),
            comment: None,
        };
        let mut came = visit(approved.clone());
        came.arrived_at = Some(at(7));
        assert_eq!(came.settle(at(9)).stage, Stage::Completed { at: at(8) });
        assert_eq!(
            visit(approved.clone()).settle(at(9)).stage,
            Stage::Lapsed { at: at(8) }
        );
        assert_eq!(visit(approved.clone()).settle(at(8)).stage, approved);
    }

    #[test]
    fn a_returned_visit_whose_time_has_passed_cannot_be_corrected() {
        let returned = || {
            visit(Stage::Returned {
                by: Decider::Staff(9.into()),
                at: at(2),
                comment: Comment::parse("请补充").unwrap(),
            })
        };
        let corrected = || Corrected {
            host: Host::Staff(3.into()),
            department: 4.into(),
            area: 5.into(),
            reason: 6.into(),
            area_note: None,
            note: None,
            window: Window::new(at(12), at(14)).unwrap(),
        };
        assert_eq!(
            returned().correct(corrected(), at(9)),
            Err(VisitError::NotReturned("已失效"))
        );
        assert!(returned().correct(corrected(), at(8)).is_ok());
    }

    #[test]
    fn a_visit_whose_time_has_passed_cannot_be_approved() {
        let decided = visit(Stage::Pending).decide(Decision::Approve(None), Decider::Rule, at(9));
        assert_eq!(decided.map(|v| v.stage), Err(VisitError::Over));
    }
}
