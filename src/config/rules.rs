//! From keys to sections, and the rules that hold between them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use data_encoding::BASE64;
use secrecy::SecretString;

use super::messages::{outbox, tags, templates};
use super::photos::photos;
use super::read::{Reader, filled};
use super::retention::retention;
use super::sections::{
    Account, Cas, Database, Gate, Keys, MiniProgram, Mode, Residential, SandboxGate, Server,
    Settings, WeCom, Words,
};
use super::sms::sms;
use crate::domain::campus::{DeviceId, DeviceKey};
use crate::domain::pass_code::CodeKeys;
use crate::ids::MAX_NODE;
use crate::secret::{KeyRing, NamedKey, Sealable};
use crate::tencent::callback::MessageMode;

pub fn settings(r: &mut Reader) -> Option<Settings> {
    let mode = r.mode;
    let server = server(r);
    let base = server
        .as_ref()
        .map_or_else(String::new, |server| server.public_url.clone());
    let url = r.read("database.url", str::parse);
    let official_account = account(r, &base);
    let mini_program = mini_program(r, &base);
    let wecom = wecom(r, &base);
    let cas = cas(r, &base);
    let sms = sms(r, &base);
    let templates = templates(r);
    let outbox = outbox(r);
    let ask_first = r.read("residential.ask_first", |text| match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false"),
    });
    let batch = r.read("gate.batch", |text| match text.parse() {
        Ok(batch @ 1..=1024) => Ok(batch),
        _ => Err("must be 1 to 1024"),
    });
    let fresh_for = r.read("gate.fresh_seconds", |text| match text.parse() {
        Ok(seconds @ 0..=60) => Ok(Duration::from_secs(seconds)),
        _ => Err("must be 0 to 60"),
    });
    let spool = r.text("gate.spool").map(PathBuf::from);
    let photos = photos(r);
    let retention = retention(r);
    let keys = keys(r);
    let sandbox = sandbox(r);
    Some(Settings {
        mode: mode?,
        server: server?,
        database: Database { url: url? },
        official_account: official_account?,
        mini_program: mini_program?,
        wecom: wecom?,
        cas: cas?,
        sms: sms?,
        templates: templates?,
        outbox: outbox?,
        residential: Residential {
            ask_first: ask_first?,
        },
        gate: Gate {
            batch: batch?,
            fresh_for: fresh_for?,
            spool: spool?,
        },
        photos: photos?,
        retention: retention?,
        keys: keys?,
        sandbox: sandbox?,
    })
}

/// What [`Words`] needs, whatever else is wrong and whichever mode it is.
pub fn words(r: &mut Reader) -> Words {
    r.mode = None;
    let mut folder = |key| r.text(key).map(PathBuf::from);
    Words {
        menus: folder("server.menus"),
        message_templates: folder("server.message_templates"),
        tags: tags(r),
        ids: templates(r),
    }
}

fn server(r: &mut Reader) -> Option<Server> {
    let sandbox = r.mode == Some(Mode::Sandbox);
    let listen = r.read("server.listen", |text| match text.parse::<SocketAddr>() {
        Ok(at) if sandbox && !at.ip().is_loopback() => {
            Err("sandbox mode listens only on this machine (127.0.0.1 or [::1])")
        }
        Ok(at) => Ok(at),
        Err(_) => Err("must be ADDRESS:PORT"),
    });
    let public_url = r.read("server.public_url", |text| public_url(text, sandbox));
    let metrics_listen = r.read("server.metrics_listen", |text| match text {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| "must be ADDRESS:PORT or empty"),
    });
    let trusted_proxies = r.read("server.trusted_proxies", |text| {
        let addresses = text
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        addresses
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| "must be IP addresses")
    });
    let node = r.read("server.node", |text| match text.parse() {
        Ok(node @ 0..=MAX_NODE) => Ok(node),
        _ => Err("must be 0 to 1023"),
    });
    let menus = r.any_text("server.menus");
    let message_templates = r.any_text("server.message_templates");
    let folder =
        |path: String| Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty());
    Some(Server {
        listen: listen?,
        public_url: public_url?,
        metrics_listen: metrics_listen?,
        trusted_proxies: trusted_proxies?,
        node: node?,
        menus: folder(menus?),
        message_templates: folder(message_templates?),
    })
}

