//! What people write to the account, and what they are told: links, and facts of their own visits.

use super::phrases;
use crate::actions;
use crate::actions::applications::BookError;
use crate::actions::approvals::{self, DecideError};
use crate::actions::trays::{self, Tray};
use crate::ctx::Ctx;
use crate::domain::actors::{Guest, Staff};
use crate::domain::visit::Stage;
use crate::ids::{AreaId, VisitId};
use crate::store::people::Person;
use crate::store::visit_filter::Filter;
use crate::store::visits::Records;
use crate::store::{StoreError, people, staff};

/// More passes than this do not fit a screen; the records have them all.
const MOST_PASSES: usize = 3;
/// As many applications that wait as fit a screen; the page has them all.
const MOST_WAITING: u64 = 5;
/// The newest visits among which live passes are looked for.
const LOOKED_AT: u64 = 20;

/// What somebody wants, by what they wrote.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    Entrance,
    Passes,
    Records,
    Approvals,
    Visit(VisitId),
    Help,
}

/// Answers a text of a follower of the account.
pub async fn answer(ctx: &Ctx, openid: &str, text: &str) -> Result<String, StoreError> {
    let person = people::find_follower(&ctx.db.read, openid).await?;
    let guest = person.as_ref().map(|person| Guest { id: person.id });
    match (wish(text), guest) {
        (Wish::Entrance, _) => Ok(phrases::entrance(ctx)),
        (Wish::Records, _) => Ok(phrases::records(ctx)),
        (Wish::Approvals, _) => match bound(ctx, person.as_ref()).await? {
            Some(staff) => waiting(ctx, &staff).await,
            None => Ok(phrases::approvals(ctx)),
        },
        (Wish::Passes, Some(guest)) => passes(ctx, &guest, None).await,
        (Wish::Visit(id), Some(guest)) => match visit(ctx, &guest, id).await? {
            Some(said) => Ok(said),
            None => match bound(ctx, person.as_ref()).await? {
                Some(staff) => visit_to_approve(ctx, &staff, id).await,
                None => Ok(phrases::no_visit().to_owned()),
            },
        },
        (Wish::Passes, None) => Ok(phrases::no_passes(ctx)),
        (Wish::Visit(_), None) => Ok(phrases::no_visit().to_owned()),
        (Wish::Help, _) => Ok(phrases::help().to_owned()),
    }
}

/// Answers a text of a member of staff in the WeCom application, which says who they are.
pub async fn answer_staff(ctx: &Ctx, userid: &str, text: &str) -> Result<String, StoreError> {
    let member = staff::find_by_userid(&ctx.db.read, userid).await?;
    match (wish(text), member.map(|member| Staff { member })) {
        (Wish::Approvals, Some(staff)) => waiting(ctx, &staff).await,
        (Wish::Visit(id), Some(staff)) => visit_to_approve(ctx, &staff, id).await,
        _ => Ok(phrases::staff_help(ctx)),
    }
}

/// The member of staff whose WeCom identity is bound to this person.
async fn bound(ctx: &Ctx, person: Option<&Person>) -> Result<Option<Staff>, StoreError> {
    let member = match person {
        Some(person) => actions::people::bound_staff(ctx, person).await?,
        None => None,
    };
    Ok(member.map(|member| Staff { member }))
}

/// What waits for a member of staff.
async fn waiting(ctx: &Ctx, by: &Staff) -> Result<String, StoreError> {
    let any = Filter::default();
    let waiting = trays::list(ctx, by, Tray::Todo, any, None, MOST_WAITING).await?;
    Ok(phrases::waiting(ctx, &waiting))
}

async fn visit_to_approve(ctx: &Ctx, by: &Staff, id: VisitId) -> Result<String, StoreError> {
    match approvals::find(ctx, by, id).await {
        Ok(seen) => Ok(phrases::visit_to_approve(ctx, &seen.facts)),
        Err(DecideError::Store(error)) => Err(error),
        Err(_) => Ok(phrases::no_visit().to_owned()),
    }
}

fn wish(text: &str) -> Wish {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .collect();
    match plain.as_str() {
        "访客" | "预约" | "访客预约" | "重工校园通" => Wish::Entrance,
        "我的通行证" | "通行证" | "我的二维码" => Wish::Passes,
        "我的预约" | "预约记录" => Wish::Records,
        "审批" | "待审批" => Wish::Approvals,
        // A 单据号 has 19 digits; a shorter number is a phone or a guess.
        number if number.len() == 19 => number.parse().map_or(Wish::Help, Wish::Visit),
        _ => Wish::Help,
    }
}

/// The links to the guest's live passes; only those to one area when it is named.
pub async fn passes(ctx: &Ctx, guest: &Guest, at: Option<AreaId>) -> Result<String, StoreError> {
    let visits = actions::visits::list(ctx, guest.into(), Records::All, None, LOOKED_AT).await?;
    let live = visits
        .iter()
        .filter(|facts| matches!(facts.visit.stage, Stage::Approved { .. }))
        .filter(|facts| at.is_none_or(|area| facts.visit.area == area));
    let lines: Vec<_> = live
        .flat_map(|facts| facts.passes_of(guest.id).map(move |pass| (facts, pass)))
        .take(MOST_PASSES)
        .map(|(facts, pass)| phrases::pass(ctx, facts, pass))
        .collect();
    if lines.is_empty() {
        Ok(phrases::no_passes(ctx))
    } else {
        Ok(lines.join("\n"))
    }
}

/// How the guest's own visit stands; `None` when it is not theirs.
async fn visit(ctx: &Ctx, guest: &Guest, id: VisitId) -> Result<Option<String>, StoreError> {
    match actions::visits::find(ctx, guest.into(), id).await {
        Ok(facts) => Ok(Some(phrases::visit(ctx, guest, &facts))),
        Err(BookError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_however_they_were_typed() {
        for (text, wanted) in [
            ("访客", Wish::Entrance),
            (" 预约\n", Wish::Entrance),
            ("我的\u{2}通行证", Wish::Passes),
            ("审批", Wish::Approvals),
            ("我的预约", Wish::Records),
            (
                "1628957678243860481",
                Wish::Visit(1_628_957_678_243_860_481.into()),
            ),
            ("9999999999999999999", Wish::Help),
            ("13912340003", Wish::Help),
            ("你好", Wish::Help),
            ("", Wish::Help),
        ] {
            assert_eq!(wish(text), wanted, "{text}");
        }
    }
}
