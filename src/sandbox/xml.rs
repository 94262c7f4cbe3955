//! The XML of callbacks: written as WeChat writes it, and read strictly, because a reply that WeChat could
//! not read must not pass here either.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// What stands between two tags.
#[derive(Clone)]
pub(super) enum Content {
    /// In CDATA.
    Text(String),
    /// Bare.
    Number(i64),
    /// The element repeated, each time around others.
    List(Vec<Vec<(&'static str, Content)>>),
}

/// `<xml>` with one child for each field.
pub(super) fn document(fields: &[(&str, Content)]) -> String {
    element("xml", &elements(fields))
}

fn elements(fields: &[(&str, Content)]) -> String {
    let one = |(name, content): &(&str, Content)| match content {
        // `]]>` would end the section early.
        Content::Text(text) => {
            let text = text.replace("]]>", "]]]]><![CDATA[>");
            element(name, &format!("<![CDATA[{text}]]>"))
        }
        Content::Number(number) => element(name, &number.to_string()),
        Content::List(items) => items
            .iter()
            .map(|item| element(name, &elements(item)))
            .collect(),
    };
    fields.iter().map(one).collect()
}

fn element(name: &str, inner: &str) -> String {
    ["<", name, ">", inner, "</", name, ">"].concat()
}

/// The same as JSON, as a mini-program's push may be configured. A list of one goes out as an object:
/// WeChat does so, and has not mended it.
/// Source: <https://developers.weixin.qq.com/community/develop/doc/00042034428fa074706c908245b800>.
pub(super) fn json(fields: &[(&str, Content)]) -> Value {
    let value = |content: &Content| match content {
        Content::Text(text) => Value::from(text.as_str()),
        Content::Number(number) => Value::from(*number),
        Content::List(items) => match items.as_slice() {
            [one] => json(one),
            several => several.iter().map(|item| json(item)).collect(),
        },
    };
    let field = |(name, content): &(&str, Content)| ((*name).to_owned(), value(content));
    Value::Object(fields.iter().map(field).collect())
}

/// Reads a document whose root is `<xml>`: leaves are strings, a repeated element is an array.
/// `None` for anything that is not well-formed, has a DTD or an entity beyond the five.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => open.push(Element::named(start.name().as_ref())),
            Event::Empty(empty) => {
                let element = Element::named(empty.name().as_ref());
                open.last_mut()?.add(element);
            }
            Event::End(_) => {
                let element = open.pop()?;
                open.last_mut()?.add(element);
            }
            Event::Text(text) => open.last_mut()?.text += &text.xml10_content(),
            Event::CData(data) => open.last_mut()?.text += &data.into_inner(),
            Event::GeneralRef(reference) => {
                let open = open.last_mut()?;
                match reference.resolve_char_ref().ok()? {
                    Some(character) => open.text.push(character),
                    None => open.text += resolve_xml_entity(&reference)?,
                }
            }
            Event::DocType(_) => return None,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let [document] = <[Element; 1]>::try_from(open).ok()?;
    let alone = document.children.len() == 1 && document.text.trim().is_empty();
    let root = document.children.get("xml").filter(|root| !root.is_array());
    alone.then(|| root.cloned())?
}

/// The text at `path` (`Button/ReplaceName`), empty when there is none.
pub(super) fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    path.split('/')
        .try_fold(value, |value, name| value.get(name))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The elements called `name`, however many there are.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    let (several, one) = match value.get(name) {
        Some(Value::Array(several)) => (several.as_slice(), None),
        one => (&[][..], one),
    };
    several.iter().chain(one)
}

#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    children: Map<String, Value>,
}

impl Element {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    fn add(&mut self, child: Self) {
        let value = if child.children.is_empty() {
            Value::String(child.text)
        } else {
            Value::Object(child.children)
        };
        match self.children.get_mut(&child.name) {
            None => {
                self.children.insert(child.name, value);
            }
            Some(Value::Array(several)) => several.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_documented_update_button_reply_is_read() {
        // developer.work.weixin.qq.com/document/path/90241, 更新点击用户的按钮文案.
        let reply = "<xml>\n<ToUserName><![CDATA[toUser]]></ToUserName>\
            <MsgType><![CDATA[update_button]]></MsgType>\
            <Button>\n<ReplaceName><![CDATA[ReplaceName]]></ReplaceName>\n</Button>\n</xml>";
        let read = read(reply).unwrap();
        assert_eq!(text(&read, "MsgType"), "update_button");
        assert_eq!(text(&read, "Button/ReplaceName"), "ReplaceName");
        assert_eq!(text(&read, "Button/Nothing"), "");
    }

    #[test]
    fn repeated_elements_are_a_list() {
        let read =
            read("<xml><B><T>1</T></B><B><T>2</T></B><B>3</B><C/><D>a&amp;&#20013;</D></xml>");
        assert_eq!(
            read,
            Some(json!({"B": [{"T": "1"}, {"T": "2"}, "3"], "C": "", "D": "a&中"}))
        );
    }

    #[test]
    fn text_that_closes_cdata_comes_back_whole() {
        let xml = document(&[
            ("Content", Content::Text("a]]>b".into())),
            ("CreateTime", Content::Number(1)),
        ]);
        assert_eq!(
            read(&xml),
            Some(json!({"Content": "a]]>b", "CreateTime": "1"}))
        );
    }

    #[test]
    fn what_wechat_could_not_read_is_not_read() {
        for bad in [
            "",
            "success",
            "<xml><a></xml>",
            "<xml><a></b></xml>",
            "<xml></xml><xml></xml>",
            "<other></other>",
            "<!DOCTYPE x [<!ENTITY e \"x\">]><xml><a>1</a></xml>",
            "<xml><a>&e;</a></xml>",
            "<xml>",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
