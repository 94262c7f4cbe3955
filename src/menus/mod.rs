//! The Official Account's menus as files: `default.toml` for everybody, and one for each tag that has a
//! menu of its own (个性化菜单).
//!
//! [`file`] reads one and holds it against WeChat's limits before anything is sent; [`plan`] compares
//! all of them with what is live and makes the difference happen. WeChat shows the newest menu that
//! fits, and none can be edited, so the order of the files becomes an order of creation.

mod file;
mod plan;

use std::path::{Path, PathBuf};

use crate::config::{Fault, Faults};
use crate::wechat::menu::Button;

pub use plan::{Plan, apply};

/// The built-in files.
const BUILT_IN: [(&str, &str); 2] = [
    (DEFAULT, include_str!("../../menus/default.toml")),
    ("staff.toml", include_str!("../../menus/staff.toml")),
];
const DEFAULT: &str = "default.toml";

/// What the account's menus should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menus {
    pub default: Vec<Button>,
    /// The first whose tag somebody has is theirs.
    pub conditional: Vec<Conditional>,
}

/// A menu for whoever has a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditional {
    pub tag_id: String,
    pub buttons: Vec<Button>,
}

impl Menus {
    /// Reads every file of `folder`, or the built-in ones. `tags` are the account's own, by name; a
    /// menu whose tag the account does not have is left out.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn load(folder: Option<&Path>, tags: &[(String, String)]) -> Result<Self, Faults> {
        let (mut default, mut conditional) = (None, Vec::new());
        let mut faults = Faults::default();
        for (source, text) in texts(folder)? {
            let is_default = Path::new(&source).ends_with(DEFAULT);
            match file::read(&source, &text, is_default, tags) {
                Ok((_, buttons)) if is_default => default = Some(buttons),
                Ok((Some(tag_id), buttons)) => {
                    conditional.push((source, Conditional { tag_id, buttons }));
                }
                Ok((None, _)) => {}
                Err(of_file) => faults.0.extend(of_file.0),
            }
        }
        for (n, (source, menu)) in conditional.iter().enumerate() {
            if conditional[..n]
                .iter()
                .any(|(_, other)| other.tag_id == menu.tag_id)
            {
                let reason =
                    "an earlier file has a menu for this tag, so nobody would see this one";
                faults.push(Fault::new(source, "tag", reason));
            }
        }
        match default {
            Some(default) if faults.0.is_empty() => Ok(Self {
                default,
                conditional: conditional.into_iter().map(|(_, menu)| menu).collect(),
            }),
            _ => Err(faults),
        }
    }
}

/// The name and the text of every file, `default.toml` first and the others by name.
fn texts(folder: Option<&Path>) -> Result<Vec<(String, String)>, Faults> {
    let Some(folder) = folder else {
        let own = |(name, text): (&str, &str)| (format!("menus/{name}"), text.to_owned());
        return Ok(BUILT_IN.map(own).into());
    };
    let broken = |path: &Path, error: std::io::Error| {
        Faults::from(Fault::new(
            path.display().to_string(),
            "-",
            error.to_string(),
        ))
    };
    let mut paths = vec![folder.join(DEFAULT)];
    let entries = std::fs::read_dir(folder).map_err(|error| broken(&paths[0], error))?;
    let others = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_menu = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "toml") && !path.ends_with(DEFAULT)
    };
    let mut others: Vec<_> = others.filter(is_menu).collect();
    others.sort();
    paths.append(&mut others);
    let text = |path: PathBuf| match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path.display().to_string(), text)),
        Err(error) => Err(broken(&path, error)),
    };
    paths.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_menus_are_the_handbooks_and_one_for_staff() {
        let tags = [("staff".to_owned(), "101".to_owned())];
        let menus = Menus::load(None, &tags).unwrap();
        insta::assert_snapshot!(serde_json::json!(menus.default), @r#"[{"name":"便捷CIPC","sub_button":[{"key":"CAMPUS_PASS","name":"重工校园通","type":"click"}]}]"#);
        let [staff] = menus.conditional.as_slice() else {
            panic!("{:?}", menus.conditional);
        };
        assert_eq!(staff.tag_id, "101");
        assert_eq!(staff.buttons[0].sub_button[1].name, "访客审批");
        // An account without that tag has the default menu alone.
        let tags = [("staff".to_owned(), String::new())];
        assert_eq!(Menus::load(None, &tags).unwrap().conditional, []);
    }
}
