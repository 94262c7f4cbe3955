//! The door for callbacks: who sent it, when, for whom, and what is in the envelope.

use std::time::Duration;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::element::Element;
use super::envelope::{Envelope, EnvelopeError};
use super::incoming::Incoming;
use super::{signature, xml};
use crate::entropy::Entropy;

/// How the console of the account is set. It is a setting of ours too, and never read from a query:
/// an attacker would choose `plain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageMode {
    /// 明文模式.
    Plain,
    /// 兼容模式: plain fields beside the envelope. To us it is `Aes`, for no signature covers them.
    Compatible,
    /// 安全模式.
    Aes,
}

/// What a platform puts into the query of a callback.
///
/// `encrypt_type` is not trusted, and so not read.
#[derive(Clone, Default)]
pub struct CallbackQuery {
    pub signature: Option<String>,
    pub msg_signature: Option<String>,
    pub timestamp: Option<String>,
    pub nonce: Option<String>,
    pub echostr: Option<String>,
}

impl CallbackQuery {
    /// Reads the query of a URL. One that says a thing twice says nothing for certain, and is `None`.
    #[must_use]
    pub fn parse(query: &str) -> Option<Self> {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "signature" => &mut read.signature,
                "msg_signature" => &mut read.msg_signature,
                "timestamp" => &mut read.timestamp,
                "nonce" => &mut read.nonce,
                "echostr" => &mut read.echostr,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(read)
    }
}

/// What makes one sealed reply different from the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub random: [u8; 16],
    pub nonce: String,
    /// Seconds since 1970.
    pub timestamp: i64,
}

impl Stamp {
    #[must_use]
    pub fn draw(entropy: &Entropy, now: DateTime<Utc>) -> Self {
        Self {
            random: entropy.bytes(),
            nonce: HEXLOWER.encode(&entropy.bytes::<8>()),
            timestamp: now.timestamp(),
        }
    }
}

/// One door: of an Official Account, of a mini-program, or of a WeCom application.
#[derive(Clone, Debug)]
pub struct Mailbox {
    token: SecretString,
    lock: Lock,
    echo: Echo,
    /// The `ToUserName` of all our mail.
    addressee: String,
    freshness: Duration,
}

impl Mailbox {
    /// The door of an Official Account or a mini-program, whose mail is addressed to its original id
    /// (`gh_…`). The receive id of the envelope is the app id. Older than `freshness`, or as far in
    /// the future, is refused.
    ///
    /// # Errors
    /// [`NoKey`] when the mode needs an envelope and there is none.
    pub fn wechat(
        mode: MessageMode,
        token: SecretString,
        envelope: Option<Envelope>,
        original_id: &str,
        freshness: Duration,
    ) -> Result<Self, NoKey> {
        let lock = match mode {
            MessageMode::Plain => Lock::Plain,
            MessageMode::Compatible | MessageMode::Aes => Lock::Sealed(envelope.ok_or(NoKey)?),
        };
        Ok(Self {
            token,
            lock,
            echo: Echo::Plain,
            addressee: original_id.into(),
            freshness,
        })
    }

    /// The door of a WeCom application: always sealed, for the corp id and addressed to it.
    #[must_use]
    pub fn wecom(token: SecretString, envelope: Envelope, freshness: Duration) -> Self {
        Self {
            token,
            addressee: envelope.receive_id.clone(),
            echo: Echo::Sealed(envelope.clone()),
            lock: Lock::Sealed(envelope),
            freshness,
        }
    }

    /// Answers the console's test of the address. The text is the whole body of the answer, as
    /// `text/plain` and without quotes, mark or line end.
    ///
    /// # Errors
    /// [`CallbackRefusal`] when the test does not come from the platform.
    pub fn echo(
        &self,
        query: &CallbackQuery,
        now: DateTime<Utc>,
    ) -> Result<String, CallbackRefusal> {
        let echo = query.echostr.as_deref().ok_or(CallbackRefusal::Unsigned)?;
        match &self.echo {
            Echo::Plain => {
                self.check(query.signature.as_deref(), query, None, now)?;
                Ok(echo.to_owned())
            }
            Echo::Sealed(envelope) => {
                self.check(query.msg_signature.as_deref(), query, Some(echo), now)?;
                String::from_utf8(envelope.open(echo)?).map_err(|_| CallbackRefusal::Unreadable)
            }
        }
    }

