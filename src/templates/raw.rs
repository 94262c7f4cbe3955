//! The TOML of a template as it is written, before anything in it is looked at.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    pub send: Vec<RawSend>,
    #[serde(default)]
    pub subscription: Vec<RawSubscription>,
    pub template: Option<RawTemplate>,
    pub sms: Option<RawSms>,
    pub wecom_card: Option<RawCard>,
    pub wecom_text: Option<RawText>,
    pub card_update: Option<RawText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSend {
    pub to: String,
    pub channels: Vec<String>,
    pub on_unknown: Option<String>,
}

/// Words with what is done when they are too long; without it, prose is cut and the rest refused.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum RawWords {
    Plain(String),
    WithPolicy { text: String, policy: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSubscription {
    pub app: String,
    pub id: String,
    pub page: Option<String>,
    pub data: BTreeMap<String, RawWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTemplate {
    pub id: String,
    pub url: Option<String>,
    pub data: BTreeMap<String, RawWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSms {
    pub template: String,
    pub params: Vec<RawWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCard {
    pub title: String,
    pub description: String,
    pub rows: Vec<(String, String)>,
    pub url: String,
    pub approve: String,
    pub reject: String,
    pub r#return: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawText {
    pub text: String,
}
