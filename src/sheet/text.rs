//! CSV, in UTF-8 or in GBK.

use std::borrow::Cow;

use encoding_rs::GB18030;

use super::cells::{Cell, Spoilt};
use super::template::undefused;
use super::{Form, SheetFault};

/// What begins a compound file, in which Excel keeps old workbooks, and new ones with a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Gives every row, with its number from 1 as Excel counts it, to `take`.
pub fn read(
    bytes: &[u8],
    mut take: impl FnMut(u64, Vec<(u32, Cell)>) -> Result<(), SheetFault>,
) -> Result<Form, SheetFault> {
    let (form, text) = decoded(bytes)?;
    // Excel ends lines with both characters, of which the reader counts the first into the next line.
    let text = text.replace('\r', "");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    // To Excel a cell of several lines is one row.
    let mut more_lines = 0;
    for record in reader.records() {
        let record = record.map_err(|_| SheetFault::Broken)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = (0..).zip(&record).map(|(at, text)| (at, cell(text)));
        take(line - more_lines, cells.collect())?;
        let breaks = record.iter().map(|cell| cell.matches('\n').count() as u64);
        more_lines += breaks.sum::<u64>();
    }
    Ok(form)
}

fn cell(text: &str) -> Cell {
    let text = undefused(text.trim());
    if is_scientific(text) {
        Cell::Spoilt(Spoilt::Scientific)
    } else {
        Cell::Text(text.to_owned())
    }
}

/// `1.39E+10`: a plate or a house number never looks like it.
fn is_scientific(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts = text.split_once("E+").or_else(|| text.split_once("e+"));
    parts.is_some_and(|(number, power)| {
        digits(power) && number.split('.').all(digits) && number.split('.').count() <= 2
    })
}

fn decoded(bytes: &[u8]) -> Result<(Form, Cow<'_, str>), SheetFault> {
    if bytes.starts_with(COMPOUND) {
        return Err(compound(bytes));
    }
    // No text holds it, and every picture, document and program does.
    if bytes.contains(&0) {
        return Err(SheetFault::NotASheet);
    }
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(plain) {
        return Ok((Form::Utf8, text.into()));
    }
    // Which holds all of GBK, and the rarer characters of names.
    let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    let text = text.ok_or(SheetFault::NotASheet)?;
    Ok((Form::Gbk, text))
}

/// A workbook with a password is a compound file with a part of this name.
fn compound(bytes: &[u8]) -> SheetFault {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if bytes.windows(name.len()).any(|part| part == name) {
        SheetFault::Encrypted
    } else {
        SheetFault::OldExcel
    }
}
