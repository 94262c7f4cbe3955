//! A picture is given.

use crate::ctx::Ctx;
use crate::domain::actors::Account;
use crate::domain::photo::{Photo, PhotoKind};
use crate::ids::PhotoId;
use crate::photos::PhotoError;
use crate::store::{StoreError, begin, commit, photos};

/// Why a picture was not taken.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps a picture for whoever gives it. The file is written first: a row never names a picture that is not
/// there.
pub async fn keep(
    ctx: &Ctx,
    by: Account,
    kind: PhotoKind,
    upload: Vec<u8>,
) -> Result<PhotoId, KeepError> {
    let id = ctx.mint();
    let kept = ctx.photos.keep(&ctx.keys, &ctx.entropy, id, upload).await?;
    let bytes = i32::try_from(kept.bytes).unwrap_or(i32::MAX);
    let photo = Photo {
        id,
        owner: by,
        kind,
        key_id: kept.key_id,
        bytes,
    };
    let txn = begin(&ctx.db).await?;
    photos::insert(&txn, &photo, ctx.clock.now()).await?;
    commit(txn).await?;
    Ok(id)
}
