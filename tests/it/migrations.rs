//! Every step of the schema, up and down, on an empty database and on a filled one, and by many at once.

use std::collections::BTreeMap;

use campus_pass::actions::login_codes;
use campus_pass::ctx::Ctx;
use campus_pass::domain::group::{Group, Headcount};
use campus_pass::domain::invitation::Invitee;
use campus_pass::domain::resident::Registration;
use campus_pass::domain::route::{Conditions, Quorum, Route, RouteStep, Waits, Who};
use campus_pass::domain::{HouseNumber, PersonName, Phone, Plate};
use campus_pass::ids::VisitId;
use campus_pass::sandbox::FaultKind;
use campus_pass::store::budgets::Budget;
use campus_pass::store::delegations::{self, Delegation};
use campus_pass::store::readers::{self, Grant, Over};
use campus_pass::store::{
    begin, commit, groups, invitations, invitees, registrations, routes, staff,
};
use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, Statement};

use crate::harness::{App, Database, command};

/// Everything the schema holds, a line each, in order.
async fn schema(db: &DatabaseConnection, postgres: bool) -> Vec<String> {
    let text = if postgres {
        "select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as line
            from information_schema.columns where table_schema = 'public'
            and table_name <> 'seaql_migrations'
         union all select indexdef from pg_indexes where schemaname = 'public'
            and tablename <> 'seaql_migrations'
         union all select conrelid::regclass || ' ' || pg_get_constraintdef(oid)
            from pg_constraint where contype = 'f'
         order by 1"
    } else {
        "select type || ' ' || name || ' ' || coalesce(sql, '') as line from sqlite_master
            where name not like 'sqlite_%' and name <> 'seaql_migrations' order by 1"
    };
    lines(db, text).await
}

async fn lines(db: &DatabaseConnection, text: &str) -> Vec<String> {
    let asked = Statement::from_string(db.get_database_backend(), text);
    let rows = db.query_all_raw(asked).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "line").unwrap())
        .collect()
}

/// How many rows each table has.
async fn rows(db: &DatabaseConnection, postgres: bool) -> BTreeMap<String, String> {
    let tables = if postgres {
        "select table_name::text as line from information_schema.tables
            where table_schema = 'public' and table_name <> 'seaql_migrations'"
    } else {
        "select name as line from sqlite_master where type = 'table'
            and name not like 'sqlite_%' and name <> 'seaql_migrations'"
    };
    let mut counted = BTreeMap::new();
    for table in lines(db, tables).await {
        let count = format!("select cast(count(*) as text) as line from {table}");
        let count = lines(db, &count).await.remove(0);
        counted.insert(table, count);
    }
    counted
}

fn steps() -> usize {
    Migrator::migrations().len()
}

