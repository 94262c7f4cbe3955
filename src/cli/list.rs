//! Lists that operators import: CSV in UTF-8 whose first row names the columns.

use std::collections::HashMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use csv::{Error, ErrorKind, Position};

#[derive(Args)]
pub struct ListOptions {
    file: PathBuf,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Take the rows without a fault, though others have one.
    #[arg(long)]
    skip_faulty: bool,
}

/// A list that was read: what is right in it, and what is to be said of each line.
pub struct List<T> {
    pub rows: Vec<T>,
    /// The line of each of the rows.
    lines: Vec<u64>,
    faulty: HashMap<u64, String>,
    /// Whether faults keep all of it from being imported.
    pub stopped: bool,
}

impl<T> List<T> {
    /// Reads the columns, each by either of its names.
    ///
    /// # Errors
    /// When there is no such file, or its first row lacks a column.
    pub fn read<const N: usize>(
        options: &ListOptions,
        columns: [[&str; 2]; N],
        parse: impl Fn([&str; N]) -> Result<T, String>,
    ) -> anyhow::Result<Self> {
        let mut bytes = bytes(&options.file)?;
        // Excel ends lines with both characters, of which the reader counts the first into the next line.
        bytes.retain(|byte| *byte != b'\r');
        // Excel puts it in front.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let header = reader
            .headers()
            .context("the first row is not CSV in UTF-8")?
            .clone();
        let mut places = [0; N];
        for (place, names) in places.iter_mut().zip(columns) {
            let found = header.iter().position(|column| names.contains(&column));
            *place =
                found.with_context(|| format!("the first row names no column {}", names[0]))?;
        }
        let (mut rows, mut lines, mut faulty) = (Vec::new(), Vec::new(), HashMap::new());
        for (number, record) in reader.records().enumerate() {
            let position = match &record {
                Ok(record) => record.position(),
                Err(fault) => fault.position(),
            };
            // The header is the first line.
            let line = position.map_or(number as u64 + 2, Position::line);
            let row = record.map_err(|fault| unread(&fault)).and_then(|record| {
                parse(places.map(|place| record.get(place).unwrap_or_default()))
            });
            match row {
                Ok(row) => {
                    rows.push(row);
                    lines.push(line);
                }
                Err(fault) => drop(faulty.insert(line, fault)),
            }
        }
        Ok(Self {
            rows,
            lines,
            stopped: !faulty.is_empty() && !options.skip_faulty,
            faulty,
        })
    }

    /// Prints a line for each line, in their order; `came` is what came of the rows.
    pub fn tell(&self, came: impl IntoIterator<Item = impl Display>) {
        let came = came.into_iter().map(|came| came.to_string());
        let faulty = self.faulty.iter();
        let faulty = faulty.map(|(line, fault)| (*line, format!("faulty: {fault}")));
        let mut told: Vec<_> = self.lines.iter().copied().zip(came).chain(faulty).collect();
        told.sort();
        for (line, told) in told {
            println!("line {line}: {told}");
        }
    }

    /// # Errors
    /// When faults kept all of it from being imported.
    pub fn end(&self, summary: impl Display, options: &ListOptions) -> anyhow::Result<()> {
        if self.stopped {
            bail!(
                "nothing was imported: mend the faulty rows, or leave them out with --skip-faulty"
            );
        }
        println!("{summary}");
        if options.dry_run {
            println!("nothing was changed: this was a dry run");
        }
        Ok(())
    }
}

fn bytes(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// Without what stands in the row.
fn unread(fault: &Error) -> String {
    match fault.kind() {
        ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} cells instead of {expected_len}"),
        _ => "not CSV".to_owned(),
    }
}
