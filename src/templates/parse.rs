//! From a TOML file to a template, with every fault of the file.

use std::path::Path;

use serde::Deserialize;

use super::{
    Audience, CardText, Channel, Facts, FieldKind, OnUnknown, Send, SmsText, Template,
    WechatTemplate, Words, built_in,
};
use crate::config::{Fault, Faults, TemplateIds};
use crate::domain::message::Kind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    send: Vec<RawSend>,
    template: Option<RawTemplate>,
    sms: Option<RawSms>,
    wecom_card: Option<RawCard>,
    wecom_text: Option<RawText>,
    card_update: Option<RawText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSend {
    to: String,
    channels: Vec<String>,
    on_unknown: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    id: String,
    url: Option<String>,
    data: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSms {
    template: String,
    params: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCard {
    title: String,
    description: String,
    rows: Vec<(String, String)>,
    url: String,
    approve: String,
    reject: String,
    r#return: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawText {
    text: String,
}

/// Reads and checks one file.
pub fn template(kind: Kind, folder: Option<&Path>, ids: &TemplateIds) -> Result<Template, Faults> {
    let stem = kind.as_str();
    let path = folder.map(|folder| folder.join(format!("{stem}.toml")));
    let source = match &path {
        Some(path) => path.display().to_string(),
        None => format!("message_templates/{stem}.toml"),
    };
    let text = match &path {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| Faults::from(Fault::new(&source, "-", e.to_string())))?,
        None => built_in(kind).to_owned(),
    };
    let raw: Raw = toml::from_str(&text)
        .map_err(|e| Faults::from(Fault::new(&source, "-", e.to_string().trim_end())))?;
    let mut file = File {
        source,
        kind,
        faults: Faults::default(),
    };
    let template = file.template(raw, ids);
    if file.faults.0.is_empty() {
        Ok(template)
    } else {
        Err(file.faults)
    }
}

struct File {
    source: String,
    kind: Kind,
    faults: Faults,
}

impl File {
    fn fault(&mut self, key: &str, reason: impl Into<String>) {
        self.faults.push(Fault::new(&self.source, key, reason));
    }

    fn template(&mut self, raw: Raw, ids: &TemplateIds) -> Template {
        let template = Template {
            sends: raw.send.into_iter().map(|send| self.send(send)).collect(),
            wechat: raw.template.map(|template| self.wechat(template, ids)),
            sms: raw.sms.map(|sms| self.sms(sms, ids)),
            card: raw.wecom_card.map(|card| self.card(card)),
            text: raw
                .wecom_text
                .map(|raw| self.words("wecom_text.text", &raw.text)),
            card_update: raw
                .card_update
                .map(|raw| self.words("card_update.text", &raw.text)),
        };
        for channel in template.sends.iter().flat_map(|send| &send.channels) {
            let worded = match channel {
                Channel::Template => template.wechat.is_some(),
                Channel::Sms => template.sms.is_some(),
                Channel::WecomCard => template.card.is_some(),
                Channel::WecomText => template.text.is_some(),
                Channel::CardUpdate => template.card_update.is_some(),
                Channel::UserInfo => true,
            };
            if !worded {
                self.fault(
                    channel.as_str(),
                    "the channel is used, but its words are missing",
                );
            }
        }
        template
    }

    fn send(&mut self, raw: RawSend) -> Send {
        let to = audience(&raw.to);
        if !to.is_some_and(|to| knows(self.kind, to)) {
            self.fault(
                "send.to",
                format!("this message has no audience {:?}", raw.to),
            );
        }
        let channels: Vec<_> = raw
            .channels
            .iter()
            .filter_map(|name| channel(name))
            .collect();
        if channels.len() != raw.channels.len() || channels.is_empty() {
            let known = "template, sms, wecom_card, wecom_text, card_update, user_info";
            self.fault("send.channels", format!("must be one or more of {known}"));
        }
        let on_unknown = match raw.on_unknown.as_deref() {
            None | Some("resend") => OnUnknown::Resend,
            Some("hold") => OnUnknown::Hold,
            Some(_) => {
                self.fault("send.on_unknown", "must be \"resend\" or \"hold\"");
                OnUnknown::Resend
            }
        };
        Send {
            to: to.unwrap_or(Audience::Person),
            channels,
            on_unknown,
        }
    }

    fn wechat(&mut self, raw: RawTemplate, ids: &TemplateIds) -> WechatTemplate {
        let id = self.known(
            "template.id",
            &raw.id,
            &ids.wechat,
            "official_account.templates",
        );
        let mut data = Vec::new();
        for (field, value) in &raw.data {
            let key = format!("template.data.{field}");
            let (Some(kind), Some(text)) = (FieldKind::of(field), value.as_str()) else {
                self.fault(&key, "is no field of a WeChat template with text in it");
                continue;
            };
            let words = self.words(&key, text);
            let specimen = |fact: &&'static str| (*fact, specimen(fact).to_owned());
            let facts: Facts = self.kind.facts().iter().map(specimen).collect();
            if let Err(unfit) = kind.fit(&words.render(&facts)) {
                self.fault(&key, unfit.to_string());
            }
            data.push((field.clone(), kind, words));
        }
        WechatTemplate {
            id,
            url: raw.url.map(|url| self.words("template.url", &url)),
            data,
        }
    }

    fn sms(&mut self, raw: RawSms, ids: &TemplateIds) -> SmsText {
        let code = self.known("sms.template", &raw.template, &ids.sms, "sms.templates");
        let mut params = Vec::new();
        for text in &raw.params {
            if text.contains("://") || text.contains("_link}") {
                self.fault(
                    "sms.params",
                    "providers refuse a link in a variable; use the token",
                );
            }
            params.push(self.words("sms.params", text));
        }
        SmsText { code, params }
    }

    fn card(&mut self, raw: RawCard) -> CardText {
        if raw.rows.len() > 6 {
            self.fault("wecom_card.rows", "WeCom shows at most 6 rows");
        }
        for (label, _) in raw
            .rows
            .iter()
            .filter(|(label, _)| label.chars().count() > 5)
        {
            self.fault(
                "wecom_card.rows",
                format!("the label {label} has more than 5 characters"),
            );
        }
        let rows = raw.rows.into_iter();
        CardText {
            title: self.words("wecom_card.title", &raw.title),
            description: self.words("wecom_card.description", &raw.description),
            rows: rows
                .map(|(label, text)| (label, self.words("wecom_card.rows", &text)))
                .collect(),
            url: self.words("wecom_card.url", &raw.url),
            approve: raw.approve,
            reject: raw.reject,
            return_: raw.r#return,
        }
    }

    fn words(&mut self, key: &str, text: &str) -> Words {
        Words::parse(text, self.kind.facts()).unwrap_or_else(|reason| {
            self.fault(key, reason);
            Words::parse("", &[]).unwrap_or_else(|_| unreachable!("no place in no words"))
        })
    }

    /// The operator's own id behind a name.
    fn known(&mut self, key: &str, name: &str, ids: &[(String, String)], table: &str) -> String {
        match ids.iter().find(|(known, _)| known == name) {
            Some((_, id)) => id.clone(),
            None => {
                self.fault(key, format!("[{table}] of the settings has no {name:?}"));
                String::new()
            }
        }
    }
}

/// A value as a fact may have it. What people write is long and mixed: it fits only a field that takes
/// whatever they write.
fn specimen(fact: &str) -> &'static str {
    match fact {
        "number" => "7000000000000000001",
        "starts_at" | "ends_at" | "lapses_at" => "2026年03月02日 14:00",
        "starts_short" | "arrived_at" | "lapses_short" => "03月02日14:00",
        "days" | "joined" | "capacity" => "3",
        "result" => "已通过",
        "pass_token" | "invitation_token" => "AAAAAAAAAAAAAAAAAAAAAA",
        link if link.ends_with("_link") => "https://pass.example.edu/p/AAAAAAAAAAAAAAAAAAAAAA",
        _ => "计算机学院 A301 室",
    }
}

