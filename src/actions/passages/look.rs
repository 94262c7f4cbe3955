//! What a gate would say. Nothing of it is kept, and nobody is told.

use super::recognise::recognise;
use crate::ctx::Ctx;
use crate::domain::campus::{Direction, Gate};
use crate::domain::gate::{Content, Credential, Facts, Kind, Scan, Verdict, decide};
use crate::store::{StoreError, presences};

/// A scan by somebody who looks themselves.
#[must_use]
pub fn scan(kind: Kind, direction: Direction, nonce: String) -> Scan {
    Scan {
        nonce,
        repeats: None,
        reader: 0,
        kind,
        direction,
    }
}

/// Whose it is, and what the gate would say.
///
/// # Errors
/// When the database does not answer.
pub async fn look(
    ctx: &Ctx,
    gate: &Gate,
    content: &Content,
    direction: Direction,
) -> Result<(Credential, Verdict), StoreError> {
    let now = ctx.clock.now();
    let scan = scan(content.kind, direction, String::new());
    let mut credential = recognise(ctx, gate, content, now).await?;
    if let Credential::Pass(holding) = &mut credential {
        let place = (holding.pass.id, gate.area);
        let theirs = presences::of_passes(&ctx.db.read, [place.0]).await?;
        holding.presence = theirs.get(&place).cloned().unwrap_or_default();
    }
    let facts = Facts {
        gate,
        credential: &credential,
    };
    let verdict = decide(facts, &scan, now);
    Ok((credential, verdict))
}
