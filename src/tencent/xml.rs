//! XML as the platforms speak it: small documents without DTD, attributes or mixed content. What
//! people wrote travels in CDATA, and comes out of it as it went in.

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesRef, BytesText, Event};

use super::element::{Element, MAX_DEPTH, printable, strip};

/// A callback is a few kilobytes; an approval with all its steps some tens.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// Reads a document. Attributes, comments and the declaration are passed over; white space between
/// elements is no text.
///
/// # Errors
/// [`XmlError`], which never quotes the document.
pub fn read(document: &str) -> Result<Element, XmlError> {
    if document.len() > MAX_BYTES {
        return Err(XmlError::TooLarge);
    }
    let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}'));
    let mut tree = Tree::default();
    loop {
        match reader.read_event()? {
            Event::Start(tag) => tree.start(tag.name().as_ref())?,
            Event::Empty(tag) => {
                tree.start(tag.name().as_ref())?;
                tree.end()?;
            }
            Event::End(_) => tree.end()?,
            Event::Text(text) => tree.write(&text),
            Event::GeneralRef(reference) => tree.write_char(resolve(&reference)?),
            Event::CData(text) => tree.write_raw(&text.into_inner())?,
            Event::Comment(_) | Event::Decl(_) => {}
            Event::DocType(_) | Event::PI(_) => return Err(XmlError::Forbidden),
            Event::Eof => return tree.finish(),
        }
    }
}

/// Writes a document. Numbers stand bare and all other text in CDATA, as in the official samples.
#[must_use]
pub fn write(element: &Element) -> String {
    let mut document = String::with_capacity(room(element));
    write_into(&mut document, element);
    document
}

/// Why a document is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    #[error("the document is too large")]
    TooLarge,
    #[error("the document is nested too deep")]
    TooDeep,
    /// A DTD, a processing instruction, or an entity beyond the five: the beginnings of every attack
    /// on XML, and in no honest message.
    #[error("the document uses a feature of XML that is closed here")]
    Forbidden,
    #[error("the document is not well-formed")]
    Malformed,
}

impl From<Error> for XmlError {
    fn from(_: Error) -> Self {
        Self::Malformed
    }
}

/// The elements that are open, outermost first, and the root when it has been closed.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    /// Plain text since the last tag or CDATA. White space alone is layout, unless it was written as
    /// a reference.
    plain: String,
    referred: bool,
    root: Option<Element>,
}

impl Tree {
    fn start(&mut self, name: &str) -> Result<(), XmlError> {
        self.settle()?;
        if self.root.is_some() {
            return Err(XmlError::Malformed);
        }
        if self.open.len() == MAX_DEPTH {
            return Err(XmlError::TooDeep);
        }
        self.open.push(Element::node(name, Vec::new()));
        Ok(())
    }