#[tokio::test]
async fn every_step_goes_up_and_down_on_an_empty_database() {
    let database = Database::new().await;
    let postgres = database.is_postgres();
    let db = database.connect().await;
    let mut before = vec![schema(&db, postgres).await];
    assert_eq!(before[0], [""; 0]);
    for step in 0..steps() {
        Migrator::up(&db, Some(1)).await.unwrap();
        let up = schema(&db, postgres).await;
        assert_ne!(up, before[step], "a step does something");
        Migrator::down(&db, Some(1)).await.unwrap();
        assert_eq!(
            schema(&db, postgres).await,
            before[step],
            "step {step} down"
        );
        Migrator::up(&db, Some(1)).await.unwrap();
        assert_eq!(schema(&db, postgres).await, up, "step {step} up again");
        before.push(up);
    }
    for step in (0..steps()).rev() {
        Migrator::down(&db, Some(1)).await.unwrap();
        assert_eq!(schema(&db, postgres).await, before[step]);
    }
    db.close().await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn every_step_goes_down_and_up_on_a_filled_database() {
    let app = App::start().await;
    fill(&app).await;
    let postgres = app.database().is_postgres();
    let db = app.database().connect().await;
    app.ctx.db.clone().close().await;
    let filled = rows(&db, postgres).await;
    let empty: Vec<_> = filled.iter().filter(|(_, count)| *count == "0").collect();
    assert!(empty.is_empty(), "not filled: {empty:?}");
    let whole = schema(&db, postgres).await;
    for _ in 0..steps() {
        let before = schema(&db, postgres).await;
        Migrator::down(&db, Some(1)).await.unwrap();
        let left = rows(&db, postgres).await;
        for (table, count) in &left {
            assert_eq!(count, &filled[table], "{table} keeps its rows");
        }
        Migrator::up(&db, Some(1)).await.unwrap();
        assert_eq!(schema(&db, postgres).await, before);
        Migrator::down(&db, Some(1)).await.unwrap();
    }
    assert!(rows(&db, postgres).await.is_empty());
    Migrator::up(&db, None).await.unwrap();
    assert_eq!(schema(&db, postgres).await, whole);
    db.close().await.unwrap();
    app.finish_without_a_database().await;
}

/// A story that leaves a row in every table.
async fn fill(app: &App) {
    let caller = Phone::parse("13800000009").unwrap();
    let asked = login_codes::ask(&app.ctx, &caller, [127, 0, 0, 1].into()).await;
    assert_eq!(asked.unwrap(), Budget::Left);
    let guest = app.guest("张小雨").await;
    let (from, until) = ("2026-03-02 09:00", "2026-03-02 16:00");
    let mut form = guest.form("刘明", from, until).await;
    form["visitor"]["face_photo"] = guest.give_picture("face").await.into();
    form["consent"] = true.into();
    form["companions"] = serde_json::json!({ "capacity": 1 });
    let path = axum::http::Method::POST;
    let request = guest
        .request(path, "/api/visits")
        .header("idempotency-key", "k");
    let booked = app.send(crate::harness::json_body(request, &form)).await;
    let visit = crate::harness::Visit::of(&booked.expect(201));
    app.deliver().await;
    // Only staff invite by name, and what staff began does not go down; see below.
    let ctx = &app.ctx;
    let id: i64 = visit.id.parse().unwrap();
    let invitation = invitations::of_visits(&ctx.db.read, [id.into()]).await;
    let named = Invitee {
        id: ctx.mint(),
        invitation: invitation.unwrap().remove(0).id,
        name: PersonName::parse("李四").unwrap(),
        phone: ctx.seal_phone(&Phone::parse(&guest.phone).unwrap()),
        visitor: None,
    };
    let txn = begin(&ctx.db).await.unwrap();
    invitees::insert(&txn, &named).await.unwrap();
    // And a visit to a resident does not go down either.
    let typed = Registration {
        id: ctx.mint(),
        visit: id.into(),
        name: named.name,
        phone: named.phone,
        house: HouseNumber::parse("3-2-501").unwrap(),
        resident: None,
        link_generation: 1,
    };
    registrations::insert(&txn, &typed, "hash").await.unwrap();
    let group = Group {
        visit: id.into(),
        headcount: Headcount::parse(100).unwrap(),
        plates: vec![Plate::parse("渝A12345").unwrap()],
    };
    groups::insert(&txn, &group).await.unwrap();
    settle_routes(&txn, ctx, id.into()).await;
    commit(txn).await.unwrap();
    app.approver("陈静")
        .decide(&visit, "approve", "好")
        .await
        .expect(200);
    let code = guest.code(&visit).await;
    let noticed = app.approver("吴敏");
    noticed.list("phone", &guest.phone, "notify").await;
    assert!(app.gate("G01").scan(&code).await.contains(r#""r":"ok""#));
    let answers = serde_json::json!({"app": "mini",
        "answers": [{"template_id": "SUB-VISIT-RESULT", "answer": "accept"}]});
    let told = guest.post("/api/subscriptions", &answers).await;
    assert_eq!(told.status.as_u16(), 204);
    // One row is left due.
    app.fault("sms", FaultKind::Http500, None);
    app.deliver().await;
}

/// A route, a delegation, and somebody who may read, by rule.
async fn settle_routes(txn: &DatabaseTransaction, ctx: &Ctx, visit: VisitId) {
    let member = staff::find_by_userid(txn, "liuming").await;
    let (member, now) = (member.unwrap().unwrap(), ctx.clock.now());
    let step = RouteStep {
        who: Who::Department(member.department),
        quorum: Quorum::All,
        waits: Waits::default(),
    };
    let route = Route {
        id: ctx.mint(),
        name: "另一种".to_owned(),
        place: 1,
        open: false,
        when: Conditions::default(),
        steps: vec![step],
        version: 1,
    };
    routes::insert(txn, &route).await.unwrap();
    let delegation = Delegation {
        id: ctx.mint(),
        from: member.id,
        to: member.id,
        starts_at: now,
        ends_at: now,
    };
    delegations::insert(txn, &delegation, now).await.unwrap();
    let grant = Grant {
        id: ctx.mint(),
        staff: member.id,
        over: Over::Department(member.department),
    };
    readers::grant(txn, &grant, now).await.unwrap();
    let read = readers::of_visit(txn, visit).await.unwrap();
    assert_eq!(read, [member.id]);
}

#[tokio::test]
async fn what_staff_began_is_not_lost_on_the_way_down() {
    let app = App::start().await;
    app.approver("刘明").invite(2).await;
    let db = app.database().connect().await;
    app.ctx.db.clone().close().await;
    let filled = rows(&db, app.database().is_postgres()).await;
    let refused = Migrator::down(&db, None).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "Migration Error: visits has rows of staff, which would be lost"
    );
    let left = rows(&db, app.database().is_postgres()).await;
    assert_eq!(left["visits"], filled["visits"]);
    db.close().await.unwrap();
    app.finish_without_a_database().await;
}

#[tokio::test]
async fn visits_to_residents_are_not_lost_on_the_way_down() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    guest.register(crate::harness::KNOWN).await;
    app.deliver().await;
    let db = app.database().connect().await;
    app.ctx.db.clone().close().await;
    let filled = rows(&db, app.database().is_postgres()).await;
    let refused = Migrator::down(&db, None).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "Migration Error: there are visits to residents, which would be lost"
    );
    let left = rows(&db, app.database().is_postgres()).await;
    for table in ["visits", "visitors", "registrations"] {
        assert_eq!(left[table], filled[table], "{table}");
    }
    db.close().await.unwrap();
    app.finish_without_a_database().await;
}

