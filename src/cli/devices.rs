//! `device add`: a device at a gate, and its key, once.

use clap::{Subcommand, ValueEnum};

use super::assembled;
use crate::actions::campus::add_device;
use crate::config::Settings;
use crate::domain::campus::{DeviceId, DeviceKey, Direction};

#[derive(Subcommand)]
pub enum DeviceCommand {
    /// Add a device and print its key, which cannot be read again.
    Add {
        /// The number painted on it: 1 to 32 letters, digits, _ or -.
        #[arg(long)]
        id: String,
        /// The gate at which it stands.
        #[arg(long)]
        gate: String,
        /// What it speaks.
        #[arg(long, value_enum, default_value_t = Dialect::Native)]
        dialect: Dialect,
        /// Which way it lets people through.
        #[arg(long, value_enum, default_value_t = Way::In)]
        direction: Way,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Dialect {
    /// The campus's own protocol, /gate/v1.
    Native,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Way {
    In,
    Out,
    Both,
}

pub async fn run(settings: Settings, command: DeviceCommand) -> anyhow::Result<()> {
    let DeviceCommand::Add {
        id,
        gate,
        dialect: Dialect::Native,
        direction,
    } = command;
    let known = DeviceId::parse(&id);
    let id = known.ok_or_else(|| anyhow::anyhow!("--id: 1 to 32 letters, digits, _ or -"))?;
    let direction = match direction {
        Way::In => Direction::In,
        Way::Out => Direction::Out,
        Way::Both => Direction::Both,
    };
    let ctx = assembled(&settings).await?.site.ctx.clone();
    let key = DeviceKey::new(ctx.entropy.bytes());
    add_device(&ctx, id, &gate, direction, &key).await?;
    println!("{}", data_encoding::HEXLOWER.encode(&key.bytes()));
    Ok(())
}
