//! How a template reads with facts in it, for whoever writes it.

use std::fmt::Write;

use super::{Channel, Facts, Field, Template, samples};
use crate::domain::message::Kind;

/// Every audience and every channel of a template, with sample facts.
#[must_use]
pub fn preview(kind: Kind, template: &Template) -> String {
    let facts = samples::usual(kind);
    let mut out = format!("{}\n", kind.as_str());
    for send in &template.sends {
        let channels: Vec<_> = send
            .channels
            .iter()
            .map(|channel| channel.as_str())
            .collect();
        let to = format!("{:?}", send.to).to_lowercase();
        let _ = writeln!(out, "  to {to}: {}", channels.join(", else "));
    }
    for text in &template.subscriptions {
        let page = text.page.as_ref().map(|page| page.render(&facts));
        let sender = text.sender.as_str();
        let _ = writeln!(
            out,
            "  [subscription {sender} {}] {}",
            text.id,
            page.unwrap_or_default()
        );
        fields(&mut out, &text.data, &facts);
    }
    if let Some(text) = &template.wechat {
        let url = text.url.as_ref().map(|url| url.render(&facts));
        let _ = writeln!(
            out,
            "  [{} {}] {}",
            Channel::Template.as_str(),
            text.id,
            url.unwrap_or_default()
        );
        fields(&mut out, &text.data, &facts);
    }
    if let Some(text) = &template.sms {
        let _ = writeln!(out, "  [{} {}]", Channel::Sms.as_str(), text.name);
        for (n, param) in text.params.iter().enumerate() {
            let said = param
                .render(&facts)
                .unwrap_or_else(|unfit| format!("({unfit})"));
            let _ = writeln!(out, "    {{{}}} {said}", n + 1);
        }
    }
    if let Some(card) = &template.card {
        let (title, description) = (card.title.render(&facts), card.description.render(&facts));
        let _ = writeln!(
            out,
            "  [{}] {title} · {description}",
            Channel::WecomCard.as_str()
        );
        for (label, words) in &card.rows {
            let _ = writeln!(out, "    {label} {}", words.render(&facts));
        }
        let buttons = [&card.approve, &card.reject, &card.return_].map(String::as_str);
        let _ = writeln!(
            out,
            "    ({}) {}",
            buttons.join(") ("),
            card.url.render(&facts)
        );
    }
    for (channel, words) in [
        (Channel::WecomText, &template.text),
        (Channel::CardUpdate, &template.card_update),
    ] {
        if let Some(words) = words {
            let _ = writeln!(out, "  [{}] {}", channel.as_str(), words.render(&facts));
        }
    }
    out
}

fn fields(out: &mut String, fields: &[Field], facts: &Facts) {
    for field in fields {
        let said = field
            .render(facts)
            .unwrap_or_else(|unfit| format!("({unfit})"));
        let _ = writeln!(out, "    {} {said}", field.name);
    }
}
