//! A card with buttons (按钮交互型 `template_card`): read from a message or from a reply, with its rules.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::sandbox::call::Refusal;
use crate::sandbox::xml;

const BUTTONS: usize = 6;
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
        if text("/card_type") != "button_interaction" {
            return Err(invalid("template_card.card_type is not button_interaction"));
        }
        let details = match card.get("horizontal_content_list") {
            None => Vec::new(),
            Some(list) => serde_json::from_value(list.clone())
                .map_err(|_| invalid("template_card.horizontal_content_list"))?,
        };
        let buttons = card["button_list"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let buttons = buttons
            .iter()
            .map(Button::from_json)
            .collect::<Result<Vec<_>, _>>()?;
        let replaced = Some(text("/replace_text")).filter(|text| !text.is_empty());
        let card = Self {
            task_id: text("/task_id"),
            source: text("/source/desc"),
            title: text("/main_title/title"),
            desc: text("/main_title/desc"),
            sub_title: text("/sub_title_text"),
            details,
            url: Some(text("/card_action/url")).filter(|url| !url.is_empty()),
            buttons: if replaced.is_some() {
                Vec::new()
            } else {
                buttons
            },
            replaced,
        };
        card.checked()
    }

    /// Reads the card of a passive reply (`update_template_card`).
    pub(super) fn from_reply(card: &Value, before: &Self) -> Self {
        let text = |path: &str| xml::text(card, path).to_owned();
        let replaced = Some(text("ReplaceText")).filter(|text| !text.is_empty());
        Self {
            title: text("MainTitle/Title"),
            desc: text("MainTitle/Desc"),
            sub_title: text("SubTitleText"),
            buttons: if replaced.is_some() {
                Vec::new()
            } else {
                before.buttons.clone()
            },
            replaced,
            ..before.clone()
        }
    }

    /// Puts grey words where the buttons are.
    pub(super) fn replace_buttons(&mut self, words: &str) {
        self.buttons.clear();
        self.replaced = Some(words.to_owned());
    }

    fn checked(self) -> Result<Self, Refusal> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-@".contains(&b);
        if !(1..=TASK_ID).contains(&self.task_id.len()) || !self.task_id.bytes().all(allowed) {
            return Err(invalid("template_card.task_id"));
        }
        if self.title.is_empty() && self.sub_title.is_empty() {
            return Err(invalid("template_card.main_title"));
        }
        if self.replaced.is_none() && !(1..=BUTTONS).contains(&self.buttons.len()) {
            return Err(invalid("template_card.button_list size"));
        }
        let keys: Vec<_> = self
            .buttons
            .iter()
            .filter_map(|button| button.key.as_ref())
            .collect();
        if keys
            .iter()
            .enumerate()
            .any(|(place, key)| keys[..place].contains(key))
        {
            return Err(invalid("template_card.button_list.key is not unique"));
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
}

/// The documents give no numbers of their own for a card's faults; 40058 is theirs for an argument that
/// is not accepted.
pub(super) fn invalid(what: &str) -> Refusal {
    Refusal::new(40058, format!("invalid argument, hint: {what}"))
}
