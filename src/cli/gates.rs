//! `gate code`: what hangs beside a gate, for people to scan.

use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use qrcode::QrCode;
use qrcode::render::svg;

use super::assembled;
use crate::chat::scene_of_gate;
use crate::config::Settings;
use crate::store::gates;

/// The longest that WeChat lets such a code be good.
const MONTH: Duration = Duration::from_hours(30 * 24);

#[derive(Subcommand)]
pub enum GateCommand {
    /// Ask WeChat for the QR code of a gate and print it as SVG. Whoever scans it follows the account and
    /// sees their passes for that gate in the chat. It is good for 30 days.
    Code {
        /// The gate's name.
        #[arg(long)]
        gate: String,
    },
}

pub async fn run(settings: Settings, command: GateCommand) -> anyhow::Result<()> {
    let GateCommand::Code { gate: name } = command;
    let site = assembled(&settings).await?.site;
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
