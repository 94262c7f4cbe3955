//! A template card: what an approver sees of an application, and what it becomes when it is decided.
//!
//! One card is written twice, as JSON for the API and as XML for the passive reply, from one value.
//! Source: <https://developer.work.weixin.qq.com/document/path/90236> (模板卡片消息).

use serde_json::{Value, json};

use crate::tencent::element::Element;

/// A card. WeCom shows about 36 characters of the title, and at most six rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub title: String,
    /// Smaller, below the title; may be empty.
    pub description: String,
    /// A line below both; may be empty.
    pub subtitle: String,
    /// Label (at most five characters) and value.
    pub rows: Vec<(String, String)>,
    /// The page that a tap on the card opens.
    pub url: Option<String>,
    /// At most 128 characters of `[0-9A-Za-z_@-]`, never used twice in the application.
    pub task_id: String,
    pub foot: Foot,
}

/// What stands at the foot of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foot {
    /// At most six buttons.
    Buttons(Vec<Button>),
    /// The buttons are gone, and this text stands in their place.
    Replaced(String),
    /// Nothing: a notice. WeCom wants it to have a `url`.
    Notice,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub text: String,
    pub style: ButtonStyle,
    pub action: ButtonAction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonStyle {
    Primary = 1,
    Plain = 2,
    Danger = 3,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ButtonAction {
    /// Sends a `template_card_event` with this `EventKey`, at most 1,024 bytes.
    Key(String),
    /// Opens this page.
    Url(String),
}

/// The rows that WeCom shows; one more and it refuses the card.
const MAX_ROWS: usize = 6;

impl Card {
    /// The card as `template_card` of `message/send`. A card whose buttons are replaced can only be
    /// sent by `message/update_template_card`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut card = json!({
            "card_type": self.card_type(),
            "main_title": { "title": self.title },
            "task_id": self.task_id,
        });
        if !self.description.is_empty() {
            card["main_title"]["desc"] = json!(self.description);
        }
        if !self.subtitle.is_empty() {
            card["sub_title_text"] = json!(self.subtitle);
        }
        let row = |(name, value): &(String, String)| json!({ "keyname": name, "value": value });
        card["horizontal_content_list"] = self.rows().iter().map(row).collect();
        if let Some(url) = &self.url {
            card["card_action"] = json!({ "type": 1, "url": url });
        }
        match &self.foot {
            Foot::Buttons(buttons) => {
                card["button_list"] = buttons.iter().map(Button::to_json).collect();
            }
            Foot::Replaced(text) => {
                // The card is refused without a button, though none is shown.
                card["button_list"] = json!([{ "text": text, "style": 2, "key": "replaced" }]);
                card["replace_text"] = json!(text);
            }
            Foot::Notice => {}
        }
        card
    }

    /// The card as `TemplateCard` of the passive reply.
    #[must_use]
    pub fn to_element(&self) -> Element {
        let mut fields = vec![
            Element::leaf("CardType", self.card_type()),
            Element::node(
                "MainTitle",
                vec![
                    Element::leaf("Title", &self.title),
                    Element::leaf("Desc", &self.description),
                ],
            ),
        ];
        if !self.subtitle.is_empty() {
            fields.push(Element::leaf("SubTitleText", &self.subtitle));
        }
        fields.extend(self.rows().iter().map(|(name, value)| {
            let row = vec![
                Element::leaf("KeyName", name),
                Element::leaf("Value", value),
            ];
            Element::node("HorizontalContentList", row)
        }));
        if let Some(url) = &self.url {
            let action = vec![Element::leaf("Type", &1), Element::leaf("Url", url)];
            fields.push(Element::node("CardAction", action));
        }
        match &self.foot {
            Foot::Buttons(buttons) => fields.extend(buttons.iter().map(Button::to_element)),
            Foot::Replaced(text) => {
                let button = vec![
                    Element::leaf("Text", text),
                    Element::leaf("Style", &2),
                    Element::leaf("Key", "replaced"),
                ];
                fields.push(Element::node("ButtonList", button));
                fields.push(Element::leaf("ReplaceText", text));
            }
            Foot::Notice => {}
        }
        Element::node("TemplateCard", fields)
    }

    fn rows(&self) -> &[(String, String)] {
        &self.rows[..self.rows.len().min(MAX_ROWS)]
    }

    fn card_type(&self) -> &'static str {
        match self.foot {
            Foot::Buttons(_) | Foot::Replaced(_) => "button_interaction",
            Foot::Notice => "text_notice",
        }
    }
}

impl Button {
    fn to_json(&self) -> Value {
        let style = self.style as u8;
        match &self.action {
            ButtonAction::Key(key) => json!({ "text": self.text, "style": style, "key": key }),
            ButtonAction::Url(url) => {
                json!({ "text": self.text, "style": style, "type": 1, "url": url })
            }
        }
    }

    fn to_element(&self) -> Element {
        let mut fields = vec![
            Element::leaf("Text", &self.text),
            Element::leaf("Style", &(self.style as u8)),
        ];
        match &self.action {
            ButtonAction::Key(key) => fields.push(Element::leaf("Key", key)),
            ButtonAction::Url(url) => {
                fields.extend([Element::leaf("Type", &1), Element::leaf("Url", url)]);
            }
        }
        Element::node("ButtonList", fields)
    }
}
