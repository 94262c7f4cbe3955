//! Reading one key after the other, and remembering what was wrong with each.

use super::sections::Mode;
use super::sources::Sources;
use super::{Fault, Faults};

/// Reads keys; a key that cannot be read is a fault, and `None`.
pub struct Reader<'a> {
    sources: &'a Sources,
    pub mode: Option<Mode>,
    pub faults: Faults,
}

impl<'a> Reader<'a> {
    pub fn new(sources: &'a Sources) -> Self {
        let mut reader = Self {
            sources,
            mode: None,
            faults: Faults(sources.unknown.clone()),
        };
        reader.mode = reader.read("mode", Mode::parse);
        reader
    }

    /// The value of a key, parsed. The reason of a parser must not repeat a secret.
    pub fn read<T, E: ToString>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Ok(text) = self.sources.all.get_string(key) else {
            return self.fault(key, "must be a single value");
        };
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => self.fault(key, error.to_string()),
        }
    }

    /// A number.
    pub fn number<T: std::str::FromStr<Err: ToString>>(&mut self, key: &str) -> Option<T> {
        self.read(key, str::parse)
    }

    /// Text that must not be empty.
    pub fn text(&mut self, key: &str) -> Option<String> {
        self.read(key, filled)
    }

    /// Text that may be empty.
    pub fn any_text(&mut self, key: &str) -> Option<String> {
        self.read(key, |text| Ok::<_, String>(text.to_owned()))
    }

    /// A value that belongs to the real campus: live mode does not take the sandbox's.
    pub fn own<T, E: ToString>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.mode == Some(Mode::Live) && self.sources.is_shipped(key) {
            return self.fault(key, "missing: live mode does not take the sandbox's");
        }
        self.read(key, parse)
    }

    pub fn fault<T>(&mut self, key: &str, reason: impl Into<String>) -> Option<T> {
        self.faults
            .push(Fault::new(self.sources.origin(key), key, reason));
        None
    }
}

pub fn filled(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        Err("must not be empty")
    } else {
        Ok(text.to_owned())
    }
}
