//! How SQLite would answer the console's long lists that are not of visits.

use campus_pass::domain::campus::DeviceId;
use campus_pass::domain::gate::Reason;
use campus_pass::domain::message::Kind;
use campus_pass::domain::screening::{Effect, MarkKind};
use campus_pass::domain::window::Span;
use campus_pass::secret::KeyedHash;
use campus_pass::store::audit::{self, AuditFilter};
use campus_pass::store::blacklist::{self, EntryFilter};
use campus_pass::store::figures;
use campus_pass::store::message_list::{self, MessageFilter};
use campus_pass::store::passage_list::{self, PassageFilter};
use sea_orm::sea_query::{SelectStatement, SqliteQueryBuilder};
use sea_orm::{ConnectionTrait, QueryTrait, Statement};

use crate::harness::App;

async fn plan(app: &App, asked: &str) -> Vec<String> {
    let db = &app.ctx.db.read;
    let text = format!("explain query plan {asked}");
    let explain = Statement::from_string(db.get_database_backend(), text);
    let steps = db.query_all_raw(explain).await.unwrap();
    let step = |row: &sea_orm::QueryResult| row.try_get("", "detail").unwrap();
    steps.iter().map(step).collect()
}

/// Each figure is of what an index finds: of the day, or of what waits.
#[tokio::test]
async fn no_figure_of_today_reads_what_is_of_another_day() {
    let app = App::start().await;
    if app.database().is_postgres() {
        return app.finish().await;
    }
    let now = app.ctx.clock.now();
    let day = Span {
        from: Some(now),
        until: Some(now),
    };
    let asked = [
        figures::beginning(day).into_query(),
        figures::overdue(now).into_query(),
        figures::scans(now).into_query(),
        figures::pending(now).into_query(),
        figures::dead().into_query(),
    ];
    for figure in asked {
        let asked = figure.to_string(SqliteQueryBuilder);
        let steps = plan(&app, &asked).await;
        assert!(
            steps.iter().any(|step| step.starts_with("SEARCH")),
            "{asked}"
        );
        for step in steps {
            assert!(!step.starts_with("SCAN"), "{step}\n{asked}");
        }
    }
    app.finish().await;
}

/// None is read whole, nor sorted, for a page.
#[tokio::test]
async fn no_list_of_passages_messages_changes_or_entries_reads_all_of_them() {
    let app = App::start().await;
    if app.database().is_postgres() {
        return app.finish().await;
    }
    let now = app.ctx.clock.now();
    let span = Span {
        from: Some(now),
        until: Some(now),
    };
    let (device, text) = (DeviceId::parse("G01").unwrap(), || Some("x".to_owned()));
    let passage = PassageFilter::default;
    let passages = [
        passage(),
        PassageFilter {
            devices: Some(vec![device]),
            ..passage()
        },
        PassageFilter {
            reason: Some(Reason::Ok),
            ..passage()
        },
        PassageFilter {
            pass: Some(1.into()),
            ..passage()
        },
        PassageFilter {
            recorded: span,
            ..passage()
        },
    ];
    let message = MessageFilter::default;
    let messages = [
        message(),
        MessageFilter {
            state: Some("dead"),
            ..message()
        },
        MessageFilter {
            kind: Some(Kind::PassIssued),
            ..message()
        },
        MessageFilter {
            visit: Some(1.into()),
            ..message()
        },
    ];
    let change = AuditFilter::default;
    let changes = [
        change(),
        AuditFilter {
            who: text(),
            ..change()
        },
        AuditFilter {
            what: text(),
            ..change()
        },
        AuditFilter {
            subject: text(),
            ..change()
        },
        AuditFilter {
            at: span,
            ..change()
        },
    ];
    let entry = EntryFilter::default;
    let entries = [
        entry(),
        EntryFilter {
            kind: Some(MarkKind::Phone),
            ..entry()
        },
        EntryFilter {
            effect: Some(Effect::Refuse),
            ..entry()
        },
        EntryFilter {
            marks: Some(vec![KeyedHash::from_column("x".to_owned())]),
            ..entry()
        },
    ];
    let limit = 20;
    let mut asked: Vec<SelectStatement> = Vec::new();
    for filter in &passages {
        asked.extend(passage_list::pages(filter, Some(9.into()), limit));
    }
    asked.extend(messages.map(|filter| message_list::page(&filter, Some(9.into()), limit)));
    asked.extend(changes.map(|filter| audit::page(&filter, Some(9.into()), limit)));
    asked.extend(entries.map(|filter| blacklist::page(&filter, Some(9.into()), limit)));
    for page in asked {
        let asked = page.to_string(SqliteQueryBuilder);
        for step in plan(&app, &asked).await {
            // The walk through the ids, newest first, is right where ids alone are asked for.
            let by_id = !asked.contains(" = ") && !asked.contains(" IN ");
            let walk = step.contains("USING INTEGER PRIMARY KEY") && !by_id;
            // The entries with one mark are few.
            let sorted = step.contains("TEMP B-TREE") && !asked.contains("\"hash\"");
            assert!(
                !step.starts_with("SCAN") && !walk && !sorted,
                "{step}\n{asked}"
            );
        }
    }
    app.finish().await;
}
