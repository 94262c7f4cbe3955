//! 开放时间: when an area lets people in, week by week on campus.

use chrono::{DateTime, Duration, Utc};

use super::Fault;
use super::window::{day_start, week_minute};

/// `mon-fri 06:00-23:00, sat-sun 08:00-20:00`; nothing is always. A span that does not end after it
/// begins goes on past midnight, and belongs to the day on which it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours(Vec<Span>);

/// Minutes of a day, the first in and the last out, on some days: bit 0 is Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    days: u8,
    from: u16,
    until: u16,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Of a day.
const MINUTES: u16 = 24 * 60;

impl Hours {
    /// # Errors
    /// When it is no such list.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.is_empty() || text == "always" {
            return Ok(Self::default());
        }
        let spans: Option<Vec<_>> = text.split(',').map(span).collect();
        spans.map(Self).ok_or(Fault::new(
            "hours_invalid",
            "开放时间格式应为 mon-fri 06:00-23:00, sat-sun 08:00-20:00",
        ))
    }

    #[must_use]
    pub fn are_open(&self, now: DateTime<Utc>) -> bool {
        let (day, minute) = week_minute(now);
        let before = (day + 6) % 7;
        let holds = |span: &Span| {
            let on = |day: u8| span.days >> day & 1 == 1;
            if span.from < span.until {
                on(day) && (span.from..span.until).contains(&minute)
            } else {
                on(day) && minute >= span.from || on(before) && minute < span.until
            }
        };
        self.0.is_empty() || self.0.iter().any(holds)
    }

    /// When they open next; none when they never close.
    #[must_use]
    pub fn next_opening(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (today, _) = week_minute(now);
        let opening = |(ahead, span): (u8, &Span)| {
            let opens = span.days >> ((today + ahead) % 7) & 1 == 1;
            let minutes = i64::from(ahead) * i64::from(MINUTES) + i64::from(span.from);
            opens.then(|| day_start(now) + Duration::minutes(minutes))
        };
        let week = (0..=7).flat_map(|ahead| self.0.iter().map(move |span| (ahead, span)));
        week.filter_map(opening).filter(|at| *at > now).min()
    }
}

/// As [`Hours::parse`] takes it, and as it stands in a column.
impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, span) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(f, "{separator}{span}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let first = self.days.trailing_zeros() as usize % 7;
        let count = self.days.count_ones() as usize;
        let days = match count {
            // A run that wraps round the week does not begin at its lowest bit.
            7 => "daily".to_owned(),
            1 => DAYS[first].to_owned(),
            _ => {
                let on = |day: usize| self.days >> (day % 7) & 1 == 1;
                let begins = |day: &usize| on(*day) && !on(day + 6);
                let first = (0..7).find(begins).unwrap_or_default();
                format!("{}-{}", DAYS[first], DAYS[(first + count - 1) % 7])
            }
        };
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        write!(f, "{days} {}-{}", time(self.from), time(self.until))
    }
}

fn span(text: &str) -> Option<Span> {
    let (days, times) = text.trim().split_once(' ')?;
    let (from, until) = times.trim().split_once('-')?;
    let (from, until) = (minutes(from)?, minutes(until)?);
    (from < MINUTES).then_some(Span {
        days: days_of(days)?,
        from,
        until,
    })
}

/// `daily`, `mon` or `fri-mon`.
fn days_of(text: &str) -> Option<u8> {
    let day = |text: &str| DAYS.iter().position(|day| *day == text);
    if text == "daily" {
        return Some(0b111_1111);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (day(first)?, day(last)?);
    let count = (last + 7 - first) % 7;
    Some((0..=count).fold(0, |days, ahead| days | 1 << ((first + ahead) % 7)))
}

/// `06:00` to `24:00`.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    let whole = hour * 60 + minute;
    (minute < 60 && whole <= MINUTES).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        let text = format!("{text}:00+08:00");
        DateTime::parse_from_rfc3339(&text).unwrap().to_utc()
    }

    #[test]
    fn hours_are_those_of_the_week_on_campus() {
        // 2026-03-02 is a Monday.
        for (hours, moment, open) in [
            ("", "2026-03-02T03:00", true),
            ("mon-fri 06:00-23:00", "2026-03-02T05:59", false),
            ("mon-fri 06:00-23:00", "2026-03-02T06:00", true),
            ("mon-fri 06:00-23:00", "2026-03-06T22:59", true),
            ("mon-fri 06:00-23:00", "2026-03-06T23:00", false),
            ("mon-fri 06:00-23:00", "2026-03-07T12:00", false),
            (
                "mon-fri 06:00-23:00, sat 08:00-12:00",
                "2026-03-07T08:00",
                true,
            ),
            ("daily 00:00-24:00", "2026-03-08T23:59", true),
            ("sun 22:00-02:00", "2026-03-08T23:00", true),
            ("sun 22:00-02:00", "2026-03-09T01:59", true),
            ("sun 22:00-02:00", "2026-03-09T02:00", false),
            ("sun 22:00-02:00", "2026-03-08T01:00", false),
            ("sat-mon 08:00-09:00", "2026-03-02T08:30", true),
            ("sat-mon 08:00-09:00", "2026-03-03T08:30", false),
        ] {
            let hours = Hours::parse(hours).unwrap();
            assert_eq!(hours.are_open(at(moment)), open, "{hours} {moment}");
        }
    }

    #[test]
    fn the_next_opening_may_be_days_away() {
        let next = |hours: &str, moment| Hours::parse(hours).unwrap().next_opening(at(moment));
        assert_eq!(next("", "2026-03-02T03:00"), None);
        let week = "mon-fri 06:00-23:00";
        assert_eq!(next(week, "2026-03-02T05:00"), Some(at("2026-03-02T06:00")));
        assert_eq!(next(week, "2026-03-06T23:30"), Some(at("2026-03-09T06:00")));
        let one = next("mon 06:00-07:00", "2026-03-02T06:00");
        assert_eq!(one, Some(at("2026-03-09T06:00")));
    }

    #[test]
    fn hours_are_printed_as_they_are_read() {
        for text in [
            "",
            "daily 06:00-24:00",
            "mon-fri 06:00-23:00, sat-sun 08:00-20:00",
            "fri-mon 22:00-02:00",
            "wed 08:00-09:30",
        ] {
            assert_eq!(Hours::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "mon",
            "mon 6:00-7:00",
            "mon 24:00-01:00",
            "mon 06:60-07:00",
            "xyz 06:00-07:00",
        ] {
            assert!(Hours::parse(text).is_err(), "{text}");
        }
    }
}
