//! From what is live to what the files want.

use std::fmt;

use super::{Conditional, Menus};
use crate::tencent::call::CallError;
use crate::wechat::account::OfficialAccount;
use crate::wechat::menu::{Button, ConditionalMenu, Menus as Live};

/// What has to be done; its `Display` shows it line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The default menu, as it is and as it should be, when the two differ.
    default: Option<(Vec<Button>, Vec<Button>)>,
    /// Menus that must go, because they are not wanted or stand in another's place.
    gone: Vec<ConditionalMenu>,
    /// Menus to be made, in this order: the newest is the first that WeChat tries.
    made: Vec<Conditional>,
}

impl Plan {
    /// The least that leads from `live` to `wanted`. A menu can be neither edited nor moved, so below
    /// the first difference everything newer is made again.
    #[must_use]
    pub fn between(live: &Live, wanted: &Menus) -> Self {
        let current = live.default.clone().unwrap_or_default();
        let default = (current != wanted.default).then(|| (current, wanted.default.clone()));
        // Both are in the order in which they are tried, which is newest first.
        let oldest = live.conditional.iter().rev();
        let same = |(live, wanted): &(&ConditionalMenu, &Conditional)| {
            live.tag_id == wanted.tag_id && live.buttons == wanted.buttons
        };
        let pairs = oldest.clone().zip(wanted.conditional.iter().rev());
        let kept = pairs.take_while(same).count();
        Self {
            default,
            gone: oldest.skip(kept).cloned().collect(),
            made: wanted
                .conditional
                .iter()
                .rev()
                .skip(kept)
                .cloned()
                .collect(),
        }
    }

    /// Whether what is live is what is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.default.is_none() && self.gone.is_empty() && self.made.is_empty()
    }
}

/// Makes the account's menus the wanted ones and reads them back: gives what differs still, which is
/// nothing when all went well. A second time changes nothing.
///
/// # Errors
/// [`CallError`]. What was done by then stays done, and the next `apply` goes on from there.
pub async fn apply(account: &OfficialAccount, wanted: &Menus) -> Result<Plan, CallError> {
    let plan = Plan::between(&account.menus().await?, wanted);
    // Without a default menu there can be no other (65303).
    if let Some((_, buttons)) = &plan.default {
        account.create_menu(buttons).await?;
    }
    for menu in &plan.gone {
        account.delete_conditional_menu(&menu.menu_id).await?;
    }
    for menu in &plan.made {
        account
            .add_conditional_menu(&menu.tag_id, &menu.buttons)
            .await?;
    }
    Ok(Plan::between(&account.menus().await?, wanted))
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "the live menus are the files'; nothing to do");
        }
        if let Some((live, wanted)) = &self.default {
            writeln!(f, "the default menu:")?;
            let (live, wanted) = (lines(live, 1), lines(wanted, 1));
            for line in live.iter().filter(|line| !wanted.contains(line)) {
                writeln!(f, "-{line}")?;
            }
            for line in &wanted {
                writeln!(f, "{}{line}", if live.contains(line) { ' ' } else { '+' })?;
            }
        }
        for menu in &self.gone {
            writeln!(f, "the menu {} for tag {} goes:", menu.menu_id, menu.tag_id)?;
            for line in lines(&menu.buttons, 1) {
                writeln!(f, "-{line}")?;
            }
        }
        for menu in &self.made {
            writeln!(f, "a menu for tag {} is made:", menu.tag_id)?;
            for line in lines(&menu.buttons, 1) {
                writeln!(f, "+{line}")?;
            }
        }
        Ok(())
    }
}

fn lines(buttons: &[Button], depth: usize) -> Vec<String> {
    let line = |button: &Button| {
        let action = [&button.kind, &button.key, &button.url];
        let action: Vec<_> = action.into_iter().flatten().map(String::as_str).collect();
        let own = format!("{}{} {}", "  ".repeat(depth), button.name, action.join(" "));
        let own = own.trim_end().to_owned();
        let below = lines(&button.sub_button, depth + 1);
        std::iter::once(own).chain(below).collect::<Vec<_>>()
    };
    buttons.iter().flat_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn button(name: &str) -> Vec<Button> {
        vec![Button {
            name: name.into(),
            kind: Some("click".into()),
            key: Some("K".into()),
            ..Button::default()
        }]
    }

    /// `tags` in the order in which they are tried.
    fn live(tags: &[&str]) -> Live {
        let menu = |tag: &&str| ConditionalMenu {
            menu_id: format!("m{tag}"),
            tag_id: (*tag).into(),
            buttons: button(tag),
        };
        Live {
            default: Some(button("a")),
            conditional: tags.iter().map(menu).collect(),
        }
    }

    fn wanted(tags: &[&str]) -> Menus {
        let menu = |tag: &&str| Conditional {
            tag_id: (*tag).into(),
            buttons: button(tag),
        };
        Menus {
            default: button("a"),
            conditional: tags.iter().map(menu).collect(),
        }
    }

    #[test]
    fn the_first_that_is_tried_is_made_last_and_what_fits_below_stays() {
        let steps = |from: &[&str], to: &[&str]| {
            let plan = Plan::between(&live(from), &wanted(to));
            let gone: Vec<_> = plan.gone.iter().map(|menu| menu.tag_id.clone()).collect();
            let made: Vec<_> = plan.made.iter().map(|menu| menu.tag_id.clone()).collect();
            format!("-{} +{}", gone.concat(), made.concat())
        };
        assert_eq!(steps(&["2", "1"], &["2", "1"]), "- +");
        assert_eq!(steps(&[], &["3", "2", "1"]), "- +123");
        assert_eq!(steps(&["2", "1"], &["3", "2", "1"]), "- +3");
        assert_eq!(steps(&["3", "2", "1"], &["2", "1"]), "-3 +");
        assert_eq!(steps(&["1", "2"], &["2", "1"]), "-21 +12");
        assert_eq!(steps(&["3", "2", "1"], &["3", "1"]), "-23 +3");
    }

    #[test]
    fn a_plan_is_shown_line_by_line() {
        let mut changed = live(&["1"]);
        changed.conditional[0].buttons = button("old");
        changed.default = Some([button("a"), button("b")].concat());
        insta::assert_snapshot!(Plan::between(&changed, &wanted(&["1"])), @"
        the default menu:
        -  b click K
           a click K
        the menu m1 for tag 1 goes:
        -  old click K
        a menu for tag 1 is made:
        +  1 click K
        ");
        let plan = Plan::between(&live(&["1"]), &wanted(&["1"]));
        assert_eq!(
            plan.to_string(),
            "the live menus are the files'; nothing to do\n"
        );
    }
}
