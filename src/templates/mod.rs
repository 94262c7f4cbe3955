//! All words of all messages: one TOML a kind in `message_templates/`, parsed at start.
//!
//! A file says who is told (`[[send]]`, each with its channels in the order in which one stands in for
//! the one before), and the words for each channel. What a message really knows is
//! [`Kind::facts`]; a placeholder for anything else is a fault, and so is a field that WeChat would
//! refuse.

mod field;
mod parse;
mod preview;
mod raw;
mod samples;
mod verify;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

pub use field::{Field, FieldKind, TooLong, Unfit};
pub use preview::preview;
pub use verify::Listed;
pub use words::{Facts, Words};

use crate::config::{Faults, TemplateIds};
use crate::domain::message::{Kind, Lane, Recipient};
use crate::domain::subscription::Sender;

/// A template for each kind of message.
#[derive(Clone, Debug)]
pub struct Templates(BTreeMap<Kind, Template>);

/// What is said of one kind of message, to whom and by which channels.
#[derive(Clone, Debug)]
pub struct Template {
    /// The file, for a fault that is found later.
    pub source: String,
    pub sends: Vec<Send>,
    /// For the apps that have such a template, in the order in which they are tried.
    pub subscriptions: Vec<SubscriptionText>,
    pub wechat: Option<WechatTemplate>,
    pub sms: Option<SmsText>,
    pub card: Option<CardText>,
    pub text: Option<Words>,
    pub card_update: Option<Words>,
}

/// One audience and the channels that reach it: the first that works.
#[derive(Clone, Debug)]
pub struct Send {
    pub to: Audience,
    pub channels: Vec<Channel>,
    pub on_unknown: OnUnknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Every approver of the department that is asked.
    Approvers,
    Initiator,
    Host,
    /// The visitor whose pass it is.
    Visitor,
    /// The one who was invited by name.
    Invitee,
    /// The resident whom somebody is registered to visit.
    Resident,
    /// Whoever has the phone that was typed to log in.
    Caller,
    /// The member of staff who holds the card.
    CardHolder,
    /// Guards and administrators.
    Security,
    /// The person whom the message is about.
    Person,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// 订阅消息 of the mini-program or the account, for whoever granted one.
    Subscription,
    /// 模板消息 of the Official Account.
    Template,
    Sms,
    WecomCard,
    WecomText,
    CardUpdate,
    UserInfo,
}

impl Channel {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Template => "template",
            Self::Sms => "sms",
            Self::WecomCard => "wecom_card",
            Self::WecomText => "wecom_text",
            Self::CardUpdate => "card_update",
            Self::UserInfo => "user_info",
        }
    }

    #[must_use]
    pub fn lane(self) -> Lane {
        match self {
            Self::Subscription | Self::Template | Self::UserInfo => Lane::Account,
            Self::WecomCard | Self::WecomText | Self::CardUpdate => Lane::Wecom,
            Self::Sms => Lane::Sms,
        }
    }
}

impl Send {
    /// The first channel from the one with this number on that could reach `to` at all.
    #[must_use]
    pub fn channel_for(&self, to: Recipient, from: usize) -> Option<(usize, Channel)> {
        let reaches = |channel: &Channel| match channel {
            Channel::Sms => true,
            Channel::Subscription | Channel::Template => {
                matches!(to, Recipient::Person(_) | Recipient::Visitor(_))
            }
            Channel::UserInfo => matches!(to, Recipient::Person(_)),
            Channel::WecomCard | Channel::WecomText | Channel::CardUpdate => to.staff().is_some(),
        };
        let mut rest = self.channels.iter().copied().enumerate().skip(from);
        rest.find(|(_, channel)| reaches(channel))
    }
}

/// What to do when an answer was lost and the channel cannot tell whether the message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnknown {
    /// Send it again: twice is better than not at all.
    Resend,
    /// Leave it: not at all is better than twice.
    Hold,
}

/// Words for a subscription message of one app.
#[derive(Clone, Debug)]
pub struct SubscriptionText {
    pub sender: Sender,
    /// What the settings call it.
    pub name: String,
    /// The app's own id.
    pub id: String,
    /// What a tap opens: a path in the mini-program, or for the account a URL.
    pub page: Option<Words>,
    pub data: Vec<Field>,
}

