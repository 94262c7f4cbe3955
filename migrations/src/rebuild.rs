//! Changing a column on SQLite, which cannot: the table is made anew under another name, filled, and
//! put in the old one's place. Source: sqlite.org, "ALTER TABLE", section 7.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement};

/// Makes `table` anew with the words `from` of its definition replaced by `to`. Columns that both
/// definitions have keep what is in them, and indexes are made again.
pub async fn rebuild(
    manager: &SchemaManager<'_>,
    table: &str,
    (from, to): (&str, &str),
) -> Result<(), DbErr> {
    let kept = |kind: &str| {
        format!(
            "SELECT sql AS line FROM sqlite_master WHERE tbl_name = '{table}' AND type = '{kind}' \
             AND sql IS NOT NULL"
        )
    };
    let old = rows(manager, &kept("table")).await?.concat();
    let name = format!("\"{table}\"");
    let new = old.replacen(from, to, 1);
    if new == old {
        return Err(DbErr::Migration(format!("{table} has no {from}")));
    }
    let made = new.replacen(&name, &format!("\"{table}_new\""), 1);
    let columns = format!("SELECT name AS line FROM pragma_table_info('{table}')");
    let mut columns = rows(manager, &columns).await?;
    columns.retain(|column| new.contains(&format!("\"{column}\" ")));
    let columns: Vec<_> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let columns = columns.join(", ");
    let indexes = rows(manager, &kept("index")).await?.join("; ");
    // One text, so that it runs on one connection: the pragma is a connection's own, and does nothing
    // inside a transaction.
    run(
        manager,
        &format!(
            "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; {made}; \
             INSERT INTO \"{table}_new\" ({columns}) SELECT {columns} FROM {name}; \
             DROP TABLE {name}; ALTER TABLE \"{table}_new\" RENAME TO {name}; {indexes}; \
             COMMIT; PRAGMA foreign_keys = ON"
        ),
    )
    .await
}

pub async fn run(manager: &SchemaManager<'_>, text: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    connection.execute_unprepared(text).await.map(drop)
}

/// The column `line` of each row.
pub async fn rows(manager: &SchemaManager<'_>, text: &str) -> Result<Vec<String>, DbErr> {
    let asked = Statement::from_string(manager.get_database_backend(), text);
    let rows = manager.get_connection().query_all_raw(asked).await?;
    rows.iter().map(|row| row.try_get("", "line")).collect()
}
