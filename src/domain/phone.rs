//! 手机号: a mainland mobile number, the only kind that the campus's SMS reaches.

use super::{Fault, plain};
use crate::secret::{Masked, Sealable};

/// Eleven digits, the first 1 and the second 3 to 9 (工信部《电信网编号计划（2017年版）》).
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// Takes `+86`, `86` and `0086` in front, spaces and hyphens between.
    ///
    /// # Errors
    /// When it is empty or not such a number.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = plain(text);
        if text.is_empty() {
            return Err(Fault::new("phone_required", "请填写手机号"));
        }
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let local = ["+86", "0086", "86"]
            .iter()
            .find_map(|prefix| digits.strip_prefix(prefix));
        let digits = local.filter(|rest| rest.len() == 11).unwrap_or(&digits);
        let fits = digits.len() == 11
            && digits.bytes().all(|b| b.is_ascii_digit())
            && digits.starts_with('1')
            && digits.as_bytes()[1] >= b'3';
        if fits {
            Ok(Self(digits.to_owned()))
        } else {
            Err(Fault::new("phone_invalid", "手机号应为11位大陆手机号码"))
        }
    }

    /// The number in E.164, as SMS gateways want it.
    #[must_use]
    pub fn e164(&self) -> String {
        format!("+86{}", self.0)
    }

    #[must_use]
    pub fn masked(&self) -> Masked {
        Masked::phone(&self.0)
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.masked().fmt(f)
    }
}

impl Sealable for Phone {
    const PURPOSE: &'static str = "phone";

    fn expose(&self) -> &str {
        &self.0
    }

    fn read_back(text: String) -> Option<Self> {
        Self::parse(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_number_however_it_is_written() {
        for text in [
            "13912340003",
            "+86 139 1234 0003",
            "008613912340003",
            "139-1234-0003",
            "１３９12340003",
        ] {
            assert_eq!(
                Phone::parse(text).map(|p| p.0),
                Ok("13912340003".to_owned()),
                "{text}"
            );
        }
        for text in [
            "12912340003",
            "1391234000",
            "139123400033",
            "02368888888",
            "+85212345678",
            "1391234000x",
        ] {
            assert_eq!(
                Phone::parse(text).map_err(|f| f.code),
                Err("phone_invalid"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_phone_in_a_log_is_masked() {
        let phone = Phone::parse("13912340003").unwrap();
        assert_eq!(format!("{phone:?}"), "Masked(\"139****0003\")");
    }
}
