//! Who is inside: what a pass has done at the gates of one area.

use chrono::{DateTime, Duration, Utc};

use super::window::day_start;

/// The entries and exits of a pass in an area, so kept that they may come to be known in any order: a gate
/// without a network tells of its own later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    pub entries: i32,
    pub exits: i32,
    /// The last of each.
    pub entered_at: Option<DateTime<Utc>>,
    pub left_at: Option<DateTime<Utc>>,
    /// The midnight on campus before the last entry, and the entries of that day.
    pub day: Option<DateTime<Utc>>,
    pub on_day: i32,
}

impl Presence {
    pub fn enter(&mut self, at: DateTime<Utc>) {
        self.entries += 1;
        self.entered_at = self.entered_at.max(Some(at));
        let day = Some(day_start(at));
        if day > self.day {
            (self.day, self.on_day) = (day, 1);
        } else if day == self.day {
            self.on_day += 1;
        }
    }

    pub fn leave(&mut self, at: DateTime<Utc>) {
        self.exits += 1;
        self.left_at = self.left_at.max(Some(at));
    }

    /// Whether the last that was seen of it was an entry.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.entered_at.is_some() && self.entered_at > self.left_at
    }

    /// The same, unless the entry is so many minutes old that whoever came in is taken to have left unseen.
    #[must_use]
    pub fn is_inside_still(&self, minutes: Option<i16>, now: DateTime<Utc>) -> bool {
        let recent = |minutes: i16| {
            let since = now - Duration::minutes(minutes.into());
            self.entered_at.is_some_and(|at| at > since)
        };
        self.is_inside() && minutes.is_none_or(recent)
    }

    /// How many of a group are inside; of one person none or one, whatever was not seen.
    #[must_use]
    pub fn inside(&self) -> i32 {
        (self.entries - self.exits).max(0)
    }

    #[must_use]
    pub fn entries_on_day(&self, now: DateTime<Utc>) -> i32 {
        if self.day == Some(day_start(now)) {
            self.on_day
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        let text = format!("2026-03-{text}:00+08:00");
        DateTime::parse_from_rfc3339(&text).unwrap().to_utc()
    }

    fn seen(events: &[(&str, bool)]) -> Presence {
        let mut presence = Presence::default();
        for (when, enters) in events {
            if *enters {
                presence.enter(at(when));
            } else {
                presence.leave(at(when));
            }
        }
        presence
    }

    #[test]
    fn the_order_in_which_passages_come_to_be_known_does_not_matter() {
        let day = [
            ("02T09:00", true),
            ("02T12:00", false),
            ("02T13:00", true),
            ("02T17:00", false),
        ];
        let told = seen(&day);
        assert!(!told.is_inside());
        for order in [[3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]] {
            assert_eq!(seen(&order.map(|place| day[place])), told);
        }
        let still = seen(&[day[2], day[1], day[0]]);
        assert!(still.is_inside());
        assert_eq!(
            (still.inside(), still.entries_on_day(at("02T23:59"))),
            (1, 2)
        );
        assert_eq!(still.entries_on_day(at("03T00:00")), 0);
    }

    #[test]
    fn an_entry_of_yesterday_that_is_told_today_does_not_count_today() {
        let presence = seen(&[("03T08:00", true), ("02T23:00", true)]);
        assert_eq!(presence.entries_on_day(at("03T09:00")), 1);
        assert_eq!(presence.entered_at, Some(at("03T08:00")));
    }

    #[test]
    fn whoever_came_in_long_ago_may_have_left_unseen() {
        let presence = seen(&[("02T09:00", true)]);
        assert!(presence.is_inside_still(None, at("02T23:00")));
        assert!(presence.is_inside_still(Some(30), at("02T09:29")));
        assert!(!presence.is_inside_still(Some(30), at("02T09:30")));
    }
}
