//! `outbox list` and `outbox replay`.

use anyhow::{anyhow, ensure};
use clap::{Subcommand, ValueEnum};

use super::assembled;
use crate::actions::outbox::replay;
use crate::config::Settings;
use crate::ids::OutboxId;
use crate::store::outbox::list;

#[derive(Subcommand)]
pub enum OutboxCommand {
    /// List messages, newest first: ids and kinds, no words and no numbers.
    List {
        /// Which ones.
        #[arg(long, value_enum, default_value_t = State::Due)]
        state: State,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Make a dead message due again, from its first channel.
    Replay { id: String },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum State {
    Due,
    Sent,
    Dead,
    Overtaken,
}

pub async fn run(settings: Settings, command: &OutboxCommand) -> anyhow::Result<()> {
    let ctx = assembled(&settings).await?.site.ctx.clone();
    match command {
        OutboxCommand::List { state, limit } => {
            let state = match state {
                State::Due => "due",
                State::Sent => "sent",
                State::Dead => "dead",
                State::Overtaken => "overtaken",
            };
            for row in list(&ctx.db.read, state, *limit).await? {
                let (kind, id) = row.owed.to.as_column();
                let doubtful = if row.owed.doubtful { " doubtful" } else { "" };
                let why = row.why.map(|why| format!(" ({why})")).unwrap_or_default();
                let message = row.owed.message.kind().as_str();
                let tries = row.owed.attempts;
                println!(
                    "{} {state} {message} to {kind}:{id} tries {tries}{doubtful}{why}",
                    row.owed.id
                );
            }
            Ok(())
        }
        OutboxCommand::Replay { id } => {
            let id: OutboxId = id.parse().map_err(|_| anyhow!("{id}: not an id"))?;
            ensure!(replay(&ctx, id).await?, "{id} is not a dead message");
            println!("{id} is due again");
            Ok(())
        }
    }
}
