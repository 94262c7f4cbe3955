//! The decision, row by row of `decisions.txt`, and its precedence under whatever stands together.

use chrono::Duration;
use proptest::prelude::*;

use super::*;
use crate::domain::campus::{AreaSet, Slot};
use crate::domain::hours::Hours;
use crate::domain::pass::Pass;
use crate::domain::presence::Presence;
use crate::domain::rules::Rules;
use crate::domain::screening::{MarkKind, Scope};
use crate::domain::window::day_start;
use crate::domain::{Cause, Plate, Window};
use crate::secret::{KeyedHash, Masked};

const TABLE: &str = include_str!("decisions.txt");
const HERE: i64 = 5;
const ELSEWHERE: i64 = 6;

/// A time of the Monday of the visit.
fn at(time: &str) -> DateTime<Utc> {
    let seconds = if time.len() == 5 { ":00" } else { "" };
    let text = format!("2026-03-02T{time}{seconds}+08:00");
    DateTime::parse_from_rfc3339(&text).unwrap().to_utc()
}

/// What the cells of a row say, by the names of the columns.
struct Row<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Row<'a> {
    fn cell(&self, column: &str) -> &'a str {
        self.0.iter().find(|(name, _)| *name == column).unwrap().1
    }

    /// `2/3`, `2/-` or a dash.
    fn count(&self, column: &str) -> (i32, Option<i32>) {
        match self.cell(column).split_once('/') {
            None => (0, None),
            Some((count, most)) => (count.parse().unwrap_or(7), most.parse().ok()),
        }
    }

    fn gate(&self) -> Gate {
        let (passback, reentry) = self
            .cell("passback")
            .split_once(':')
            .unwrap_or((self.cell("passback"), ""));
        let hours = self.cell("hours").replace('_', " ");
        let hours = if hours == "-" { "" } else { &hours };
        Gate {
            id: 1.into(),
            name: "东门".into(),
            area: HERE.into(),
            slot: Slot::new(3).unwrap(),
            area_name: "校园区域".into(),
            open: self.cell("place") != "closed",
            rules: Rules {
                hours: Hours::parse(hours).unwrap(),
                entries_a_day: self.count("today").1.map(|most| most.try_into().unwrap()),
                passback: Passback::parse(passback).unwrap(),
                reentry_minutes: reentry.parse().ok(),
                exits: Exits::parse(self.cell("exits")).unwrap(),
                outage: crate::domain::rules::Outage::Refuse,
            },
        }
    }

    fn listed(&self) -> Vec<Entry> {
        let entry = |word: &str| {
            let effect = Effect::parse(word).unwrap_or(Effect::Refuse);
            let area = if word == "elsewhere" { ELSEWHERE } else { HERE };
            Entry {
                id: 1.into(),
                kind: MarkKind::Phone,
                hash: KeyedHash::from_column("x".to_owned()),
                mask: Masked::phone("13912340003"),
                scope: Scope::Area(area.into()),
                effect,
                cause: Cause::parse("扰乱秩序").unwrap(),
                added_by: 1.into(),
                added_at: at("00:00"),
                until: (word == "over").then(|| at("14:30")),
                lifted_at: None,
                revoked: 0,
            }
        };
        let words = self.cell("list").split('+');
        words.filter(|word| *word != "-").map(entry).collect()
    }

    fn presence(&self) -> Presence {
        let mut presence = Presence::default();
        match self.cell("seen") {
            "never" => {}
            "left" => {
                presence.enter(at("14:05"));
                presence.leave(at("14:10"));
            }
            "before" => presence.enter(at("14:00") - Duration::days(1)),
            entered => presence.enter(at(&entered[3..])),
        }
        let yesterday = self.cell("today").starts_with("yesterday");
        let day = day_start(at("12:00"));
        presence.day = Some(day - Duration::days(i64::from(yesterday)));
        presence.on_day = self.count("today").0;
        presence
    }

    fn credential(&self) -> Credential {
        let known = match self.cell("what") {
            "forged" => return Credential::Bad,
            "noplate" => return Credential::NoPlate,
            "unknown" => return Credential::Unknown { stale: false },
            "unknown-old" => return Credential::Unknown { stale: true },
            "waiting" => {
                return Credential::Unapproved {
                    listed: self.listed(),
                };
            }
            "code" => Known::InPerson { stale: false },
            "old" => Known::InPerson { stale: true },
            "group" => Known::InGroup,
            "plate" => Known::ByPlate(Plate::parse("渝A12345").unwrap()),
            other => panic!("{other}"),
        };
        let (entries, entry_limit) = self.count("used");
        let slot = if self.cell("place") == "other" { 4 } else { 3 };
        let pass = Pass {
            id: 1.into(),
            visit: 1.into(),
            visitor: 1.into(),
            key_no: 1,
            link_generation: 1,
            window: Window::new(at("14:00"), at("16:00")).unwrap(),
            areas: AreaSet(1 << slot),
            entry_limit,
            entries,
            revoked_at: (self.cell("pass") == "revoked").then(|| at("13:00")),
            version: 1,
        };
        Credential::Pass(Holding {
            pass,
            holder: "张*".into(),
            arrived: false,
            approved: self.cell("visit") != "waits",
            listed: self.listed(),
            known,
            presence: self.presence(),
        })
    }

    fn verdict(&self) -> Verdict {
        let (gate, credential) = (self.gate(), self.credential());
        let facts = Facts {
            gate: &gate,
            credential: &credential,
        };
        let scan = Scan {
            nonce: "1".into(),
            repeats: None,
            reader: 1,
            kind: super::super::Kind::Qr,
            direction: Direction::parse(self.cell("way")).unwrap(),
        };
        decide(facts, &scan, at(self.cell("time")))
    }
}

