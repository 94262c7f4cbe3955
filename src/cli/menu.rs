//! `menu plan` and `menu apply`: the account's menu as the file says it.

use std::sync::Arc;

use clap::Subcommand;

use crate::clock::Clock;
use crate::config::Settings;
use crate::menus::Menu;
use crate::tencent::call::{Caller, TimeOuts};
use crate::tencent::token::NoShelf;
use crate::wechat::account::{App, OfficialAccount};
use crate::wechat::menu::Button;

#[derive(Subcommand)]
pub enum MenuCommand {
    /// Show how the live menu differs from the file.
    Plan,
    /// Make the live menu the file's, and read it back.
    Apply,
}

pub async fn run(settings: &Settings, command: &MenuCommand) -> anyhow::Result<()> {
    let wanted = Menu::load(settings.server.menus.as_deref())?.buttons();
    let account = account(settings)?;
    let live = account.menus().await?.default.unwrap_or_default();
    if live == wanted {
        println!("the live menu is the file's; nothing to do");
        return Ok(());
    }
    print_difference(&live, &wanted);
    if let MenuCommand::Apply = command {
        apply(&account, &wanted).await?;
        println!("applied, and read back the same");
    }
    Ok(())
}

/// Sends the menu and reads it back.
///
/// # Errors
/// When WeChat refuses it, or shows another one afterwards.
pub async fn apply(account: &OfficialAccount, wanted: &[Button]) -> anyhow::Result<()> {
    account.create_menu(wanted).await?;
    let live = account.menus().await?.default.unwrap_or_default();
    anyhow::ensure!(
        live == wanted,
        "the live menu differs from the one that was sent"
    );
    Ok(())
}

/// The account, with the real client; a tool needs no shelf for its token.
pub fn account(settings: &Settings) -> anyhow::Result<OfficialAccount> {
    let oa = &settings.official_account;
    let app = App {
        app_id: oa.app_id.clone(),
        secret: oa.secret.clone(),
        api_url: oa.api.clone(),
    };
    let caller = Caller::new(TimeOuts::default())?;
    Ok(OfficialAccount::new(
        app,
        oa.open.clone(),
        caller,
        Arc::new(NoShelf),
        Clock::System,
    ))
}

fn print_difference(live: &[Button], wanted: &[Button]) {
    let (live, wanted) = (lines(live, 0), lines(wanted, 0));
    for line in live.iter().filter(|line| !wanted.contains(line)) {
        println!("- {line}");
    }
    for line in &wanted {
        println!("{} {line}", if live.contains(line) { ' ' } else { '+' });
    }
}

fn lines(buttons: &[Button], depth: usize) -> Vec<String> {
    let line = |button: &Button| {
        let action = [&button.kind, &button.key, &button.url]
            .into_iter()
            .flatten();
        let action: Vec<_> = action.map(String::as_str).collect();
        let own = format!("{}{} {}", "  ".repeat(depth), button.name, action.join(" "));
        let own = own.trim_end().to_owned();
        std::iter::once(own)
            .chain(lines(&button.sub_button, depth + 1))
            .collect::<Vec<_>>()
    };
    buttons.iter().flat_map(line).collect()
}
