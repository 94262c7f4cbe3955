//! `reason`: why people come.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;

use super::assembled;
use crate::actions::campus::add_reason;
use crate::config::Settings;
use crate::store::reasons;

#[derive(Subcommand)]
pub enum ReasonCommand {
    /// Print each 来访事由.
    List,
    /// Add one.
    Add {
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
    },
}

pub async fn run(settings: Settings, command: ReasonCommand) -> anyhow::Result<()> {
    let ctx = assembled(&settings).await?.site.ctx.clone();
    match command {
        ReasonCommand::List => {
            for reason in reasons::all(&ctx.db.read).await? {
                println!("{}", reason.name);
            }
        }
        ReasonCommand::Add { name } => drop(add_reason(&ctx, &name).await?),
    }
    Ok(())
}
