//! Where settings come from, laid one over the other.

use std::collections::HashMap;
use std::path::Path;

use config::{Config, File, FileFormat, Value, ValueKind};

use super::{Fault, Faults};

/// The settings that the program brings along: the schema, the defaults, and the sandbox's secrets.
pub const SHIPPED: &str = include_str!("../../wechat.toml");

const PREFIX: &str = "CAMPUS_PASS__";

/// The variables of the environment that concern us.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The process's own; `…_FILE` variables are followed.
    ///
    /// # Errors
    /// When a file that one names cannot be read.
    pub fn read() -> Result<Self, Faults> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the door to the environment"
        )]
        Self::of(std::env::vars().filter(|(name, _)| name.starts_with(PREFIX)))
    }

    /// An environment of the given variables.
    ///
    /// # Errors
    /// When a file that one names cannot be read.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Faults> {
        let (mut found, mut faults) = (HashMap::new(), Faults::default());
        for (name, value) in variables {
            match name.strip_suffix("_FILE") {
                None => drop(found.insert(name, value)),
                Some(plain) => match std::fs::read_to_string(&value) {
                    Ok(secret) => drop(found.insert(plain.to_owned(), secret.trim().to_owned())),
                    Err(error) => {
                        faults.push(Fault::new(
                            &name,
                            key_of(plain),
                            format!("{value}: {error}"),
                        ));
                    }
                },
            }
        }
        if faults.0.is_empty() {
            Ok(Self(found))
        } else {
            Err(faults)
        }
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
        let in_file = |(_, own): &&(String, Config)| own.get::<Value>(key).is_ok();
        if self.overridden.iter().any(|known| known == key) {
            variable_of(key)
        } else if let Some((name, _)) = self.own.as_ref().filter(in_file) {
            name.clone()
        } else {
            "wechat.toml (shipped)".to_owned()
        }
    }

    /// Whether the value is the one that the program brings along.
    pub fn is_shipped(&self, key: &str) -> bool {
        self.all.get_string(key).ok() == self.shipped.get_string(key).ok()
    }
}

fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}
