//! The XML of a validation: `cas:serviceResponse`, by its namespace and whatever its prefix.
//!
//! Callbacks have a reader of their own in `tencent::xml`; it knows neither namespaces nor
//! attributes, and a CAS refusal is an attribute.

use std::collections::BTreeMap;

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::CasError;
use crate::tencent::call::{CallError, Code};
use crate::tencent::errcode::Class;

/// Of every element of the protocol (appendix A).
const NAMESPACE: &str = "http://www.yale.edu/tp/cas";
/// A user with some hundred attributes has some ten kilobytes.
const MAX_BYTES: usize = 256 * 1024;

/// Who logged in. It has no `Debug`: the attributes are a person's.
#[derive(Clone, PartialEq, Eq)]
pub struct CasUser {
    pub user: String,
    /// What else CAS tells, by name; a name may come more than once (`affiliation`). An attribute
    /// that holds elements of its own is left out.
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// Reads the answer.
///
/// # Errors
/// [`CasError::Ticket`] and [`CallError::Refused`] for a refusal, [`CallError::Malformed`] for all that is
/// no answer of CAS.
pub(super) fn read(text: &str) -> Result<CasUser, CasError> {
    let leaves = leaves(text).ok_or(CallError::Malformed)?;
    let (mut users, mut attributes) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
    for leaf in leaves {
        let path: Vec<_> = leaf.path.iter().map(String::as_str).collect();
        let text = leaf.text.trim().to_owned();
        match path.as_slice() {
            ["serviceResponse", "authenticationFailure"] => return Err(refusal(&leaf.code)),
            ["serviceResponse", "authenticationSuccess", "user"] => users.push(text),
            [
                "serviceResponse",
                "authenticationSuccess",
                "attributes",
                name,
            ] => {
                attributes.entry((*name).to_owned()).or_default().push(text);
            }
            _ => {}
        }
    }
    match <[String; 1]>::try_from(users) {
        Ok([user]) if !user.is_empty() => Ok(CasUser { user, attributes }),
        _ => Err(CallError::Malformed.into()),
    }
}

/// The codes of section 2.5.3.
fn refusal(code: &str) -> CasError {
    match code {
        "INVALID_TICKET" | "INVALID_SERVICE" => CasError::Ticket,
        "INTERNAL_ERROR" => named(code, Class::Busy),
        // Only what looks like a code may reach a log.
        code if matches!(code.len(), 1..=64)
            && code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') =>
        {
            named(code, Class::Configuration)
        }
        _ => named("an unknown code", Class::Configuration),
    }
}

fn named(code: &str, class: Class) -> CasError {
    CasError::Call(CallError::Refused {
        code: Code::Named(code.to_owned()),
        class,
        rid: None,
        hint: None,
    })
}

/// An element without elements, under the names of those around it and its own.
struct Leaf {
    path: Vec<String>,
    text: String,
    /// The attribute `code`, or nothing.
    code: String,
}

struct Open {
    name: String,
    text: String,
    code: String,
    has_children: bool,
}

/// The leaves in their order; `None` for what is not well-formed, has a DTD, or an entity beyond the
/// five.
fn leaves(document: &str) -> Option<Vec<Leaf>> {
    if document.len() > MAX_BYTES {
        return None;
    }
    let mut reader = NsReader::from_str(document.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let (mut open, mut leaves) = (Vec::<Open>::new(), Vec::new());
    loop {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        match event {
            Event::Start(tag) => {
                // A name of another namespace is no name of the protocol's; an attribute may be
                // called what it likes (appendix A, `xs:any`).
                let ours = namespace == ResolveResult::Bound(Namespace(NAMESPACE));
                let name = tag.local_name().as_ref().to_owned();
                let name = if ours || open.len() == 3 {
                    name
                } else {
                    String::new()
                };
                if let Some(parent) = open.last_mut() {
                    parent.has_children = true;
                }
                open.push(Open {
                    name,
                    text: String::new(),
                    code: code(&tag)?,
                    has_children: false,
                });
            }
            Event::End(_) => {
                let path = open.iter().map(|open| open.name.clone()).collect();
                let closed = open.pop()?;
                if !closed.has_children {
                    leaves.push(Leaf {
                        path,
                        text: closed.text,
                        code: closed.code,
                    });
                }
            }
            Event::Text(text) => write(&mut open, &text)?,
            Event::CData(text) => write(&mut open, &text.into_inner())?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(c) => write(&mut open, c.encode_utf8(&mut [0; 4]))?,
                None => write(&mut open, resolve_xml_entity(&reference)?)?,
            },
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) => {}
            Event::DocType(_) | Event::PI(_) => return None,
            Event::Eof => return open.is_empty().then_some(leaves),
        }
    }
}

fn code(tag: &BytesStart<'_>) -> Option<String> {
    let code = tag.try_get_attribute("code").ok()?;
    code.map_or(Some(String::new()), |code| {
        Some(
            code.normalized_value(XmlVersion::Implicit1_0)
                .ok()?
                .into_owned(),
        )
    })
}

