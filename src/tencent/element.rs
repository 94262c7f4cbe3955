//! What a message looks like inside, whether it came as XML or as JSON: a tree of named texts.

use std::borrow::Cow;
use std::str::FromStr;

use serde_json::Value;

/// Deeper than any documented message (an approval's reaches seven), and shallow enough that no
/// recursion over it runs out of stack.
pub(super) const MAX_DEPTH: usize = 16;

/// One element: its name, its own text, its children in order. Fields that nobody asks for are kept.
///
/// The text is free of the control characters that XML 1.0 forbids: people do send U+0002, and it
/// must reach neither a table nor a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// An element with a text: `<Content>…</Content>`.
    #[must_use]
    pub fn leaf(name: &str, text: &(impl ToString + ?Sized)) -> Self {
        let mut text = text.to_string();
        strip(&mut text);
        Self {
            name: name.into(),
            text,
            children: Vec::new(),
        }
    }

    /// An element around others: `<Image><MediaId>…</MediaId></Image>`.
    #[must_use]
    pub fn node(name: &str, children: Vec<Element>) -> Self {
        Self {
            name: name.into(),
            text: String::new(),
            children,
        }
    }

    /// The first element at a path of names below this one: `ScanCodeInfo/ScanResult`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Element> {
        path.split('/')
            .try_fold(self, |element, name| element.named(name).next())
    }

    /// The text of the first element at the path; `None` when there is no such element.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.as_str())
    }

    /// The text at the path, or nothing: for the fields that a message of its kind always carries.
    #[must_use]
    pub fn text_or_empty(&self, path: &str) -> String {
        self.text(path).unwrap_or_default().to_owned()
    }

    /// The number at the path; `None` also when there is something else.
    #[must_use]
    pub fn number<T: FromStr>(&self, path: &str) -> Option<T> {
        self.text(path)?.trim().parse().ok()
    }

    /// Every element at the path: the last name may be repeated, as `SubscribeMsgPopupEvent/List` is.
    pub fn all(&self, path: &str) -> impl Iterator<Item = &Element> {
        let (parent, name) = match path.rsplit_once('/') {
            Some((parent, name)) => (self.at(parent), name),
            None => (Some(self), path),
        };
        parent
            .into_iter()
            .flat_map(move |parent| parent.named(name))
    }

    /// The children called so.
    fn named(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Reads an object of JSON: a mini-program's push may be configured so. A list becomes a repeated
    /// element, so nobody need ask whether a `List` of one came as a list.
    pub(crate) fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let root = Self::from_value("xml", &value, MAX_DEPTH)?;
        value.is_object().then_some(root)
    }

    fn from_value(name: &str, value: &Value, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        Some(match value {
            Value::Null => Self::leaf(name, ""),
            Value::Bool(flag) => Self::leaf(name, flag),
            Value::Number(number) => Self::leaf(name, number),
            Value::String(text) => Self::leaf(name, text),
            Value::Array(items) => Self::node(name, Self::repeat("item", items, depth)?),
            Value::Object(fields) => {
                let mut children = Vec::new();
                for (name, value) in fields {
                    match value {
                        Value::Array(items) => children.extend(Self::repeat(name, items, depth)?),
                        one => children.push(Self::from_value(name, one, depth)?),
                    }
                }
                Self::node(name, children)
            }
        })
    }

    fn repeat(name: &str, items: &[Value], depth: usize) -> Option<Vec<Self>> {
        items
            .iter()
            .map(|item| Self::from_value(name, item, depth))
            .collect()
    }
}

/// The text without what XML 1.0 forbids (section 2.2, `Char`).
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    // Hardly any text has some. All bytes are looked at, without an early end, because that is what
    // compilers make wide instructions of; U+FFFE and U+FFFF begin with EF.
    let suspect =
        |byte: u8| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xef;
    if !text.bytes().fold(false, |seen, byte| seen | suspect(byte)) {
        return Cow::Borrowed(text);
    }
    let legal = |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    Cow::Owned(text.chars().filter(legal).collect())
}

/// Takes it out of a text in place.
pub(super) fn strip(text: &mut String) {
    if let Cow::Owned(clean) = printable(text) {
        *text = clean;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_json_may_be_an_object_or_an_array() {
        let one = Element::from_json(r#"{"E":{"List":{"TemplateId":"a"}}}"#).unwrap();
        let two = Element::from_json(r#"{"E":{"List":[{"TemplateId":"a"},{"TemplateId":"b"}]}}"#);
        let ids = |root: &Element| -> Vec<String> {
            root.all("E/List")
                .map(|item| item.text_or_empty("TemplateId"))
                .collect()
        };
        assert_eq!(ids(&one), ["a"]);
        assert_eq!(ids(&two.unwrap()), ["a", "b"]);
    }

    #[test]
    fn json_that_is_no_object_or_too_deep_is_none() {
        for text in ["", "1", "[]", "[{}]", "null", "{", r#"{"a":1}x"#] {
            assert_eq!(Element::from_json(text), None, "{text}");
        }
        let nested = |depth| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        assert!(Element::from_json(&nested(MAX_DEPTH - 1)).is_some());
        assert!(Element::from_json(&nested(MAX_DEPTH)).is_none());
    }

    #[test]
    fn numbers_are_read_where_they_are_and_nowhere_else() {
        let root = Element::from_json(r#"{"MsgId":1864323726461255680,"Lat":"23.1","No":"x"}"#);
        let root = root.unwrap();
        assert_eq!(root.number("MsgId"), Some(1_864_323_726_461_255_680_i64));
        assert_eq!(root.number("Lat"), Some(23.1));
        assert_eq!(root.number::<i64>("No"), None);
        assert_eq!(root.number::<i64>("Missing"), None);
    }
}
