//! The console's lists at a million visits: the first page, a deep one and the last one of each filter, on
//! SQLite and, under `scripts/with-postgres`, on PostgreSQL. Figures are milliseconds and ratios to a bare
//! `select 1` over the same connection in the same run.
//!
//! `cargo bench --bench lists -- 20000` takes another number of visits.

#![expect(clippy::expect_used, reason = "a bench that cannot go on stops")]
#![expect(
    clippy::too_many_lines,
    reason = "the filters, and a past of years, are each told in one go"
)]

use std::time::Instant;

use campus_pass::config::DatabaseUrl;
use campus_pass::domain::Plate;
use campus_pass::domain::keyword::{Keyword, NameStart};
use campus_pass::domain::mode::Mode;
use campus_pass::domain::stage::StageKind;
use campus_pass::domain::window::Span;
use campus_pass::ids::{VisitId, VisitorId, first_at};
use campus_pass::secret::KeyedHash;
use campus_pass::store::humans::{self, HumanFilter};
use campus_pass::store::visit_filter::{self, Common, Filter, Scope};
use campus_pass::store::{self, Db};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const VISITS: i64 = 1_000_000;
/// One visit in so many seconds: a million in about three years.
const EVERY: i64 = 94;
const PAGE: u64 = 20;
const ROUNDS: usize = 21;

#[tokio::main]
async fn main() {
    let asked = std::env::args().find_map(|text| text.parse().ok());
    let visits = asked.unwrap_or(VISITS);
    let folder = std::env::temp_dir().join(format!("campus-pass-lists-{}", std::process::id()));
    let path = folder.join("lists.db").display().to_string();
    house(&format!("sqlite://{path}"), visits).await;
    let _ = std::fs::remove_dir_all(&folder);
    #[expect(clippy::disallowed_methods, reason = "as the tests find it")]
    if let Ok(url) = std::env::var("CAMPUS_PASS_TEST_POSTGRES") {
        house(&url, visits).await;
    }
}

/// Fills one database and asks it.
async fn house(url: &str, visits: i64) {
    let url: DatabaseUrl = url.parse().expect("a URL");
    store::migrate(&url).await.expect("migrated");
    let db = Db::open(&url).await.expect("opened");
    let now = DateTime::from_timestamp(1_772_413_200, 0).expect("2026-03-02 09:00 on campus");
    let begun = Instant::now();
    fill(&db, visits, now).await;
    let backend = db.read.get_database_backend();
    println!(
        "{backend:?}: {visits} visits in {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    let floor = {
        let one = || async { db.read.execute_unprepared("select 1").await.map(drop) };
        let mut times = Vec::new();
        for _ in 0..200 {
            let begun = Instant::now();
            one().await.expect("one");
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        times[100].as_secs_f64() * 1000.0
    };
    println!("  bare select 1: {floor:.3} ms");
    let first = now - Duration::seconds(visits * EVERY);
    let middle = Some(VisitId::from(first_at(
        now - Duration::seconds(visits * EVERY / 2),
    )));
    let last = Some(VisitId::from(first_at(
        first + Duration::seconds(30 * EVERY),
    )));
    for (scopes, name, filter) in asked(now) {
        let mut line = format!("  {name:<28}");
        for (page, before) in [("first", None), ("deep", middle), ("last", last)] {
            plan(&db, &scopes, &filter, now, before, &name).await;
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let found = visit_filter::list(&db.read, &scopes, &filter, now, before, PAGE);
                std::hint::black_box(found.await.expect("a page"));
                times.push(begun.elapsed());
            }
            line += &told(page, times, floor);
        }
        println!("{line}");
    }
    for (name, filter) in [
        ("people", HumanFilter::default()),
        (
            "people 张",
            HumanFilter {
                name: NameStart::parse("张"),
                phone: None,
            },
        ),
    ] {
        let mut line = format!("  {name:<28}");
        for (page, before) in [("first", None), ("deep", middle), ("last", last)] {
            let before = before.map(|id| VisitorId::from(id.get()));
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let found = humans::list(&db.read, &filter, before, PAGE).await;
                std::hint::black_box(found.expect("a page"));
                times.push(begun.elapsed());
            }
            line += &told(page, times, floor);
        }
        println!("{line}");
    }
    db.close().await;
}

fn told(page: &str, mut times: Vec<std::time::Duration>, floor: f64) -> String {
    times.sort_unstable();
    let median = times[times.len() / 2].as_secs_f64() * 1000.0;
    format!(" {page} {median:>7.2} ms ({:>5.0}x)", median / floor)
}