/// As browsers write an origin: in small letters, and without the port that goes without saying.
fn public_url(text: &str, sandbox: bool) -> Result<String, &'static str> {
    let text = text.to_ascii_lowercase();
    let (scheme, rest) = text
        .split_once("://")
        .ok_or("must begin with https:// or http://")?;
    let host = rest.trim_end_matches('/');
    let default = if scheme == "https" { ":443" } else { ":80" };
    let host = host.strip_suffix(default).unwrap_or(host);
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    match (scheme, sandbox) {
        _ if host.is_empty() || host.contains(['/', '?', '#', '@']) => {
            Err("must be a scheme and a host, without a path")
        }
        ("http" | "https", true) if matches!(name, "127.0.0.1" | "localhost" | "[::1]") => {
            Ok(format!("{scheme}://{host}"))
        }
        (_, true) => Err("sandbox mode is only for this machine (http://127.0.0.1:PORT)"),
        ("https", false) => Ok(format!("https://{host}")),
        (_, false) => Err("must begin with https:// in live mode"),
    }
}

/// A base URL: as given, or the real one, or the sandbox's.
pub fn api(r: &mut Reader, key: &str, real: &str, base: &str, sandbox: &str) -> Option<String> {
    let live = r.mode == Some(Mode::Live);
    let given = r.any_text(key)?;
    Some(match given.trim_end_matches('/') {
        "" if live => real.to_owned(),
        "" => format!("{base}/sandbox/{sandbox}"),
        given => given.to_owned(),
    })
}

fn account(r: &mut Reader, base: &str) -> Option<Account> {
    let app_id = r.own("official_account.app_id", filled);
    let original_id = r.own("official_account.original_id", filled);
    let message_mode = r.read("official_account.message_mode", message_mode);
    let token = r.secret("official_account.token", secret);
    let encoding_aes_key = r.secret("official_account.encoding_aes_key", str::parse);
    let secret = r.secret("official_account.secret", secret);
    let patience = r
        .number("official_account.patience_seconds")
        .map(Duration::from_secs);
    let api_key = "official_account.api";
    let call = api(r, api_key, "https://api.weixin.qq.com", base, "weixin");
    let open_key = "official_account.open";
    let open = api(r, open_key, "https://open.weixin.qq.com", base, "weixin");
    let tags = tags(r);
    Some(Account {
        app_id: app_id?,
        original_id: original_id?,
        message_mode: message_mode?,
        token: token?,
        encoding_aes_key: encoding_aes_key?,
        secret: secret?,
        patience: patience?,
        api: call?,
        open: open?,
        tags: tags?,
    })
}

fn mini_program(r: &mut Reader, base: &str) -> Option<MiniProgram> {
    let app_id = r.own("mini_program.app_id", filled);
    let original_id = r.own("mini_program.original_id", filled);
    let message_mode = r.read("mini_program.message_mode", message_mode);
    let token = r.secret("mini_program.token", secret);
    let encoding_aes_key = r.secret("mini_program.encoding_aes_key", str::parse);
    let secret = r.secret("mini_program.secret", secret);
    let api = api(
        r,
        "mini_program.api",
        "https://api.weixin.qq.com",
        base,
        "weixin",
    );
    let mut page = |key| {
        let page = r.any_text(key)?;
        Some(Some(page).filter(|page| !page.is_empty()))
    };
    let pass_page = page("mini_program.pass_page");
    let invitation_page = page("mini_program.invitation_page");
    Some(MiniProgram {
        app_id: app_id?,
        original_id: original_id?,
        message_mode: message_mode?,
        token: token?,
        encoding_aes_key: encoding_aes_key?,
        secret: secret?,
        api: api?,
        pass_page: pass_page?,
        invitation_page: invitation_page?,
    })
}

fn message_mode(text: &str) -> Result<MessageMode, &'static str> {
    match text {
        "plain" => Ok(MessageMode::Plain),
        "compatible" => Ok(MessageMode::Compatible),
        "aes" => Ok(MessageMode::Aes),
        _ => Err("must be \"plain\", \"compatible\" or \"aes\""),
    }
}

