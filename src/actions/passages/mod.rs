//! A gate asks, and somebody goes through.
//!
//! [`verify`] finds out whose it is that was read and hands it to one task ([`write`]), the exception to
//! one action, one transaction: it takes all scans that wait, decides them in one transaction and answers when
//! it is kept, so that one flush serves many. It decides about passes as they are behind their locks, so
//! whatever was read before may be stale. A lane may say later that somebody really went
//! through ([`passed`]), and a device without a network what it decided by itself ([`record`]).

mod answer;
mod held;
mod look;
mod offline;
mod passed;
mod recognise;
mod writer;

use std::time::Duration;

use data_encoding::HEXLOWER;
use tokio::sync::oneshot;

pub use look::{look, scan};
pub use offline::{Record, Recorded, record};
pub use passed::{Told, passed};
pub use writer::write;

use self::answer::body;
use self::recognise::recognise;
use crate::ctx::{Answered, Asked, Ctx};
use crate::domain::actors::Reader;
use crate::domain::gate::{Content, Scan, Verdict};
use crate::ids::PassageId;
use crate::secret::KeyedHash;
use crate::store::StoreError;

/// A gate is answered within a second; the device has been looked up before.
const IN_TIME: Duration = Duration::from_millis(700);

/// Decides about a scan and keeps it; the answer is stored before it is given.
///
/// # Errors
/// When the database does not answer in time; the gate then gets [`unavailable`].
pub async fn verify(
    ctx: &Ctx,
    reader: Reader,
    scan: Scan,
    content: &Content,
    request_hash: String,
) -> Result<Answered, StoreError> {
    let decided = async {
        let gate = &reader.device.gate;
        let credential = recognise(ctx, gate, content, ctx.clock.now()).await?;
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            device: reader.device,
            scan,
            request_hash,
            credential,
            answer,
        };
        let gone = || StoreError::Database(sea_orm::DbErr::Custom("no writer".to_owned()));
        ctx.scans.send(asked).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    };
    let late = || StoreError::Database(sea_orm::DbErr::Custom("too slow".to_owned()));
    tokio::time::timeout(IN_TIME, decided)
        .await
        .map_err(|_| late())?
}

/// What a gate is told when nothing can be decided. It is an answer, not an error: many readers take
/// anything but 200 for a dead server and change their mode.
#[must_use]
pub fn unavailable(ctx: &Ctx) -> String {
    let verdict = Verdict::unavailable();
    body(ctx, &verdict, PassageId::from(0), ctx.clock.now())
}

/// By what the same content is known again. Keyed, since what opens a gate must not lie in the database.
#[must_use]
pub fn fingerprint(ctx: &Ctx, content: &Content) -> KeyedHash {
    let text = format!("{} {}", content.kind.as_str(), content.text);
    let hash = ctx.keys.derive("scan", &text);
    KeyedHash::from_column(HEXLOWER.encode(&hash[..16]))
}
