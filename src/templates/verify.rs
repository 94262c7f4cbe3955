//! Our templates against those that stand in the accounts.

use std::collections::BTreeSet;

use super::{Field, Templates};
use crate::config::{Fault, Faults};
use crate::domain::subscription::Sender;

/// What the accounts list: ids with the content in which `{{thing1.DATA}}` is a field.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub templates: Vec<(String, String)>,
    pub mini: Vec<(String, String)>,
    pub account: Vec<(String, String)>,
}

impl Templates {
    /// Whether a template of subscription messages of this app is used at all.
    #[must_use]
    pub fn subscribes(&self, sender: Sender) -> bool {
        let mut texts = self.0.values().flat_map(|template| &template.subscriptions);
        texts.any(|text| text.sender == sender)
    }

    /// Every template that the account does not have, and every field that differs.
    #[must_use]
    pub fn verify(&self, listed: &Listed) -> Faults {
        let mut faults = Faults::default();
        for template in self.0.values() {
            let mut check = |table: &str, id: &str, data: &[Field], known: &[(String, String)]| {
                let Some((_, content)) = known.iter().find(|(known, _)| known == id) else {
                    let reason = format!("the account has no template {id:?}");
                    faults.push(Fault::new(&template.source, format!("{table}.id"), reason));
                    return;
                };
                let theirs = fields(content);
                let ours: BTreeSet<_> = data.iter().map(|field| field.name.as_str()).collect();
                for (names, reason) in [
                    (
                        ours.difference(&theirs),
                        "the account's template has no such field",
                    ),
                    (
                        theirs.difference(&ours),
                        "the account's template has this field, and it is not filled",
                    ),
                ] {
                    for name in names {
                        let key = format!("{table}.data.{name}");
                        faults.push(Fault::new(&template.source, key, reason));
                    }
                }
            };
            if let Some(text) = &template.wechat {
                check("template", &text.id, &text.data, &listed.templates);
            }
            for text in &template.subscriptions {
                let known = match text.sender {
                    Sender::Mini => &listed.mini,
                    Sender::Account => &listed.account,
                };
                let table = format!("subscription {}", text.sender.as_str());
                check(&table, &text.id, &text.data, known);
            }
        }
        faults
    }
}

/// `first` and `remark` stand in old templates, and are shown no more.
fn fields(content: &str) -> BTreeSet<&str> {
    let names = content.split("{{").skip(1);
    let names = names.filter_map(|rest| rest.split_once(".DATA}}"));
    let names = names.map(|(name, _)| name.trim());
    names
        .filter(|name| !matches!(*name, "first" | "remark"))
        .collect()
}
