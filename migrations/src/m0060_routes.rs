//! 审批路线 as data: who is asked about which visit, step after step; delegation; 抄送.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::rebuild::{rebuild, rows, run};
use crate::shape::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// How SQLite wrote the columns of a step down before, and what they are now: a step may ask somebody
/// else than a department, and one that comes later has not asked anybody yet.
const STEP: (&str, &str) = (
    "\"department_id\" integer NOT NULL, \"decided_by\" integer NULL, \"decision\" text NULL, \
     \"comment\" text NULL, \"asked_at\" timestamp_with_timezone_text NOT NULL",
    "\"department_id\" integer NULL, \"decided_by\" integer NULL, \"decision\" text NULL, \
     \"comment\" text NULL, \"asked_at\" timestamp_with_timezone_text NULL",
);

fn of_step() -> [(&'static str, ColumnDef); 9] {
    [
        // Which submission of the visit it belongs to.
        ("round", small_integer("round").default(1).take()),
        // `department`, `member`, `administrators` or `nobody`.
        ("asked", text("asked").default("department").take()),
        ("staff_id", id_null("staff_id").take()),
        // `any` or `all`.
        ("quorum", text("quorum").default("any").take()),
        // Minutes from its being asked.
        ("remind_after", integer_null("remind_after").take()),
        ("ends_after", integer_null("ends_after").take()),
        // `approve` or `reject`.
        ("on_time_out", text_null("on_time_out").take()),
        ("remind_at", time_null("remind_at").take()),
        ("ends_at", time_null("ends_at").take()),
    ]
}

/// What waits is looked for often, and is little among all that was decided.
const OPEN: [(&str, &str); 4] = [
    ("steps_open_by_department", "department_id, visit_id"),
    ("steps_open_by_staff", "staff_id, visit_id"),
    ("steps_to_remind", "remind_at"),
    ("steps_to_end", "ends_at"),
];

const BY: [(&str, &[&str]); 2] = [
    ("steps_by_department", &["department_id", "visit_id"]),
    ("steps_by_staff", &["staff_id", "visit_id"]),
];

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if is_sqlite(manager) {
            rebuild(manager, "approval_steps", STEP).await?;
        } else {
            let change = "ALTER TABLE approval_steps ALTER COLUMN department_id DROP NOT NULL, \
                          ALTER COLUMN asked_at DROP NOT NULL";
            run(manager, change).await?;
        }
        for (_, mut column) in of_step() {
            let steps = Table::alter()
                .table("approval_steps")
                .add_column(&mut column)
                .take();
            manager.alter_table(steps).await?;
        }
        // Each step so far was the whole of a submission.
        run(manager, "UPDATE approval_steps SET round = ordinal").await?;
        for (name, columns) in OPEN {
            let open = format!(
                "CREATE INDEX {name} ON approval_steps ({columns}) \
                 WHERE decided_at IS NULL AND asked_at IS NOT NULL"
            );
            run(manager, &open).await?;
        }
        for (name, columns) in BY {
            let steps = index("approval_steps", name, columns);
            manager.create_index(steps).await?;
        }
        for made in [
            routes(),
            route_steps(),
            votes(),
            delegations(),
            reading_grants(),
            readers(),
        ] {
            manager.create_table(made).await?;
        }
        for made in [
            index("approval_votes", "votes_by_staff", &["staff_id", "step_id"]),
            index("approval_votes", "votes_given", &["given_by", "step_id"]),
            index("delegations", "delegations_to", &["to_id", "ends_at"]),
            index("readers", "readers_by_staff", &["staff_id", "visit_id"]),
        ] {
            manager.create_index(made).await?;
        }
        Ok(())
    }

    /// Refused while a step asks somebody else than a department, for which the schema before has no
    /// place, or has yet to ask.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let lost = "SELECT '' AS line FROM approval_steps \
                    WHERE department_id IS NULL OR asked_at IS NULL";
        if !rows(manager, lost).await?.is_empty() {
            let why = "there are steps of routes, which would be lost";
            return Err(DbErr::Migration(why.to_owned()));
        }
        drop(
            manager,
            &[
                "routes",
                "route_steps",
                "approval_votes",
                "delegations",
                "reading_grants",
                "readers",
            ],
        )
        .await?;
        let indexes = OPEN.map(|(name, _)| name).into_iter();
        for name in indexes.chain(BY.map(|(name, _)| name)) {
            run(manager, &format!("DROP INDEX {name}")).await?;
        }
        for (column, _) in of_step().into_iter().rev() {
            let steps = Table::alter()
                .table("approval_steps")
                .drop_column(column)
                .take();
            manager.alter_table(steps).await?;
        }
        if is_sqlite(manager) {
            rebuild(manager, "approval_steps", (STEP.1, STEP.0)).await
        } else {
            let change = "ALTER TABLE approval_steps ALTER COLUMN department_id SET NOT NULL, \
                          ALTER COLUMN asked_at SET NOT NULL";
            run(manager, change).await
        }
    }
}

