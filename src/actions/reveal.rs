//! What is masked is shown in full to an administrator who asks for it, one at a time, and never without
//! a line in the audit: it is written before anything is shown.

use super::note;
use crate::ctx::Ctx;
use crate::domain::actors::{Account, Admin};
use crate::ids::{StaffId, VisitorId};
use crate::secret::{Masked, Sealable, Sealed, Unopened};
use crate::store::{StoreError, begin, commit, staff, visitors};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    VisitorPhone(VisitorId),
    VisitorDocument(VisitorId),
    StaffPhone(StaffId),
}

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum RevealError {
    #[error("没有找到")]
    NotFound,
    #[error(transparent)]
    Unopened(#[from] Unopened),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A value in full, which is not written down anywhere. It has no `Debug`.
pub struct Revealed(pub String);

pub async fn reveal(ctx: &Ctx, by: &Admin, wanted: Wanted) -> Result<Revealed, RevealError> {
    let txn = begin(&ctx.db).await?;
    let none = || RevealError::NotFound;
    let (what, subject, (plain, mask)) = match wanted {
        Wanted::VisitorPhone(id) => {
            let visitor = visitors::find(&txn, id).await?.ok_or_else(none)?;
            let opened = open(ctx, &visitor.phone.sealed, visitor.phone.mask)?;
            ("reveal.visitor_phone", format!("visitor:{id}"), opened)
        }
        Wanted::VisitorDocument(id) => {
            let visitor = visitors::find(&txn, id).await?.ok_or_else(none)?;
            let document = visitor.document.ok_or_else(none)?;
            let opened = open(ctx, &document.sealed, document.mask)?;
            ("reveal.visitor_document", format!("visitor:{id}"), opened)
        }
        Wanted::StaffPhone(id) => {
            let member = staff::find(&txn, id).await?.ok_or_else(none)?;
            let opened = open(ctx, &member.phone.sealed, member.phone.mask)?;
            ("reveal.staff_phone", Account::Staff(id).to_string(), opened)
        }
    };
    note(&txn, ctx, by, what, subject, mask.to_string()).await?;
    commit(txn).await?;
    Ok(Revealed(plain))
}

fn open<T: Sealable>(
    ctx: &Ctx,
    sealed: &Sealed<T>,
    mask: Masked,
) -> Result<(String, Masked), Unopened> {
    Ok((ctx.keys.open(sealed)?.expose().to_owned(), mask))
}
