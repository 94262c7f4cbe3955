//! What the lines of the audit name by number, as it is called now.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;

use crate::domain::PersonName;
use crate::ids::StaffId;
use crate::store::audit::Kept;
use crate::store::{StoreError, areas, departments, gates, reasons, routes, staff};

/// Things by `area:12`, and members of staff.
pub struct Names {
    things: HashMap<String, String>,
    members: HashMap<StaffId, PersonName>,
}

impl Names {
    pub async fn of(db: &impl ConnectionTrait, lines: &[Kept]) -> Result<Self, StoreError> {
        let (areas, reasons) = (areas::all(db).await?, reasons::all(db).await?);
        let (gates, routes) = (gates::all(db).await?, routes::all(db).await?);
        let departments = departments::names(db).await?.into_iter();
        let areas = areas
            .into_iter()
            .map(|it| (format!("area:{}", it.id), it.name));
        let reasons = reasons
            .into_iter()
            .map(|it| (format!("reason:{}", it.id), it.name));
        let departments = departments.map(|(id, name)| (format!("department:{id}"), name));
        let gates = gates
            .into_iter()
            .map(|it| (format!("gate:{}", it.id), it.name));
        let routes = routes
            .into_iter()
            .map(|it| (format!("route:{}", it.id), it.name));
        let things = areas.chain(reasons).chain(departments).chain(gates);
        let members = staff::find_many(db, lines.iter().flat_map(members)).await?;
        let members = members.into_iter();
        Ok(Self {
            things: things.chain(routes).collect(),
            members: members.map(|member| (member.id, member.name)).collect(),
        })
    }

    pub fn thing(&self, reference: &str) -> Option<&str> {
        self.things.get(reference).map(String::as_str)
    }

    /// Who `staff:12` is.
    pub fn member(&self, reference: &str) -> Option<&PersonName> {
        let id = reference.strip_prefix("staff:")?.parse().ok()?;
        self.members.get(&id)
    }
}

/// Whom a line names, wherever in it.
fn members(line: &Kept) -> Vec<StaffId> {
    let texts = [&line.who, &line.subject, &line.detail];
    let named = { texts.into_iter() }.flat_map(|text| text.split("staff:").skip(1));
    let number = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_digit());
        rest[..end.unwrap_or(rest.len())].parse().ok()
    };
    named.filter_map(number).collect()
}
