//! From when to when: the only place that knows that the campus lives at +08:00.

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime, Utc};

use super::Fault;

/// The campus's time zone. China has had no summer time since 1991.
#[must_use]
pub fn campus_zone() -> FixedOffset {
    #[expect(clippy::expect_used, reason = "eight hours are within a day")]
    FixedOffset::east_opt(8 * 3600).expect("a zone")
}

/// 开始时间 to 结束时间, both in; whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// No visit is longer; a stay of weeks is another arrangement than a visit.
const LONGEST: Duration = Duration::days(30);
/// Nobody books further ahead: areas, hosts and rules are others by then.
const FURTHEST: Duration = Duration::days(366);

impl Window {
    /// # Errors
    /// When it ends before it begins, or is longer than 30 days.
    pub fn new(from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Self, Fault> {
        let cut = |at: DateTime<Utc>| DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at);
        let (from, until) = (cut(from), cut(until));
        if until <= from {
            return Err(Fault::new("window_reversed", "结束时间必须晚于开始时间"));
        }
        if until - from > LONGEST {
            return Err(Fault::new("window_too_long", "到访时间最长30天"));
        }
        Ok(Self { from, until })
    }

    /// Whole days on campus, both in.
    ///
    /// # Errors
    /// When the last is before the first, or there are more than 30.
    pub fn of_days(first: NaiveDate, last: NaiveDate) -> Result<Self, Fault> {
        if last < first {
            return Err(Fault::new("window_reversed", "结束日期不能早于开始日期"));
        }
        let after = last.succ_opt().and_then(midnight);
        let (Some(from), Some(after)) = (midnight(first), after) else {
            return Err(Fault::new("date_invalid", "日期格式应为 2026-03-02"));
        };
        Self::new(from, after - Duration::seconds(1))
    }

    #[must_use]
    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    #[must_use]
    pub fn until(&self) -> DateTime<Utc> {
        self.until
    }

    #[must_use]
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        now > self.until
    }

    /// Whether it begins more than 366 days (a leap year) after `now`. The door's code is `window_too_far`, and its
    /// sentence 到访时间最多可预约一年内.
    #[must_use]
    pub fn is_too_far(&self, now: DateTime<Utc>) -> bool {
        self.from - now > FURTHEST
    }

    /// How many days of the calendar on campus lie between the day of `now` and its first.
    #[must_use]
    pub fn days_ahead(&self, now: DateTime<Utc>) -> i64 {
        (campus_day(self.from) - campus_day(now)).num_days()
    }

    /// 时长 in days: the calendar days it touches on campus.
    #[must_use]
    pub fn days(&self) -> i64 {
        (campus_day(self.until) - campus_day(self.from)).num_days() + 1
    }
}

/// From when to when, both in; open where none is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
}

impl Span {
    /// Whole days on campus, both in.
    #[must_use]
    pub fn of_days(first: Option<NaiveDate>, last: Option<NaiveDate>) -> Self {
        let after = last.and_then(|day| day.succ_opt()).and_then(midnight);
        Self {
            from: first.and_then(midnight),
            // The databases keep microseconds, and no time in them is finer.
            until: after.map(|after| after - Duration::microseconds(1)),
        }
    }
}

/// `2026年03月02日 14:00`, the form that WeChat's time fields take.
#[must_use]
pub fn wechat_time(at: DateTime<Utc>) -> String {
    at.with_timezone(&campus_zone())
        .format("%Y年%m月%d日 %H:%M")
        .to_string()
}

