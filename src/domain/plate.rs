//! 车牌号, by GA 36-2018.

use super::{Fault, plain};
use crate::secret::{Masked, Sealable};

/// A canonical plate: upper case, no separators.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plate(String);

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
/// The kinds whose last place is a word: trailer, learner, police, Hong Kong, Macao, consulate.
const ENDINGS: &str = "挂学警港澳领";

impl Plate {
    /// Takes lower case, spaces, `·`, `-` and full width.
    ///
    /// # Errors
    /// When it is no plate of the standard.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text: String = plain(text)
            .chars()
            .filter(|c| !matches!(c, ' ' | '·' | '•' | '-' | '.'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let places: Vec<char> = text.chars().collect();
        if civil(&places) || embassy(&places) {
            Ok(Self(text))
        } else {
            Err(Fault::new(
                "plate_invalid",
                "车牌号格式不正确，例如 渝A12345 或 渝AD12345",
            ))
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn masked(&self) -> Masked {
        Masked::document(&self.0)
    }
}

/// It is never sealed, since guards read it off the car; the blacklist keeps its keyed hash.
impl Sealable for Plate {
    const PURPOSE: &'static str = "plate";

    fn expose(&self) -> &str {
        &self.0
    }

    fn read_back(text: String) -> Option<Self> {
        Self::parse(&text).ok()
    }
}

/// Digits and letters without I and O, which look like 1 and 0.
fn serial(c: char) -> bool {
    c.is_ascii_digit() || letter(c)
}

fn letter(c: char) -> bool {
    c.is_ascii_uppercase() && !matches!(c, 'I' | 'O')
}

/// The letters that mark new energy: D A B C E pure electric, F G H J K other.
fn energy(c: char) -> bool {
    ('A'..='K').contains(&c) && c != 'I'
}

fn civil(places: &[char]) -> bool {
    let [province, office, rest @ ..] = places else {
        return false;
    };
    // 警 plates and provinces use O as an office (渝O), so only I is out.
    let office = office.is_ascii_uppercase() && *office != 'I';
    let rest = match rest {
        [a, b, c, d, last] => {
            [a, b, c, d].iter().all(|p| serial(**p)) && (serial(*last) || ENDINGS.contains(*last))
        }
        // Small: one or two letters, then digits. Large: five digits, then the letter.
        [first, second, tail @ ..] if tail.len() == 4 => {
            let small = energy(*first)
                && (second.is_ascii_digit() || letter(*second))
                && tail.iter().all(char::is_ascii_digit);
            let large = [first, second].iter().all(|p| p.is_ascii_digit())
                && tail[..3].iter().all(char::is_ascii_digit)
                && energy(tail[3]);
            small || large
        }
        _ => false,
    };
    PROVINCES.contains(*province) && office && rest
}

/// 使 and six digits, of an embassy; the older form puts the word last.
fn embassy(places: &[char]) -> bool {
    let digits = |places: &[char]| places.len() == 6 && places.iter().all(char::is_ascii_digit);
    match places {
        ['使', rest @ ..] | [rest @ .., '使'] => digits(rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plates_are_those_of_ga_36_2018() {
        for text in [
            "渝A12345",
            "渝AA12345",
            "渝AK12345",
            "渝A12345K",
            "渝ADB1234",
            "粤Z1234港",
            "粤Z1234澳",
            "渝A1234学",
            "渝A1234警",
            "渝A1234挂",
            "沪A1234领",
            "使123456",
            "渝b·12345",
            " 渝Ａ12345 ",
        ] {
            assert!(Plate::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "渝",
            "渝A",
            "渝A1234",
            "渝A1234I",
            "渝A1234O",
            "渝I12345",
            "渝AL12345",
            "渝A12345L",
            "渝AD1234B",
            "英A12345",
            "渝A123456",
            "渝AAAA1234",
            "警A12345",
            "使12345",
        ] {
            assert_eq!(
                Plate::parse(text).map_err(|f| f.code),
                Err("plate_invalid"),
                "{text}"
            );
        }
        assert_eq!(
            Plate::parse("渝b·12345").map(|p| p.0),
            Ok("渝B12345".to_owned())
        );
    }
}
