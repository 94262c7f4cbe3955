//! Lists that operators import: a sheet of Excel or CSV whose first row names the columns.

use std::fmt::Display;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use crate::sheet::{self, Cells, Column, Wrong};

#[derive(Args)]
pub struct ListOptions {
    file: PathBuf,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Take the rows without a fault, though others have one.
    #[arg(long)]
    pub(super) skip_faulty: bool,
}

/// A list that was read.
pub struct List<T> {
    list: sheet::List<T>,
    /// Whether faults keep all of it from being imported.
    pub stopped: bool,
}

impl<T> List<T> {
    /// # Errors
    /// When there is no such file, or it is no such list.
    pub fn read(
        options: &ListOptions,
        columns: &[Column],
        parse: impl FnMut(&Cells<'_>) -> Result<T, Wrong>,
    ) -> anyhow::Result<Self> {
        let name = options.file.display();
        let bytes = fs::read(&options.file).with_context(|| format!("{name} cannot be read"))?;
        let list = sheet::read(&bytes, columns, parse).with_context(|| format!("{name}"))?;
        for heading in &list.ignored {
            eprintln!("the column {heading} is not read");
        }
        Ok(Self {
            stopped: !list.faulty.is_empty() && !options.skip_faulty,
            list,
        })
    }

    /// What is right in it.
    pub fn rows(&self) -> impl Iterator<Item = &T> + Clone {
        self.list.rows.iter().map(|(_, row)| row)
    }

    /// Prints a line for each row, in their order; `came` is what came of the right ones.
    pub fn tell(&self, came: impl IntoIterator<Item = impl Display>) {
        let came = came.into_iter().map(|came| came.to_string());
        let faulty = self.list.faulty.iter();
        let faulty = faulty.map(|faulty| (faulty.row, format!("faulty: {}", faulty.detail)));
        let rows = self.list.rows.iter().map(|(row, _)| *row);
        let mut told: Vec<_> = rows.zip(came).chain(faulty).collect();
        told.sort();
        for (row, told) in told {
            println!("line {row}: {told}");
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
