//! What an area lets people apply for. Each area has its own; what holds everywhere stands where it is
//! parsed or counted.

use chrono::{DateTime, Utc};

use super::Window;

/// The limits of an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many days ahead a visit may begin, 0 to 366; 0 is today alone.
    pub days_ahead: i16,
    /// The longest 时长, 1 to 31 days.
    pub days_long: i16,
    /// How many applications for it one visitor may submit in a day, 1 to 20; none is as many as anywhere.
    pub a_day: Option<i16>,
    pub overlap: Overlap,
}

/// Whether one human, known by their document, may have two visits to the area at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    Allow,
    Refuse,
}

impl Overlap {
    /// Its short text in a column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Refuse => "refuse",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Allow, Self::Refuse]
            .into_iter()
            .find(|overlap| overlap.as_str() == text)
    }
}

/// What holds everywhere: a year ahead, and the 31 days of the calendar that a [`Window`] can touch.
impl Default for Limits {
    fn default() -> Self {
        Self {
            days_ahead: 366,
            days_long: 31,
            a_day: None,
            overlap: Overlap::Allow,
        }
    }
}

/// Which limit of the area an application breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error("该区域只能预约当天到访")]
    TodayOnly,
    #[error("该区域最多可提前{0}天预约")]
    TooFar(i16),
    #[error("该区域一次到访最多{0}天")]
    TooLong(i16),
    #[error("您今天到该区域的申请已达{0}份，请明天再提交")]
    TooManyToday(i16),
    /// Of the visitor with this number in a list, when there is a list.
    #[error("该证件号在此时间段已有到该区域的申请，请调整到访时间")]
    Overlaps(Option<usize>),
}

impl Limits {
    /// Holds a window against them, in days of the calendar on campus.
    ///
    /// # Errors
    /// When it begins too late or is too long.
    pub fn check(&self, window: Window, now: DateTime<Utc>) -> Result<(), LimitError> {
        if window.days_ahead(now) > i64::from(self.days_ahead) {
            return Err(match self.days_ahead {
                0 => LimitError::TodayOnly,
                days => LimitError::TooFar(days),
            });
        }
        if window.days() > i64::from(self.days_long) {
            return Err(LimitError::TooLong(self.days_long));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> DateTime<Utc> {
        let text = format!("{text}:00+08:00");
        DateTime::parse_from_rfc3339(&text).unwrap().to_utc()
    }

    #[test]
    fn days_are_those_of_the_calendar_on_campus() {
        let limits = |days_ahead, days_long| Limits {
            days_ahead,
            days_long,
            ..Limits::default()
        };
        let now = moment("2026-03-02T23:30");
        for (from, until, limits, expected) in [
            ("2026-03-02T23:40", "2026-03-02T23:50", limits(0, 1), Ok(())),
            (
                "2026-03-03T00:00",
                "2026-03-03T01:00",
                limits(0, 1),
                Err(LimitError::TodayOnly),
            ),
            ("2026-03-09T22:00", "2026-03-09T23:59", limits(7, 1), Ok(())),
            (
                "2026-03-10T00:00",
                "2026-03-10T01:00",
                limits(7, 1),
                Err(LimitError::TooFar(7)),
            ),
            (
                "2026-03-03T23:00",
                "2026-03-04T01:00",
                limits(7, 1),
                Err(LimitError::TooLong(1)),
            ),
            ("2026-03-03T23:00", "2026-03-04T01:00", limits(7, 2), Ok(())),
        ] {
            let window = Window::new(moment(from), moment(until)).unwrap();
            assert_eq!(limits.check(window, now), expected, "{from} {until}");
        }
    }

    #[test]
    fn what_holds_everywhere_is_no_limit_of_an_area() {
        let now = moment("2026-03-02T12:00");
        let from = now + chrono::Duration::days(366);
        let window = Window::new(from, from + chrono::Duration::days(30)).unwrap();
        assert!(!window.is_too_far(now));
        assert_eq!(Limits::default().check(window, now), Ok(()));
    }
}