/// `2026-03-02 14:00:00` on campus: a text in a sheet, which sorts as it reads.
#[must_use]
pub fn sheet_time(at: DateTime<Utc>) -> String {
    at.with_timezone(&campus_zone())
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// `14:00` today, else `03月02日14:00`: for a screen or an SMS.
#[must_use]
pub fn short_time(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let format = if campus_day(at) == campus_day(now) {
        "%H:%M"
    } else {
        "%m月%d日%H:%M"
    };
    at.with_timezone(&campus_zone()).format(format).to_string()
}

/// `03月02日14:00`: for an SMS, which is read on another day than it was sent.
#[must_use]
pub fn day_time(at: DateTime<Utc>) -> String {
    at.with_timezone(&campus_zone())
        .format("%m月%d日%H:%M")
        .to_string()
}

/// `03-02`, or `03-02至03-04`: whole days, short enough for any provider's variable.
#[must_use]
pub fn dates(window: &Window) -> String {
    let day = |at: DateTime<Utc>| campus_day(at).format("%m-%d").to_string();
    match window.days() {
        1 => day(window.from),
        _ => format!("{}至{}", day(window.from), day(window.until)),
    }
}

/// RFC 3339 with the campus's offset: how the API gives times.
#[must_use]
pub fn campus_time(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&campus_zone())
}

/// The midnight on campus with which the day of `at` begins.
#[must_use]
pub fn day_start(at: DateTime<Utc>) -> DateTime<Utc> {
    midnight(campus_day(at)).unwrap_or(at)
}

/// `None` at the end of time.
fn midnight(day: NaiveDate) -> Option<DateTime<Utc>> {
    let midnight = day
        .and_time(NaiveTime::MIN)
        .and_local_timezone(campus_zone());
    midnight.single().map(|at| at.with_timezone(&Utc))
}

fn campus_day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&campus_zone()).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn a_whole_day_on_campus_is_one_day() {
        let day = Window::new(
            at("2026-03-02T00:00:00+08:00"),
            at("2026-03-02T23:59:59+08:00"),
        )
        .unwrap();
        assert_eq!(day.days(), 1);
        let night = Window::new(
            at("2026-03-02T22:00:00+08:00"),
            at("2026-03-03T02:00:00+08:00"),
        )
        .unwrap();
        assert_eq!(night.days(), 2);
        assert_eq!(
            day_start(at("2026-03-02T07:00:00+08:00")),
            at("2026-03-02T00:00:00+08:00")
        );
    }

    #[test]
    fn days_are_whole_on_campus_and_thirty_at_most() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let window = |first, last| Window::of_days(day(first), day(last)).map_err(|f| f.code);
        let one = window("2026-03-02", "2026-03-02").unwrap();
        assert_eq!(one.from(), at("2026-03-02T00:00:00+08:00"));
        assert_eq!(one.until(), at("2026-03-02T23:59:59+08:00"));
        assert_eq!((one.days(), dates(&one).as_str()), (1, "03-02"));
        let more = window("2026-02-27", "2026-03-01").unwrap();
        assert_eq!((more.days(), dates(&more).as_str()), (3, "02-27至03-01"));
        assert_eq!(window("2026-03-02", "2026-03-01"), Err("window_reversed"));
        assert!(window("2026-03-01", "2026-03-30").is_ok());
        assert_eq!(window("2026-03-01", "2026-03-31"), Err("window_too_long"));
    }

    #[test]
    fn the_last_second_is_still_in() {
        let window = Window::new(
            at("2026-03-02T14:00:00+08:00"),
            at("2026-03-02T16:00:00+08:00"),
        )
        .unwrap();
        assert!(!window.is_over(at("2026-03-02T16:00:00+08:00")));
        assert!(window.is_over(at("2026-03-02T16:00:01+08:00")));
    }

    #[test]
    fn a_start_in_a_year_is_near_enough_and_one_second_later_is_not() {
        let window = Window::new(
            at("2027-03-02T14:00:00+08:00"),
            at("2027-03-02T16:00:00+08:00"),
        )
        .unwrap();
        assert!(!window.is_too_far(at("2026-03-01T14:00:00+08:00")));
        assert!(window.is_too_far(at("2026-03-01T13:59:59+08:00")));
    }

    #[test]
    fn a_window_that_is_none_is_told_why() {
        let from = at("2026-03-02T14:00:00+08:00");
        let code = |until: &str| Window::new(from, at(until)).map_err(|f| f.code);
        assert_eq!(code("2026-03-02T14:00:00.9+08:00"), Err("window_reversed"));
        assert_eq!(code("2026-04-02T14:00:00+08:00"), Err("window_too_long"));
    }
}
