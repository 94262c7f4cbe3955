//! 短信验证码: six digits by SMS, with which somebody outside WeChat shows that a phone is theirs.

use chrono::{DateTime, Duration, Utc};
use subtle::ConstantTimeEq;

use super::campus::SealedPhone;
use super::{Fault, plain};
use crate::ids::LoginCodeId;
use crate::secret::KeyRing;

/// How long a code is good for.
pub const LIFETIME: Duration = Duration::minutes(5);
/// How often one may be wrong about a code. Six digits stand five guesses, and no more of them.
pub const TRIES: i32 = 5;

/// A code that was asked for. Of one phone only the last counts.
#[derive(Clone, Debug)]
pub struct LoginCode {
    pub id: LoginCodeId,
    pub phone: SealedPhone,
    pub asked_at: DateTime<Utc>,
    /// How often it was tried.
    pub tries: i32,
    pub used_at: Option<DateTime<Utc>>,
}

impl LoginCode {
    /// Whether it may be tried.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && self.tries < TRIES && now < self.asked_at + LIFETIME
    }

    /// What the SMS says. It is computed, as a link's token is, and nowhere stored: six digits behind a hash
    /// are found in a second.
    #[must_use]
    pub fn digits(&self, keys: &KeyRing) -> Digits {
        let bytes = keys.derive("login code", &self.id.to_string());
        let (number, _) = bytes.split_at(8);
        let number = u64::from_be_bytes(number.try_into().unwrap_or_default());
        Digits(format!("{:06}", number % 1_000_000))
    }
}

/// Six digits. They have no `Debug`: a log must not have them.
pub struct Digits(String);

impl Digits {
    /// What somebody typed or pasted.
    ///
    /// # Errors
    /// When it is not six digits.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let digits: String = plain(text).chars().filter(|c| *c != ' ').collect();
        if digits.is_empty() {
            return Err(Fault::new("code_required", "请输入验证码"));
        }
        if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(Fault::new("code_invalid", "验证码应为6位数字"))
        }
    }

    /// For the SMS.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether they are the same, in a time that does not tell where they differ.
    #[must_use]
    pub fn are(&self, others: &Self) -> bool {
        self.0.as_bytes().ct_eq(others.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_a_code_however_they_are_typed() {
        for text in ["042815", " 042 815 ", "０４２８１５"] {
            assert_eq!(Digits::parse(text).ok().unwrap().reveal(), "042815");
        }
        for (text, code) in [
            ("", "code_required"),
            ("04281", "code_invalid"),
            ("0428156", "code_invalid"),
            ("04281a", "code_invalid"),
            ("٠٤٢٨١٥", "code_invalid"),
        ] {
            assert_eq!(Digits::parse(text).err().unwrap().code, code, "{text}");
        }
    }

    #[test]
    fn digits_are_the_same_or_not() {
        let digits = |text| Digits::parse(text).ok().unwrap();
        assert!(digits("042815").are(&digits("042815")));
        assert!(!digits("042815").are(&digits("042816")));
    }
}
