//! Where settings come from, laid one over the other.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use config::{Config, File, FileFormat, Value, ValueKind};

use super::{Fault, Faults};

/// The settings that the program brings along: the schema, the defaults, and the sandbox's secrets.
pub const SHIPPED: &str = include_str!("../../wechat.toml");

const PREFIX: &str = "CAMPUS_PASS__";

/// The variables of the environment that concern us. Its `Debug` names them without their values.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The process's own; `…_FILE` variables are followed.
    ///
    /// # Errors
    /// When one is no text, or a file that one names cannot be read.
    pub fn read() -> Result<Self, Faults> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the door to the environment"
        )]
        Self::of(texts(std::env::vars_os())?)
    }

    /// An environment of the given variables.
    ///
    /// # Errors
    /// When a file that one names cannot be read, or a key is given both ways.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Faults> {
        let (mut found, mut faults) = (HashMap::new(), Faults::default());
        for (name, value) in variables {
            let plain = name.strip_suffix("_FILE").unwrap_or(&name).to_owned();
            let value = if plain == name {
                Ok(value)
            } else {
                std::fs::read_to_string(&value)
                    .map(|secret| secret.trim().to_owned())
                    .map_err(|error| format!("{value}: {error}"))
            };
            match value {
                Ok(value) if !found.contains_key(&plain) => drop(found.insert(plain, value)),
                Ok(_) => faults.push(Fault::new(
                    format!("{plain}_FILE"),
                    key_of(&plain),
                    format!("{plain} is given as well; one of them must go"),
                )),
                Err(reason) => faults.push(Fault::new(&name, key_of(&plain), reason)),
            }
        }
        if faults.0.is_empty() {
            Ok(Self(found))
        } else {
            Err(faults)
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.0.keys().collect();
        names.sort();
        f.debug_tuple("Environment").field(&names).finish()
    }
}

/// The variables that concern us, as text. Others may be what they like.
fn texts(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, Faults> {
    let (mut texts, mut faults) = (Vec::new(), Faults::default());
    for (name, value) in variables {
        let name = name.to_string_lossy().into_owned();
        if !name.starts_with(PREFIX) {
            continue;
        }
        match value.into_string() {
            Ok(value) => texts.push((name, value)),
            Err(_) => faults.push(Fault::new(&name, key_of(&name), "must be UTF-8")),
        }
    }
    if faults.0.is_empty() {
        Ok(texts)
    } else {
        Err(faults)
    }
}

/// `CAMPUS_PASS__SERVER__LISTEN` → `server.listen`.
fn key_of(variable: &str) -> String {
    variable
        .strip_prefix(PREFIX)
        .unwrap_or(variable)
        .to_lowercase()
        .replace("__", ".")
}

/// All sources in one, and each alone, to compare with.
pub struct Sources {
    pub all: Config,
    pub shipped: Config,
    /// The operator's file and its name.
    own: Option<(String, Config)>,
    /// The keys that the environment sets.
    overridden: Vec<String>,
    /// Keys that stand in a source but not in the schema.
    pub unknown: Vec<Fault>,
}

pub fn layered(file: Option<&Path>, environment: &Environment) -> Result<Sources, Faults> {
    let broken = |source: &str| {
        let source = source.to_owned();
        move |error: config::ConfigError| Faults::from(Fault::new(source, "-", error.to_string()))
    };
    let shipped = Config::builder().add_source(File::from_str(SHIPPED, FileFormat::Toml));
    let shipped = shipped.build().map_err(broken("wechat.toml (shipped)"))?;
    let mut unknown = Vec::new();
    let mut all = Config::builder().add_source(shipped.clone());
    let (mut file_of_own, mut overridden) = (None, Vec::new());
    if let Some(path) = file {
        let name = path.display().to_string();
        let own = Config::builder().add_source(File::from(path).format(FileFormat::Toml));
        let own = own.build().map_err(broken(&name))?;
        strangers(&own.cache, &shipped.cache, "", &mut |key| {
            unknown.push(Fault::new(&name, key, "there is no such key"));
        });
        all = all.add_source(own.clone());
        file_of_own = Some((name, own));
    }
    for (variable, value) in &environment.0 {
        let key = key_of(variable);
        if shipped
            .get::<Value>(&key)
            .is_ok_and(|value| !is_table(&value))
        {
            let set = all.set_override(&key, value.as_str());
            all = set.map_err(broken(variable))?;
            overridden.push(key);
        } else {
            unknown.push(Fault::new(variable, key, "there is no such key"));
        }
    }
    let all = all.build().map_err(broken("settings"))?;
    unknown.sort_by(|a, b| (&a.source, &a.key).cmp(&(&b.source, &b.key)));
    Ok(Sources {
        all,
        shipped,
        own: file_of_own,
        overridden,
        unknown,
    })
}

/// Tells of every key of `own` that the schema does not have, or has as another kind of thing.
fn strangers(own: &Value, schema: &Value, path: &str, tell: &mut dyn FnMut(String)) {
    let (ValueKind::Table(own), ValueKind::Table(schema)) = (&own.kind, &schema.kind) else {
        return;
    };
    for (name, value) in own {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        match schema.get(name) {
            Some(known) if is_table(known) == is_table(value) => {
                strangers(value, known, &path, tell);
            }
            _ => tell(path),
        }
    }
}

fn is_table(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Table(_))
}

