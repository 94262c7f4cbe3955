//! The Official Account's menu as a file, checked against WeChat's limits before it is sent. Source:
//! 微信公众平台 自定义菜单, and the limits as `design.md` gives them: bytes, not characters.

use std::path::Path;

use serde::Deserialize;

use crate::config::{Fault, Faults};
use crate::wechat::menu as wechat;

const DEFAULT: &str = include_str!("../../menus/default.toml");

/// A menu: up to three buttons.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    pub button: Vec<Button>,
}

/// A button, with an action or with buttons of its own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Button {
    pub name: String,
    pub r#type: Option<String>,
    pub key: Option<String>,
    pub url: Option<String>,
    #[serde(default)]
    pub sub_button: Vec<Button>,
}

impl Menu {
    /// Reads `default.toml` from `folder`, or the built-in one.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn load(folder: Option<&Path>) -> Result<Self, Faults> {
        let path = folder.map(|folder| folder.join("default.toml"));
        let source = path
            .as_ref()
            .map_or("menus/default.toml".into(), |p| p.display().to_string());
        let broken = |reason: String| Faults::from(Fault::new(&source, "-", reason.trim_end()));
        let text = match &path {
            Some(path) => std::fs::read_to_string(path).map_err(|e| broken(e.to_string()))?,
            None => DEFAULT.to_owned(),
        };
        let menu: Self = toml::from_str(&text).map_err(|e| broken(e.to_string()))?;
        let mut faults = Faults::default();
        menu.check(&mut |key, reason| faults.push(Fault::new(&source, key, reason)));
        if faults.0.is_empty() {
            Ok(menu)
        } else {
            Err(faults)
        }
    }

    /// The buttons as WeChat takes them.
    #[must_use]
    pub fn buttons(&self) -> Vec<wechat::Button> {
        self.button.iter().map(Button::to_wechat).collect()
    }

    fn check(&self, tell: &mut dyn FnMut(String, &'static str)) {
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

impl Button {
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

    fn check(&self, key: &str, bytes: usize, tell: &mut dyn FnMut(String, &'static str)) {
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

    fn faults(text: &str) -> Vec<String> {
        let menu: Menu = toml::from_str(text).unwrap();
        let mut faults = Vec::new();
        menu.check(&mut |key, reason| faults.push(format!("{key}: {reason}")));
        faults
    }

    #[test]
    fn limits_are_counted_in_bytes() {
        let menu =
            |name: &str| format!("[[button]]\nname = \"{name}\"\ntype = \"click\"\nkey = \"K\"");
        assert_eq!(faults(&menu("五个汉字哦")), [""; 0], "15 bytes");
        assert_eq!(faults(&menu("这是六个汉字")).len(), 1, "18 bytes");
        assert_eq!(faults("[[button]]\nname = \"a\"").len(), 1, "no action");
        assert_eq!(
            faults("[[button]]\nname = \"a\"\ntype = \"view\"\nkey = \"k\"").len(),
            1,
            "no url"
        );
    }

    #[test]
    fn the_built_in_menu_is_the_handbooks() {
        let menu = Menu::load(None).unwrap();
        insta::assert_snapshot!(serde_json::json!(menu.buttons()), @r#"[{"name":"便捷CIPC","sub_button":[{"key":"CAMPUS_PASS","name":"重工校园通","type":"click"}]}]"#);
    }
}
