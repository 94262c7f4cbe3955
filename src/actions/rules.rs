//! What an area asks at its gates, set by the operator.

use super::campus::CampusError;
use super::registers::{area_words, from_to};
use crate::ctx::Ctx;
use crate::domain::campus::Area;
use crate::domain::gate::News;
use crate::domain::hours::Hours;
use crate::domain::rules::{Exits, Outage, Passback, Rules};
use crate::store::{areas, audit, begin, commit};

/// What of an area's rules is to be others; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct NewRules {
    pub hours: Option<Hours>,
    /// `Some(None)` takes the bound away, here and below.
    pub entries_a_day: Option<Option<i16>>,
    pub passback: Option<Passback>,
    pub reentry_minutes: Option<Option<i16>>,
    pub exits: Option<Exits>,
    pub outage: Option<Outage>,
}

/// Sets the rules of an area, for the next scan on; gives the area as it is then.
pub async fn set_rules(ctx: &Ctx, name: &str, new: NewRules) -> Result<Area, CampusError> {
    let txn = begin(&ctx.db).await?;
    let unknown = || CampusError::Unknown("area");
    let named = areas::find_by_name(&txn, name).await?.ok_or_else(unknown)?;
    let mut area = areas::lock(&txn, named.id).await?.ok_or_else(unknown)?;
    let (old, before) = (area.rules.clone(), area_words(&area));
    area.rules = Rules {
        hours: new.hours.unwrap_or_else(|| old.hours.clone()),
        entries_a_day: new.entries_a_day.unwrap_or(old.entries_a_day),
        passback: new.passback.unwrap_or(old.passback),
        reentry_minutes: new.reentry_minutes.unwrap_or(old.reentry_minutes),
        exits: new.exits.unwrap_or(old.exits),
        outage: new.outage.unwrap_or(old.outage),
    };
    if area.rules == old {
        return Ok(area);
    }
    areas::update(&txn, &area).await?;
    ctx.tell(&txn, &News::Gates).await?;
    let (who, subject) = ("operator".to_owned(), format!("area:{}", area.id));
    let detail = from_to(&before, &area_words(&area));
    let line = super::audit(ctx, who, "area.rules", subject, detail);
    audit::insert(&txn, &line).await?;
    commit(txn).await?;
    Ok(area)
}
