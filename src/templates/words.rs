//! Words with places for facts: `{submitter} 申请到访 {area}`.

use std::collections::BTreeMap;

/// What a message knows, by the names of `Kind::facts`.
pub type Facts = BTreeMap<&'static str, String>;

/// Parsed words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Fact(&'static str),
}

impl Words {
    /// Parses words whose places must all be among `known`.
    ///
    /// # Errors
    /// A sentence that names the place.
    pub fn parse(text: &str, known: &[&'static str]) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a { is not closed")?;
            let fact = known.iter().find(|fact| **fact == name);
            let fact = fact.ok_or_else(|| format!("this message has no {{{name}}}"))?;
            parts.extend([Part::Text(before.to_owned()), Part::Fact(fact)]);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Self(parts))
    }

    /// The words with the facts in their places; a fact that is missing is left out.
    #[must_use]
    pub fn render(&self, facts: &Facts) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Fact(name) => facts.get(name).cloned().unwrap_or_default(),
        };
        self.0.iter().map(text).collect()
    }

    /// The words, when they hold no places.
    #[must_use]
    pub fn fixed(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_unknown_ones_are_named() {
        let words = Words::parse("{a}到{b}。", &["a", "b"]).unwrap();
        let facts = Facts::from([("a", "张三".into()), ("b", "校园{a}".into())]);
        assert_eq!(words.render(&facts), "张三到校园{a}。");
        assert_eq!(words.fixed(), None);
        assert_eq!(Words::parse("好", &[]).unwrap().fixed(), Some("好"));
        assert_eq!(
            Words::parse("{c}", &["a"]),
            Err("this message has no {c}".into())
        );
        assert_eq!(Words::parse("{a", &["a"]), Err("a { is not closed".into()));
    }
}