    /// Opens a delivery, in XML or in JSON.
    ///
    /// # Errors
    /// [`CallbackRefusal`], which never quotes what came.
    pub fn open(
        &self,
        query: &CallbackQuery,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Incoming, CallbackRefusal> {
        let outer = read(body)?;
        let fields = match &self.lock {
            Lock::Plain => {
                self.check(query.signature.as_deref(), query, None, now)?;
                if outer.text("MsgType").is_none() {
                    return Err(CallbackRefusal::Mode);
                }
                outer
            }
            Lock::Sealed(envelope) => {
                let sealed = outer.text("Encrypt").ok_or(CallbackRefusal::Mode)?;
                self.check(query.msg_signature.as_deref(), query, Some(sealed), now)?;
                read(&envelope.open(sealed)?)?
            }
        };
        if fields.text("ToUserName") == Some(self.addressee.as_str()) {
            Ok(Incoming { fields })
        } else {
            Err(CallbackRefusal::Addressee)
        }
    }

    /// The body of the HTTP answer that carries a reply in XML. (`success` is sent as it is, in every
    /// mode.)
    #[must_use]
    pub fn seal_reply(&self, reply: &str, stamp: &Stamp) -> String {
        let Lock::Sealed(envelope) = &self.lock else {
            return reply.to_owned();
        };
        let sealed = envelope.seal(reply.as_bytes(), stamp.random);
        let timestamp = stamp.timestamp.to_string();
        let signature = self.sign(&timestamp, &stamp.nonce, Some(&sealed));
        xml::write(&Element::node(
            "xml",
            vec![
                Element::leaf("Encrypt", &sealed),
                Element::leaf("MsgSignature", &signature),
                Element::leaf("TimeStamp", &timestamp),
                Element::leaf("Nonce", &stamp.nonce),
            ],
        ))
    }

    fn check(
        &self,
        given: Option<&str>,
        query: &CallbackQuery,
        sealed: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), CallbackRefusal> {
        let (Some(given), Some(timestamp), Some(nonce)) = (given, &query.timestamp, &query.nonce)
        else {
            return Err(CallbackRefusal::Unsigned);
        };
        if !signature::matches(given, &self.sign(timestamp, nonce, sealed)) {
            return Err(CallbackRefusal::Signature);
        }
        let sent: i64 = timestamp.parse().map_err(|_| CallbackRefusal::Stale)?;
        if sent.abs_diff(now.timestamp()) > self.freshness.as_secs() {
            return Err(CallbackRefusal::Stale);
        }
        Ok(())
    }

    fn sign(&self, timestamp: &str, nonce: &str, sealed: Option<&str>) -> String {
        let mut parts = vec![self.token.expose_secret(), timestamp, nonce];
        parts.extend(sealed);
        signature::sign(&parts)
    }
}

/// A sealed mode without an `EncodingAESKey`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this message mode needs an EncodingAESKey")]
pub struct NoKey;

/// Why a callback is refused. All but [`CallbackRefusal::Mode`] and the settings behind
/// [`CallbackRefusal::Addressee`] mean that a stranger is knocking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackRefusal {
    #[error("the query lacks a part of the signature")]
    Unsigned,
    #[error("the signature does not match")]
    Signature,
    #[error("the timestamp is outside the window of freshness")]
    Stale,
    #[error("the body does not fit the message mode of the settings")]
    Mode,
    #[error("the envelope does not open: {0}")]
    Envelope(#[from] EnvelopeError),
    #[error("the body is neither XML nor JSON of a callback")]
    Unreadable,
    #[error("the message is addressed to another account")]
    Addressee,
}

impl CallbackRefusal {
    /// A name for logs and metrics that stays.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Signature => "signature",
            Self::Stale => "stale",
            Self::Mode => "mode",
            Self::Envelope(_) => "envelope",
            Self::Unreadable => "unreadable",
            Self::Addressee => "addressee",
        }
    }
}

