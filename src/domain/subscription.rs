//! 订阅消息: what somebody lets us send. One accepted question buys one message, for one template of one
//! app.

use chrono::{DateTime, Duration, Utc};

/// The app that sends, and that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sender {
    Mini,
    Account,
}

impl Sender {
    pub const ALL: [Self; 2] = [Self::Mini, Self::Account];

    /// Its short text in a column, in the API and in the message templates.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mini => "mini",
            Self::Account => "account",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sender| sender.as_str() == text)
    }
}

/// Who told us of an answer. Both see the same taps, and either may miss some: the page is closed, or
/// WeChat's pushes are not configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// `subscribe_msg_popup_event`.
    Push,
    /// The page that asked.
    Page,
}

/// The wallet of one person for one template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Accepted questions that WeChat told of.
    pub pushed: i32,
    /// Accepted questions that pages told of.
    pub reported: i32,
    pub spent: i32,
    pub refused_at: Option<DateTime<Utc>>,
}

/// Who said no is not asked again in this time.
const PEACE: Duration = Duration::days(7);

impl Grants {
    /// How many messages can be sent: whoever saw more taps saw them all, and both saw the same.
    #[must_use]
    pub fn left(&self) -> i32 {
        (self.pushed.max(self.reported) - self.spent).max(0)
    }

    /// Whether a page should ask before one more thing begins that ends in such a message, while
    /// `awaited` others wait for theirs.
    #[must_use]
    pub fn is_worth_asking(&self, awaited: u64, now: DateTime<Utc>) -> bool {
        let left = u64::try_from(self.left()).unwrap_or(0);
        let in_peace = self.refused_at.is_some_and(|at| now - at < PEACE);
        left <= awaited && !in_peace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_witnesses_of_one_tap_buy_one_message() {
        let grants = |pushed, reported, spent| Grants {
            pushed,
            reported,
            spent,
            refused_at: None,
        };
        assert_eq!(grants(1, 1, 0).left(), 1);
        assert_eq!(grants(0, 2, 1).left(), 1, "no pushes are configured");
        assert_eq!(grants(2, 0, 1).left(), 1, "the page was closed");
        assert_eq!(grants(1, 0, 2).left(), 0);
    }

    #[test]
    fn asking_is_worth_it_when_the_grants_do_not_reach_and_nobody_said_no() {
        let now = DateTime::from_timestamp(1_772_000_000, 0).unwrap();
        let worth = |reported, awaited, refused: Option<Duration>| {
            let refused_at = refused.map(|ago| now - ago);
            let grants = Grants {
                reported,
                refused_at,
                ..Grants::default()
            };
            grants.is_worth_asking(awaited, now)
        };
        assert!(worth(0, 0, None) && worth(1, 1, None));
        assert!(!worth(1, 0, None) && !worth(2, 1, None));
        assert!(!worth(0, 0, Some(Duration::days(6))));
        assert!(worth(0, 0, Some(Duration::days(7))));
    }
}
