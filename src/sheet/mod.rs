//! Lists as offices keep them: a sheet of Excel, or CSV. The first row names the columns, in any order.
//!
//! [`read`] knows a file by its bytes and never by its name, takes a list apart row by row, and names each
//! fault by row and column as Excel counts them. What Excel does to numbers on the way (a phone in
//! scientific notation, an ID number that lost its last digits, a house number that became a date) is told
//! as what it is. [`guard`] bounds what a small file may unpack to. [`Writer`] writes a list of any length in
//! little memory, and [`template`] what an office fills in. Knows nothing of ours.

mod book;
mod cells;
mod fault;
mod guard;
mod template;
mod text;
mod write;

pub use cells::{Cells, Reason, Wrong};
pub use fault::SheetFault;
pub use template::{csv_template, xlsx_template};
pub use write::{WriteError, Writer};

use cells::{Cell, Header};

/// The most rows of a list: a college with every student, and a few seconds of work.
pub const MOST_ROWS: usize = 50_000;

/// A column that a list may or must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// What else it may be headed with.
    pub other: &'static str,
    pub needed: bool,
}

impl Column {
    #[must_use]
    pub const fn needed(name: &'static str, other: &'static str) -> Self {
        Self {
            name,
            other,
            needed: true,
        }
    }

    #[must_use]
    pub const fn optional(name: &'static str, other: &'static str) -> Self {
        Self {
            needed: false,
            ..Self::needed(name, other)
        }
    }
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Xlsx,
    /// CSV in UTF-8, with or without a mark in front.
    Utf8,
    /// CSV in GBK, as Excel saves it in China.
    Gbk,
}

impl Form {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Utf8 => "utf-8",
            Self::Gbk => "gbk",
        }
    }
}

/// A list that was read: what is right in it, and what is to be said of the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T> {
    pub form: Form,
    /// Headings that nobody asked for; what stands below them is not read.
    pub ignored: Vec<String>,
    /// Each with its row as Excel counts it: the heading is row 1.
    pub rows: Vec<(u64, T)>,
    pub faulty: Vec<Faulty>,
}

/// A row that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faulty {
    pub row: u64,
    /// None when it is the row as a whole.
    pub column: Option<&'static str>,
    pub code: &'static str,
    /// A sentence for whoever mends it; it repeats nothing of the cell.
    pub detail: String,
}

/// Reads a list, each row by `parse`. Empty rows are passed over.
///
/// # Errors
/// When it is no list, or not one with these columns, or too long.
pub fn read<T>(
    bytes: &[u8],
    columns: &[Column],
    parse: impl FnMut(&Cells<'_>) -> Result<T, Wrong>,
) -> Result<List<T>, SheetFault> {
    let mut rows = Rows {
        columns,
        header: None,
        parse,
        list: List {
            form: Form::Xlsx,
            ignored: Vec::new(),
            rows: Vec::new(),
            faulty: Vec::new(),
        },
    };
    rows.list.form = if bytes.starts_with(b"PK\x03\x04") {
        book::read(bytes, |number, cells| rows.take(number, &cells))?;
        Form::Xlsx
    } else {
        text::read(bytes, |number, cells| rows.take(number, &cells))?
    };
    if rows.header.is_none() {
        return Err(SheetFault::Empty);
    }
    Ok(rows.list)
}

/// Takes one row after the other, so that nothing is held but what was made of them.
struct Rows<'a, T, P> {
    columns: &'a [Column],
    header: Option<Header>,
    parse: P,
    list: List<T>,
}

impl<T, P: FnMut(&Cells<'_>) -> Result<T, Wrong>> Rows<'_, T, P> {
    fn take(&mut self, number: u64, row: &[(u32, Cell)]) -> Result<(), SheetFault> {
        if row.iter().all(|(_, cell)| cell.is_empty()) {
            return Ok(());
        }
        let Some(header) = &self.header else {
            let (header, ignored) = Header::of(row, self.columns)?;
            (self.header, self.list.ignored) = (Some(header), ignored);
            return Ok(());
        };
        if self.list.rows.len() + self.list.faulty.len() == MOST_ROWS {
            return Err(SheetFault::TooManyRows);
        }
        let cells = header.cells(self.columns, row);
        match cells.and_then(|cells| (self.parse)(&cells)) {
            Ok(taken) => self.list.rows.push((number, taken)),
            Err(wrong) => self.list.faulty.push(Faulty {
                row: number,
                column: wrong.column,
                code: wrong.reason.code,
                detail: wrong.reason.said,
            }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
