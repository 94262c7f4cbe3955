//! 来源: the ways in.

/// By which way it came in, 来源.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 访客预约, alone or with companions.
    Booking,
    /// 访客邀约.
    Invitation,
    /// 访客代约.
    Proxy,
    /// 丁香水榭小区访客登记.
    Residential,
    /// 团体通行.
    Group,
}

impl Mode {
    pub const ALL: [Self; 5] = [
        Self::Booking,
        Self::Invitation,
        Self::Proxy,
        Self::Residential,
        Self::Group,
    ];

    /// Its short text in a column and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Booking => "booking",
            Self::Invitation => "invitation",
            Self::Proxy => "proxy",
            Self::Residential => "residential",
            Self::Group => "group",
        }
    }

    /// The word on the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Booking => "访客预约",
            Self::Invitation => "访客邀约",
            Self::Proxy => "访客代约",
            Self::Residential => "小区登记",
            Self::Group => "团体通行",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}
