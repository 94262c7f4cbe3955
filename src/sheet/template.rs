//! What an office fills in: the headings, and nothing else.

use rust_xlsxwriter::{Format, Workbook};

use super::{Column, WriteError};

/// A CSV with the headings. The mark in front tells Excel that it is UTF-8.
#[must_use]
pub fn csv_template(columns: &[Column]) -> String {
    let headings: Vec<_> = columns.iter().map(|column| defused(column.name)).collect();
    format!("\u{feff}{}\r\n", headings.join(","))
}

/// A sheet with the headings, whose columns are text, so that Excel leaves numbers as they are typed.
///
/// # Errors
/// When it cannot be written, which headings of ours do not bring about.
pub fn xlsx_template(columns: &[Column]) -> Result<Vec<u8>, WriteError> {
    let (text, bold) = (
        Format::new().set_num_format("@"),
        Format::new().set_num_format("@").set_bold(),
    );
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, column) in (0..).zip(columns) {
        sheet.set_column_format(at, &text)?;
        sheet.set_column_width(at, 20)?;
        sheet.write_string_with_format(0, at, column.name, &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(book.save_to_buffer()?)
}

/// What a cell of a CSV begins with when Excel runs it instead of showing it.
const RUNS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The text with an apostrophe in front where Excel would run it. A cell of a sheet needs none: there a text
/// is a text.
#[must_use]
pub fn defused(text: &str) -> String {
    if text.starts_with(RUNS) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The text without the apostrophe that keeps Excel from reading it.
pub fn undefused(text: &str) -> &str {
    text.strip_prefix('\'').unwrap_or(text)
}
