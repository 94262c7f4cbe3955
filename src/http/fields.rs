//! Reading the fields of a form: each is parsed, and every fault is told, not only the first.

use chrono::{DateTime, NaiveDate, Utc};

use super::problem::{FieldError, Problem};
use crate::domain::Fault;

/// The faults so far.
#[derive(Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// A parsed field, or its fault.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, Fault>) -> Option<T> {
        parsed.map_err(|fault| self.fault(field, fault)).ok()
    }

    /// A field that may be left out, or empty.
    pub fn maybe<T>(
        &mut self,
        field: &str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        self.take(field, parse(text))
    }

    /// An id, chosen from a list.
    pub fn id<T: std::str::FromStr>(&mut self, field: &str, text: &str, none: Fault) -> Option<T> {
        self.take(field, text.parse().map_err(|_| none))
    }

    /// A time, as RFC 3339 with its offset.
    pub fn time(&mut self, field: &str, text: &str) -> Option<DateTime<Utc>> {
        let fault = match text {
            "" => Fault::new("time_required", "请选择时间"),
            _ => Fault::new("time_invalid", "时间格式应为 2026-03-02T14:00:00+08:00"),
        };
        let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
        self.take(field, time.map_err(|_| fault))
    }

    /// A day of the campus.
    pub fn day(&mut self, field: &str, text: &str) -> Option<NaiveDate> {
        let fault = match text {
            "" => Fault::new("date_required", "请选择日期"),
            _ => Fault::new("date_invalid", "日期格式应为 2026-03-02"),
        };
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
        self.take(field, day.map_err(|_| fault))
    }

    pub fn fault(&mut self, field: &str, fault: Fault) {
        let Fault { code, sentence } = fault;
        self.0.push(FieldError {
            field: field.to_owned(),
            code,
            detail: sentence.to_owned(),
        });
    }

    /// The whole, when every part is there.
    ///
    /// # Errors
    /// The faults.
    pub fn finish<T>(self, whole: Option<T>) -> Result<T, Problem> {
        match whole {
            Some(whole) if self.0.is_empty() => Ok(whole),
            _ => Err(Problem::invalid(self.0)),
        }
    }
}
