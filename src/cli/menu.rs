//! `menu plan` and `menu apply`: the account's menus as the files say them.

use std::sync::Arc;

use clap::Subcommand;

use crate::clock::Clock;
use crate::config::Settings;
use crate::menus::{Menus, Plan, apply};
use crate::tencent::call::{Caller, TimeOuts};
use crate::tencent::token::NoShelf;
use crate::wechat::account::{App, OfficialAccount};

#[derive(Subcommand)]
pub enum MenuCommand {
    /// Show how the live menus, the default one and those for tags, differ from menus/*.toml.
    Plan,
    /// Make the live menus the files', and read them back. A second time changes nothing.
    Apply,
}

pub async fn run(settings: &Settings, command: &MenuCommand) -> anyhow::Result<()> {
    let wanted = wanted(settings)?;
    let account = account(settings)?;
    let live = account.menus().await?;
    if live.default.is_none() {
        tell_of_console(&account).await?;
    }
    let plan = Plan::between(&live, &wanted);
    print!("{plan}");
    if let (MenuCommand::Apply, false) = (command, plan.is_empty()) {
        let left = apply(&account, &wanted).await?;
        anyhow::ensure!(
            left.is_empty(),
            "read back, the live menus differ still:\n{left}"
        );
        println!("applied, and read back the same");
    }
    Ok(())
}

/// A menu that somebody made in the console is no menu of the API's, and is about to be replaced.
async fn tell_of_console(account: &OfficialAccount) -> anyhow::Result<()> {
    let names = account.menu_in_use().await?;
    if !names.is_empty() {
        println!(
            "in use is a menu of the console's, which would be replaced: {}",
            names.join(" ")
        );
    }
    Ok(())
}

/// The menus of the files.
pub fn wanted(settings: &Settings) -> anyhow::Result<Menus> {
    let tags = &settings.official_account.tags;
    Ok(Menus::load(settings.server.menus.as_deref(), tags)?)
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
