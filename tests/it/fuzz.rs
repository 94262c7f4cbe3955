//! Bytes that nobody would send, grown from ones that somebody did: the payloads of the SDKs' own tests and a
//! corpus of known attacks, cut, doubled and spoiled. Whatever comes, a door refuses or reads it, and
//! what it reads can be written and read again.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use campus_pass::domain::{IdNumber, PersonName, Phone, Plate};
use campus_pass::tencent::callback::{CallbackQuery, Mailbox, MessageMode};
use campus_pass::tencent::incoming::Incoming;
use campus_pass::tencent::signature::sign;
use campus_pass::tencent::xml;
use campus_pass::{wechat, wecom};
use chrono::DateTime;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const TOKEN: &str = "token";

static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let files = ["corpus", "payloads"].map(|folder| fs::read_dir(data.join(folder)).unwrap());
    let files = files.into_iter().flatten();
    let mut corpus: Vec<_> = files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    corpus.sort();
    corpus
});

/// One thing that happens to bytes on their way.
#[derive(Clone, Debug)]
enum Harm {
    Cut(Index),
    Remove(Index, u8),
    Double(Index, u8),
    Insert(Index, Vec<u8>),
    Flip(Index, u8),
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = any::<Index>;
    let words = select(vec![
        "<",
        ">",
        "]]>",
        "<![CDATA[",
        "&#x",
        "<!DOCTYPE a [",
        "</xml>",
        "<xml>",
        "\0",
        "{",
        "\"",
        "\u{feff}",
        "event",
        "qrscene_",
        "99999999999999999999",
    ]);
    prop_oneof![
        at().prop_map(Harm::Cut),
        (at(), any::<u8>()).prop_map(|(at, n)| Harm::Remove(at, n)),
        (at(), any::<u8>()).prop_map(|(at, n)| Harm::Double(at, n)),
        (at(), words).prop_map(|(at, word)| Harm::Insert(at, word.as_bytes().to_vec())),
        (at(), any::<u8>()).prop_map(|(at, bits)| Harm::Flip(at, bits)),
    ]
}

impl Harm {
    fn done_to(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
        match self {
            Self::Cut(at) => bytes.truncate(place(at, bytes)),
            Self::Remove(at, n) => {
                let from = place(at, bytes);
                let until = (from + usize::from(*n)).min(bytes.len());
                bytes.drain(from..until);
            }
            Self::Double(at, n) => {
                let from = place(at, bytes);
                let until = (from + usize::from(*n)).min(bytes.len());
                let again = bytes[from..until].to_vec();
                bytes.splice(until..until, again);
            }
            Self::Insert(at, word) => {
                let from = place(at, bytes);
                bytes.splice(from..from, word.iter().copied());
            }
            Self::Flip(at, bits) => {
                let from = place(at, bytes);
                if let Some(byte) = bytes.get_mut(from) {
                    *byte ^= bits;
                }
            }
        }
    }
}

/// The door of an account in plain mode: nothing stands between these bytes and the parsers.
fn open(body: &[u8]) -> Option<Incoming> {
    let minutes = Duration::from_mins(5);
    let door = Mailbox::wechat(MessageMode::Plain, TOKEN.into(), None, "gh", minutes).unwrap();
    let query = CallbackQuery {
        signature: Some(sign(&[TOKEN, "0", "n"])),
        timestamp: Some("0".to_owned()),
        nonce: Some("n".to_owned()),
        ..CallbackQuery::default()
    };
    door.open(&query, body, DateTime::UNIX_EPOCH).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_harm_done_to_a_callback_makes_a_door_fall(
        seed in any::<Index>(),
        harms in prop::collection::vec(harm(), 0..6),
    ) {
        let mut bytes = seed.get(&CORPUS).clone();
        for harm in &harms {
            harm.done_to(&mut bytes);
        }
        drop(open(&bytes));
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(fields) = xml::read(&text) {
            let again = xml::read(&xml::write(&fields));
            prop_assert_eq!(again.as_ref(), Ok(&fields));
            let incoming = Incoming { fields };
            drop(wechat::event::Event::from(&incoming));
            drop(wecom::event::Event::from(&incoming));
            let _ = incoming.duplicate_key();
        }
    }

    #[test]
    fn no_text_makes_a_field_fall(text in any::<String>()) {
        drop(Phone::parse(&text));
        drop(Plate::parse(&text));
        drop(IdNumber::parse(&text));
        drop(PersonName::parse(&text));
    }
}

#[test]
fn the_corpus_is_read_or_refused_as_it_should_be() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus");
    let mut table = Vec::new();
    for file in fs::read_dir(data).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let opened = match open(&fs::read(&path).unwrap()) {
            Some(incoming) => format!("{incoming:?}"),
            None => "refused".to_owned(),
        };
        table.push(format!("{name}: {opened}"));
    }
    table.sort();
    insta::assert_snapshot!(table.join("\n"), @"
    bom.xml: refused
    cdata_open.xml: refused
    cdata_split.xml: refused
    controls.xml: refused
    crossed.xml: refused
    deep.json: refused
    depth.xml: refused
    doctype.xml: refused
    laughs.xml: refused
    list.json: Incoming(event subscribe_msg_popup_event)
    names.xml: refused
    numbers.xml: Incoming(event location)
    object.json: Incoming(event subscribe_msg_sent_event)
    references.xml: refused
    strange.json: Incoming( )
    two_roots.xml: refused
    wide.xml: refused
    ");
}
