//! `check`: every fault, or "all is well".

use anyhow::bail;

use crate::config::{Faults, Settings};
use crate::menus::Menu;
use crate::templates::Templates;

pub fn check(settings: Result<Settings, Faults>) -> anyhow::Result<()> {
    let mut faults = Faults::default();
    match settings {
        Ok(settings) => {
            let menus = Menu::load(settings.server.menus.as_deref());
            faults.0.extend(menus.err().unwrap_or_default().0);
            let folder = settings.server.message_templates.as_deref();
            let templates = Templates::load(folder, &settings.templates);
            faults.0.extend(templates.err().unwrap_or_default().0);
        }
        Err(of_settings) => faults = of_settings,
    }
    if faults.0.is_empty() {
        println!("settings, menus and message templates: all is well");
        return Ok(());
    }
    println!("{faults}");
    bail!("{} faults", faults.0.len())
}
