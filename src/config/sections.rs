//! The settings as the program uses them, section by section.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::DatabaseUrl;
use crate::domain::campus::{DeviceId, DeviceKey};
use crate::domain::message::Lane;
use crate::domain::pass_code::CodeKeys;
use crate::secret::KeyRing;
use crate::sms::Provider;
use crate::tencent::callback::MessageMode;
use crate::tencent::envelope::EncodingAesKey;

/// Everything.
#[derive(Clone, Debug)]
pub struct Settings {
    pub mode: Mode,
    pub server: Server,
    pub database: Database,
    pub official_account: Account,
    pub mini_program: MiniProgram,
    pub wecom: WeCom,
    pub cas: Cas,
    pub sms: Sms,
    pub templates: TemplateIds,
    pub outbox: Outbox,
    pub residential: Residential,
    pub gate: Gate,
    pub photos: Photos,
    pub retention: Retention,
    pub keys: Keys,
    pub sandbox: SandboxGate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Sandbox,
    Live,
}

impl Mode {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "sandbox" => Ok(Self::Sandbox),
            "live" => Ok(Self::Live),
            _ => Err("must be \"sandbox\" or \"live\""),
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Live => "live",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Server {
    pub listen: SocketAddr,
    /// Without a slash at the end.
    pub public_url: String,
    pub metrics_listen: Option<SocketAddr>,
    pub trusted_proxies: Vec<IpAddr>,
    pub node: u16,
    /// Folders of the operator's own files; none for the built-in ones.
    pub menus: Option<PathBuf>,
    pub message_templates: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub struct Database {
    pub url: DatabaseUrl,
}

/// The Official Account.
#[derive(Clone, Debug)]
pub struct Account {
    pub app_id: String,
    pub original_id: String,
    pub message_mode: MessageMode,
    pub token: SecretString,
    pub encoding_aes_key: EncodingAesKey,
    pub secret: SecretString,
    /// How long an answer that came too late waits for a repeat of its delivery to fetch it.
    pub patience: Duration,
    /// Base URLs, without a slash at the end.
    pub api: String,
    pub open: String,
    /// The account's own tags, by the names that menus use; empty where there is none.
    pub tags: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct MiniProgram {
    pub app_id: String,
    pub original_id: String,
    pub message_mode: MessageMode,
    pub token: SecretString,
    pub encoding_aes_key: EncodingAesKey,
    pub secret: SecretString,
    pub api: String,
    /// Its published pages for a pass and an invitation; none where links lead to our own.
    pub pass_page: Option<String>,
    pub invitation_page: Option<String>,
}

#[derive(Clone, Debug)]
pub struct WeCom {
    pub corp_id: String,
    pub agent_id: i64,
    pub token: SecretString,
    pub encoding_aes_key: EncodingAesKey,
    pub secret: SecretString,
    pub api: String,
    pub open: String,
}

/// The campus's single sign-on.
#[derive(Clone, Debug)]
pub struct Cas {
    /// Without a slash at the end; `None` when the campus has none.
    pub base_url: Option<String>,
}

/// How fast messages leave: so many in a second by each lane.
#[derive(Clone, Copy, Debug)]
pub struct Outbox {
    pub account: u64,
    pub wecom: u64,
    pub sms: u64,
}

impl Outbox {
    #[must_use]
    pub fn per_second(&self, lane: Lane) -> u64 {
        match lane {
            Lane::Account => self.account,
            Lane::Wecom => self.wecom,
            Lane::Sms => self.sms,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Sms {
    /// One, or two in the order in which they are asked.
    pub providers: Vec<SmsProvider>,
    /// Messages a day, whoever sends them.
    pub daily_per_number: u64,
    pub daily_total: u64,
}

/// A provider of SMS as the campus is known to it.
#[derive(Clone, Debug)]
pub struct SmsProvider {
    pub account: SmsAccount,
    pub api: String,
    pub sign_name: String,
    /// What its reports of delivery are known by.
    pub report_key: SecretString,
    /// Its own codes of texts, by the names that message templates use.
    pub templates: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub enum SmsAccount {
    Tencent {
        secret_id: String,
        secret_key: SecretString,
        sdk_app_id: String,
        region: String,
    },
    Aliyun {
        access_key_id: String,
        access_key_secret: SecretString,
    },
}

impl SmsAccount {
    #[must_use]
    pub fn provider(&self) -> Provider {
        match self {
            Self::Tencent { .. } => Provider::Tencent,
            Self::Aliyun { .. } => Provider::Aliyun,
        }
    }
}

/// What message templates may name.
#[derive(Clone, Debug, Default)]
pub struct TemplateIds {
    /// The account's own ids of templates, by their names.
    pub wechat: Vec<(String, String)>,
    /// The names of SMS texts; each provider has a code of its own for each.
    pub sms: Vec<&'static str>,
    /// Of subscription messages; empty where the app has none.
    pub mini: Vec<(String, String)>,
    pub account: Vec<(String, String)>,
    /// The most characters in a variable of an SMS.
    pub sms_variable: usize,
}

/// Where the menus and the message templates are and which ids those may name: what is needed to look
/// at them while the settings are still wrong.
#[derive(Clone, Debug, Default)]
pub struct Words {
    pub menus: Option<PathBuf>,
    pub message_templates: Option<PathBuf>,
    /// None when one is missing or is no tag.
    pub tags: Option<Vec<(String, String)>>,
    /// None when an id is missing.
    pub ids: Option<TemplateIds>,
}

/// 丁香水榭小区访客登记.
#[derive(Clone, Copy, Debug)]
pub struct Residential {
    /// Whether what matches the register waits for the resident's word.
    pub ask_first: bool,
}

#[derive(Clone, Debug)]
pub struct Gate {
    pub batch: usize,
    /// For how long what a gate's answer rests on is good without a word that it has changed.
    pub fresh_for: Duration,
    /// The folder in which openings wait that the database could not take.
    pub spool: PathBuf,
}

#[derive(Clone, Debug)]
pub struct Photos {
    pub storage: PhotoStorage,
    pub max_bytes: usize,
    pub max_pixels: u64,
}

/// Where the sealed pictures lie.
#[derive(Clone, Debug)]
pub enum PhotoStorage {
    Folder(PathBuf),
    Bucket(Bucket),
}

/// A bucket of S3, or of a service that speaks as S3 does.
#[derive(Clone, Debug)]
pub struct Bucket {
    pub endpoint: String,
    pub region: String,
    pub name: String,
    /// Whether it stands in the path of the address, and not in front of its host.
    pub in_path: bool,
    pub access_key_id: SecretString,
    pub secret_access_key: SecretString,
}

/// How long what is kept is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// The personal data of a visit's visitors, from its end on.
    pub visits: chrono::Duration,
    pub passages: chrono::Duration,
    pub audit: chrono::Duration,
    /// Messages and their receipts, from when they were done with.
    pub messages: chrono::Duration,
    /// Logins, from their end on.
    pub sessions: chrono::Duration,
    pub idempotency: chrono::Duration,
    /// Where somebody on the blacklist was met.
    pub hits: chrono::Duration,
    /// Entries of the blacklist, from when they were lifted or ran out.
    pub blacklist: chrono::Duration,
}

#[derive(Clone, Debug)]
pub struct Keys {
    pub ring: KeyRing,
    pub codes: CodeKeys,
}

/// The gate that the sandbox plays.
#[derive(Clone)]
pub struct SandboxGate {
    pub device: DeviceId,
    pub key: DeviceKey,
}

impl std::fmt::Debug for SandboxGate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SandboxGate({})", self.device)
    }
}