fn asked(now: DateTime<Utc>) -> Vec<(Vec<Scope>, String, Filter)> {
    let any = Filter::default;
    let name = |text: &str| NameStart::parse(text);
    let days = |from: i64, days: i64| Span {
        from: Some(now - Duration::days(from)),
        until: Some(now - Duration::days(from - days)),
    };
    let plate = Plate::parse("渝A12345").expect("a plate");
    let mut filters = vec![
        ("everything", any()),
        (
            "单据号",
            Filter {
                keyword: Some(Keyword::Number(first_at(now).into())),
                ..any()
            },
        ),
        (
            "phone",
            Filter {
                keyword: Some(Keyword::Phone(KeyedHash::from_column("h77".into()))),
                ..any()
            },
        ),
        (
            "plate",
            Filter {
                keyword: Some(Keyword::Plate(plate)),
                ..any()
            },
        ),
        (
            "name 张",
            Filter {
                keyword: name("张").map(Keyword::Name),
                ..any()
            },
        ),
        (
            "name 张明乙",
            Filter {
                keyword: name("张明乙").map(Keyword::Name),
                ..any()
            },
        ),
        (
            "发起人 张",
            Filter {
                initiator: name("张"),
                ..any()
            },
        ),
        (
            "被访人 张",
            Filter {
                host: name("张"),
                ..any()
            },
        ),
        (
            "被访人 张明",
            Filter {
                host: name("张明"),
                ..any()
            },
        ),
        (
            "department",
            Filter {
                department: Some(7.into()),
                ..any()
            },
        ),
        (
            "area",
            Filter {
                area: Some(2.into()),
                ..any()
            },
        ),
        (
            "reason",
            Filter {
                reason: Some(3.into()),
                ..any()
            },
        ),
        (
            "来源 group",
            Filter {
                mode: Some(Mode::Group),
                ..any()
            },
        ),
        (
            "starts in a day",
            Filter {
                starts: days(100, 1),
                ..any()
            },
        ),
        (
            "starts in a month",
            Filter {
                starts: days(100, 30),
                ..any()
            },
        ),
        (
            "starts in two years",
            Filter {
                starts: days(1000, 730),
                ..any()
            },
        ),
        (
            "submitted in a month",
            Filter {
                submitted: days(100, 30),
                ..any()
            },
        ),
        (
            "area, reason, 已完成",
            Filter {
                area: Some(2.into()),
                reason: Some(3.into()),
                stage: Some(StageKind::Completed),
                ..any()
            },
        ),
    ];
    filters.extend(StageKind::ALL.map(|stage| {
        (
            stage.word(),
            Filter {
                stage: Some(stage),
                ..any()
            },
        )
    }));
    let campus = |(name, filter): (&str, Filter)| (vec![Scope::Campus], name.to_owned(), filter);
    let mut asked: Vec<_> = filters.into_iter().map(campus).collect();
    let approver = vec![Scope::Department(7.into()), Scope::Own(77.into())];
    asked.push((approver.clone(), "an approver's".to_owned(), any()));
    let pending = Filter {
        stage: Some(StageKind::Pending),
        ..any()
    };
    asked.push((approver, "an approver's 审批中".to_owned(), pending));
    asked.push((vec![Scope::Own(77.into())], "a host's".to_owned(), any()));
    asked
}

/// Stops when the database would read the whole table for a page.
async fn plan(
    db: &Db,
    scopes: &[Scope],
    filter: &Filter,
    now: DateTime<Utc>,
    before: Option<VisitId>,
    name: &str,
) {
    let backend = db.read.get_database_backend();
    for page in visit_filter::pages(scopes, (filter, Common::default()), now, before, PAGE) {
        let asked = backend.build(&page);
        let explain = if backend == DbBackend::Sqlite {
            "explain query plan"
        } else {
            "explain"
        };
        let text = format!("{explain} {}", asked.sql);
        let values = asked.values.expect("values");
        let steps = db
            .read
            .query_all_raw(Statement::from_sql_and_values(backend, text, values));
        for step in steps.await.expect("a plan") {
            let column = if backend == DbBackend::Sqlite {
                "detail"
            } else {
                "QUERY PLAN"
            };
            let step: String = step.try_get("", column).expect("a step");
            // SQLite calls the walk through all ids, newest first, by either name.
            let walk = step.starts_with("SCAN visit") || step.contains("(id<?)");
            let whole = walk && name != "everything" || step.contains("Seq Scan on visits");
            assert!(!whole, "{name}: {step}\n{}", asked.sql);
        }
    }
}

