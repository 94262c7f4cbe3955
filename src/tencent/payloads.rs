//! Callbacks out of the tests of the SDKs, in `tests/data/payloads`; `index.json` there tells where
//! each came from and what it is.

use std::fs;

use serde::Deserialize;

use super::incoming::Incoming;
use super::xml;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/payloads");

#[derive(Clone, Debug, Deserialize)]
pub struct Payload {
    pub file: String,
    pub msg_type: String,
    pub event: String,
}

impl Payload {
    pub fn incoming(&self) -> Incoming {
        let document = fs::read_to_string(format!("{FOLDER}/{}", self.file)).unwrap();
        let fields = xml::read(&document).unwrap_or_else(|error| panic!("{}: {error}", self.file));
        Incoming { fields }
    }
}

/// Every payload but the one with a DTD, which `xml` refuses.
pub fn all() -> Vec<Payload> {
    let index = fs::read_to_string(format!("{FOLDER}/index.json")).unwrap();
    let mut payloads: Vec<Payload> = serde_json::from_str(&index).unwrap();
    payloads.retain(|payload| payload.file != "derived__doctype_xxe.xml");
    assert_eq!(payloads.len(), 50);
    payloads
}

pub fn named(file: &str) -> Payload {
    all()
        .into_iter()
        .find(|payload| payload.file == file)
        .unwrap()
}

/// A callback with these fields.
pub fn incoming(inner: &str) -> Incoming {
    let document = format!(
        "<xml><ToUserName>to</ToUserName><FromUserName>from</FromUserName>\
         <CreateTime>1348831860</CreateTime>{inner}</xml>"
    );
    let fields = xml::read(&document).unwrap();
    Incoming { fields }
}
