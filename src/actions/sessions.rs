//! Logging in and out.

use chrono::Duration;
use sea_orm::DatabaseTransaction;

use super::people::recognise;
use crate::ctx::Ctx;
use crate::domain::actors::Account;
use crate::ids::SessionId;
use crate::secret::token_hash;
use crate::store::people::WechatNames;
use crate::store::sessions::{self, Session};
use crate::store::{StoreError, begin, commit, staff};

/// A session ends this long after it was opened, whatever happens.
pub const LIFETIME: Duration = Duration::days(30);
/// And this long after it was last used.
pub const IDLE: Duration = Duration::days(7);

/// A session's token; it is told once and kept as a hash.
pub struct Token(pub String);

/// Why a member of staff cannot log in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("您的账号未登记为教职工，请联系访客管理员")]
    NotStaff,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens a session for whoever WeChat says it is.
pub async fn log_in(ctx: &Ctx, names: &WechatNames) -> Result<Token, StoreError> {
    let opened = async || {
        let txn = begin(&ctx.db).await?;
        let person = recognise(&txn, ctx, names).await?;
        let token = open(&txn, ctx, Account::Person(person)).await?;
        commit(txn).await?;
        Ok(token)
    };
    match opened().await {
        // Two first logins at once: the second finds the row that the first made.
        Err(error) if StoreError::is_taken(&error) => opened().await,
        opened => opened,
    }
}

/// Opens a session for a member of staff whom WeCom or CAS knows: one name in both.
pub async fn log_in_staff(ctx: &Ctx, wecom_userid: &str) -> Result<Token, LoginError> {
    let txn = begin(&ctx.db).await?;
    let member = staff::find_by_userid(&txn, wecom_userid)
        .await?
        .filter(|member| !member.has_left())
        .ok_or(LoginError::NotStaff)?;
    let token = open(&txn, ctx, Account::Staff(member.id)).await?;
    commit(txn).await?;
    Ok(token)
}

/// The live session of a token; being used keeps it alive, written down once an hour.
pub async fn find(ctx: &Ctx, token: &str) -> Result<Option<Session>, StoreError> {
    let now = ctx.clock.now();
    let session = sessions::find_live(&ctx.db.read, &token_hash(token), now).await?;
    let Some(session) = session.filter(|session| now - session.seen_at < IDLE) else {
        return Ok(None);
    };
    if now - session.seen_at > Duration::hours(1) {
        let txn = begin(&ctx.db).await?;
        sessions::touch(&txn, session.id, now).await?;
        commit(txn).await?;
    }
    Ok(Some(session))
}

/// Ends a session.
pub async fn log_out(ctx: &Ctx, id: SessionId) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    sessions::revoke(&txn, id, ctx.clock.now()).await?;
    commit(txn).await
}

/// Ends every session of somebody.
pub async fn log_out_everywhere(ctx: &Ctx, of: Account) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    sessions::revoke_all(&txn, of, ctx.clock.now()).await?;
    commit(txn).await
}

pub(super) async fn open(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    account: Account,
) -> Result<Token, StoreError> {
    let now = ctx.clock.now();
    let token = ctx.entropy.token();
    let session = Session {
        id: ctx.mint(),
        account,
        seen_at: now,
        expires_at: now + LIFETIME,
    };
    sessions::insert(txn, &session, &token_hash(&token)).await?;
    Ok(Token(token))
}
