//! From a TOML file to a template, with every fault of the file.

use std::collections::BTreeMap;
use std::path::Path;

use super::raw::{Raw, RawCard, RawSend, RawSms, RawSubscription, RawTemplate, RawWords};
use super::{
    Audience, CardText, Channel, Field, FieldKind, OnUnknown, Send, SmsParam, SmsText,
    SubscriptionText, Template, TooLong, WechatTemplate, Words, built_in, samples,
};
use crate::config::{Fault, Faults, TemplateIds};
use crate::domain::message::Kind;
use crate::domain::subscription::Sender;

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
        let subscribes = !raw.subscription.is_empty();
        let subscriptions = raw.subscription.into_iter();
        let template = Template {
            source: self.source.clone(),
            subscriptions: subscriptions
                .filter_map(|text| self.subscription(text, ids))
                .collect(),
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
                Channel::Subscription => subscribes,
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
            let known =
                "subscription, template, sms, wecom_card, wecom_text, card_update, user_info";
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
        let data = self.fields("template", &raw.data);
        WechatTemplate {
            id,
            url: raw.url.map(|url| self.words("template.url", &url)),
            data,
        }
    }

    fn sms(&mut self, raw: RawSms, ids: &TemplateIds) -> SmsText {
        if !ids.sms.contains(&raw.template.as_str()) {
            let reason = format!(
                "[sms.….templates] of the settings has no {:?}",
                raw.template
            );
            self.fault("sms.template", reason);
        }
        let facts = samples::hard(self.kind);
        let mut params = Vec::new();
        for raw in &raw.params {
            let (text, too_long) = self.policy("sms.params", raw, TooLong::Refuse);
            if text.contains("://") || text.contains("_link}") {
                self.fault(
                    "sms.params",
                    "providers refuse a link in a variable; use the token",
                );
            }
            let param = SmsParam {
                words: self.words("sms.params", text),
                too_long,
                most: ids.sms_variable,
            };
            if param.render(&facts).is_err() {
                let reason = format!("{text:?} is longer than [sms] variable_chars");
                self.fault("sms.params", reason);
            }
            if too_long == TooLong::Cut && (text.contains("_token}") || text.contains("_code}")) {
                self.fault("sms.params", "half a token opens nothing: refuse it");
            }
            params.push(param);
        }
        SmsText {
            name: raw.template,
            params,
        }
    }

    /// `None` where the app has no such template.
    fn subscription(
        &mut self,
        raw: RawSubscription,
        ids: &TemplateIds,
    ) -> Option<SubscriptionText> {
        let Some(sender) = Sender::parse(&raw.app) else {
            self.fault("subscription.app", "must be \"mini\" or \"account\"");
            return None;
        };
        let (known, table) = match sender {
            Sender::Mini => (&ids.mini, "mini_program.templates"),
            Sender::Account => (&ids.account, "official_account.subscriptions"),
        };
        let own = format!("subscription {}", sender.as_str());
        let text = SubscriptionText {
            sender,
            id: self.known(&format!("{own}.id"), &raw.id, known, table),
            name: raw.id,
            page: raw
                .page
                .map(|page| self.words(&format!("{own}.page"), &page)),
            data: self.fields(&own, &raw.data),
        };
        Some(text).filter(|text| !text.id.is_empty())
    }

    fn fields(&mut self, table: &str, data: &BTreeMap<String, RawWords>) -> Vec<Field> {
        let facts = samples::hard(self.kind);
        let mut fields = Vec::new();
        for (name, raw) in data {
            let key = format!("{table}.data.{name}");
            let Some(kind) = FieldKind::of(name) else {
                self.fault(&key, "is no field of a WeChat template");
                continue;
            };
            let usual = if kind.is_prose() {
                TooLong::Cut
            } else {
                TooLong::Refuse
            };
            let (text, too_long) = self.policy(&key, raw, usual);
            if too_long == TooLong::Cut && !kind.is_prose() {
                self.fault(
                    &key,
                    "only a thing or a name still says something when it is cut",
                );
            }
            let field = Field {
                name: name.clone(),
                kind,
                words: self.words(&key, text),
                too_long,
            };
            if let Err(unfit) = field.render(&facts) {
                self.fault(&key, unfit.to_string());
            }
            fields.push(field);
        }
        fields
    }

    fn policy<'a>(&mut self, key: &str, raw: &'a RawWords, usual: TooLong) -> (&'a str, TooLong) {
        match raw {
            RawWords::Plain(text) => (text, usual),
            RawWords::WithPolicy { text, policy } => {
                let policy = TooLong::parse(policy).unwrap_or_else(|| {
                    self.fault(key, "the policy must be \"cut\" or \"refuse\"");
                    usual
                });
                (text, policy)
            }
        }
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
        Words::parse(text, &self.kind.facts()).unwrap_or_else(|reason| {
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

fn audience(name: &str) -> Option<Audience> {
    Some(match name {
        "approvers" => Audience::Approvers,
        "initiator" => Audience::Initiator,
        "host" => Audience::Host,
        "visitor" => Audience::Visitor,
        "invitee" => Audience::Invitee,
        "resident" => Audience::Resident,
        "caller" => Audience::Caller,
        "card_holder" => Audience::CardHolder,
        "security" => Audience::Security,
        "person" => Audience::Person,
        _ => return None,
    })
}

/// Whom a kind of message can be told to.
fn knows(kind: Kind, to: Audience) -> bool {
    let audiences: &[Audience] = match kind {
        Kind::ApprovalWaiting | Kind::ApprovalReminder => &[Audience::Approvers],
        Kind::VisitApproved | Kind::VisitRejected | Kind::VisitReturned | Kind::GuestArrived => {
            &[Audience::Initiator, Audience::Host]
        }
        Kind::PassIssued => &[Audience::Visitor],
        Kind::Invited => &[Audience::Invitee],
        Kind::Registered => &[Audience::Resident],
        Kind::LoginCode => &[Audience::Caller],
        Kind::InvitationLapsing | Kind::InvitationLapsed => &[Audience::Initiator],
        Kind::CardSettled => &[Audience::CardHolder],
        Kind::BlacklistHit => &[Audience::Security],
        Kind::FollowerSeen | Kind::AnswerLate => &[Audience::Person],
    };
    audiences.contains(&to)
}

fn channel(name: &str) -> Option<Channel> {
    use Channel::{CardUpdate, Sms, Subscription, Template, UserInfo, WecomCard, WecomText};
    let all = [
        Subscription,
        Template,
        Sms,
        WecomCard,
        WecomText,
        CardUpdate,
        UserInfo,
    ];
    all.into_iter().find(|channel| channel.as_str() == name)
}
