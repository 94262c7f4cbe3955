//! 关键字: what one types into the one box of a list, told apart by its form.

use super::{Phone, Plate, plain};
use crate::ids::VisitId;
use crate::secret::{KeyRing, KeyedHash};

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// 单据号.
    Number(VisitId),
    /// A whole phone number: a part of one finds nobody, since only hashes are kept to search by.
    Phone(KeyedHash),
    Plate(Plate),
    Name(NameStart),
}

/// How many digits a 单据号 has since 2013.
const NUMBER: usize = 19;

impl Keyword {
    /// `None` when there is nothing in it.
    #[must_use]
    pub fn parse(text: &str, keys: &KeyRing) -> Option<Self> {
        let number = plain(text);
        if number.len() == NUMBER
            && let Ok(id) = number.parse()
        {
            return Some(Self::Number(id));
        }
        if let Ok(phone) = Phone::parse(text) {
            return Some(Self::Phone(keys.keyed_hash(&phone)));
        }
        match Plate::parse(text) {
            Ok(plate) => Some(Self::Plate(plate)),
            Err(_) => NameStart::parse(text).map(Self::Name),
        }
    }
}

/// The beginning of a name, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameStart(String);

impl NameStart {
    /// No name is longer, so that a longer beginning begins none.
    const LONGEST: usize = 40;

    /// `None` when there is nothing in it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = plain(text).chars().take(Self::LONGEST).collect();
        // PostgreSQL's text cannot hold it, and no name does.
        let text = text.replace('\0', "");
        (!text.is_empty()).then_some(Self(text))
    }

    /// The first of the names that begin so.
    #[must_use]
    pub fn first(&self) -> &str {
        &self.0
    }

    /// What comes after all of them, in the order of bytes: no character is above the last one.
    #[must_use]
    pub fn after(&self) -> String {
        format!("{}{}", self.0, char::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::NamedKey;

    #[test]
    fn what_is_typed_is_told_apart_by_its_form() {
        let key = NamedKey {
            id: "k1".to_owned(),
            bytes: [1; 32],
        };
        let keys = KeyRing::new(key, vec![], [9; 32], [8; 32]);
        let phone = keys.keyed_hash(&Phone::parse("13912340003").unwrap());
        let plate = Keyword::Plate(Plate::parse("渝A12345").unwrap());
        let name = |text: &str| Keyword::Name(NameStart(text.to_owned()));
        for (text, found) in [
            (
                " 1628957678243860481 ",
                Some(Keyword::Number(1_628_957_678_243_860_481.into())),
            ),
            ("+86 139-1234-0003", Some(Keyword::Phone(phone))),
            ("渝a·12345", Some(plate)),
            ("刘", Some(name("刘"))),
            ("信息中心测试账号３", Some(name("信息中心测试账号3"))),
            ("1391234", Some(name("1391234"))),
            ("9999999999999999999", Some(name("9999999999999999999"))),
            ("张\0", Some(name("张"))),
            ("\u{3000} ", None),
        ] {
            assert_eq!(Keyword::parse(text, &keys), found, "{text}");
        }
    }

    #[test]
    fn a_beginning_is_a_range_of_names() {
        let start = NameStart::parse("刘").unwrap();
        let (first, after) = (start.first(), start.after());
        for (name, inside) in [
            ("刘", true),
            ("刘明", true),
            ("刘龘", true),
            ("刖", false),
            ("刚", false),
            ("柳明", false),
        ] {
            assert_eq!(first <= name && name < after.as_str(), inside, "{name}");
        }
    }
}