#[tokio::test]
async fn visits_of_groups_are_not_lost_on_the_way_down() {
    let app = App::start().await;
    let staff = app.approver("刘明");
    let mut form = staff.wanted().await;
    form["headcount"] = 100.into();
    form["contact"] = serde_json::json!({ "name": "李四", "phone": "13800000777" });
    form["plates"] = serde_json::json!(["渝A12345"]);
    staff.post("/api/staff/groups", &form).await.expect(201);
    app.deliver().await;
    let db = app.database().connect().await;
    app.ctx.db.clone().close().await;
    let filled = rows(&db, app.database().is_postgres()).await;
    let refused = Migrator::down(&db, None).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "Migration Error: there are visits of groups, which would be lost"
    );
    let left = rows(&db, app.database().is_postgres()).await;
    for table in ["visits", "visitors", "groups", "vehicles"] {
        assert_eq!(left[table], filled[table], "{table}");
    }
    db.close().await.unwrap();
    app.finish_without_a_database().await;
}

#[tokio::test]
async fn four_processes_at_once_leave_one_schema() {
    let alone = Database::new().await;
    campus_pass::store::migrate(&alone.url()).await.unwrap();
    let db = alone.connect().await;
    let expected = schema(&db, alone.is_postgres()).await;
    db.close().await.unwrap();
    alone.drop().await;

    for round in 0..3 {
        let database = Database::new().await;
        let settings = [("DATABASE__URL".to_owned(), database.text())];
        let start = |_| command(&["migrate"], &settings).spawn().unwrap();
        let mut processes: Vec<_> = (0..4).map(start).collect();
        for process in &mut processes {
            assert!(process.wait().unwrap().success(), "round {round}");
        }
        let again = command(&["migrate"], &settings).status().unwrap();
        assert!(again.success(), "nothing left to do is no fault");
        let db = database.connect().await;
        assert_eq!(schema(&db, database.is_postgres()).await, expected);
        db.close().await.unwrap();
        database.drop().await;
    }
}
