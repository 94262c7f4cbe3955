//! `residents import`: the register of the residential quarter, from the desk's list.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use csv::StringRecord;

use super::assembled;
use crate::actions::residents::{Entered, Import, Listed, import};
use crate::config::Settings;
use crate::domain::{Fault, HouseNumber, PersonName, Phone};
use crate::secret::Masked;

#[derive(Subcommand)]
pub enum ResidentsCommand {
    /// Take a list of residents into the register: a CSV in UTF-8 whose first row names the columns 姓名,
    /// 手机号, 门牌号 (or name, phone, house). A row with a fault stops all of it; doing it twice changes nothing.
    Import(ImportOptions),
}

#[derive(Args)]
pub struct ImportOptions {
    file: PathBuf,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// The list is everybody: whoever is not on it has moved out.
    #[arg(long)]
    whole: bool,
    /// Take the rows without a fault, though others have one.
    #[arg(long, conflicts_with = "whole")]
    skip_faulty: bool,
}

/// A row of the list, or what is wrong with it.
type Row = (u64, Result<Listed, String>);

pub async fn run(settings: Settings, command: ResidentsCommand) -> anyhow::Result<()> {
    let ResidentsCommand::Import(options) = command;
    let rows = read(&options.file)?;
    let mut outcomes: HashMap<u64, String> = HashMap::new();
    let (mut lines, mut list) = (Vec::new(), Vec::new());
    for (line, row) in &rows {
        match row {
            Ok(listed) => {
                lines.push(*line);
                list.push(listed.clone());
            }
            Err(fault) => drop(outcomes.insert(*line, format!("faulty: {fault}"))),
        }
    }
    let stopped = !outcomes.is_empty() && !options.skip_faulty;
    let ctx = assembled(&settings).await?.site.ctx.clone();
    let how = Import {
        whole: options.whole && !stopped,
        dry_run: options.dry_run || stopped,
    };
    let imported = import(&ctx, &list, how).await?;
    for (line, (listed, came)) in lines.iter().zip(list.iter().zip(&imported.entered)) {
        let came = match came {
            Entered::Added => "added",
            Entered::Back => "back",
            Entered::Unchanged => "unchanged",
        };
        let (name, house) = (Masked::name(listed.name.as_str()), listed.house.as_str());
        outcomes.insert(*line, format!("{came} {name} {house}"));
    }
    for (line, _) in &rows {
        println!("line {line}: {}", outcomes[line]);
    }
    for gone in &imported.moved_out {
        let name = Masked::name(gone.name.as_str());
        println!("moved out {name} {}", gone.house.as_str());
    }
    if stopped {
        bail!("nothing was imported: mend the faulty rows, or leave them out with --skip-faulty");
    }
    println!("{imported}");
    if options.dry_run {
        println!("nothing was changed: this was a dry run");
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Vec<Row>> {
    let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    // Excel puts it in front.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let header = reader
        .headers()
        .context("the first row is not CSV in UTF-8")?
        .clone();
    let column = |names: [&str; 2]| {
        let found = header.iter().position(|column| names.contains(&column));
        found.with_context(|| format!("the first row names no column {}", names[0]))
    };
    let columns = [
        column(["姓名", "name"])?,
        column(["手机号", "phone"])?,
        column(["门牌号", "house"])?,
    ];
    let mut rows = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let row = match &record {
            Ok(record) => listed(record, columns).map_err(|fault| fault.to_string()),
            Err(fault) => Err(unread(fault)),
        };
        let position = match &record {
            Ok(record) => record.position(),
            Err(fault) => fault.position(),
        };
        // The header is the first line.
        let line = position.map_or(number as u64 + 2, csv::Position::line);
        rows.push((line, row));
    }
    Ok(rows)
}

fn listed(record: &StringRecord, [name, phone, house]: [usize; 3]) -> Result<Listed, Fault> {
    let cell = |column| record.get(column).unwrap_or_default();
    Ok(Listed {
        name: PersonName::parse(cell(name))?,
        phone: Phone::parse(cell(phone))?,
        house: HouseNumber::parse(cell(house))?,
    })
}

/// Without what stands in the row.
fn unread(fault: &csv::Error) -> String {
    match fault.kind() {
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} cells instead of {expected_len}"),
        _ => "not CSV".to_owned(),
    }
}
