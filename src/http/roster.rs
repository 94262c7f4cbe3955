//! 访客名单 of 代约: a list of visitors, checked row by row, that the page puts into its form.

use serde::Serialize;
use utoipa::ToSchema;

use super::language::Language;
use super::lists::FaultOut;
use super::problem::Problem;
use crate::domain::{IdNumber, Items, PersonName, Phone, Plate};
use crate::secret::Sealable;
use crate::sheet::{Cells, Column, Faulty, List, Wrong};

/// What the list is headed with.
pub const COLUMNS: [Column; 5] = [
    Column::needed("姓名", "name"),
    Column::needed("手机号", "phone"),
    Column::needed("证件号", "id_number"),
    Column::optional("车牌号", "plate"),
    Column::optional("携带物品", "items"),
];

/// A visit has at most so many.
const MOST: usize = 100;

/// Somebody on it.
pub struct Listed {
    name: PersonName,
    phone: Phone,
    id_number: IdNumber,
    plate: Option<Plate>,
    items: Option<Items>,
}

/// # Errors
/// What is wrong with the first cell that is.
pub fn listed(cells: &Cells<'_>) -> Result<Listed, Wrong> {
    Ok(Listed {
        name: cells.read("姓名", PersonName::parse)?,
        phone: cells.read("手机号", Phone::parse)?,
        id_number: cells.read("证件号", IdNumber::parse)?,
        plate: cells.maybe("车牌号", Plate::parse)?,
        items: cells.maybe("携带物品", Items::parse)?,
    })
}

/// A visitor as the form takes them.
#[derive(Serialize, ToSchema)]
pub struct ListedOut {
    /// As Excel counts it: the heading is row 1.
    row: u64,
    name: String,
    #[schema(example = "13900000001")]
    phone: String,
    id_number: String,
    plate: Option<String>,
    items: Option<String>,
}

/// What a list of visitors would bring; nothing of it is kept.
#[derive(Serialize, ToSchema)]
pub struct RosterOut {
    /// What the file was: `xlsx`, `utf-8` or `gbk`.
    #[schema(example = "xlsx")]
    form: &'static str,
    /// Headings that nobody asked for.
    ignored: Vec<String>,
    /// Those that are right.
    visitors: Vec<ListedOut>,
    /// Those that are not.
    faults: Vec<FaultOut>,
}

impl RosterOut {
    /// # Errors
    /// When there are more than a visit takes.
    pub fn of(list: List<Listed>, language: Language) -> Result<Self, Problem> {
        if list.rows.len() > MOST {
            let said = "一次最多代约100人，请分成几份申请";
            return Err(Problem::field("file", "visitors_too_many", said));
        }
        let (mut visitors, mut faults) = (Vec::<ListedOut>::new(), list.faulty);
        for (row, listed) in list.rows {
            let number = listed.id_number.expose();
            if let Some(first) = visitors.iter().find(|known| known.id_number == number) {
                faults.push(Faulty {
                    row,
                    column: Some("证件号"),
                    code: "id_number_twice",
                    detail: format!("与第{}行重复", first.row),
                });
                continue;
            }
            visitors.push(ListedOut {
                row,
                name: listed.name.as_str().to_owned(),
                phone: listed.phone.expose().to_owned(),
                id_number: number.to_owned(),
                plate: listed.plate.map(|plate| plate.as_str().to_owned()),
                items: listed.items.map(|items| items.as_str().to_owned()),
            });
        }
        faults.sort_by_key(|faulty| faulty.row);
        let faults = faults.into_iter();
        Ok(Self {
            form: list.form.as_str(),
            ignored: list.ignored,
            visitors,
            faults: faults
                .map(|faulty| FaultOut::of(faulty, language))
                .collect(),
        })
    }
}
