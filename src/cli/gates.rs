//! `gate`: the gates, and what hangs beside them for people to scan.

use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use qrcode::QrCode;
use qrcode::render::svg;

use super::assembled;
use crate::actions::campus::add_gate;
use crate::chat::scene_of_gate;
use crate::config::Settings;
use crate::store::{areas, gates};

/// The longest that WeChat lets such a code be good.
const MONTH: Duration = Duration::from_hours(30 * 24);

#[derive(Subcommand)]
pub enum GateCommand {
    /// Add a gate of an area.
    Add {
        /// What it is called: 东门.
        #[arg(long)]
        gate: String,
        /// The area that it leads into.
        #[arg(long)]
        area: String,
    },
    /// Ask WeChat for the QR code of a gate and print it as SVG. Whoever scans it follows the account and
    /// sees their passes for that gate in the chat. It is good for 30 days.
    Code {
        /// The gate's name.
        #[arg(long)]
        gate: String,
    },
}

pub async fn run(settings: Settings, command: GateCommand) -> anyhow::Result<()> {
    let site = assembled(&settings).await?.site;
    let name = match command {
        GateCommand::Add { gate, area } => {
            let found = areas::find_by_name(&site.ctx.db.read, &area).await?;
            let area = found.with_context(|| format!("--area: there is no area {area}"))?;
            add_gate(&site.ctx, &gate, area.id).await?;
            return Ok(());
        }
        GateCommand::Code { gate } => gate,
    };
    let gate = gates::find_by_name(&site.ctx.db.read, &name).await?;
    let gate = gate.with_context(|| format!("--gate: there is no gate {name}"))?;
    let account = &site.clients.account;
    let code = account
        .create_scene_code(&scene_of_gate(gate.id), MONTH)
        .await?;
    let drawn = QrCode::new(code.url)?.render::<svg::Color<'_>>().build();
    println!("{drawn}");
    Ok(())
}