#[derive(Clone, Debug)]
enum Lock {
    Plain,
    Sealed(Envelope),
}

/// WeChat sends `echostr` in plain in all its modes; WeCom seals it.
#[derive(Clone, Debug)]
enum Echo {
    Plain,
    Sealed(Envelope),
}

fn read(body: &[u8]) -> Result<Element, CallbackRefusal> {
    let text = std::str::from_utf8(body).map_err(|_| CallbackRefusal::Unreadable)?;
    if text.trim_start().starts_with('{') && text.len() <= xml::MAX_BYTES {
        Element::from_json(text).ok_or(CallbackRefusal::Unreadable)
    } else {
        xml::read(text).map_err(|_| CallbackRefusal::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tencent::vectors::{self, Vector};

    const FRESH: Duration = Duration::from_mins(5);

    fn envelope(vector: &Vector) -> Envelope {
        Envelope {
            key: vector.encoding_aes_key.parse().unwrap(),
            receive_id: vector.receive_id.clone(),
        }
    }

    fn wecom(vector: &Vector) -> Mailbox {
        Mailbox::wecom(vector.token.clone().into(), envelope(vector), FRESH)
    }

    fn wechat(mode: MessageMode, vector: &Vector, original_id: &str) -> Mailbox {
        let key = (mode != MessageMode::Plain).then(|| envelope(vector));
        Mailbox::wechat(mode, vector.token.clone().into(), key, original_id, FRESH).unwrap()
    }

    fn query(vector: &Vector) -> CallbackQuery {
        CallbackQuery {
            signature: Some(vector.signature.clone()),
            msg_signature: vector.msg_signature.clone(),
            timestamp: Some(vector.timestamp.clone()),
            nonce: Some(vector.nonce.clone()),
            ..CallbackQuery::default()
        }
    }

    fn sent_at(vector: &Vector) -> DateTime<Utc> {
        DateTime::from_timestamp(vector.timestamp.parse().unwrap(), 0).unwrap()
    }

    fn sealed_xml(vector: &Vector) -> Vec<u8> {
        format!(
            "<xml><Encrypt><![CDATA[{}]]></Encrypt></xml>",
            vector.ciphertext_b64
        )
        .into()
    }

    #[test]
    fn the_official_test_of_an_address_is_echoed() {
        let vector = vectors::named("official-url-verify");
        let mailbox = wechat(MessageMode::Plain, &vector, "gh_x");
        let query = CallbackQuery {
            echostr: Some("4375120948345356249".into()),
            ..query(&vector)
        };
        let echoed = mailbox.echo(&query, sent_at(&vector));
        assert_eq!(echoed.as_deref(), Ok("4375120948345356249"));
    }

    #[test]
    fn wecoms_test_of_an_address_is_opened() {
        let vector = vectors::named("wecom-official-sample-verifyurl");
        let query = CallbackQuery {
            echostr: Some(vector.ciphertext_b64.clone()),
            ..query(&vector)
        };
        let echoed = wecom(&vector).echo(&query, sent_at(&vector));
        assert_eq!(echoed.as_deref(), Ok("1616140317555161061"));
    }

    #[test]
    fn the_official_sample_of_wecom_is_opened() {
        let vector = vectors::named("wecom-official-sample-msg");
        let opened = wecom(&vector).open(&query(&vector), &sealed_xml(&vector), sent_at(&vector));
        let opened = opened.unwrap();
        assert_eq!(opened.fields.text("Content"), Some("hello"));
        assert_eq!(opened.from(), "mycreate");
    }

    #[test]
    fn easywechats_sample_is_opened_in_both_sealed_modes_by_its_sealed_fields() {
        let vector = vectors::named("easywechat-oa-decrypt");
        let body = format!(
            "<xml><ToUserName>asdasdasd</ToUserName><MsgType>text</MsgType><Content>forged\
             </Content><Encrypt>{}</Encrypt></xml>",
            vector.ciphertext_b64
        );
        for mode in [MessageMode::Compatible, MessageMode::Aes] {
            let mailbox = wechat(mode, &vector, "asdasdasd");
            let opened = mailbox.open(&query(&vector), body.as_bytes(), sent_at(&vector));
            assert_eq!(opened.unwrap().fields.text("Content"), Some("hello"));
        }
    }

    #[test]
    fn the_official_push_in_json_is_opened() {
        let vector = vectors::named("official-secure-json-in");
        let mailbox = wechat(MessageMode::Aes, &vector, "gh_97417a04a28d");
        let body = format!(
            r#"{{"ToUserName":"gh_97417a04a28d","Encrypt":"{}"}}"#,
            vector.ciphertext_b64
        );
        let opened = mailbox
            .open(&query(&vector), body.as_bytes(), sent_at(&vector))
            .unwrap();
        assert_eq!(opened.event(), "debug_demo");
        assert_eq!(opened.created_at(), 1_714_112_445);
    }

    #[test]
    fn the_official_push_in_plain_json_is_opened_where_the_mode_is_plain() {
        let vector = vectors::named("official-plain-json-post");
        let mailbox = wechat(MessageMode::Plain, &vector, "gh_97417a04a28d");
        let body = br#"{"ToUserName":"gh_97417a04a28d","MsgType":"event","Event":"debug_demo"}"#;
        let opened = mailbox
            .open(&query(&vector), body, sent_at(&vector))
            .unwrap();
        assert_eq!(opened.event(), "debug_demo");
    }

    #[test]
    fn a_changed_signature_is_refused_before_anything_is_opened() {
        let vector = vectors::named("wecom-official-sample-msg");
        let forged = CallbackQuery {
            msg_signature: Some("477715d11cdb4164915debcba66cb864d751f3e7".into()),
            ..query(&vector)
        };
        let torn = b"<xml><Encrypt>torn</Encrypt></xml>";
        for body in [&sealed_xml(&vector)[..], torn] {
            let refusal = wecom(&vector)
                .open(&forged, body, sent_at(&vector))
                .unwrap_err();
            assert_eq!(refusal, CallbackRefusal::Signature);
        }
    }

    #[test]
    fn a_query_is_read_whatever_else_it_holds_and_not_when_it_says_a_thing_twice() {
        let read = CallbackQuery::parse("echostr=a%2Bb%20+c&encrypt_type=raw&nonce=1&x").unwrap();
        assert_eq!(read.echostr.as_deref(), Some("a+b  c"));
        assert_eq!(read.nonce.as_deref(), Some("1"));
        assert!(read.signature.is_none() && read.timestamp.is_none());
        assert!(CallbackQuery::parse("nonce=1&nonce=1").is_none());
        assert!(CallbackQuery::parse("").is_some());
    }

    #[test]
    fn a_plain_message_at_a_sealed_door_is_refused_though_its_plain_signature_is_good() {
        let vector = vectors::named("official-secure-json-outer-signature");
        let keys = vectors::named("official-secure-json-in");
        let plain = br#"{"ToUserName":"gh_97417a04a28d","MsgType":"text","Content":"x"}"#;
        for mode in [MessageMode::Compatible, MessageMode::Aes] {
            let mailbox = wechat(mode, &keys, "gh_97417a04a28d");
            let refusal = mailbox
                .open(&query(&vector), plain, sent_at(&vector))
                .unwrap_err();
            assert_eq!(refusal, CallbackRefusal::Mode);
            let body = sealed_xml(&keys);
            let refusal = mailbox
                .open(&query(&vector), &body, sent_at(&vector))
                .unwrap_err();
            assert_eq!(refusal, CallbackRefusal::Unsigned);
        }
    }

    #[test]
    fn a_sealed_message_at_a_plain_door_is_refused() {
        let vector = vectors::named("official-secure-json-outer-signature");
        let sealed = sealed_xml(&vectors::named("official-secure-json-in"));
        let mailbox = wechat(MessageMode::Plain, &vector, "gh_97417a04a28d");
        let refusal = mailbox
            .open(&query(&vector), &sealed, sent_at(&vector))
            .unwrap_err();
        assert_eq!(refusal, CallbackRefusal::Mode);
    }

    #[test]
    fn what_is_older_than_the_window_or_from_the_future_is_refused() {
        let vector = vectors::named("wecom-official-sample-msg");
        let open_at = |seconds: i64| {
            let now = sent_at(&vector) + chrono::Duration::seconds(seconds);
            wecom(&vector)
                .open(&query(&vector), &sealed_xml(&vector), now)
                .map(|_| ())
        };
        for seconds in [-300, 0, 300] {
            assert_eq!(open_at(seconds), Ok(()), "{seconds}");
        }
        for seconds in [-301, 301, 1_000_000_000] {
            assert_eq!(open_at(seconds), Err(CallbackRefusal::Stale), "{seconds}");
        }
    }

    #[test]
    fn what_is_sealed_or_addressed_to_another_app_is_refused() {
        let vector = vectors::named("wecom-official-sample-msg");
        let mut other = envelope(&vector);
        other.receive_id = "wxOTHER".into();
        let other = Mailbox::wecom(vector.token.clone().into(), other, FRESH);
        let refusal = other.open(&query(&vector), &sealed_xml(&vector), sent_at(&vector));
        assert_eq!(
            refusal.unwrap_err(),
            CallbackRefusal::Envelope(EnvelopeError::Receiver)
        );

        let vector = vectors::named("easywechat-oa-decrypt");
        let neighbour = wechat(MessageMode::Aes, &vector, "gh_neighbour");
        let refusal = neighbour.open(&query(&vector), &sealed_xml(&vector), sent_at(&vector));
        assert_eq!(refusal.unwrap_err(), CallbackRefusal::Addressee);
    }

    #[test]
    fn a_query_without_its_parts_is_unsigned_and_a_senseless_time_is_stale() {
        let vector = vectors::named("official-plain-json-post");
        let mailbox = wechat(MessageMode::Plain, &vector, "gh_x");
        let open = |query: &CallbackQuery| {
            mailbox
                .open(query, br#"{"MsgType":"text"}"#, sent_at(&vector))
                .unwrap_err()
        };
        assert_eq!(open(&CallbackQuery::default()), CallbackRefusal::Unsigned);
        let words = ["AAAAA", "yesterday", "1"];
        let yesterday = CallbackQuery {
            signature: Some(signature::sign(&words)),
            timestamp: Some("yesterday".into()),
            nonce: Some("1".into()),
            ..CallbackQuery::default()
        };
        assert_eq!(open(&yesterday), CallbackRefusal::Stale);
    }

    #[test]
    fn a_reply_is_sealed_as_the_official_sample_is() {
        let vector = vectors::named("official-secure-json-reply");
        let mailbox = wechat(MessageMode::Aes, &vector, "gh_x");
        let stamp = Stamp {
            random: *b"707722b803182950",
            nonce: vector.nonce.clone(),
            timestamp: vector.timestamp.parse().unwrap(),
        };
        let answer = xml::read(&mailbox.seal_reply(&vector.plaintext, &stamp)).unwrap();
        assert_eq!(answer.text("Encrypt"), Some(vector.ciphertext_b64.as_str()));
        assert_eq!(answer.text("MsgSignature"), vector.msg_signature.as_deref());
        assert_eq!(answer.text("TimeStamp"), Some("1713424427"));
        assert_eq!(answer.text("Nonce"), Some("415670741"));
    }

    #[test]
    fn a_plain_door_answers_in_plain_and_a_sealed_one_needs_a_key() {
        let vector = vectors::named("official-plain-json-post");
        let stamp = Stamp::draw(&Entropy::seeded(1), sent_at(&vector));
        let mailbox = wechat(MessageMode::Plain, &vector, "gh_x");
        assert_eq!(mailbox.seal_reply("<xml/>", &stamp), "<xml/>");
        let keyless = Mailbox::wechat(MessageMode::Aes, "t".into(), None, "gh_x", FRESH);
        assert_eq!(keyless.unwrap_err(), NoKey);
        assert!(!format!("{mailbox:?}").contains("AAAAA"));
    }
}
