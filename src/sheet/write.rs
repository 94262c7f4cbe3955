//! Writing a list of any length: every row goes to a temporary file at once, and the whole to another one,
//! which has no name and goes with whoever reads it.

use std::fs::File;
use std::io::{Seek, Write};

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

/// Why a list could not be written: no room for the temporary files, or more rows than a sheet has.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the sheet could not be written: {0}")]
    Sheet(#[from] XlsxError),
    #[error("the file could not be kept: {0}")]
    File(#[from] std::io::Error),
}

/// A sheet that is being written.
pub struct Writer {
    book: Workbook,
    sheet: Worksheet,
    rows: u32,
}

impl Writer {
    /// Begins one with these headings.
    ///
    /// # Errors
    /// When there is no room for a temporary file.
    pub fn new(headings: &[&str]) -> Result<Self, WriteError> {
        let mut book = Workbook::new();
        let mut sheet = book.new_worksheet_with_constant_memory()?;
        for at in (0..).take(headings.len()) {
            sheet.set_column_width(at, 20)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for (at, heading) in (0..).zip(headings) {
            sheet.write_string_with_format(0, at, *heading, &bold)?;
        }
        Ok(Self {
            book,
            sheet,
            rows: 0,
        })
    }

    /// Writes a row. Every cell is a text, whatever it begins with: no formula, and a 单据号 keeps its 19
    /// digits.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn write(&mut self, cells: impl IntoIterator<Item = String>) -> Result<(), WriteError> {
        self.rows += 1;
        for (at, cell) in (0..).zip(cells) {
            if !cell.is_empty() {
                self.sheet.write_string(self.rows, at, cell)?;
            }
        }
        Ok(())
    }

    /// How many rows there are below the headings.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Packs it. Blocks for as long as that takes.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn finish(mut self) -> Result<File, WriteError> {
        self.book.push_worksheet(self.sheet);
        let mut file = tempfile::tempfile()?;
        let mut buffered = std::io::BufWriter::new(&mut file);
        self.book.save_to_writer(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        file.rewind()?;
        Ok(file)
    }
}