/// Words for a template of the Official Account.
#[derive(Clone, Debug)]
pub struct WechatTemplate {
    /// The account's own id.
    pub id: String,
    pub url: Option<Words>,
    pub data: Vec<Field>,
}

/// A registered SMS text and what goes into it.
#[derive(Clone, Debug)]
pub struct SmsText {
    /// Its name, for which each provider has a code of its own.
    pub name: String,
    pub params: Vec<SmsParam>,
}

/// A variable of an SMS.
#[derive(Clone, Debug)]
pub struct SmsParam {
    pub words: Words,
    pub too_long: TooLong,
    /// The most characters that the provider takes in one.
    pub most: usize,
}

/// A value is longer than the provider's variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a variable of an SMS has at most {most} characters")]
pub struct TooLongForSms {
    pub most: usize,
}

impl SmsParam {
    /// The value of the variable.
    ///
    /// # Errors
    /// When the provider would refuse it.
    pub fn render(&self, facts: &Facts) -> Result<String, TooLongForSms> {
        let value = self.words.render(facts);
        match self.too_long {
            TooLong::Cut => Ok(field::cut(&value, self.most)),
            TooLong::Refuse if value.chars().count() <= self.most => Ok(value),
            TooLong::Refuse => Err(TooLongForSms { most: self.most }),
        }
    }
}

/// Words for a WeCom card with 同意, 拒绝 and 退回.
#[derive(Clone, Debug)]
pub struct CardText {
    pub title: Words,
    pub description: Words,
    pub rows: Vec<(String, Words)>,
    pub url: Words,
    pub approve: String,
    pub reject: String,
    pub return_: String,
}

impl Templates {
    /// Reads the template of every kind, from `folder` or the built-in ones.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn load(folder: Option<&Path>, ids: &TemplateIds) -> Result<Self, Faults> {
        let (mut templates, mut faults) = (BTreeMap::new(), Faults::default());
        for kind in Kind::ALL {
            match parse::template(kind, folder, ids) {
                Ok(template) => drop(templates.insert(kind, template)),
                Err(of_file) => faults.0.extend(of_file.0),
            }
        }
        if faults.0.is_empty() {
            Ok(Self(templates))
        } else {
            Err(faults)
        }
    }

    #[must_use]
    pub fn of(&self, kind: Kind) -> &Template {
        &self.0[&kind]
    }

    /// What people can be asked to grant: each template of each app once.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<&SubscriptionText> {
        let mut all: Vec<&SubscriptionText> = Vec::new();
        for text in self.0.values().flat_map(|template| &template.subscriptions) {
            let known =
                |other: &&SubscriptionText| (other.sender, &other.id) == (text.sender, &text.id);
            if !all.iter().any(known) {
                all.push(text);
            }
        }
        all
    }
}

/// The built-in file of a kind.
fn built_in(kind: Kind) -> &'static str {
    match kind {
        Kind::ApprovalWaiting => include_str!("../../message_templates/approval_waiting.toml"),
        Kind::ApprovalReminder => include_str!("../../message_templates/approval_reminder.toml"),
        Kind::VisitApproved => include_str!("../../message_templates/visit_approved.toml"),
        Kind::VisitRejected => include_str!("../../message_templates/visit_rejected.toml"),
        Kind::VisitReturned => include_str!("../../message_templates/visit_returned.toml"),
        Kind::PassIssued => include_str!("../../message_templates/pass_issued.toml"),
        Kind::GuestArrived => include_str!("../../message_templates/guest_arrived.toml"),
        Kind::Invited => include_str!("../../message_templates/invited.toml"),
        Kind::Registered => include_str!("../../message_templates/registered.toml"),
        Kind::InvitationLapsing => include_str!("../../message_templates/invitation_lapsing.toml"),
        Kind::InvitationLapsed => include_str!("../../message_templates/invitation_lapsed.toml"),
        Kind::CardSettled => include_str!("../../message_templates/card_settled.toml"),
        Kind::FollowerSeen => include_str!("../../message_templates/follower_seen.toml"),
        Kind::BlacklistHit => include_str!("../../message_templates/blacklist_hit.toml"),
        Kind::AnswerLate => include_str!("../../message_templates/answer_late.toml"),
        Kind::LoginCode => include_str!("../../message_templates/login_code.toml"),
    }
}
