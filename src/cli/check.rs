//! `check`: every fault, or "all is well".

use anyhow::bail;

use crate::config::{Faults, Settings, Words};
use crate::menus::Menus;
use crate::templates::Templates;

/// Looks at the settings, and at the menus and templates whether the settings are well or not.
pub fn check(settings: Result<Settings, Faults>, words: &Words) -> anyhow::Result<()> {
    let mut faults = settings.err().unwrap_or_default();
    if let Some(tags) = &words.tags {
        let menus = Menus::load(words.menus.as_deref(), tags);
        faults.0.extend(menus.err().unwrap_or_default().0);
    }
    if let Some(ids) = &words.ids {
        let templates = Templates::load(words.message_templates.as_deref(), ids);
        faults.0.extend(templates.err().unwrap_or_default().0);
    }
    if faults.0.is_empty() {
        println!("settings, menus and message templates: all is well");
        return Ok(());
    }
    println!("{faults}");
    bail!("{} faults", faults.0.len())
}