fn wecom(r: &mut Reader, base: &str) -> Option<WeCom> {
    let corp_id = r.own("wecom.corp_id", filled);
    let agent_id = r.number("wecom.agent_id");
    let token = r.secret("wecom.token", secret);
    let encoding_aes_key = r.secret("wecom.encoding_aes_key", str::parse);
    let secret = r.secret("wecom.secret", secret);
    let call = api(r, "wecom.api", "https://qyapi.weixin.qq.com", base, "qyapi");
    let open = api(r, "wecom.open", "https://open.weixin.qq.com", base, "qyapi");
    Some(WeCom {
        corp_id: corp_id?,
        agent_id: agent_id?,
        token: token?,
        encoding_aes_key: encoding_aes_key?,
        secret: secret?,
        api: call?,
        open: open?,
    })
}

/// Unlike WeChat's, there is no address that is everybody's.
fn cas(r: &mut Reader, base: &str) -> Option<Cas> {
    let live = r.mode == Some(Mode::Live);
    let base_url = r.read("cas.base_url", |text| match text.trim_end_matches('/') {
        "" if live => Ok(None),
        "" => Ok(Some(format!("{base}/sandbox/cas"))),
        // Whoever reads a ticket on its way can log in with it.
        text if live && !text.starts_with("https://") => {
            Err("must begin with https:// in live mode")
        }
        text => Ok(Some(text.to_owned())),
    });
    Some(Cas {
        base_url: base_url?,
    })
}

fn keys(r: &mut Reader) -> Option<Keys> {
    let data = r.secret("keys.data", named_key);
    let older = r.secrets("keys.data_older", |text| list(text, named_key));
    let index = r.secret("keys.index", key_bytes);
    let link = r.secret("keys.link", key_bytes);
    let code = r.secret("keys.code", numbered_key);
    let codes = r.secrets("keys.code_older", |text| list(text, numbered_key));
    if let (Some(data), Some(older)) = (&data, &older)
        && repeats(std::iter::once(data).chain(older).map(|key| &key.id))
    {
        r.fault::<()>(
            "keys.data_older",
            "an id stands twice: a key needs one of its own",
        );
    }
    if let (Some(code), Some(codes)) = (&code, &codes)
        && repeats(std::iter::once(code).chain(codes).map(|key| &key.0))
    {
        r.fault::<()>(
            "keys.code_older",
            "a number stands twice: a key needs one of its own",
        );
    }
    let (number, seed) = code?;
    Some(Keys {
        ring: KeyRing::new(data?, older?, index?, link?),
        codes: CodeKeys::new(number, &seed, &codes?),
    })
}

/// Whether one stands twice. What the second sealed or signed would never open.
fn repeats<T: PartialEq>(all: impl Iterator<Item = T>) -> bool {
    let all: Vec<_> = all.collect();
    (1..all.len()).any(|n| all[..n].contains(&all[n]))
}

fn sandbox(r: &mut Reader) -> Option<SandboxGate> {
    let device = r.read("sandbox.gate_device", |text| {
        DeviceId::parse(text).ok_or("must be 1 to 32 letters, digits, _ or -")
    });
    let key = r.read("sandbox.gate_key", |text| {
        DeviceKey::read_back(text.to_owned()).ok_or("must be 64 hexadecimal digits")
    });
    Some(SandboxGate {
        device: device?,
        key: key?,
    })
}

pub fn secret(text: &str) -> Result<SecretString, &'static str> {
    filled(text).map(SecretString::from)
}

fn key_bytes(text: &str) -> Result<[u8; 32], &'static str> {
    let bytes = BASE64
        .decode(text.as_bytes())
        .map_err(|_| "must be base64")?;
    bytes.try_into().map_err(|_| "must be 32 bytes")
}

fn named_key(text: &str) -> Result<NamedKey, &'static str> {
    let (id, key) = text.split_once(':').ok_or("must be ID:BASE64")?;
    let fits = matches!(id.len(), 1..=8) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        return Err("the id must be 1 to 8 letters and digits");
    }
    Ok(NamedKey {
        id: id.to_owned(),
        bytes: key_bytes(key)?,
    })
}

fn numbered_key(text: &str) -> Result<(u8, [u8; 32]), &'static str> {
    let (number, key) = text.split_once(':').ok_or("must be NUMBER:BASE64")?;
    Ok((
        number.parse().map_err(|_| "the number must be 0 to 255")?,
        key_bytes(key)?,
    ))
}

fn list<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, &'static str> {
    text.split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(parse)
        .collect()
}
