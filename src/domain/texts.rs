//! Short texts that people write: names, items, notes, comments. Each knows its longest length,
//! counted in characters, and holds no control characters.

use super::{Fault, plain};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: 1..=$most:literal, $empty:expr, $long:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// # Errors
            /// When it is empty or too long.
            pub fn parse(text: &str) -> Result<Self, Fault> {
                let text: String = text.trim().chars().filter(|c| keeps(*c)).collect();
                match text.chars().count() {
                    0 => Err($empty),
                    1..=$most => Ok(Self(text)),
                    _ => Err($long),
                }
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

/// A line break may stand in a note; other control characters come from broken clients.
fn keeps(c: char) -> bool {
    c == '\n' || !c.is_control()
}

texts! {
    /// 携带物品.
    Items: 1..=120,
        Fault::new("items_empty", "请填写携带物品"),
        Fault::new("items_too_long", "携带物品不能超过120个字");
    /// 来访描述.
    Note: 1..=200,
        Fault::new("note_empty", "请填写来访描述"),
        Fault::new("note_too_long", "来访描述不能超过200个字");
    /// 区域描述.
    AreaNote: 1..=200,
        Fault::new("area_note_empty", "请填写区域描述"),
        Fault::new("area_note_too_long", "区域描述不能超过200个字");
    /// What an approver says with a decision.
    Comment: 1..=200,
        Fault::new("comment_required", "请填写审批意见"),
        Fault::new("comment_too_long", "审批意见不能超过200个字");
    /// What an area, a reason, a department or a gate is called.
    Title: 1..=50,
        Fault::new("name_required", "请填写名称"),
        Fault::new("name_too_long", "名称不能超过50个字");
    /// 列入原因: why somebody is on the blacklist.
    Cause: 1..=200,
        Fault::new("cause_required", "请填写列入原因"),
        Fault::new("cause_too_long", "列入原因不能超过200个字");
}

impl Comment {
    /// What is said when a resident knows no such visitor: nothing that the desk could not have said of
    /// somebody whom the register does not know either.
    #[must_use]
    pub fn unconfirmed() -> Self {
        Self("未获被访方确认".to_owned())
    }

    /// What is said when nobody answered in time and the rule is to refuse then.
    #[must_use]
    pub fn timed_out() -> Self {
        Self("超过审批时限，系统自动拒绝".to_owned())
    }
}

/// 姓名: Chinese, or Latin with spaces, hyphens and apostrophes; `·` as in 买买提·艾合买提.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// # Errors
    /// When it is empty, longer than 40 characters, or holds digits or signs no name has.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = plain(text).replace(['•', '・', '‧'], "·");
        let fits = |c: char| c.is_alphabetic() || matches!(c, '·' | ' ' | '-' | '\'' | '.');
        match text.chars().count() {
            0 => Err(Fault::new("name_required", "请填写姓名")),
            41.. => Err(Fault::new("name_too_long", "姓名不能超过40个字")),
            _ if text.chars().all(fits) && text.chars().any(char::is_alphabetic) => Ok(Self(text)),
            _ => Err(Fault::new(
                "name_invalid",
                "姓名只能是汉字或字母，请与证件一致",
            )),
        }
    }

    /// What stands in place of a name that is not kept any more.
    #[must_use]
    pub fn forgotten() -> Self {
        Self("已清除".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_stand_on_documents() {
        for (text, name) in [
            ("刘明", "刘明"),
            ("  买买提•艾合买提 ", "买买提·艾合买提"),
            ("Ａnna O'Neil-Smith", "Anna O'Neil-Smith"),
        ] {
            assert_eq!(PersonName::parse(text).map(|n| n.0), Ok(name.to_owned()));
        }
        for (text, code) in [
            ("", "name_required"),
            ("   ", "name_required"),
            ("张3", "name_invalid"),
            ("···", "name_invalid"),
            ("<script>", "name_invalid"),
        ] {
            assert_eq!(
                PersonName::parse(text).map_err(|f| f.code),
                Err(code),
                "{text}"
            );
        }
        assert_eq!(
            PersonName::parse(&"张".repeat(41)).map_err(|f| f.code),
            Err("name_too_long")
        );
    }

    #[test]
    fn items_hold_120_characters_and_no_control_characters() {
        assert_eq!(
            Items::parse("笔记本\u{2}电脑").map(|i| i.0),
            Ok("笔记本电脑".to_owned())
        );
        assert!(Items::parse(&"物".repeat(120)).is_ok());
        assert_eq!(
            Items::parse(&"物".repeat(121)).map_err(|f| f.code),
            Err("items_too_long")
        );
        assert_eq!(
            Items::parse(" \u{1}").map_err(|f| f.code),
            Err("items_empty")
        );
    }
}
