//! A workbook of Excel: the first sheet that is shown, cell by cell, without making room for what a cell far
//! out would stretch it to.

use std::io::Cursor;

use calamine::{DataRef, Dimensions, Reader, SheetVisible, Xlsx};

use super::cells::{Cell, Spoilt};
use super::{SheetFault, guard};

/// Past this, a row is no row of a list, and what was merged is a form.
const MOST_CELLS: usize = 1000;
/// From here on a number has more digits than the 15 that Excel keeps.
const TOO_LONG: f64 = 1e15;

/// Gives every row that has cells, with its number from 1, to `take`.
pub fn read(
    bytes: &[u8],
    mut take: impl FnMut(u64, Vec<(u32, Cell)>) -> Result<(), SheetFault>,
) -> Result<(), SheetFault> {
    guard::look(bytes)?;
    let book = Xlsx::new(Cursor::new(bytes));
    let mut book = book.map_err(|_| SheetFault::Broken)?;
    let sheets = book.sheets_metadata().iter();
    let shown = { sheets }.find(|sheet| sheet.visible == SheetVisible::Visible);
    let name = shown.ok_or(SheetFault::Empty)?.name.clone();
    let merged = book.merge_cells_by_sheet_name(&name);
    let merged = merged.map_err(|_| SheetFault::Broken)?;
    if merged.len() > MOST_CELLS {
        return Err(SheetFault::TooBig);
    }
    let cells = book.worksheet_cells_reader(&name);
    let mut cells = cells.map_err(|_| SheetFault::Broken)?;
    let (mut number, mut row) = (0, Vec::new());
    while let Some(cell) = cells.next_cell().map_err(|_| SheetFault::Broken)? {
        let (line, at) = cell.get_position();
        if line != number {
            take(u64::from(number) + 1, unmerged(number, row, &merged))?;
            (number, row) = (line, Vec::new());
        }
        if row.len() == MOST_CELLS {
            return Err(SheetFault::TooBig);
        }
        row.push((at, text(cell.get_value())));
    }
    take(u64::from(number) + 1, unmerged(number, row, &merged))
}

/// The row with every cell named that is one of several in one: but for the first of those it looks empty.
fn unmerged(number: u32, mut row: Vec<(u32, Cell)>, merged: &[Dimensions]) -> Vec<(u32, Cell)> {
    if row.iter().all(|(_, cell)| cell.is_empty()) {
        return row;
    }
    let here = merged
        .iter()
        .filter(|region| (region.start.0..=region.end.0).contains(&number));
    for at in here.flat_map(|region| (region.start.1..=region.end.1).take(MOST_CELLS)) {
        row.retain(|(known, _)| *known != at);
        row.push((at, Cell::Spoilt(Spoilt::Merged)));
    }
    row
}

/// As it was typed, or what became of it. Of a formula this is what it last came to.
fn text(value: &DataRef<'_>) -> Cell {
    let text = match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if number.abs() >= TOO_LONG => {
            return Cell::Spoilt(Spoilt::DigitsLost);
        }
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => {
            return Cell::Spoilt(Spoilt::Date);
        }
        DataRef::Error(_) => return Cell::Spoilt(Spoilt::Error),
    };
    Cell::Text(text)
}
