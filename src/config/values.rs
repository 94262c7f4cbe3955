//! Values of single keys, parsed. No reason repeats what was given: it may be a secret.

use data_encoding::BASE64;
use secrecy::SecretString;

use super::read::filled;
use crate::secret::NamedKey;

pub fn public_url(text: &str, sandbox: bool) -> Result<String, &'static str> {
    let (scheme, rest) = text
        .split_once("://")
        .ok_or("must begin with https:// or http://")?;
    let host = rest.trim_end_matches('/');
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

pub fn secret(text: &str) -> Result<SecretString, &'static str> {
    filled(text).map(SecretString::from)
}

pub fn key_bytes(text: &str) -> Result<[u8; 32], &'static str> {
    let bytes = BASE64
        .decode(text.as_bytes())
        .map_err(|_| "must be base64")?;
    bytes.try_into().map_err(|_| "must be 32 bytes")
}

pub fn named_key(text: &str) -> Result<NamedKey, &'static str> {
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

pub fn numbered_key(text: &str) -> Result<(u8, [u8; 32]), &'static str> {
    let (number, key) = text.split_once(':').ok_or("must be NUMBER:BASE64")?;
    Ok((
        number.parse().map_err(|_| "the number must be 0 to 255")?,
        key_bytes(key)?,
    ))
}

pub fn list<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, &'static str> {
    text.split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(parse)
        .collect()
}
