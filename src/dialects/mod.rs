//! How the gate devices on offer ask, and on which bytes they open. A dialect turns a request into what was
//! read, and the answer of the one `decide` into that device's words; it decides nothing itself.
//!
//! The shapes are those of the vendors' protocol notes, as `gate.md` gives them. Devices lie about content
//! types and send what they are given twice, so a request is read by what is in it.

mod cerberus;
mod fields;
mod hikvision;
mod mcardsea;
mod readno;
mod vguang;
mod vzenith;

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde::Deserialize;

use crate::domain::campus::{Device, Direction};
use crate::domain::gate::{Content, Kind};

/// A device that cannot sign: its key stands in its address.
#[derive(Clone, Debug)]
pub struct Spoken {
    pub device: Device,
    pub speech: Speech,
    /// Until when the key that it was found by is good; none of the one that it has now.
    pub until: Option<DateTime<Utc>>,
}

/// How such a device speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speech {
    pub dialect: Dialect,
    /// From where it calls.
    pub network: IpNet,
    /// Its texts are in GBK.
    pub gbk: bool,
}

/// Whose words a device speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Ours, signed: `POST /gate/v1/…`.
    Native,
    /// 微光 and kin.
    Vguang,
    Mcardsea,
    Cerberus,
    /// The boards whose requests have `readno` and `idtype`.
    Readno,
    /// 海康 remote verification.
    Hikvision,
    /// 臻识 plate cameras.
    Vzenith,
}

impl Dialect {
    pub const ALL: [Self; 7] = [
        Self::Native,
        Self::Vguang,
        Self::Mcardsea,
        Self::Cerberus,
        Self::Readno,
        Self::Hikvision,
        Self::Vzenith,
    ];

    /// Its short text in a column, in a path and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Vguang => "vguang",
            Self::Mcardsea => "mcardsea",
            Self::Cerberus => "cerberus",
            Self::Readno => "readno",
            Self::Hikvision => "hikvision",
            Self::Vzenith => "vzenith",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == text)
    }

    /// What a request says; `None` when it says nothing that this dialect knows.
    #[must_use]
    pub fn hear(self, request: &Request<'_>, now: DateTime<Utc>) -> Option<Heard> {
        match self {
            Self::Native => None,
            Self::Vguang => vguang::hear(request),
            Self::Mcardsea => mcardsea::hear(request),
            Self::Cerberus => cerberus::hear(request),
            Self::Readno => readno::hear(request, now),
            Self::Hikvision => hikvision::hear(request),
            Self::Vzenith => vzenith::hear(request),
        }
    }

    /// The answer to what was read. What could not be understood has an answer too, which does not open.
    #[must_use]
    pub fn answer(self, read: &Reading, said: &Said, now: DateTime<Utc>) -> Reply {
        match self {
            Self::Native | Self::Vguang => vguang::answer(said),
            Self::Mcardsea => mcardsea::answer(read, said),
            Self::Cerberus => cerberus::answer(read, said),
            Self::Readno => readno::answer(read, said, now),
            Self::Hikvision => hikvision::answer(read, said),
            Self::Vzenith => vzenith::answer(said),
        }
    }
}

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What stands behind the device's key in the path.
    pub path: &'a str,
    pub query: &'a str,
    pub body: &'a [u8],
}

/// What it says.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Read(Reading),
    /// A sign of life, or an event that asks nothing: the answer needs no decision.
    Beat(Reply),
}

/// Something was held before a reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub content: Content,
    /// Which of the device's readers.
    pub reader: i16,
    /// Where the device says so itself.
    pub direction: Option<Direction>,
    /// The device's own number of the reading, where it has one: the same again is the same reading.
    pub serial: Option<String>,
    /// Of what is told afterwards.
    pub past: Option<Past>,
    /// What the answer repeats.
    pub echo: String,
}

/// Something that happened without us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    pub at: DateTime<Utc>,
    /// Whether the device opened by itself; one that only ever asks has not.
    pub opened: bool,
}

impl Reading {
    /// Of what could not be understood, so that it can be answered.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            content: Content {
                kind: Kind::Other,
                text: String::new(),
            },
            reader: 0,
            direction: None,
            serial: None,
            past: None,
            echo: "0".to_owned(),
        }
    }
}

/// What the gate is told, as the native answer has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub opens: bool,
    /// For the voice and the screen.
    pub say: String,
    /// The lines of the screen.
    pub display: Vec<String>,
}

/// As much of the native answer as a dialect has words for.
#[derive(Deserialize)]
struct Native {
    ok: u8,
    say: String,
    #[serde(default)]
    disp: Vec<String>,
}

impl Said {
    /// From the body of the native answer; `None` when it is none.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        let native: Native = serde_json::from_str(body).ok()?;
        Some(Self {
            opens: native.ok == 1,
            say: native.say,
            display: native.disp,
        })
    }

    /// It stays closed.
    #[must_use]
    pub fn closed(say: &str) -> Self {
        Self {
            opens: false,
            say: say.to_owned(),
            display: Vec::new(),
        }
    }
}

/// An answer in the device's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub content_type: &'static str,
    pub body: String,
}

impl Reply {
    fn text(body: impl Into<String>) -> Self {
        Self {
            content_type: "text/plain",
            body: body.into(),
        }
    }

    fn json(body: impl Into<String>) -> Self {
        Self {
            content_type: "application/json",
            body: body.into(),
        }
    }

    /// The bytes, in GBK where the device's screen and voice want it. What GBK does not have is a question
    /// mark, and never the reference that HTML would make of it.
    #[must_use]
    pub fn bytes(&self, gbk: bool) -> Vec<u8> {
        if !gbk {
            return self.body.clone().into_bytes();
        }
        let mut bytes = Vec::with_capacity(self.body.len());
        let mut one = [0; 4];
        for c in self.body.chars() {
            let (encoded, _, missing) = encoding_rs::GBK.encode(c.encode_utf8(&mut one));
            if missing {
                bytes.push(b'?');
            } else {
                bytes.extend_from_slice(&encoded);
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_known_by_its_word() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::parse(dialect.as_str()), Some(dialect));
        }
        assert_eq!(Dialect::parse("klingon"), None);
    }

    /// GB 18030's table: 欢 BB B6, 迎 D3 AD.
    #[test]
    fn words_go_out_in_gbk_where_a_screen_wants_it() {
        let reply = Reply::text("欢迎😀!");
        assert_eq!(reply.bytes(true), b"\xbb\xb6\xd3\xad?!");
        assert_eq!(reply.bytes(false), "欢迎😀!".as_bytes());
    }
}