fn audience(name: &str) -> Option<Audience> {
    Some(match name {
        "approvers" => Audience::Approvers,
        "initiator" => Audience::Initiator,
        "host" => Audience::Host,
        "visitor" => Audience::Visitor,
        "invitee" => Audience::Invitee,
        "card_holder" => Audience::CardHolder,
        "person" => Audience::Person,
        _ => return None,
    })
}

/// Whom a kind of message can be told to.
fn knows(kind: Kind, to: Audience) -> bool {
    let audiences: &[Audience] = match kind {
        Kind::ApprovalWaiting => &[Audience::Approvers],
        Kind::VisitApproved | Kind::VisitRejected | Kind::VisitReturned | Kind::GuestArrived => {
            &[Audience::Initiator, Audience::Host]
        }
        Kind::PassIssued => &[Audience::Visitor],
        Kind::Invited => &[Audience::Invitee],
        Kind::InvitationLapsing | Kind::InvitationLapsed => &[Audience::Initiator],
        Kind::CardSettled => &[Audience::CardHolder],
        Kind::FollowerSeen | Kind::AnswerLate => &[Audience::Person],
    };
    audiences.contains(&to)
}

fn channel(name: &str) -> Option<Channel> {
    use Channel::{CardUpdate, Sms, Template, UserInfo, WecomCard, WecomText};
    let all = [Template, Sms, WecomCard, WecomText, CardUpdate, UserInfo];
    all.into_iter().find(|channel| channel.as_str() == name)
}
