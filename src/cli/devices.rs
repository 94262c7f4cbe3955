//! `device`: the devices at the gates, and their keys, which are printed once.

use anyhow::Context;
use chrono::Duration;
use clap::{Subcommand, ValueEnum};
use ipnet::IpNet;

use super::assembled;
use super::play::{self, Play};
use crate::actions::campus::add_device;
use crate::actions::devices::{self, Given, NewReader, OPERATOR};
use crate::config::Settings;
use crate::ctx::Ctx;
use crate::dialects::{Dialect, Speech};
use crate::domain::campus::{DeviceId, DeviceKey, Direction, Habits};

#[derive(Subcommand)]
pub enum DeviceCommand {
    /// Add a device and print its key, which cannot be read again.
    Add {
        /// The number painted on it: 1 to 32 letters, digits, _ or -.
        #[arg(long, value_parser = number)]
        id: DeviceId,
        /// The gate at which it stands.
        #[arg(long)]
        gate: String,
        /// What it speaks: native, or vguang, mcardsea, cerberus, readno, hikvision, vzenith for readers that
        /// cannot sign and are known by the key in their address.
        #[arg(long, value_parser = dialect, default_value = "native")]
        dialect: Dialect,
        /// From where such a reader calls, as 10.1.0.0/16; elsewhere its key is good for nothing.
        #[arg(long)]
        network: Option<IpNet>,
        /// Such a reader's screen and voice want GBK.
        #[arg(long)]
        gbk: bool,
        /// Which way it lets people through.
        #[arg(long, value_enum, default_value_t = Way::In)]
        direction: Way,
    },
    /// Say what a device does by itself.
    Set {
        #[arg(long, value_parser = number)]
        id: DeviceId,
        /// Its lane tells when somebody has really gone through (/gate/v1/passed); until then nobody has.
        #[arg(long)]
        reports_passed: bool,
        /// In how many milliseconds its reader reads the same code again at the soonest.
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i32).range(0..=60_000))]
        repeat_ms: i32,
    },
    /// Print another key for a device, or another address for one that cannot sign. The one before is good for
    /// a while, in which this one is typed into it.
    Rotate {
        #[arg(long, value_parser = number)]
        id: DeviceId,
        /// How many hours the key before is still good; 0 when somebody else may have it.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(i64).range(0..=720))]
        overlap_hours: i64,
    },
    /// Play a reader that is not there, against a running service.
    Play(Play),
    /// Take a device out of use at once and for good; its number is not given again.
    Revoke {
        #[arg(long, value_parser = number)]
        id: DeviceId,
    },
}

fn number(text: &str) -> Result<DeviceId, String> {
    let id = DeviceId::parse(text);
    id.ok_or_else(|| "1 to 32 letters, digits, _ or -".to_owned())
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Way {
    In,
    Out,
    Both,
}

fn dialect(text: &str) -> Result<Dialect, String> {
    let known = Dialect::parse(text);
    known.ok_or_else(|| Dialect::ALL.map(Dialect::as_str).join(", "))
}

pub async fn run(settings: Settings, command: DeviceCommand) -> anyhow::Result<()> {
    if let DeviceCommand::Play(reader) = &command {
        return play::run(reader).await;
    }
    let ctx = assembled(&settings).await?.site.ctx.clone();
    match command {
        DeviceCommand::Add {
            id,
            gate,
            dialect,
            network,
            gbk,
            direction,
        } => {
            let direction = match direction {
                Way::In => Direction::In,
                Way::Out => Direction::Out,
                Way::Both => Direction::Both,
            };
            if dialect == Dialect::Native {
                let key = DeviceKey::new(ctx.entropy.bytes());
                add_device(&ctx, id, &gate, direction, &key).await?;
                print(&ctx, &Given::Key(key));
                return Ok(());
            }
            let network = network.context("--network: from where does it call, as 10.1.0.0/16?")?;
            let speech = Speech {
                dialect,
                network,
                gbk,
            };
            let new = NewReader {
                id,
                direction,
                speech,
            };
            let key = devices::add_reader(&ctx, &gate, new).await?;
            print(&ctx, &Given::InAddress(dialect, key));
        }
        DeviceCommand::Set {
            id,
            reports_passed,
            repeat_ms,
        } => {
            let habits = Habits {
                reports_passed,
                repeat_ms,
            };
            devices::set_habits(&ctx, OPERATOR, &id, habits).await?;
        }
        DeviceCommand::Rotate { id, overlap_hours } => {
            let overlap = Duration::hours(overlap_hours);
            print(&ctx, &devices::renew(&ctx, OPERATOR, &id, overlap).await?);
        }
        DeviceCommand::Play(_) => {}
        DeviceCommand::Revoke { id } => devices::revoke(&ctx, OPERATOR, &id).await?,
    }
    Ok(())
}

fn print(ctx: &Ctx, given: &Given) {
    match given {
        Given::Key(key) => println!("{}", data_encoding::HEXLOWER.encode(&key.bytes())),
        Given::InAddress(dialect, key) => {
            println!("{}", ctx.link(&format!("/gate/{}/{key}", dialect.as_str())));
        }
    }
}
