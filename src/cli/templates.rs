//! `templates verify` and `templates preview`.

use std::sync::Arc;

use anyhow::{bail, ensure};
use clap::Subcommand;

use super::menu::account;
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::message::Kind;
use crate::domain::subscription::Sender;
use crate::templates::{Listed, Templates, preview};
use crate::tencent::call::{Caller, TimeOuts};
use crate::tencent::token::NoShelf;
use crate::wechat::account::App;
use crate::wechat::mini::MiniProgram;
use crate::wechat::subscription::SubscriptionTemplate;

#[derive(Subcommand)]
pub enum TemplatesCommand {
    /// Compare `message_templates/*.toml` with the lists of the account and of the mini-program: every
    /// template that is not there and every field that differs, with file, key and reason; exit 1 if
    /// there is one.
    Verify,
    /// Show the words of every channel with sample facts.
    Preview {
        /// A kind of message, as its file is called (`pass_issued`); all of them when it is left out.
        kind: Option<String>,
    },
}

pub async fn run(settings: &Settings, command: &TemplatesCommand) -> anyhow::Result<()> {
    let folder = settings.server.message_templates.as_deref();
    let templates = Templates::load(folder, &settings.templates)?;
    match command {
        TemplatesCommand::Verify => verify(settings, &templates).await,
        TemplatesCommand::Preview { kind } => {
            let wanted = kind.as_deref();
            let is_wanted = |kind: &Kind| wanted.is_none_or(|wanted| kind.as_str() == wanted);
            let kinds: Vec<_> = Kind::ALL.into_iter().filter(is_wanted).collect();
            let name = wanted.unwrap_or_default();
            ensure!(
                !kinds.is_empty(),
                "{name}: there is no such kind of message"
            );
            for kind in kinds {
                print!("{}", preview(kind, templates.of(kind)));
            }
            Ok(())
        }
    }
}

async fn verify(settings: &Settings, templates: &Templates) -> anyhow::Result<()> {
    let account = account(settings)?;
    let mut listed = Listed::default();
    let all = account.templates().await?.into_iter();
    listed.templates = all
        .map(|known| (known.template_id, known.content))
        .collect();
    // An app that sends none need not be allowed to list them.
    if templates.subscribes(Sender::Account) {
        listed.account = pairs(account.subscription_templates().await?);
    }
    if templates.subscribes(Sender::Mini) {
        listed.mini = pairs(mini(settings)?.subscription_templates().await?);
    }
    let faults = templates.verify(&listed);
    if faults.0.is_empty() {
        println!("every template is in its account, with the same fields");
        return Ok(());
    }
    println!("{faults}");
    bail!("{} faults", faults.0.len())
}

fn pairs(known: Vec<SubscriptionTemplate>) -> Vec<(String, String)> {
    let known = known.into_iter();
    known
        .map(|known| (known.template_id, known.content))
        .collect()
}

fn mini(settings: &Settings) -> anyhow::Result<MiniProgram> {
    let mini = &settings.mini_program;
    let app = App {
        app_id: mini.app_id.clone(),
        secret: mini.secret.clone(),
        api_url: mini.api.clone(),
    };
    let caller = Caller::new(TimeOuts::default())?;
    Ok(MiniProgram::new(
        app,
        caller,
        Arc::new(NoShelf),
        Clock::System,
    ))
}