/// Makes the campus and its past by one statement a table: what differs between the databases is how a
/// time is written.
async fn fill(db: &Db, visits: i64, now: DateTime<Utc>) {
    let sqlite = db.read.get_database_backend() == DbBackend::Sqlite;
    let time = |seconds: &str| {
        if sqlite {
            format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {seconds}, 'unixepoch')")
        } else {
            format!("to_timestamp({seconds})")
        }
    };
    let count = |most: i64| {
        format!(
            "with recursive n(i) as (select cast(0 as bigint) union all select i + 1 from n where i < {})",
            most - 1
        )
    };
    let (begin, every) = (now.timestamp() - visits * EVERY, EVERY);
    let at = format!("({begin} + i * {every})");
    let id = format!("((({at} * 1000 - 1288834974657) << 22) + i % 4096)");
    let starts = format!("(({at} / 3600 + 24) * 3600)");
    let surname = |of: &str| {
        format!(
            "substr('王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗', cast(1 + ({of}) % 20 as int), 1)"
        )
    };
    let given = |of: &str| {
        format!(
            "substr('明强丽静伟芳', cast(1 + ({of}) % 6 as int), 1)
             || substr('一乙二十丁厂七卜八人入儿匕几九刁了刀力乃又三干于亏', cast(1 + ({of}) / 6 % 25 as int), 1)"
        )
    };
    let epoch = now.timestamp();
    // What is over is as the timer leaves it; what is to come waits, is returned, or is approved.
    let stage = format!(
        "case when {starts} + 7200 < {epoch}
            then case when i % 20 < 12 then 'completed' when i % 20 < 15 then 'lapsed'
                when i % 20 < 17 then 'rejected' when i % 20 < 19 then 'withdrawn' else 'lapsed' end
            else case when i % 10 < 3 then 'pending' when i % 10 < 4 then 'returned' else 'approved' end end"
    );
    let yes = if sqlite { "1" } else { "true" };
    let (t0, ta, ts, te) = (
        time(&begin.to_string()),
        time(&at),
        time(&starts),
        time(&format!("{starts} + 7200")),
    );
    let by_id = |table: &str, columns: &str, most: i64, values: &str| {
        format!(
            "insert into {table} ({columns}) {} select i + 1, {values} from n",
            count(most)
        )
    };
    let statements = [
        by_id("areas", "id, name, slot, open", 6, &format!("'area ' || i, i, {yes}")),
        by_id("reasons", "id, name, open", 8, &format!("'reason ' || i, {yes}")),
        by_id("departments", "id, name", 30, "'department ' || i"),
        by_id(
            "staff",
            "id, name, department_id, wecom_userid, phone_sealed, phone_hash, phone_mask, roles",
            3000,
            &format!("{} || {}, 1 + i % 30, 'u' || i, 'x', 's' || i, 'x', 'host'", surname("i"), given("i / 20")),
        ),
        by_id("people", "id, created_at", 50_000, &t0),
        format!(
            "insert into visits (id, mode, stage, stage_at, stage_comment, initiator_person_id,
                initiator_staff_id, host_id, department_id, area_id, reason_id, starts_at, ends_at,
                submitted_at, arrived_at, version)
             {} select {id},
                case when i % 100 < 60 then 'booking' when i % 100 < 80 then 'invitation'
                    when i % 100 < 98 then 'proxy' else 'group' end,
                {stage}, {ta}, '不便',
                case when i % 100 < 60 then 1 + i % 50000 end,
                case when i % 100 >= 60 then 1 + (i * 7) % 3000 end,
                1 + (i * 13) % 3000, 1 + i % 30, 1 + i % 6, 1 + (i / 6) % 8, {ts}, {te}, {ta},
                case when i % 20 < 12 then {ts} end, 1 from n",
            count(visits)
        ),
        format!(
            "insert into visitors (id, visit_id, place, name, phone_sealed, phone_hash, phone_mask, plate)
             {} select {id}, {id}, 1, {} || {},
                'x', 'h' || (i % 200000), '139****0003',
                case when i % 20 = 0 then '渝A' || (10000 + i % 80000) end from n",
            count(visits),
            surname("i / 3"),
            given("i")
        ),
    ];
    let txn = store::begin(db).await.expect("begun");
    for statement in statements {
        txn.execute_unprepared(&statement).await.expect("filled");
    }
    store::commit(txn).await.expect("committed");
    if !sqlite {
        // As its own housekeeping does; SQLite has none, and is asked without.
        db.read
            .execute_unprepared("vacuum analyze")
            .await
            .expect("analysed");
    }
}
