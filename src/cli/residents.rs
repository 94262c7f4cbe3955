//! `residents import`: the register of the residential quarter, from the desk's list.

use clap::{Args, Subcommand};

use super::assembled;
use super::list::{List, ListOptions};
use crate::actions::residents::{COLUMNS, Entered, Import, import, listed};
use crate::config::Settings;
use crate::secret::Masked;

#[derive(Subcommand)]
pub enum ResidentsCommand {
    /// Take a list of residents into the register: a sheet of Excel (.xlsx) or a CSV whose first row names the
    /// columns 姓名, 手机号, 门牌号 (or name, phone, house). A row with a fault stops all of it; doing it twice
    /// changes nothing.
    Import(ImportOptions),
}

#[derive(Args)]
pub struct ImportOptions {
    #[command(flatten)]
    list: ListOptions,
    /// The list is everybody: whoever is not on it has moved out.
    #[arg(long, conflicts_with = "skip_faulty")]
    whole: bool,
}

pub async fn run(settings: Settings, command: ResidentsCommand) -> anyhow::Result<()> {
    let ResidentsCommand::Import(options) = command;
    let list = List::read(&options.list, &COLUMNS, listed)?;
    let ctx = assembled(&settings).await?.site.ctx.clone();
    let how = Import {
        whole: options.whole && !list.stopped,
        dry_run: options.list.dry_run || list.stopped,
    };
    let imported = import(&ctx, "operator", list.rows(), how).await?;
    list.tell(list.rows().zip(&imported.entered).map(|(listed, came)| {
        let came = match came {
            Entered::Added => "added",
            Entered::Back => "back",
            Entered::Unchanged => "unchanged",
        };
        let (name, house) = (Masked::name(listed.name.as_str()), listed.house.as_str());
        format!("{came} {name} {house}")
    }));
    for gone in &imported.moved_out {
        let name = Masked::name(gone.name.as_str());
        println!("moved out {name} {}", gone.house.as_str());
    }
    list.end(imported, &options.list)
}
