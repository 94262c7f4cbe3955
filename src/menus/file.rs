//! One file of a menu, checked against WeChat's limits. Source: 微信公众平台 自定义菜单, and the limits as
//! `design.md` gives them: bytes, not characters.

use serde::Deserialize;

use crate::config::{Fault, Faults};
use crate::wechat::menu as wechat;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Menu {
    tag: Option<String>,
    #[serde(default)]
    button: Vec<Entry>,
}

/// A button, with an action or with buttons of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    r#type: Option<String>,
    key: Option<String>,
    url: Option<String>,
    #[serde(default)]
    sub_button: Vec<Entry>,
}

/// The tag's number, if the account has it, and the buttons as WeChat takes them.
pub fn read(
    source: &str,
    text: &str,
    is_default: bool,
    tags: &[(String, String)],
) -> Result<(Option<String>, Vec<wechat::Button>), Faults> {
    let menu: Menu = toml::from_str(text)
        .map_err(|e| Faults::from(Fault::new(source, "-", e.to_string().trim_end())))?;
    let mut faults = Faults::default();
    let mut tell = |key: String, reason: &str| faults.push(Fault::new(source, key, reason));
    let tag_id = match (is_default, menu.tag.as_deref()) {
        (true, None) => None,
        (true, Some(_)) => {
            tell(
                "tag".into(),
                "the default menu is everybody's and has no tag",
            );
            None
        }
        (false, None) => {
            tell("tag".into(), "every menu but default.toml is for a tag");
            None
        }
        (false, Some(tag)) => {
            let id = tag_id(tag, tags);
            if id.is_none() {
                let reason = "is neither a number nor a name of [official_account.tags]";
                tell("tag".into(), reason);
            }
            id.filter(|id| !id.is_empty())
        }
    };
    menu.check(&mut tell);
    if faults.0.is_empty() {
        Ok((tag_id, menu.button.iter().map(Entry::to_wechat).collect()))
    } else {
        Err(faults)
    }
}

/// A tag that the account does not have is empty; `None` when there is no such name.
fn tag_id(tag: &str, tags: &[(String, String)]) -> Option<String> {
    if !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_digit()) {
        return Some(tag.to_owned());
    }
    let (_, id) = tags.iter().find(|(name, _)| name == tag)?;
    Some(id.clone())
}

impl Menu {
    fn check(&self, tell: &mut impl FnMut(String, &'static str)) {
        if !(1..=3).contains(&self.button.len()) {
            tell("button".into(), "a menu has 1 to 3 buttons");
        }
        for button in &self.button {
            let key = format!("button {}", button.name);
            button.check(&key, 16, tell);
            if button.sub_button.len() > 5 {
                tell(key.clone(), "a button has at most 5 sub-buttons");
            }
            for sub in &button.sub_button {
                let key = format!("{key}.sub_button {}", sub.name);
                sub.check(&key, 60, tell);
                if !sub.sub_button.is_empty() {
                    tell(key, "WeChat's menus have two levels");
                }
            }
        }
    }
}

impl Entry {
    fn to_wechat(&self) -> wechat::Button {
        wechat::Button {
            name: self.name.clone(),
            kind: self.r#type.clone(),
            key: self.key.clone(),
            url: self.url.clone(),
            sub_button: self.sub_button.iter().map(Self::to_wechat).collect(),
            ..wechat::Button::default()
        }
    }

    fn check(&self, key: &str, bytes: usize, tell: &mut impl FnMut(String, &'static str)) {
        if self.name.is_empty() || self.name.len() > bytes {
            let reason = match bytes {
                16 => "the name of a button has 1 to 16 bytes (a Chinese character has 3)",
                _ => "the name of a sub-button has 1 to 60 bytes (a Chinese character has 3)",
            };
            tell(key.to_owned(), reason);
        }
        if self.key.as_ref().is_some_and(|key| key.len() > 128) {
            tell(key.to_owned(), "a key has at most 128 bytes");
        }
        if self.url.as_ref().is_some_and(|url| url.len() > 1024) {
            tell(key.to_owned(), "a url has at most 1024 bytes");
        }
        let acts = match self.r#type.as_deref() {
            None => !self.sub_button.is_empty(),
            Some("view") => self.url.is_some(),
            Some("click" | "scancode_push" | "scancode_waitmsg" | "location_select") => {
                self.key.is_some()
            }
            Some(_) => false,
        };
        if !acts {
            tell(
                key.to_owned(),
                "needs sub-buttons, or a type (click with key, view with url, …)",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str, is_default: bool) -> Vec<String> {
        let tags = [("staff".to_owned(), "101".to_owned())];
        let read = read("m.toml", text, is_default, &tags);
        let told = |faults: Faults| faults.to_string().lines().map(str::to_owned).collect();
        read.err().map_or_else(Vec::new, told)
    }

    fn button(name: &str, action: &str) -> String {
        format!("[[button]]\nname = \"{name}\"\n{action}\n")
    }

    #[test]
    fn limits_are_counted_in_bytes() {
        let click = "type = \"click\"\nkey = \"K\"";
        let sub = |name: &str| format!("[[button.sub_button]]\nname = \"{name}\"\n{click}");
        let key = |length| format!("type = \"click\"\nkey = \"{}\"", "k".repeat(length));
        let url = |length| format!("type = \"view\"\nurl = \"{}\"", "u".repeat(length));
        for (well, text) in [
            (true, button("五个汉字哦", click)),
            (false, button("这是六个汉字", click)),
            (false, button("", click)),
            (true, button("a", &sub(&"字".repeat(20)))),
            (false, button("a", &sub(&format!("{}x", "字".repeat(20))))),
            (true, button("a", &key(128))),
            (false, button("a", &key(129))),
            (true, button("a", &url(1024))),
            (false, button("a", &url(1025))),
            (true, button("a", click).repeat(3)),
            (false, button("a", click).repeat(4)),
            (true, button("a", &vec![sub("b"); 5].join("\n"))),
            (false, button("a", &vec![sub("b"); 6].join("\n"))),
            (false, button("a", "")),
            (false, button("a", "type = \"view\"\nkey = \"k\"")),
            (false, button("a", "type = \"tap\"\nkey = \"k\"")),
            (false, String::new()),
        ] {
            let told = faults(&text, true);
            assert_eq!(told.is_empty(), well, "{text}\n{told:?}");
        }
    }

    #[test]
    fn a_menu_is_for_a_tag_that_the_account_has_and_the_default_for_everybody() {
        let menu = |tag: &str| format!("{tag}\n{}", button("a", "type = \"click\"\nkey = \"K\""));
        assert_eq!(faults(&menu("tag = \"staff\""), false), [""; 0]);
        assert_eq!(faults(&menu("tag = \"7\""), false), [""; 0]);
        assert_eq!(
            faults(&menu(""), false),
            ["m.toml: tag: every menu but default.toml is for a tag"]
        );
        assert_eq!(
            faults(&menu("tag = \"7\""), true),
            ["m.toml: tag: the default menu is everybody's and has no tag"]
        );
        assert_eq!(
            faults(&menu("tag = \"guests\""), false),
            ["m.toml: tag: is neither a number nor a name of [official_account.tags]"]
        );
    }
}