fn routes() -> TableCreateStatement {
    table("routes")
        .col(text("name"))
        .col(small_integer("place"))
        .col(boolean("open"))
        // Conditions; an empty one holds for every visit.
        .col(text_null("mode"))
        .col(id_null("area_id"))
        .col(id_null("reason_id"))
        .col(id_null("department_id"))
        .col(integer_null("days"))
        .col(integer("version"))
        .foreign_key(&mut refers("area_id", "areas"))
        .foreign_key(&mut refers("reason_id", "reasons"))
        .foreign_key(&mut refers("department_id", "departments"))
        .take()
}

fn route_steps() -> TableCreateStatement {
    Table::create()
        .table("route_steps")
        .col(id("route_id"))
        .col(small_integer("ordinal"))
        // `host_department`, `department`, `host`, `member` or `administrators`.
        .col(text("who"))
        .col(id_null("department_id"))
        .col(id_null("staff_id"))
        .col(text("quorum"))
        .col(integer_null("remind_after"))
        .col(integer_null("ends_after"))
        .col(text_null("on_time_out"))
        .primary_key(Index::create().col("route_id").col("ordinal"))
        .foreign_key(&mut refers("route_id", "routes"))
        .foreign_key(&mut refers("department_id", "departments"))
        .foreign_key(&mut refers("staff_id", "staff"))
        .take()
}

/// Who of those asked has said what: 会签 needs a word of each.
fn votes() -> TableCreateStatement {
    Table::create()
        .table("approval_votes")
        .col(id("step_id"))
        // Whose word it is, and who gave it for them.
        .col(id("staff_id"))
        .col(id("given_by"))
        .col(text("decision"))
        .col(text_null("comment"))
        .col(time("at"))
        .primary_key(Index::create().col("step_id").col("staff_id"))
        .foreign_key(&mut refers("step_id", "approval_steps"))
        .foreign_key(&mut refers("staff_id", "staff"))
        .foreign_key(&mut refers("given_by", "staff"))
        .take()
}

fn delegations() -> TableCreateStatement {
    table("delegations")
        .col(id("staff_id"))
        // Who decides in their place.
        .col(id("to_id"))
        .col(time("starts_at"))
        .col(time("ends_at"))
        .col(time("made_at"))
        .foreign_key(&mut refers("staff_id", "staff"))
        .foreign_key(&mut refers("to_id", "staff"))
        .take()
}

/// 抄送 by rule: who may read every visit to a department or to an area.
fn reading_grants() -> TableCreateStatement {
    table("reading_grants")
        .col(id("staff_id"))
        // One of the two.
        .col(id_null("department_id"))
        .col(id_null("area_id"))
        .col(time("made_at"))
        .foreign_key(&mut refers("staff_id", "staff"))
        .foreign_key(&mut refers("department_id", "departments"))
        .foreign_key(&mut refers("area_id", "areas"))
        .take()
}

/// 抄送人 of a visit.
fn readers() -> TableCreateStatement {
    Table::create()
        .table("readers")
        .col(id("visit_id"))
        .col(id("staff_id"))
        // The id of the rule; 0 when somebody did it by hand.
        .col(bits("source"))
        .col(time("at"))
        .primary_key(
            Index::create()
                .col("visit_id")
                .col("staff_id")
                .col("source"),
        )
        .foreign_key(&mut refers("visit_id", "visits"))
        .foreign_key(&mut refers("staff_id", "staff"))
        .take()
}

fn is_sqlite(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == DbBackend::Sqlite
}
