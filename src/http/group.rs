//! 团体通行, from JSON and CSV to what the action takes, and what a screen shows of it.

use csv::StringRecord;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::Fields;
use super::forms::{GroupIn, whole};
use super::problem::Problem;
use crate::actions::groups::Gathering;
use crate::domain::actors::Staff;
use crate::domain::group::{Headcount, MOST_VEHICLES, NotTaken, read_plates};
use crate::domain::{Fault, PersonName, Phone, Plate};
use crate::secret::Masked;
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
        let visit = self.wanted(&mut f, Some(by.member.id));
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

/// The column of the template.
const PLATE: &str = "车牌号";

/// What an import is made from. The mark in front tells Excel that it is UTF-8.
#[must_use]
pub fn template() -> String {
    format!("\u{feff}{PLATE}\r\n")
}

/// What an import makes of one row.
#[derive(Serialize, ToSchema)]
pub struct RowOut {
    /// The line in the file; the header is 1.
    row: u64,
    /// As it would be submitted, or as it was typed when it is not taken.
    #[schema(example = "渝A12345")]
    plate: String,
    /// Why it is not taken: `plate_invalid` or `plate_twice`.
    code: Option<&'static str>,
    detail: Option<String>,
}

/// What a file of plates would bring; nothing is kept.
///
/// # Errors
/// When it is no such file: no text in UTF-8, another header, or too many rows.
pub fn read_file(bytes: &[u8]) -> Result<Vec<RowOut>, Problem> {
    let wrong = |fault: Fault| Problem::field("file", fault.code, fault.sentence);
    let text = std::str::from_utf8(bytes).map_err(|_| {
        wrong(Fault::new(
            "csv_encoding",
            "文件应为 UTF-8 编码的CSV，请使用导入模板",
        ))
    })?;
    // Excel ends lines with both characters, of which the reader counts the first into the next line.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let no_header = || wrong(Fault::new("csv_header", "文件首行应有“车牌号”一列"));
    let header = reader.headers().map_err(|_| no_header())?;
    let column = header.iter().position(|name| name == PLATE);
    let column = column.ok_or_else(no_header)?;
    let mut typed = Vec::new();
    for record in reader.records() {
        let unread = |_| wrong(Fault::new("csv_invalid", "文件不是有效的CSV"));
        let record: StringRecord = record.map_err(unread)?;
        if typed.len() == MOST_VEHICLES {
            return Err(wrong(TOO_MANY));
        }
        let line = record.position().map_or(0, csv::Position::line);
        typed.push((line, record.get(column).unwrap_or_default().to_owned()));
    }
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
    Ok(typed.iter().zip(read).map(row).collect())
}
