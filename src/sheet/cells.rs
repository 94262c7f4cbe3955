//! The cells of a row, under their headings.

use super::{Column, SheetFault};

/// What stands in a cell as text, or what Excel made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    Spoilt(Spoilt),
}

/// What Excel does to a text that it takes for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoilt {
    /// A number past the 15 digits that Excel keeps: the others are zeros by now.
    DigitsLost,
    /// `1.39E+10`.
    Scientific,
    Date,
    /// `#N/A` and its like.
    Error,
    /// One of several cells in one, of which all but the first are empty.
    Merged,
}

impl Spoilt {
    fn reason(self) -> Reason {
        let (code, said) = match self {
            Self::DigitsLost => (
                "cell_digits_lost",
                "Excel只保留前15位数字，该号码已不完整，请将该列设为文本格式后重新填写",
            ),
            Self::Scientific => (
                "cell_scientific",
                "该号码已被Excel改为科学计数法，请将该列设为文本格式后重新填写",
            ),
            Self::Date => (
                "cell_date",
                "该内容已被Excel改为日期，请将该列设为文本格式后重新填写",
            ),
            Self::Error => ("cell_error", "该单元格的公式出错，请改为填写内容"),
            Self::Merged => ("cell_merged", "该单元格已合并，请取消合并后逐行填写"),
        };
        Reason::new(code, said)
    }
}

impl Cell {
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// Why a cell is not what it should be: a stable code, and a sentence its writer can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub code: &'static str,
    pub said: String,
}

impl Reason {
    #[must_use]
    pub fn new(code: &'static str, said: impl Into<String>) -> Self {
        let said = said.into();
        Self { code, said }
    }
}

/// Why a row is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub column: Option<&'static str>,
    pub reason: Reason,
}

/// The cells of one row, to be asked for by the names of the columns.
pub struct Cells<'a> {
    columns: &'a [Column],
    /// In the order of the columns; none where the row or the list has no such cell.
    cells: Vec<Option<&'a Cell>>,
}

impl Cells<'_> {
    /// What the cell under a heading holds, parsed.
    ///
    /// # Errors
    /// What Excel made of the cell, or why it does not parse.
    pub fn read<T, E: Into<Reason>>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Wrong> {
        let wrong = |reason| Wrong {
            column: Some(name),
            reason,
        };
        let text = self.text(name).map_err(|spoilt| wrong(spoilt.reason()))?;
        parse(text).map_err(|error| wrong(error.into()))
    }

    /// The same of a cell that may be empty.
    ///
    /// # Errors
    /// As [`Cells::read`].
    pub fn maybe<T, E: Into<Reason>>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Wrong> {
        self.read(name, |text| match text {
            "" => Ok(None),
            text => parse(text).map(Some),
        })
    }

    fn text(&self, name: &str) -> Result<&str, Spoilt> {
        let place = self.columns.iter().position(|column| column.name == name);
        match place.and_then(|place| self.cells[place]) {
            Some(Cell::Text(text)) => Ok(text.trim()),
            Some(Cell::Spoilt(spoilt)) => Err(*spoilt),
            None => Ok(""),
        }
    }
}

/// Where each column stands.
pub(super) struct Header {
    places: Vec<Option<u32>>,
    /// Every column of the sheet that is headed with something.
    headed: Vec<u32>,
}

impl Header {
    /// The places of the columns in the first row, and the headings that nobody asked for.
    pub fn of(row: &[(u32, Cell)], columns: &[Column]) -> Result<(Self, Vec<String>), SheetFault> {
        let (mut places, mut headed, mut ignored) =
            (vec![None; columns.len()], Vec::new(), Vec::new());
        for (at, cell) in row {
            let Cell::Text(heading) = cell else { continue };
            let heading = heading.trim();
            if heading.is_empty() {
                continue;
            }
            headed.push(*at);
            let known = |column: &Column| [column.name, column.other].contains(&heading);
            match columns.iter().position(known) {
                Some(place) if places[place].is_some() => {
                    return Err(SheetFault::Twice(columns[place].name));
                }
                Some(place) => places[place] = Some(*at),
                None => ignored.push(heading.to_owned()),
            }
        }
        let missing = columns.iter().zip(&places);
        let missing = missing.filter(|(column, place)| column.needed && place.is_none());
        let missing: Vec<_> = missing.map(|(column, _)| column.name).collect();
        if missing.is_empty() {
            Ok((Self { places, headed }, ignored))
        } else {
            Err(SheetFault::Missing(missing))
        }
    }

    /// The cells of a row. One that stands under no heading says that the row has slipped.
    pub fn cells<'a>(
        &self,
        columns: &'a [Column],
        row: &'a [(u32, Cell)],
    ) -> Result<Cells<'a>, Wrong> {
        let stray = |(at, cell): &&(u32, Cell)| !cell.is_empty() && !self.headed.contains(at);
        if row.iter().any(|cell| stray(&cell)) {
            let said = "该行的内容超出了标题的列，请检查是否错位";
            let reason = Reason::new("cells_too_many", said);
            return Err(Wrong {
                column: None,
                reason,
            });
        }
        let cell = |place: &Option<u32>| {
            let mut row = row.iter();
            let found = place.and_then(|place| row.find(|(at, _)| *at == place));
            found.map(|(_, cell)| cell)
        };
        Ok(Cells {
            columns,
            cells: self.places.iter().map(cell).collect(),
        })
    }
}