impl Sources {
    /// Where the value of a key comes from, for a person.
    pub fn origin(&self, key: &str) -> String {
        if self.overridden.iter().any(|known| known == key) {
            variable_of(key)
        } else if let Some((name, _)) = self.own.as_ref().filter(|_| self.is_in_file(key)) {
            name.clone()
        } else {
            "wechat.toml (shipped)".to_owned()
        }
    }

    /// Whether the value stands in the operator's file.
    pub fn is_in_file(&self, key: &str) -> bool {
        let own = self.own.as_ref();
        !self.overridden.iter().any(|known| known == key)
            && own.is_some_and(|(_, own)| own.get::<Value>(key).is_ok())
    }

    /// Whether the value is the one that the program brings along.
    pub fn is_shipped(&self, key: &str) -> bool {
        self.all.get_string(key).ok() == self.shipped.get_string(key).ok()
    }
}

fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn variable(name: &str, value: &str) -> (String, String) {
        (format!("{PREFIX}{name}"), value.to_owned())
    }

    #[test]
    fn a_variable_that_is_no_text_is_a_fault_only_when_it_is_ours() {
        let broken = |name: &str| (name.into(), OsString::from_vec(vec![0xff]));
        assert_eq!(texts([broken("LS_COLORS")].into_iter()), Ok(vec![]));
        let told = texts([broken("CAMPUS_PASS__SERVER__NODE")].into_iter()).unwrap_err();
        insta::assert_snapshot!(told, @"CAMPUS_PASS__SERVER__NODE: server.node: must be UTF-8");
    }

    #[test]
    fn a_key_is_given_by_value_or_by_file_and_not_by_both() {
        let value = variable("WECOM__TOKEN", "CANARY");
        let file = variable("WECOM__TOKEN_FILE", "/dev/null");
        for both in [[value.clone(), file.clone()], [file, value]] {
            let told = Environment::of(both).unwrap_err().to_string();
            let expected = "CAMPUS_PASS__WECOM__TOKEN_FILE: wecom.token: \
                CAMPUS_PASS__WECOM__TOKEN is given as well; one of them must go";
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn the_environment_hides_its_values() {
        let environment = Environment::of([variable("WECOM__TOKEN", "CANARY")]).unwrap();
        let shown = format!("{environment:?}");
        assert_eq!(shown, r#"Environment(["CAMPUS_PASS__WECOM__TOKEN"])"#);
    }
}
