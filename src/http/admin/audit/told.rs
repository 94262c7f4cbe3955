//! A line of the audit in words. The audit keeps codes and numbers, which last; what they are called is looked
//! up when somebody reads.

use std::sync::Arc;

use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;

use super::names::Names;
use super::words::{hours, word};
use crate::actions::staff::role_word;
use crate::domain::campus::Role;
use crate::domain::gate::Reason;
use crate::domain::message::Kind;
use crate::domain::mode::Mode;
use crate::domain::screening::{Effect, MarkKind};
use crate::http::admin::words::{message, reason};
use crate::store::StoreError;
use crate::store::audit::Kept;

/// Something that a line says: of a change, what was and what is, which may be the same.
#[derive(Serialize, ToSchema)]
pub struct FactOut {
    /// What it is about.
    #[schema(example = "开放时间")]
    name: String,
    /// None of what is no change.
    before: Option<String>,
    text: String,
}

/// How the name of a member of staff is written: masked, or in full.
pub type Say<'a> = &'a dyn Fn(&str) -> String;

/// A line that can be said in words.
pub struct Told {
    pub kept: Kept,
    names: Arc<Names>,
}

impl Told {
    /// Looks up the names in some lines.
    ///
    /// # Errors
    /// The database's.
    pub async fn all(db: &impl ConnectionTrait, lines: Vec<Kept>) -> Result<Vec<Self>, StoreError> {
        let names = Arc::new(Names::of(db, &lines).await?);
        let told = |kept| Self {
            kept,
            names: Arc::clone(&names),
        };
        Ok(lines.into_iter().map(told).collect())
    }

    /// A member of staff by their name, anybody else by what they are.
    pub fn who(&self, say: Say<'_>) -> String {
        let who = self.kept.who.as_str();
        let kind = who.split(':').next().unwrap_or_default();
        let word = || word("actor", kind).unwrap_or(who).to_owned();
        self.member(who, say).unwrap_or_else(word)
    }

    pub fn act(&self) -> &str {
        word("act", &self.kept.what).unwrap_or(&self.kept.what)
    }

    pub fn subject(&self, say: Say<'_>) -> String {
        let subject = self.kept.subject.as_str();
        let thing = self.thing(subject, say);
        thing.unwrap_or_else(|| word("subject", subject).unwrap_or(subject).to_owned())
    }

    pub fn facts(&self, say: Say<'_>) -> Vec<FactOut> {
        let Some((before, after)) = self.kept.detail.split_once(" → ") else {
            let facts = read(&self.kept.detail).into_iter();
            let fact = |(field, value): (&str, String)| FactOut {
                name: self.field(field),
                before: None,
                text: self.value(field, &value, say),
            };
            return facts.map(fact).collect();
        };
        let (before, after) = (read(before), read(after));
        let mut fields: Vec<_> = before.iter().map(|(field, _)| *field).collect();
        let new = after.iter().map(|(field, _)| *field);
        fields.extend(new.filter(|field| !before.iter().any(|(known, _)| known == field)));
        let value = |facts: &[(&str, String)], field: &str| {
            let fact = facts.iter().find(|(known, _)| *known == field);
            let value = fact.map(|(_, value)| self.value(field, value, say));
            value.unwrap_or_else(|| NONE.to_owned())
        };
        let change = |field: &str| FactOut {
            name: self.field(field),
            before: Some(value(&before, field)),
            text: value(&after, field),
        };
        fields.into_iter().map(change).collect()
    }

    /// All of it in a line; of a change only what is another now.
    pub fn detail(&self, say: Say<'_>) -> String {
        let said = self
            .facts(say)
            .into_iter()
            .filter_map(|fact| match fact.before {
                Some(before) if before == fact.text => None,
                Some(before) => Some(format!("{}：{before} → {}", fact.name, fact.text)),
                None if fact.name == CONTENT => Some(fact.text),
                None => Some(format!("{}：{}", fact.name, fact.text)),
            });
        said.collect::<Vec<_>>().join("；")
    }

