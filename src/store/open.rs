//! Opening a database, bringing it to its shape, and transactions.
//!
//! SQLite has one writer whatever one does, so it gets one writing connection and a pool of readers;
//! deferred transactions that turn into writers fail under load (306 of 400 here), so each begins
//! IMMEDIATE. PostgreSQL uses one pool for both.

use std::time::Duration;

use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

use super::StoreError;
use crate::config::DatabaseUrl;

/// How many pages of 4 KiB SQLite's log may have before a commit copies them, and before [`checkpoint`] keeps
/// writers waiting to begin the log anew.
const AT_LAST: &str = "64000";
const ANEW: i64 = 32_000;

/// How long a writer of SQLite waits for another process; and whoever begins its log anew for those who read,
/// while all who write wait for it.
const PATIENCE: Duration = Duration::from_secs(5);
const NO_PATIENCE: Duration = Duration::from_millis(50);

/// A database to read from and to write to.
#[derive(Clone, Debug)]
pub struct Db {
    /// For reads outside a transaction.
    pub read: DatabaseConnection,
    write: DatabaseConnection,
    /// SQLite's log is copied into its file beside the writer, not by it.
    copier: Option<DatabaseConnection>,
}

impl Db {
    /// Whether no other process writes to it: SQLite has one service.
    #[must_use]
    pub fn is_ours_alone(&self) -> bool {
        self.read.get_database_backend() == DbBackend::Sqlite
    }

    /// Opens the database, and makes the SQLite file and its folder when they are missing.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(|e| DbErr::Custom(e.to_string()))?;
                }
                let url = format!("sqlite://{}", path.display());
                let write = Database::connect(sqlite(&url, false, PATIENCE)).await?;
                let read = Database::connect(sqlite(&url, true, PATIENCE)).await?;
                let mut copier = sqlite(&url, false, NO_PATIENCE);
                copier.min_connections(0).connect_lazy(true);
                let copier = Some(Database::connect(copier).await?);
                Ok(Self {
                    read,
                    write,
                    copier,
                })
            }
            DatabaseUrl::Postgres(url) => {
                let pool = Database::connect(postgres(url, 24)).await?;
                Ok(Self {
                    read: pool.clone(),
                    write: pool,
                    copier: None,
                })
            }
        }
    }

    /// The database does what it should: it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.read.ping().await?)
    }

    /// Lets go of every connection.
    pub async fn close(self) {
        let _ = self.read.close().await;
        if let Some(copier) = self.copier {
            let _ = copier.close().await;
        }
        let _ = self.write.close().await;
    }
}

fn sqlite(url: &str, read_only: bool, patience: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(if read_only { 8 } else { 1 })
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        // A file does not hang up: to ask each time whether it is there costs as much as what is asked then.
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .create_if_missing(!read_only)
                .read_only(read_only)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(patience)
                .foreign_keys(true)
                // A commit pays for each page it writes, and a checkpoint for each page once more: with more
                // of the log and of its pages in memory the same page is written once for many commits.
                .pragma("cache_size", if read_only { "-1000" } else { "-32000" })
                // Whoever commits then copies it all while others wait; where the service runs, [`checkpoint`]
                // is ahead of it.
                .pragma("wal_autocheckpoint", AT_LAST)
                // Not a file for each statement that may have to be undone.
                .pragma("temp_store", "memory")
        });
    options
}

fn postgres(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        // A server that was restarted is noticed by whoever is busy, and by whoever was not before they ask.
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .sqlx_logging(false);
    options
}

/// Copies what SQLite has logged into its file, so that no commit has to. Writers go on meanwhile, unless the
/// log has grown long because it was never at rest: then they wait for what was written during the copying.
///
/// # Errors
/// When the file cannot be written.
pub async fn checkpoint(db: &Db) -> Result<(), StoreError> {
    let Some(copier) = &db.copier else {
        return Ok(());
    };
    let copy = async |how: &str| {
        let asked =
            Statement::from_string(DbBackend::Sqlite, format!("pragma wal_checkpoint({how})"));
        let row = copier.query_one_raw(asked).await?;
        row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(1))
    };
    if copy("passive").await? > ANEW {
        copy("restart").await?;
    }
    Ok(())
}

/// Begins a transaction that writes. Dropped without [`commit`], it leaves nothing behind.
///
/// # Errors
/// When no connection is to be had.
pub async fn begin(db: &Db) -> Result<DatabaseTransaction, StoreError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    Ok(db.write.begin_with_options(options).await?)
}

/// Begins a transaction that only reads, and sees one moment throughout.
///
/// # Errors
/// When no connection is to be had.
pub async fn snapshot(db: &Db) -> Result<DatabaseTransaction, StoreError> {
    let postgres = db.read.get_database_backend() == DbBackend::Postgres;
    // SQLite sees one moment anyway, and knows no levels.
    let options = TransactionOptions {
        isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
        ..TransactionOptions::default()
    };
    Ok(db.read.begin_with_options(options).await?)
}

/// # Errors
/// When the database could not keep it; then nothing of it is kept.
pub async fn commit(txn: DatabaseTransaction) -> Result<(), StoreError> {
    Ok(txn.commit().await?)
}

/// Brings the database to this program's shape. Several processes may do so at once: the others
/// wait for the first, on PostgreSQL at an advisory lock, on SQLite at a file beside the database.
///
/// # Errors
/// When a step fails; the steps before it stay.
pub async fn migrate(url: &DatabaseUrl) -> Result<(), StoreError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let db = Db::open(url).await?;
            let lock = path.with_extension("migrating");
            let held = tokio::task::spawn_blocking(move || {
                let file = std::fs::File::create(&lock)?;
                file.lock().map(|()| file)
            });
            let held = held.await.map_err(|e| DbErr::Custom(e.to_string()))?;
            let held = held.map_err(|e| DbErr::Custom(e.to_string()))?;
            let done = Migrator::up(&db.write, None).await;
            drop(held);
            db.close().await;
            Ok(done?)
        }
        DatabaseUrl::Postgres(text) => {
            // The lock belongs to a connection, so it is held by a pool of one.
            let holder = Database::connect(postgres(text, 1)).await?;
            holder
                .execute_unprepared("select pg_advisory_lock(7164216911)")
                .await?;
            let db = Db::open(url).await?;
            let done = Migrator::up(&db.write, None).await;
            db.close().await;
            holder.close().await?;
            Ok(done?)
        }
    }
}
