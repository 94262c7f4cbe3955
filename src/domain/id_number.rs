//! 证件号: the documents a visitor may hold, each in one canonical form, so that the same person is
//! found again however the number was typed.

use chrono::NaiveDate;

use super::{Fault, plain};
use crate::secret::{Masked, Sealable};

/// Which document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdKind {
    /// 居民身份证, 港澳台居民居住证 and the foreigners' card from 2023: 18 digits by GB 11643.
    Citizen,
    /// 来往内地通行证 (回乡证): H or M and eight digits.
    HongKongMacao,
    /// 台胞证: eight digits.
    Taiwan,
    /// A passport.
    Passport,
}

impl IdKind {
    /// The kind of a column's short text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Citizen,
            Self::HongKongMacao,
            Self::Taiwan,
            Self::Passport,
        ];
        all.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Its short text in a column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::HongKongMacao => "hkmo",
            Self::Taiwan => "taiwan",
            Self::Passport => "passport",
        }
    }
}

/// A document's number in canonical form.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber {
    kind: IdKind,
    number: String,
}

impl IdNumber {
    /// Full width becomes half width, `x` becomes `X`, 15 digits are widened to 18, and the two
    /// digits that count re-issues of a 回乡证 go: they do not identify the person.
    ///
    /// # Errors
    /// When it is empty, no document of these kinds, or its check digit or date is wrong.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = plain(text).to_ascii_uppercase().replace([' ', '-'], "");
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let found = |kind, number: &str| {
            Ok(Self {
                kind,
                number: number.to_owned(),
            })
        };
        match text.len() {
            0 => Err(Fault::new("id_number_required", "请填写证件号")),
            18 => citizen(&text).map(|number| Self {
                kind: IdKind::Citizen,
                number,
            }),
            15 if digits => citizen(&widen(&text)).map(|number| Self {
                kind: IdKind::Citizen,
                number,
            }),
            9 | 11
                if text.starts_with(['H', 'M'])
                    && text[1..].bytes().all(|b| b.is_ascii_digit()) =>
            {
                found(IdKind::HongKongMacao, &text[..9])
            }
            8 if digits => found(IdKind::Taiwan, &text),
            6..=9 if passport(&text) => found(IdKind::Passport, &text),
            _ => Err(Fault::new(
                "id_number_invalid",
                "证件号格式不正确，请与证件一致",
            )),
        }
    }

    #[must_use]
    pub fn kind(&self) -> IdKind {
        self.kind
    }

    /// What may be shown of it; a short number shows less.
    #[must_use]
    pub fn masked(&self) -> Masked {
        Masked::document(&self.number)
    }
}

impl std::fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}({})", self.kind, self.masked())
    }
}

impl Sealable for IdNumber {
    const PURPOSE: &'static str = "id_number";

    fn expose(&self) -> &str {
        &self.number
    }

    fn read_back(text: String) -> Option<Self> {
        Self::parse(&text).ok()
    }
}

/// GB 11643-1999: 17 digits, a real date of birth, and the ISO 7064 MOD 11-2 check character.
fn citizen(text: &str) -> Result<String, Fault> {
    let bytes = text.as_bytes();
    if !bytes[..17].iter().all(u8::is_ascii_digit) {
        return Err(Fault::new(
            "id_number_invalid",
            "证件号格式不正确，请与证件一致",
        ));
    }
    if NaiveDate::parse_from_str(&text[6..14], "%Y%m%d").is_err() || &text[6..10] < "1900" {
        return Err(Fault::new(
            "id_number_date",
            "证件号中的出生日期不存在，请检查",
        ));
    }
    if check(&bytes[..17]) != bytes[17] {
        return Err(Fault::new(
            "id_number_check",
            "证件号校验位不正确，请检查是否输错",
        ));
    }
    Ok(text.to_owned())
}

/// GB 11643-1989 to 1999: the century 19 goes in and the check character goes on.
fn widen(text: &str) -> String {
    let mut number = format!("{}19{}", &text[..6], &text[6..]);
    number.push(char::from(check(number.as_bytes())));
    number
}

fn check(digits: &[u8]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(d, w)| u32::from(d - b'0') * w)
        .sum();
    b"10X98765432"[(sum % 11) as usize]
}

/// One or two letters and then digits (ICAO 9303 allows more; these are what passports carry),
/// or nine digits.
fn passport(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = text.bytes().skip(letters).all(|b| b.is_ascii_digit());
    digits && (matches!(letters, 1 | 2) || letters == 0 && text.len() == 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_their_numbers() {
        // 11010519491231002X and 440524188001010014 are the specimens printed in GB 11643-1999
        // itself; the second is older than 1900 and so is refused here as a date.
        for (text, kind, canonical) in [
            ("11010519491231002X", IdKind::Citizen, "11010519491231002X"),
            ("11010519491231002x", IdKind::Citizen, "11010519491231002X"),
            (
                "１１010519491231002X",
                IdKind::Citizen,
                "11010519491231002X",
            ),
            ("110105491231002", IdKind::Citizen, "11010519491231002X"),
            // 港澳 and 台湾居民居住证: the examples of the encyclopaedias that jxlwqq/id-validator tests with.
            ("810000199408230021", IdKind::Citizen, "810000199408230021"),
            ("830000199201300022", IdKind::Citizen, "830000199201300022"),
            // 外国人永久居留身份证: the specimens of the National Immigration Administration's
            // 《新版外国人永久居留身份证适配性改造要点》.
            ("911124198108030024", IdKind::Citizen, "911124198108030024"),
            ("932682198501010017", IdKind::Citizen, "932682198501010017"),
            ("H1234567801", IdKind::HongKongMacao, "H12345678"),
            ("m12345678", IdKind::HongKongMacao, "M12345678"),
            ("12345678", IdKind::Taiwan, "12345678"),
            ("E12345678", IdKind::Passport, "E12345678"),
            ("EA1234567", IdKind::Passport, "EA1234567"),
            ("123456789", IdKind::Passport, "123456789"),
        ] {
            let id = IdNumber::parse(text).unwrap();
            assert_eq!((id.kind(), id.expose()), (kind, canonical), "{text}");
        }
    }

    #[test]
    fn a_passport_shows_three_characters_and_a_citizens_number_seven() {
        let mask = |text| IdNumber::parse(text).unwrap().masked().to_string();
        assert_eq!(mask("E12345678"), "E****78");
        assert_eq!(mask("11010519491231002X"), "110****002X");
    }

    #[test]
    fn a_wrong_number_is_told_what_is_wrong() {
        for (text, code) in [
            ("", "id_number_required"),
            ("110105194912310021", "id_number_check"),
            ("110105194902310021", "id_number_date"),
            ("440524188001010014", "id_number_date"),
            ("1101051949123100XX", "id_number_invalid"),
            ("中文中文中文", "id_number_invalid"),
            ("1234", "id_number_invalid"),
            ("ABC123456", "id_number_invalid"),
        ] {
            assert_eq!(
                IdNumber::parse(text).map_err(|f| f.code),
                Err(code),
                "{text}"
            );
        }
    }
}
