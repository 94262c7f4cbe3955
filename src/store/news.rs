//! What changed that replicas remember, told to all of them on PostgreSQL. It is told within the transaction
//! and heard when that is kept; SQLite has one service, which hears of its own.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use sqlx::postgres::PgListener;

use super::{Db, StoreError, settings};
use crate::domain::gate::News;
use crate::ids::PassId;

const CHANNEL: &str = "gate_reads";

/// More passes than this are told as all of them: a notification holds 8,000 bytes.
const MOST: usize = 300;

/// Tells it to every replica when the transaction is kept. What changes gates is counted as well, so that
/// whoever writes an opening sees that it was decided by old rules ([`gates_version`]).
pub async fn tell(txn: &DatabaseTransaction, news: &News) -> Result<(), StoreError> {
    if *news == News::Gates {
        settings::count_up(txn, GATES).await?;
    }
    let backend = txn.get_database_backend();
    if backend == DbBackend::Postgres {
        let words = [CHANNEL.into(), text(news).into()];
        let notify = Statement::from_sql_and_values(backend, "select pg_notify($1, $2)", words);
        txn.query_one_raw(notify).await?;
    }
    Ok(())
}

const GATES: &str = "gates_version";

/// How often gates, devices or rules have changed.
pub async fn gates_version(db: &impl ConnectionTrait) -> Result<i64, StoreError> {
    settings::number(db, GATES).await
}

/// Hears what all replicas tell, until the connection is lost; nothing on SQLite.
///
/// # Errors
/// When the connection is lost: what is told from then on is not heard.
pub async fn listen(db: &Db, mut heard: impl FnMut(News)) -> Result<(), StoreError> {
    if db.read.get_database_backend() != DbBackend::Postgres {
        return std::future::pending().await;
    }
    let gone = |error: sqlx::Error| StoreError::Database(sea_orm::DbErr::Custom(error.to_string()));
    let pool = db.read.get_postgres_connection_pool();
    let mut listener = PgListener::connect_with(pool).await.map_err(gone)?;
    listener.listen(CHANNEL).await.map_err(gone)?;
    // What was told before is not known.
    heard(News::EveryPass);
    heard(News::Gates);
    loop {
        match listener.try_recv().await.map_err(gone)? {
            Some(told) => heard(parse(told.payload())),
            None => return Ok(()),
        }
    }
}

fn text(news: &News) -> String {
    match news {
        News::Passes(ids) if ids.len() <= MOST => {
            let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            format!("passes {}", ids.join(" "))
        }
        News::Passes(_) | News::EveryPass => "every pass".to_owned(),
        News::Gates => "gates".to_owned(),
    }
}

fn parse(text: &str) -> News {
    let passes = text.strip_prefix("passes ").map(|ids| {
        let ids = ids.split(' ').map(|id| id.parse::<i64>().map(PassId::from));
        ids.collect::<Result<_, _>>()
    });
    match (passes, text) {
        (Some(Ok(ids)), _) => News::Passes(ids),
        (None, "gates") => News::Gates,
        // A later version's word: then rather too much.
        _ => News::EveryPass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_heard() {
        let few = News::Passes(vec![7.into(), 1_628_957_678_243_860_481.into()]);
        for news in [few, News::EveryPass, News::Gates] {
            assert_eq!(parse(&text(&news)), news);
        }
        let many = (0..1000).map(PassId::from).collect();
        assert_eq!(parse(&text(&News::Passes(many))), News::EveryPass);
        assert_eq!(parse("something newer"), News::EveryPass);
        assert_eq!(parse("passes x"), News::EveryPass);
    }
}