/// Around the root there is only white space.
fn write(open: &mut [Open], text: &str) -> Option<()> {
    match open.last_mut() {
        Some(open) => open.text.push_str(text),
        None => return text.trim().is_empty().then_some(()),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(user: &CasUser) -> Vec<(&str, Vec<&str>)> {
        user.attributes
            .iter()
            .map(|(name, values)| (name.as_str(), values.iter().map(String::as_str).collect()))
            .collect()
    }

    fn response(inner: &str) -> String {
        format!(
            r#"<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">{inner}</cas:serviceResponse>"#
        )
    }

    #[test]
    fn the_specifications_example_with_attributes_is_read() {
        // Section 2.5.7.
        let user = read(
            r#"  <cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
    <cas:authenticationSuccess>
      <cas:user>username</cas:user>
      <cas:attributes>
        <cas:firstname>John</cas:firstname>
        <cas:lastname>Doe</cas:lastname>
        <cas:title>Mr.</cas:title>
        <cas:email>jdoe@example.org</cas:email>
        <cas:affiliation>staff</cas:affiliation>
        <cas:affiliation>faculty</cas:affiliation>
      </cas:attributes>
      <cas:proxyGrantingTicket>PGTIOU-84678-8a9d...</cas:proxyGrantingTicket>
    </cas:authenticationSuccess>
  </cas:serviceResponse>"#,
        );
        let user = user.ok().unwrap();
        assert_eq!(user.user, "username");
        assert_eq!(
            attributes(&user),
            [
                ("affiliation", vec!["staff", "faculty"]),
                ("email", vec!["jdoe@example.org"]),
                ("firstname", vec!["John"]),
                ("lastname", vec!["Doe"]),
                ("title", vec!["Mr."]),
            ]
        );
    }

    #[test]
    fn the_specifications_other_examples_are_read() {
        // Section 2.5.2, success without attributes, and 2.6.2, failure.
        let plain = response(
            "\n <cas:authenticationSuccess>\n  <cas:user>username</cas:user>\n  \
             <cas:proxyGrantingTicket>PGTIOU-84678-8a9d...</cas:proxyGrantingTicket>\n \
             </cas:authenticationSuccess>\n",
        );
        let user = read(&plain).ok().unwrap();
        assert_eq!((user.user.as_str(), user.attributes.len()), ("username", 0));
        let failure = "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>\n      \
            <cas:authenticationFailure code=\"INVALID_TICKET\">\n         \
            ticket PT-1856376-1HMgO86Z2ZKeByc5XdYD not recognized\n      \
            </cas:authenticationFailure>\n  </cas:serviceResponse>";
        assert_eq!(read(failure).err(), Some(CasError::Ticket));
    }

    #[test]
    fn each_code_of_a_refusal_is_told_and_nothing_else_of_it() {
        let failure = |code: &str| {
            read(&response(&format!(
                "<cas:authenticationFailure code=\"{code}\"/>"
            )))
        };
        let refused = |word: &str, class| Some(named(word, class));
        assert_eq!(failure("INVALID_SERVICE").err(), Some(CasError::Ticket));
        for (code, class) in [
            ("INVALID_REQUEST", Class::Configuration),
            ("INTERNAL_ERROR", Class::Busy),
            ("UNAUTHORIZED_SERVICE", Class::Configuration),
        ] {
            assert_eq!(failure(code).err(), refused(code, class));
        }
        for code in ["", "a line\nof a log", "&#10;X"] {
            assert_eq!(
                failure(code).err(),
                refused("an unknown code", Class::Configuration)
            );
        }
        // A success beside it does not make it one.
        let both = response(
            "<cas:authenticationSuccess><cas:user>a</cas:user></cas:authenticationSuccess>\
             <cas:authenticationFailure code=\"INVALID_TICKET\">x</cas:authenticationFailure>",
        );
        assert_eq!(read(&both).err(), Some(CasError::Ticket));
    }

    #[test]
    fn the_namespace_counts_and_the_prefix_does_not() {
        let in_default = r#"<?xml version="1.0"?><serviceResponse xmlns="http://www.yale.edu/tp/cas">
            <authenticationSuccess><user><![CDATA[zh]]>ang<!-- x -->&amp;1</user>
            <attributes><cn xmlns="">张老师</cn><eduPerson><a>1</a></eduPerson></attributes>
            </authenticationSuccess></serviceResponse>"#;
        let user = read(in_default).ok().unwrap();
        assert_eq!(user.user, "zhang&1");
        assert_eq!(attributes(&user), [("cn", vec!["张老师"])]);
        let success = |user: &str| {
            response(&format!(
                "<cas:authenticationSuccess>{user}</cas:authenticationSuccess>"
            ))
        };
        for bad in [
            in_default.replace("yale.edu", "evil.example"),
            success("<cas:user xmlns:cas=\"http://evil.example\">a</cas:user>"),
            success("<cas:user>a</cas:user><cas:user>b</cas:user>"),
            success("<cas:user> </cas:user>"),
            success("<cas:user>&boss;</cas:user>"),
            success("<cas:user>a</cas:user>").replace("</cas:serviceResponse>", ""),
            format!(
                "<!DOCTYPE x [<!ENTITY boss 'a'>]>{}",
                success("<cas:user>a</cas:user>")
            ),
            "yes\nusername\n".to_owned(),
            String::new(),
        ] {
            let error = read(&bad).err();
            assert_eq!(error, Some(CasError::Call(CallError::Malformed)), "{bad}");
        }
    }
}
