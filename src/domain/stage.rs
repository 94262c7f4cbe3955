//! 状态 without its facts: what a list is filtered and counted by.

/// Which [`super::visit::Stage`] it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StageKind {
    Inviting,
    Pending,
    Approved,
    Rejected,
    Returned,
    Withdrawn,
    Lapsed,
    Completed,
}

impl StageKind {
    pub const ALL: [Self; 8] = [
        Self::Inviting,
        Self::Pending,
        Self::Approved,
        Self::Rejected,
        Self::Returned,
        Self::Withdrawn,
        Self::Lapsed,
        Self::Completed,
    ];

    /// Its short text in a column and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inviting => "inviting",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
            Self::Completed => "completed",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What a stored stage means: [`super::visit::Visit::settle`] without the visit. `over` and `came` are
    /// whether its end has passed and whether somebody came; `ended` is, of one whose invitation has run
    /// out, whether anybody had joined.
    #[must_use]
    pub fn at(self, (over, came): (bool, bool), ended: Option<bool>) -> Self {
        let invited = match (self, ended) {
            (Self::Inviting, Some(true)) => Self::Pending,
            (Self::Inviting, Some(false)) => Self::Lapsed,
            (stage, _) => stage,
        };
        match invited {
            stage if !over => stage,
            Self::Approved if came => Self::Completed,
            Self::Inviting | Self::Pending | Self::Returned | Self::Approved => Self::Lapsed,
            stage @ (Self::Rejected | Self::Withdrawn | Self::Lapsed | Self::Completed) => stage,
        }
    }

    /// The word on the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inviting => "邀请中",
            Self::Pending => "审批中",
            Self::Approved => "已通过",
            Self::Rejected => "已拒绝",
            Self::Returned => "已退回",
            Self::Withdrawn => "已撤销",
            Self::Lapsed => "已失效",
            Self::Completed => "已完成",
        }
    }
}
