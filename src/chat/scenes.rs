//! The codes that hang on campus or are handed on: what somebody sees who scans one.

use super::{phrases, words};
use crate::actions;
use crate::ctx::Ctx;
use crate::domain::actors::Guest;
use crate::ids::GateId;
use crate::store::{StoreError, gates};

/// What the code of a scene stands for, as `scene_str` of at most 64 characters.
#[derive(Debug, PartialEq, Eq)]
enum Scene {
    /// `gate-{id}`, on a sign beside a gate.
    Gate(GateId),
    /// `invitation-{token}`, shared by whoever invites.
    Invitation(String),
    /// `pass-{token}`, on paper.
    Pass(String),
}

/// The scene of the sign beside a gate.
#[must_use]
pub fn of_gate(id: GateId) -> String {
    format!("gate-{id}")
}

/// The scene of the code of an invitation.
#[must_use]
pub fn of_invitation(token: &str) -> String {
    format!("invitation-{token}")
}

/// The scene of the code of a pass.
#[must_use]
pub fn of_pass(token: &str) -> String {
    format!("pass-{token}")
}

/// Answers the scan of a code; `None` when it is no code of ours.
pub async fn answer(ctx: &Ctx, openid: &str, scene: &str) -> Result<Option<String>, StoreError> {
    match parse(scene) {
        Some(Scene::Gate(id)) => gate(ctx, openid, id).await,
        Some(Scene::Invitation(token)) => Ok(Some(phrases::invitation(ctx, &token))),
        Some(Scene::Pass(token)) => Ok(Some(phrases::shared_pass(ctx, &token))),
        None => Ok(None),
    }
}

fn parse(scene: &str) -> Option<Scene> {
    let (kind, which) = scene.split_once('-')?;
    match kind {
        "gate" => which.parse().ok().map(Scene::Gate),
        "invitation" => token(which).map(Scene::Invitation),
        "pass" => token(which).map(Scene::Pass),
        _ => None,
    }
}

/// It comes to stand in a link, so it must be nothing but a token.
fn token(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let fits = !text.is_empty() && text.chars().all(plain);
    fits.then(|| text.to_owned())
}

/// The person's own passes for the gate's area, or the way to one.
async fn gate(ctx: &Ctx, openid: &str, id: GateId) -> Result<Option<String>, StoreError> {
    let Some(gate) = gates::find(&ctx.db.read, id).await? else {
        return Ok(None);
    };
    let guest = Guest {
        id: actions::people::meet(ctx, openid).await?,
    };
    let passes = words::passes(ctx, &guest, Some(gate.area)).await?;
    Ok(Some(phrases::gate(&gate.name, &passes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_is_read_as_it_was_written_and_a_strange_one_is_none_of_ours() {
        let id = GateId::from(1_628_957_678_243_860_481);
        assert_eq!(parse(&of_gate(id)), Some(Scene::Gate(id)));
        assert!(of_gate(id).len() <= 64);
        let token = "A-_".to_owned();
        assert_eq!(
            parse(&of_invitation("A-_")),
            Some(Scene::Invitation(token.clone()))
        );
        assert_eq!(parse(&of_pass("A-_")), Some(Scene::Pass(token)));
        assert!(of_invitation("AAAAAAAAAAAAAAAAAAAAAA").len() <= 64);
        for strange in [
            "pass-",
            "pass-\"><b>",
            "",
            "gate",
            "gate-",
            "gate-x",
            "123",
            "gates-1",
            "-1",
        ] {
            assert_eq!(parse(strange), None, "{strange}");
        }
    }
}
