//! A card (`template_card`): with buttons (按钮交互型) or a notice (文本通知型), read from a message or from a
//! reply, with its rules.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::sandbox::call::Refusal;
use crate::sandbox::xml;

const BUTTONS: usize = 6;
const DETAILS: usize = 6;
const TASK_ID: usize = 128;
const KEY_BYTES: usize = 1024;

/// A card as it stands on a desk now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Card {
    pub task_id: String,
    /// Who sends it, in small letters above the title.
    pub source: String,
    pub title: String,
    pub desc: String,
    pub sub_title: String,
    pub details: Vec<Detail>,
    /// Where a tap on the card itself leads.
    pub url: Option<String>,
    /// What can be tapped; nothing when the buttons were replaced.
    pub buttons: Vec<Button>,
    /// The grey words that stand where the buttons were.
    pub replaced: Option<String>,
}

/// A line of the card: a name and a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Detail {
    pub keyname: String,
    #[serde(default)]
    pub value: String,
}

/// A button: either a key that is called back, or an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Button {
    pub text: String,
    pub style: i64,
    pub key: Option<String>,
    pub url: Option<String>,
}

impl Card {
    /// Reads a card of `message/send` or `update_template_card`.
    pub(super) fn from_json(card: &Value) -> Result<Self, Refusal> {
        let text = |pointer: &str| {
            let found = card.pointer(pointer).and_then(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        let details = match card.get("horizontal_content_list") {
            None => Vec::new(),
            Some(list) => serde_json::from_value(list.clone())
                .map_err(|_| invalid("template_card.horizontal_content_list"))?,
        };
        let buttons = card["button_list"].as_array().into_iter().flatten();
        let buttons = buttons
            .map(Button::from_json)
            .collect::<Result<Vec<_>, _>>()?;
        let read = Self {
            task_id: text("/task_id"),
            source: text("/source/desc"),
            title: text("/main_title/title"),
            desc: text("/main_title/desc"),
            sub_title: text("/sub_title_text"),
            details,
            url: Some(text("/card_action/url")).filter(|url| !url.is_empty()),
            buttons,
            replaced: Some(text("/replace_text")).filter(|text| !text.is_empty()),
        };
        match text("/card_type").as_str() {
            "button_interaction" => read.checked_buttons()?.checked(),
            "text_notice" => read.checked_notice()?.checked(),
            _ => Err(invalid("template_card.card_type")),
        }
    }

    /// Reads the card of a passive reply (`update_template_card`), which belongs to the same task.
    pub(super) fn from_reply(card: &Value, task: &str) -> Self {
        let text = |path: &str| xml::text(card, path).to_owned();
        let some = |path: &str| Some(text(path)).filter(|text| !text.is_empty());
        let detail = |row: &Value| Detail {
            keyname: xml::text(row, "KeyName").to_owned(),
            value: xml::text(row, "Value").to_owned(),
        };
        let replaced = some("ReplaceText");
        let buttons = xml::list(card, "ButtonList").filter(|_| replaced.is_none());
        Self {
            task_id: task.to_owned(),
            source: text("Source/Desc"),
            title: text("MainTitle/Title"),
            desc: text("MainTitle/Desc"),
            sub_title: text("SubTitleText"),
            details: xml::list(card, "HorizontalContentList")
                .map(detail)
                .collect(),
            url: some("CardAction/Url"),
            buttons: buttons.map(Button::from_reply).collect(),
            replaced,
        }
    }

    /// Puts grey words where the buttons are.
    pub(super) fn replace_buttons(&mut self, words: &str) {
        self.buttons.clear();
        self.replaced = Some(words.to_owned());
    }

    /// A card with buttons has at least one even when grey words stand in their place.
    fn checked_buttons(mut self) -> Result<Self, Refusal> {
        if self.task_id.is_empty() {
            return Err(invalid("template_card.task_id is missing"));
        }
        if !(1..=BUTTONS).contains(&self.buttons.len()) {
            return Err(invalid("template_card.button_list size"));
        }
        let keys = self.buttons.iter().filter_map(|button| button.key.as_ref());
        let keys: Vec<_> = keys.collect();
        if keys
            .iter()
            .enumerate()
            .any(|(place, key)| keys[..place].contains(key))
        {
            return Err(invalid("template_card.button_list.key is not unique"));
        }
        if self.replaced.is_some() {
            self.buttons.clear();
        }
        Ok(self)
    }

    /// A notice leads to a page and has no buttons.
    fn checked_notice(self) -> Result<Self, Refusal> {
        if self.url.is_none() {
            return Err(invalid("template_card.card_action.url is missing"));
        }
        Ok(Self {
            buttons: Vec::new(),
            replaced: None,
            ..self
        })
    }

    fn checked(self) -> Result<Self, Refusal> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-@".contains(&b);
        if self.task_id.len() > TASK_ID || !self.task_id.bytes().all(allowed) {
            return Err(invalid("template_card.task_id"));
        }
        if self.title.is_empty() && self.sub_title.is_empty() {
            return Err(invalid("template_card.main_title"));
        }
        if self.details.len() > DETAILS {
            return Err(invalid("template_card.horizontal_content_list size"));
        }
        Ok(self)
    }
}

impl Button {
    fn from_json(button: &Value) -> Result<Self, Refusal> {
        let text = |name: &str| button[name].as_str().unwrap_or_default().to_owned();
        let (key, url) = match button["type"].as_i64().unwrap_or(0) {
            0 => (Some(text("key")), None),
            1 => (None, Some(text("url"))),
            _ => return Err(invalid("template_card.button_list.type")),
        };
        let key_fits = key
            .as_ref()
            .is_none_or(|key| (1..=KEY_BYTES).contains(&key.len()));
        let url_fits = url.as_ref().is_none_or(|url| url.starts_with("http"));
        if text("text").is_empty() || !key_fits || !url_fits {
            return Err(invalid("template_card.button_list"));
        }
        Ok(Self {
            text: text("text"),
            style: button["style"].as_i64().unwrap_or(1),
            key,
            url,
        })
    }

    fn from_reply(button: &Value) -> Self {
        let some =
            |name: &str| Some(xml::text(button, name).to_owned()).filter(|text| !text.is_empty());
        Self {
            text: xml::text(button, "Text").to_owned(),
            style: xml::text(button, "Style").parse().unwrap_or(1),
            key: some("Key"),
            url: some("Url"),
        }
    }
}

/// The documents give no numbers of their own for a card's faults; 40058 is theirs for an argument that
/// is not accepted.
pub(super) fn invalid(what: &str) -> Refusal {
    Refusal::new(40058, format!("invalid argument, hint: {what}"))
}