    fn end(&mut self) -> Result<(), XmlError> {
        self.settle()?;
        let mut element = self.open.pop().ok_or(XmlError::Malformed)?;
        strip(&mut element.text);
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn write(&mut self, text: &BytesText<'_>) {
        self.plain.push_str(text);
    }

    fn write_char(&mut self, c: char) {
        self.plain.push(c);
        self.referred = true;
    }

    fn write_raw(&mut self, text: &str) -> Result<(), XmlError> {
        self.settle()?;
        let element = self.open.last_mut().ok_or(XmlError::Malformed)?;
        element.text.push_str(text);
        Ok(())
    }

    /// Gives the plain text to the element it stands in.
    fn settle(&mut self) -> Result<(), XmlError> {
        let referred = std::mem::take(&mut self.referred);
        if referred || !self.plain.trim().is_empty() {
            let element = self.open.last_mut().ok_or(XmlError::Malformed)?;
            element.text.push_str(&self.plain);
        }
        self.plain.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Element, XmlError> {
        self.settle()?;
        self.root
            .filter(|_| self.open.is_empty())
            .ok_or(XmlError::Malformed)
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    if let Some(c) = reference.resolve_char_ref()? {
        return Ok(c);
    }
    match reference.as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(XmlError::Forbidden),
    }
}

/// As many bytes as the element nearly always takes.
fn room(element: &Element) -> usize {
    let tags = 2 * element.name.len() + "<></>".len();
    let text = element.text.len() + "<![CDATA[]]>".len();
    tags + text + element.children.iter().map(room).sum::<usize>()
}

fn write_into(document: &mut String, element: &Element) {
    document.extend(["<", &element.name, ">"]);
    let bare = !element.text.is_empty() && element.text.bytes().all(|b| b.is_ascii_digit());
    if bare {
        document.push_str(&element.text);
    } else if !element.text.is_empty() || element.children.is_empty() {
        document.push_str("<![CDATA[");
        let text = printable(&element.text);
        if text.contains(']') {
            // It would end the section and let the rest of the text be read as elements.
            document.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
        } else {
            document.push_str(&text);
        }
        document.push_str("]]>");
    }
    for child in &element.children {
        write_into(document, child);
    }
    document.extend(["</", &element.name, ">"]);
}

#[cfg(test)]
mod tests {
    use insta::assert_debug_snapshot;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_read_out_of_cdata_references_and_plain_runs() {
        let root = read(
            "\u{feff}<?xml version=\"1.0\"?>\n<xml a='1'>\n <A> x &lt;&#32;&gt; </A>\n\
             <B>\n<![CDATA[ <b>&amp;]]]]><![CDATA[>]]>\n</B><C/><D>  </D></xml >\n<!-- end -->",
        )
        .unwrap();
        let texts: Vec<_> = root
            .children
            .iter()
            .map(|c| (c.name.as_str(), c.text.as_str()))
            .collect();
        assert_eq!(
            texts,
            [
                ("A", " x < > "),
                ("B", " <b>&amp;]]>"),
                ("C", ""),
                ("D", "")
            ]
        );
    }

    #[test]
    fn control_characters_are_read_and_left_out() {
        let root = read("<xml><Content><![CDATA[a\u{2}b\u{1d}c\td]]></Content><B>&#2;x</B></xml>");
        let root = root.unwrap();
        assert_eq!(root.text("Content"), Some("abc\td"));
        assert_eq!(root.text("B"), Some("x"));
    }

    #[test]
    fn doctypes_entities_and_instructions_are_refused() {
        for document in [
            include_str!("../../tests/data/payloads/derived__doctype_xxe.xml"),
            "<!DOCTYPE xml [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><xml>&b;</xml>",
            "<xml>&nbsp;</xml>",
            "<?php x?><xml/>",
        ] {
            assert_eq!(read(document), Err(XmlError::Forbidden), "{document}");
        }
    }

    #[test]
    fn what_is_not_one_whole_document_is_refused() {
        for document in [
            "",
            " ",
            "x",
            "<xml>",
            "</xml>",
            "<xml></XML>",
            "<xml/><xml/>",
            "<xml/>x",
            "x<xml/>",
            "<xml>&</xml>",
            "<xml>&#0;</xml>",
            "<xml><![CDATA[</xml>",
            "<![CDATA[x]]>",
            "&amp;",
        ] {
            assert_eq!(read(document), Err(XmlError::Malformed), "{document}");
        }
    }

    #[test]
    fn depth_and_size_are_limited() {
        let nested = |depth| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(read(&nested(MAX_DEPTH + 1)), Err(XmlError::TooDeep));
        assert_eq!(read(&"<a>".repeat(100_000)), Err(XmlError::TooLarge));
    }

    #[test]
    fn a_reply_cannot_be_broken_out_of() {
        let reply = Element::node(
            "xml",
            vec![
                Element::leaf("CreateTime", &1_348_831_860),
                Element::leaf("Content", "x]]></Content><MsgType>\u{2}image"),
                Element::leaf("Empty", ""),
            ],
        );
        let document = write(&reply);
        assert_debug_snapshot!(document, @r#""<xml><CreateTime>1348831860</CreateTime><Content><![CDATA[x]]]]><![CDATA[></Content><MsgType>image]]></Content><Empty><![CDATA[]]></Empty></xml>""#);
        assert_eq!(read(&document), Ok(reply));
    }

    fn elements() -> impl Strategy<Value = Element> {
        let leaf =
            ("[A-Za-z]{1,8}", any::<String>()).prop_map(|(name, text)| Element::leaf(&name, &text));
        leaf.prop_recursive(4, 32, 5, |inner| {
            ("[A-Za-z]{1,8}", prop::collection::vec(inner, 1..5))
                .prop_map(|(name, children)| Element::node(&name, children))
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(element in elements()) {
            prop_assert_eq!(read(&write(&element)), Ok(element));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            drop(read(&text));
        }

        #[test]
        fn nothing_like_xml_makes_it_panic(text in "(<|>|/|a|&|#|;|x|!|\\[|\\]|CDATA|DOCTYPE| |\"|=|\\?|-){0,60}") {
            drop(read(&text));
            drop(read(&format!("<xml>{text}</xml>")));
        }
    }
}
