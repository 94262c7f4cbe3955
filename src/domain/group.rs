//! 团体通行: many come by one pass. A member of staff is in charge of them, and one of them can be reached.

use super::{Fault, Plate};
use crate::ids::VisitId;

/// What a group's visit has besides. Its contact, 联系人, is the visit's only visitor: they get the link of
/// the pass, and answer for everybody who comes by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub visit: VisitId,
    pub headcount: Headcount,
    /// 来访车辆, each once, as they were listed.
    pub plates: Vec<Plate>,
}

/// 总人数.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headcount(i16);

impl Headcount {
    /// # Errors
    /// Outside of 1 to 5000: more than a sports day brings is a slip of the finger.
    pub fn parse(people: i64) -> Result<Self, Fault> {
        match i16::try_from(people) {
            Ok(people @ 1..=5000) => Ok(Self(people)),
            _ => Err(Fault::new("headcount_range", "总人数仅允许输入1~5000数字")),
        }
    }

    #[must_use]
    pub fn get(self) -> i16 {
        self.0
    }
}

/// How many vehicles a group may list: a coach for every ten people of the largest.
pub const MOST_VEHICLES: usize = 500;

/// Reads a list of plates. Each is what it is, or why it is not taken: no plate, or one that stands above.
#[must_use]
pub fn read_plates<'a>(list: impl IntoIterator<Item = &'a str>) -> Vec<Result<Plate, NotTaken>> {
    let mut read: Vec<Result<Plate, NotTaken>> = Vec::new();
    for text in list {
        let plate = Plate::parse(text).map_err(NotTaken::Faulty);
        let plate = plate.and_then(|plate| {
            let above = |known: &Result<Plate, NotTaken>| known.as_ref() == Ok(&plate);
            match read.iter().position(above) {
                Some(first) => Err(NotTaken::Twice { first }),
                None => Ok(plate),
            }
        });
        read.push(plate);
    }
    read
}

/// Why a plate of a list is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    Faulty(Fault),
    /// It is the same as the one at this index.
    Twice {
        first: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_one_to_five_thousand_people() {
        for people in [1, 14, 100, 500, 5000] {
            assert_eq!(
                Headcount::parse(people).map(|h| i64::from(h.get())),
                Ok(people)
            );
        }
        for people in [i64::MIN, -1, 0, 5001, 65_537, i64::MAX] {
            assert_eq!(
                Headcount::parse(people).map_err(|fault| fault.code),
                Err("headcount_range"),
                "{people}"
            );
        }
    }

    #[test]
    fn a_plate_that_is_written_otherwise_is_the_same_plate() {
        let read = read_plates(["渝A12345", "_无_", "渝a·12345", "渝AD12345"]);
        let told = read.iter().map(|plate| match plate {
            Ok(plate) => plate.as_str().to_owned(),
            Err(NotTaken::Faulty(fault)) => fault.code.to_owned(),
            Err(NotTaken::Twice { first }) => format!("as {first}"),
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            ["渝A12345", "plate_invalid", "as 0", "渝AD12345"]
        );
    }
}