    /// What has no field of its own is the name of a thing that has one, and else whatever it is.
    fn field(&self, field: &str) -> String {
        let thing = self.kept.what.split('.').next().unwrap_or_default();
        match field {
            "" if matches!(thing, "area" | "reason" | "department" | "gate") => "名称".to_owned(),
            "" => CONTENT.to_owned(),
            field => word("field", field).unwrap_or(field).to_owned(),
        }
    }

    fn value(&self, field: &str, value: &str, say: Say<'_>) -> String {
        let each = |say: fn(&str) -> Option<&'static str>| {
            let parts = value.split(',').filter(|part| !part.is_empty());
            let parts = parts.map(|part| say(part).unwrap_or(part));
            Some(parts.collect::<Vec<_>>().join("、"))
        };
        let own = |said: Option<&'static str>| said.map(str::to_owned);
        let known = match field {
            "roles" => each(|role| Role::parse(role).map(role_word)),
            "plain" => each(|what| word("plain", what)),
            "mode" => own(Mode::parse(value).map(Mode::word)),
            "kind" => own(MarkKind::parse(value).map(MarkKind::word)),
            "effect" => own(Effect::parse(value).map(Effect::word)),
            "said" => own(Reason::parse(value).map(reason)),
            "message" => own(Kind::parse(value).map(message)),
            "steps" => Some(self.steps(value, say)),
            "hours" => Some(hours(value)),
            // A route names them by their number alone.
            "area" | "reason" | "department" => {
                let thing = self.names.thing(&format!("{field}:{value}"));
                thing.map(str::to_owned)
            }
            "to" | "reader" => self.member(value, say),
            "" | "over" => self.thing(value, say),
            _ => own(word(field, value)),
        };
        let said = known.unwrap_or_else(|| value.to_owned());
        if said.is_empty() {
            NONE.to_owned()
        } else {
            said
        }
    }

    /// `host_department > department:12(all)`.
    fn steps(&self, steps: &str, say: Say<'_>) -> String {
        let step = |step: &str| {
            let (who, all) = match step.strip_suffix("(all)") {
                Some(who) => (who, "（会签）"),
                None => (step, ""),
            };
            let department = { self.names.thing(who) }.map(|name| format!("{name}审批负责人"));
            let asked = word("steps", who).map(str::to_owned);
            let asked = asked.or(department).or_else(|| self.member(who, say));
            asked.unwrap_or_else(|| who.to_owned()) + all
        };
        let steps = steps.split(" > ").filter(|step| !step.is_empty());
        let steps: Vec<_> = steps.map(step).collect();
        if steps.is_empty() {
            "无需审批".to_owned()
        } else {
            steps.join("；")
        }
    }

    /// `area:12` as 到访区域 and its name, or its number when nothing is called so any more.
    fn thing(&self, reference: &str, say: Say<'_>) -> Option<String> {
        let (kind, number) = reference.split_once(':')?;
        let kind = word("subject", kind)?;
        let thing = self.names.thing(reference).map(str::to_owned);
        let name = thing.or_else(|| self.member(reference, say));
        Some(format!("{kind} {}", name.as_deref().unwrap_or(number)))
    }

    fn member(&self, reference: &str, say: Say<'_>) -> Option<String> {
        let name = self.names.member(reference)?;
        Some(say(name.as_str()))
    }
}

const NONE: &str = "无";
const CONTENT: &str = "内容";

/// `name=value` after `name=value`. A value runs until the next name, for it may hold spaces; what has no name
/// comes first.
fn read(text: &str) -> Vec<(&str, String)> {
    let mut facts: Vec<(&str, String)> = Vec::new();
    for part in text.split(' ').filter(|part| !part.is_empty()) {
        let field = part.split_once('=');
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        match field.filter(|(name, _)| !name.is_empty() && is_name(name)) {
            Some((name, value)) => facts.push((name, value.to_owned())),
            None => match facts.last_mut() {
                Some((_, value)) => {
                    value.push(' ');
                    value.push_str(part);
                }
                None => facts.push(("", part.to_owned())),
            },
        }
    }
    facts
}
