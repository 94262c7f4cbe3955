//! 丁香水榭: who lives in the residential quarter, and who says that they visit somebody there.

use super::campus::SealedPhone;
use super::{Fault, PersonName, plain};
use crate::ids::{AreaId, DepartmentId, ReasonId, RegistrationId, ResidentId, VisitId};

/// An area in which people live. Nobody books a visit there: visitors register with a resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarter {
    pub area: AreaId,
    /// The community desk, which decides what the register cannot.
    pub desk: DepartmentId,
    /// 来访事由 of every visit there.
    pub reason: ReasonId,
}

/// 住户.
#[derive(Clone, Debug)]
pub struct Resident {
    pub id: ResidentId,
    pub name: PersonName,
    pub phone: SealedPhone,
    pub house: HouseNumber,
}

/// 被访住户信息 as somebody typed it, whether there is such a resident or not.
#[derive(Clone, Debug)]
pub struct Registration {
    pub id: RegistrationId,
    pub visit: VisitId,
    pub name: PersonName,
    pub phone: SealedPhone,
    pub house: HouseNumber,
    /// Whom it names; none when the register knows nobody by all three.
    pub resident: Option<ResidentId>,
    /// A new generation makes the old link worthless.
    pub link_generation: i32,
}

impl Registration {
    /// 王建国 3-2-501: how screens and messages call the resident before whoever typed it and the desk.
    #[must_use]
    pub fn called(&self) -> String {
        format!("{} {}", self.name.as_str(), self.house.as_str())
    }
}

/// 门牌号 in its canonical form: its numbers and letters, joined by hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseNumber(String);

impl HouseNumber {
    const LONGEST: usize = 40;

    /// Everybody writes 3栋2单元501室 in a way of their own, so all that is no digit or letter only
    /// separates, and a number says the same with zeros in front.
    ///
    /// # Errors
    /// When it is empty, too long, or has no number in it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = plain(text).to_ascii_uppercase();
        if text.is_empty() {
            return Err(Fault::new("house_required", "请填写门牌号"));
        }
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).map(short).collect();
        let numbered = parts
            .iter()
            .any(|part| part.contains(|c: char| c.is_ascii_digit()));
        if text.chars().count() > Self::LONGEST || !numbered {
            let sentence = "门牌号格式不正确，例如 3栋2单元501 或 3-2-501";
            return Err(Fault::new("house_invalid", sentence));
        }
        Ok(Self(parts.join("-")))
    }

    /// What stands in place of one that is not kept any more; no house has it.
    #[must_use]
    pub fn forgotten() -> Self {
        Self("0".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Without the zeros in front of a number; zero itself keeps one.
fn short(mut part: &str) -> &str {
    while let Some(rest) = part.strip_prefix('0')
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        part = rest;
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_house_number_is_one_however_it_is_written() {
        for (text, canonical) in [
            ("3栋2单元501室", "3-2-501"),
            ("３栋２单元５０１室", "3-2-501"),
            (" 3 - 2 - 501 ", "3-2-501"),
            ("3#2-0501", "3-2-501"),
            ("03幢02单元501号", "3-2-501"),
            ("3—2—501", "3-2-501"),
            ("丁香水榭小区3栋2单元501室", "3-2-501"),
            ("a座1201", "A-1201"),
            ("Ａ座１２０１", "A-1201"),
            ("3栋b单元12c", "3-B-12C"),
            ("0栋501", "0-501"),
            ("00A-1", "0A-1"),
            ("501", "501"),
        ] {
            let parsed = HouseNumber::parse(text).map(|house| house.0);
            assert_eq!(parsed.as_deref(), Ok(canonical), "{text}");
            let again = HouseNumber::parse(canonical).map(|house| house.0);
            assert_eq!(again.as_deref(), Ok(canonical), "{canonical} again");
        }
    }

    #[test]
    fn what_has_no_number_is_no_house() {
        let long = "1".repeat(41);
        for (text, code) in [
            ("", "house_required"),
            (" \u{3000}", "house_required"),
            ("丁香水榭", "house_invalid"),
            ("ABC", "house_invalid"),
            ("---", "house_invalid"),
            (long.as_str(), "house_invalid"),
        ] {
            let parsed = HouseNumber::parse(text).map_err(|fault| fault.code);
            assert_eq!(parsed, Err(code), "{text}");
        }
        assert!(HouseNumber::parse(&"1".repeat(40)).is_ok());
    }
}
