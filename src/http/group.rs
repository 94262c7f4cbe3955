//! 团体通行, from JSON and lists to what the action takes, and what a screen shows of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::Fields;
use super::forms::{GroupIn, whole};
use super::language::Language;
use super::problem::Problem;
use crate::actions::groups::Gathering;
use crate::domain::actors::Staff;
use crate::domain::group::{Headcount, MOST_VEHICLES, NotTaken, read_plates};
use crate::domain::{Fault, PersonName, Phone, Plate};
use crate::secret::Masked;
use crate::sheet::{Cells, Column, List, Wrong};
use crate::store::visit_facts::VisitFacts;

/// 联系人.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactIn {
    /// 姓名.
    #[serde(default)]
    name: String,
    /// 手机号.
    #[serde(default)]
    phone: String,
}

const TWICE: Fault = Fault::new("plate_twice", "该车牌号重复填写，请检查");
const TOO_MANY: Fault = Fault::new("plates_too_many", "来访车辆最多500辆");

impl GroupIn {
    pub fn gathering(&self, by: &Staff) -> Result<Gathering, Problem> {
        let mut f = Fields::default();
        let visit = self.wanted(&mut f, by.as_host());
        let headcount = f.take("headcount", Headcount::parse(whole(&self.headcount)));
        let name = f.take("contact.name", PersonName::parse(&self.contact.name));
        let phone = f.take("contact.phone", Phone::parse(&self.contact.phone));
        let plates = self.vehicles(&mut f);
        let whole = visit.zip(headcount).zip(name.zip(phone));
        f.finish(whole.map(|((visit, headcount), contact)| Gathering {
            visit,
            headcount,
            contact,
            plates,
        }))
    }

    fn vehicles(&self, f: &mut Fields) -> Vec<Plate> {
        if self.plates.len() > MOST_VEHICLES {
            f.fault("plates", TOO_MANY);
            return Vec::new();
        }
        let mut plates = Vec::new();
        let read = read_plates(self.plates.iter().map(String::as_str));
        for (number, plate) in read.into_iter().enumerate() {
            let plate = plate.map_err(|why| match why {
                NotTaken::Faulty(fault) => fault,
                NotTaken::Twice { .. } => TWICE,
            });
            plates.extend(f.take(&format!("plates[{number}]"), plate));
        }
        plates
    }
}

/// What a visit of a group has besides.
#[derive(Serialize, ToSchema)]
pub struct GroupOut {
    /// 总人数.
    headcount: i16,
    /// 联系人.
    contact: String,
    #[schema(value_type = String)]
    contact_phone: Masked,
    /// 来访车辆.
    plates: Vec<String>,
}

impl GroupOut {
    pub fn of(facts: &VisitFacts) -> Option<Self> {
        let (group, contact) = (facts.group.as_ref()?, facts.visitors.first()?);
        let plates = group.plates.iter();
        Some(Self {
            headcount: group.headcount.get(),
            contact: contact.name.as_str().to_owned(),
            contact_phone: contact.phone.mask.clone(),
            plates: plates.map(|plate| plate.as_str().to_owned()).collect(),
        })
    }
}

/// What a list of vehicles is headed with.
pub const COLUMNS: [Column; 1] = [Column::needed("车牌号", "plate")];

/// The plate of a row, as it was typed.
///
/// # Errors
/// What Excel made of it.
pub fn listed(cells: &Cells<'_>) -> Result<String, Wrong> {
    cells.read("车牌号", |text| Ok::<_, Fault>(text.to_owned()))
}

/// What an import makes of one row.
#[derive(Serialize, ToSchema)]
pub struct RowOut {
    /// As Excel counts it: the heading is row 1.
    row: u64,
    /// As it would be submitted, or as it was typed when it is not taken.
    #[schema(example = "渝A12345")]
    plate: String,
    /// Why it is not taken: `plate_invalid`, `plate_twice`, or what Excel made of the cell.
    code: Option<&'static str>,
    detail: Option<String>,
}

/// What a list of vehicles would bring; nothing of it is kept.
#[derive(Serialize, ToSchema)]
pub struct PlatesOut {
    /// What the file was: `xlsx`, `utf-8` or `gbk`.
    #[schema(example = "xlsx")]
    form: &'static str,
    rows: Vec<RowOut>,
}

impl PlatesOut {
    /// # Errors
    /// When there are more than a group has.
    pub fn of(list: List<String>, language: Language) -> Result<Self, Problem> {
        if list.rows.len() + list.faulty.len() > MOST_VEHICLES {
            return Err(Problem::field("file", TOO_MANY.code, TOO_MANY.sentence));
        }
        let typed = list.rows;
        let read = read_plates(typed.iter().map(|(_, text)| text.as_str()));
        let row = |((row, text), plate): (&(u64, String), Result<Plate, NotTaken>)| {
            let (plate, why) = match plate {
                Ok(plate) => (plate.as_str().to_owned(), None),
                Err(NotTaken::Faulty(fault)) => {
                    (text.clone(), Some((fault.code, fault.sentence.to_owned())))
                }
                Err(NotTaken::Twice { first }) => {
                    let detail = format!("与第{}行重复", typed[first].0);
                    (text.clone(), Some((TWICE.code, detail)))
                }
            };
            let (code, detail) = why.unzip();
            RowOut {
                row: *row,
                plate,
                code,
                detail,
            }
        };
        let spoilt = list.faulty.into_iter().map(|faulty| RowOut {
            row: faulty.row,
            plate: String::new(),
            code: Some(faulty.code),
            detail: Some(faulty.detail),
        });
        let mut rows: Vec<_> = typed.iter().zip(read).map(row).chain(spoilt).collect();
        rows.sort_by_key(|row| row.row);
        for row in &mut rows {
            if let (Some(code), Some(detail)) = (row.code, &mut row.detail) {
                language.translate(code, detail);
            }
        }
        Ok(Self {
            form: list.form.as_str(),
            rows,
        })
    }
}
