//! A picture is given, shown to those with the right to see it, and erased.

use chrono::Duration;
use sea_orm::DatabaseTransaction;

use super::approvals::{self, DecideError};
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Staff};
use crate::domain::photo::{Photo, PhotoKind};
use crate::domain::visitor::Visitor;
use crate::ids::{PhotoId, VisitId};
use crate::photos::PhotoError;
use crate::secret::token_hash;
use crate::store::{StoreError, audit, begin, commit, consents, passes, photos, visitors};

/// A replica whose clock is behind may still take a picture into use that has come to its end.
const GRACE: Duration = Duration::minutes(5);

/// Why nothing came of something about a picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// There is none, or it is another's.
    #[error("没有找到该照片")]
    NotFound,
    /// An application rests on it.
    #[error("该证件照已用于申请，不能删除")]
    InUse,
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
) -> Result<PhotoId, PictureError> {
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

/// One's own picture, as a JPEG.
pub async fn show(ctx: &Ctx, by: Account, id: PhotoId) -> Result<Vec<u8>, PictureError> {
    let photo = photos::find_own(&ctx.db.read, by, id, ctx.clock.now()).await?;
    open(ctx, photo).await
}

/// A picture of a visitor of a visit, for those who were asked about it and administrators; that it was
/// looked at is written down.
pub async fn show_of_visit(
    ctx: &Ctx,
    by: &Staff,
    visit: VisitId,
    id: PhotoId,
) -> Result<Vec<u8>, PictureError> {
    let seen = approvals::find(ctx, by, visit)
        .await
        .map_err(|error| match error {
            DecideError::Store(error) => error.into(),
            _ => PictureError::NotFound,
        })?;
    if !seen.pictures {
        return Err(PictureError::NotFound);
    }
    let visitors = seen.facts.visitors.iter();
    if !visitors
        .flat_map(Visitor::pictures)
        .any(|picture| picture == id)
    {
        return Err(PictureError::NotFound);
    }
    let txn = begin(&ctx.db).await?;
    let (who, subject) = (format!("staff:{}", by.member.id), format!("visit:{visit}"));
    let line = super::audit(ctx, who, "photo.show", subject, format!("photo:{id}"));
    audit::insert(&txn, &line).await?;
    commit(txn).await?;
    open(ctx, photos::find(&ctx.db.read, id).await?).await
}

async fn open(ctx: &Ctx, photo: Option<Photo>) -> Result<Vec<u8>, PictureError> {
    let photo = photo.ok_or(PictureError::NotFound)?;
    Ok(ctx.photos.show(&ctx.keys, photo.id, &photo.key_id).await?)
}

/// Takes one's own picture back: a face photo with the consent to use it, any other while no
/// application rests on it.
pub async fn withdraw(ctx: &Ctx, by: Account, id: PhotoId) -> Result<(), PictureError> {
    let txn = begin(&ctx.db).await?;
    let photo = photos::find_own(&txn, by, id, ctx.clock.now()).await?;
    let photo = photo.ok_or(PictureError::NotFound)?;
    if photo.kind == PhotoKind::Document && visitors::have_photo(&txn, id).await? {
        return Err(PictureError::InUse);
    }
    drop_photo(&txn, ctx, by.to_string(), id).await?;
    commit(txn).await?;
    Ok(())
}

/// The same for whoever holds the link of a pass, whose face photo somebody else may have given.
pub async fn withdraw_face(ctx: &Ctx, pass_token: &str) -> Result<(), PictureError> {
    let txn = begin(&ctx.db).await?;
    let pass = passes::find_by_link(&txn, &token_hash(pass_token)).await?;
    let pass = pass.ok_or(PictureError::NotFound)?;
    let visitor = visitors::find(&txn, pass.visitor).await?;
    let face = visitor.and_then(|visitor| visitor.face_photo);
    let face = face.ok_or(PictureError::NotFound)?;
    drop_photo(&txn, ctx, format!("pass:{}", pass.id), face).await?;
    commit(txn).await?;
    Ok(())
}

/// From here on nobody sees it; the file goes with the next round of [`erase_due`].
async fn drop_photo(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    who: String,
    id: PhotoId,
) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    consents::withdraw(txn, id, now).await?;
    visitors::drop_face(txn, id).await?;
    photos::let_go(txn, id, now).await?;
    let line = super::audit(
        ctx,
        who,
        "photo.withdraw",
        format!("photo:{id}"),
        String::new(),
    );
    audit::insert(txn, &line).await
}

/// Erases the pictures that no visitor has any more, or never had. The row goes after the file, so that
/// what was begun is found again.
pub async fn erase_due(ctx: &Ctx) -> Result<usize, PictureError> {
    let due = photos::find_ended(&ctx.db.read, ctx.clock.now() - GRACE, 100).await?;
    for id in &due {
        ctx.photos.erase(*id).await?;
        let txn = begin(&ctx.db).await?;
        photos::erase(&txn, *id).await?;
        commit(txn).await?;
    }
    Ok(due.len())
}