fn table() -> Vec<Row<'static>> {
    let lines = TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let row = |cells: Vec<&'static str>| {
        assert_eq!(cells.len(), names.len(), "{cells:?}");
        Row(names.iter().copied().zip(cells).collect())
    };
    lines.map(row).collect()
}

#[test]
fn every_row_of_the_table_is_decided_as_it_says() {
    let rows = table();
    assert!(rows.len() >= 150, "{}", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let verdict = row.verdict();
        let alert = verdict.alert.map_or("-", Reason::as_str);
        let said = (verdict.reason.as_str(), alert);
        if said != (row.cell("says"), row.cell("alert")) {
            wrong.push(format!("{said:?}: {:?}", row.0));
        }
    }
    assert_eq!(wrong, [""; 0]);
    let told = |reason: &Reason| rows.iter().any(|row| row.cell("says") == reason.as_str());
    let untold: Vec<_> = Reason::ALL
        .into_iter()
        .filter(|reason| !told(reason))
        .collect();
    assert_eq!(untold, [Reason::Unavailable], "each reason has a row");
}

#[test]
fn the_precedence_is_that_of_the_contract() {
    // The gate's contract, §1, word for word.
    let contract = "bad_code > stale_code > unknown > blocked > revoked > unapproved > not_yet/expired > \
        area > quota > passback > used_up";
    let words: Vec<_> = contract
        .split([' ', '>', '/'])
        .filter(|word| !word.is_empty())
        .collect();
    let ours: Vec<_> = Reason::ALL.into_iter().map(Reason::as_str).collect();
    assert_eq!(ours[..words.len()], words);
    assert!(Reason::ALL.is_sorted());
}

/// A column, and what is written there to raise a reason.
const CONDITIONS: [(Reason, &str, &str); 12] = [
    (Reason::StaleCode, "what", "old"),
    (Reason::Blocked, "list", "refuse"),
    (Reason::Revoked, "pass", "revoked"),
    (Reason::Unapproved, "visit", "waits"),
    (Reason::NotYet, "time", "13:00"),
    (Reason::Expired, "time", "17:00"),
    (Reason::Area, "place", "other"),
    (Reason::Area, "place", "closed"),
    (Reason::Area, "hours", "tue_00:00-24:00"),
    (Reason::Quota, "today", "3/3"),
    (Reason::Passback, "passback", "hard"),
    (Reason::UsedUp, "used", "1/1"),
];

fn with(raised: &[usize]) -> Row<'static> {
    let mut row = table().remove(0);
    let mut write = |column: &str, cell: &'static str| {
        let place = row.0.iter_mut().find(|(name, _)| *name == column).unwrap();
        place.1 = cell;
    };
    // Inside, which is nothing while nobody looks.
    write("seen", "in@12:30");
    for number in raised {
        let (_, column, cell) = CONDITIONS[*number];
        write(column, cell);
    }
    row
}

proptest! {
    #[test]
    fn to_raise_a_higher_condition_never_yields_a_lower_reason(
        raised in proptest::collection::vec(0..CONDITIONS.len(), 0..8),
        one in 0..CONDITIONS.len(),
    ) {
        // Of two conditions in one column only the last stands.
        let column = CONDITIONS[one].1;
        let raised: Vec<_> = raised.into_iter().filter(|n| CONDITIONS[*n].1 != column).collect();
        let before = with(&raised).verdict().reason;
        let after = with(&[&raised[..], &[one]].concat()).verdict().reason;
        prop_assert_eq!(after, before.min(CONDITIONS[one].0));
    }

    #[test]
    fn whatever_once_was_a_pass_leaves(
        raised in proptest::collection::vec(0..CONDITIONS.len(), 0..8),
    ) {
        let mut row = with(&raised);
        row.0[0].1 = "out";
        prop_assert_eq!(row.verdict().reason, Reason::Ok);
    }
}
