//! The words of the audit: one table for the list and its sheet.

use std::collections::HashMap;
use std::sync::LazyLock;

/// `table/code: word`, a line each: `act` of what was done, `subject` of kinds of things, `field` of what a
/// thing has, and under a field's own name what stands in it.
const WORDS: &str = include_str!("words.txt");

static TABLE: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    { WORDS.lines() }
        .filter_map(|line| line.split_once(": "))
        .collect()
});

pub fn word(table: &str, code: &str) -> Option<&'static str> {
    TABLE.get(format!("{table}/{code}").as_str()).copied()
}

/// Every act that the audit knows, with its word, in the order in which a menu has them.
pub fn acts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let acts = WORDS.lines().filter_map(|line| line.strip_prefix("act/"));
    acts.filter_map(|line| line.split_once(": "))
}

/// 周一至周五 06:00–23:00 of `mon-fri 06:00-23:00`.
pub fn hours(text: &str) -> String {
    // As a column has it, always is nothing.
    if text.is_empty() || text == "always" {
        return "随时开放".to_owned();
    }
    let day = |code: &str| word("day", code).unwrap_or_default();
    let span = |span: &str| {
        let (days, times) = span.trim().split_once(' ')?;
        let (opens, closes) = times.split_once('-')?;
        let days = match days.split_once('-') {
            _ if days == "daily" => "每天".to_owned(),
            Some((first, last)) => format!("{}至{}", day(first), day(last)),
            None => day(days).to_owned(),
        };
        let over = if closes <= opens { "次日" } else { "" };
        Some(format!("{days} {opens}–{over}{closes}"))
    };
    let spans: Option<Vec<_>> = text.split(',').map(span).collect();
    spans.map_or_else(|| text.to_owned(), |spans| spans.join("；"))
}
