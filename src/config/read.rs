//! Reading one key after the other, and remembering what was wrong with each.

use super::sections::Mode;
use super::sources::Sources;
use super::{Fault, Faults};

/// The secrets of the shipped settings.
const SECRETS: [&str; 18] = [
    "official_account.token",
    "official_account.encoding_aes_key",
    "official_account.secret",
    "mini_program.secret",
    "wecom.token",
    "wecom.encoding_aes_key",
    "wecom.secret",
    "sms.tencent.secret_id",
    "sms.tencent.secret_key",
    "sms.tencent.report_key",
    "sms.aliyun.access_key_id",
    "sms.aliyun.access_key_secret",
    "sms.aliyun.report_key",
    "keys.data",
    "keys.index",
    "keys.link",
    "keys.code",
    "sandbox.gate_key",
];

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
        let live = self.mode == Some(Mode::Live);
        if live && (self.sources.is_shipped(key) || self.holds_shipped_secret(key)) {
            return self.fault(key, "missing: live mode does not take the sandbox's");
        }
        self.read(key, parse)
    }

    /// A value that nobody else may know: one's [own](Self::own), and from nowhere that is copied
    /// about and committed.
    pub fn secret<T, E: ToString>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.mode == Some(Mode::Live) && self.sources.is_in_file(key) {
            let reason =
                "a secret of live mode comes from the environment or a …_FILE, not from here";
            return self.fault(key, reason);
        }
        self.own(key, parse)
    }

    /// Secrets that may be none, and are when nothing else is said: as [`Self::secret`].
    pub fn secrets<T, E: ToString>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let none = self
            .sources
            .all
            .get_string(key)
            .is_ok_and(|text| text.is_empty());
        if none {
            self.read(key, parse)
        } else {
            self.secret(key, parse)
        }
    }

    /// Whether a secret that everybody can read in the shipped settings stands in the value, maybe
    /// under another id or in another place.
    fn holds_shipped_secret(&self, key: &str) -> bool {
        let value = self.sources.all.get_string(key).unwrap_or_default();
        SECRETS.iter().any(|secret| {
            let shipped = self.sources.shipped.get_string(secret).unwrap_or_default();
            let secret = shipped.rsplit(':').next().unwrap_or_default();
            !secret.is_empty() && value.contains(secret)
        })
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
