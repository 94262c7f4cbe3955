//! Lists of visits as the console asks for them: what is found, in which stage, and by which index.

use std::collections::BTreeMap;

use campus_pass::domain::keyword::{Keyword, NameStart};
use campus_pass::domain::mode::Mode;
use campus_pass::domain::stage::StageKind;
use campus_pass::domain::window::Span;
use campus_pass::ids::{StaffId, VisitId};
use campus_pass::store::visit_filter::{Common, Filter, Scope, find, list, pages};
use campus_pass::store::{areas, reasons, staff, visit_facts};
use insta::assert_snapshot;
use sea_orm::sea_query::SqliteQueryBuilder;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::harness::{App, KNOWN, UNKNOWN, Visit, moment};

/// Visits by every way in, under a word each.
struct Told {
    app: App,
    named: BTreeMap<VisitId, &'static str>,
    /// What the QR of the approved one says.
    code: String,
}

impl Told {
    async fn begin() -> Self {
        let app = App::start().await;
        let mut named = BTreeMap::new();
        let code;
        {
            let (liu, chen) = (app.approver("刘明"), app.approver("陈静"));
            let guest = app.guest("张小雨").await;
            let other = app.guest("欧阳·明").await;
            // WeChat says who they are before they are told anything.
            app.deliver().await;
            let mut name = |visit: &Visit, word| {
                named.insert(visit.id.parse().unwrap(), word);
            };
            name(
                &guest
                    .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
                    .await,
                "booked",
            );
            let approved = other
                .book("王强", "2026-03-03 14:00", "2026-03-03 16:00")
                .await;
            name(&approved, "approved");
            let zhao = app.approver("赵敏");
            zhao.decide(&approved, "approve", "").await.expect(200);
            let (returned, rejected) = (
                guest
                    .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
                    .await,
                guest
                    .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
                    .await,
            );
            chen.decide(&returned, "return", "请补充").await.expect(200);
            chen.decide(&rejected, "reject", "不便").await.expect(200);
            name(&returned, "returned");
            name(&rejected, "rejected");
            let (joined, link) = liu.invite(2).await;
            guest.accept(&link).await.expect(201);
            name(&joined, "joined");
            let (empty, _) = liu.invite(2).await;
            name(&empty, "empty");
            let (long, _) = chen
                .invite_with(json!({ "capacity": 2, "minutes": 240 }))
                .await;
            name(&long, "open");
            let (withdrawn, _) = liu.invite(2).await;
            liu.change(&withdrawn, "withdraw", &json!({}))
                .await
                .expect(200);
            name(&withdrawn, "withdrawn");
            let mut group = liu.wanted().await;
            group["headcount"] = 14.into();
            group["contact"] = json!({ "name": "李四", "phone": "138 0000 0777" });
            group["plates"] = json!(["渝A12345"]);
            let group = liu.post("/api/staff/groups", &group).await.expect(201);
            name(&Visit::of(&group), "group");
            name(&guest.register(KNOWN).await, "known");
            name(&guest.register(UNKNOWN).await, "unknown");
            app.deliver().await;
            code = other.code(&approved).await;
        }
        Self { app, named, code }
    }

    /// What a filter finds, newest first.
    async fn found(&self, scopes: &[Scope], filter: &Filter) -> String {
        let (db, now) = (&self.app.ctx.db.read, self.app.ctx.clock.now());
        let mut whole = Vec::new();
        // By pages, so that the key of the next is put to work.
        loop {
            let before = whole.last().copied();
            let page = list(db, scopes, filter, now, before, 3).await.unwrap();
            whole.extend(page.iter().map(|visit| visit.id));
            if page.len() < 3 {
                break;
            }
        }
        said(whole.iter().map(|id| self.named[id]))
    }

    async fn staff(&self, name: &'static str) -> StaffId {
        let userid = self.app.approver(name).userid;
        let found = staff::find_by_userid(&self.app.ctx.db.read, userid).await;
        found.unwrap().unwrap().id
    }
}

/// The words in one line, so that none has a sign of its own.
fn said(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        "-".to_owned()
    } else {
        words.join(" ")
    }
}

#[tokio::test]
async fn visits_are_found_by_what_people_type() {
    let told = Told::begin().await;
    let campus = [Scope::Campus];
    let number = told.named.keys().next().unwrap().to_string();
    let mut table = Vec::new();
    for text in [
        number.as_str(),
        "1628957678243860481",
        "张",
        "张小雨",
        "张小雨雨",
        "欧阳",
        "刘",
        "李",
        "王建",
        "王",
        "138 0000 0001",
        "13800000777",
        "13900000001",
        "13900000101",
        "渝a12345",
        "渝AD12345",
        "%",
        "_",
    ] {
        let keyword = Keyword::parse(text, &told.app.ctx.keys);
        let filter = Filter {
            keyword,
            ..Filter::default()
        };
        let found = told.found(&campus, &filter).await;
        table.push(format!("{} → {found}", told.app.plain(text)));
    }
    assert_snapshot!(table.join("\n"), @"
    [id] → booked
    [id] → -
    张 → unknown known joined rejected returned booked
    张小雨 → unknown known joined rejected returned booked
    张小雨雨 → -
    欧阳 → approved
    刘 → group withdrawn empty joined rejected returned booked
    李 → group
    王建 → unknown known
    王 → unknown known approved
    138 0000 0001 → unknown known joined rejected returned booked
    13800000777 → group
    13900000001 → group withdrawn empty joined rejected returned booked
    13900000101 → unknown known
    渝a12345 → group
    渝AD12345 → unknown known
    % → -
    _ → -
    ");
    let name = |text: &str| NameStart::parse(text);
    let (by_guest, by_staff) = (name("张"), name("刘"));
    let mut table = Vec::new();
    for (words, filter) in [
        (
            "initiator 张",
            Filter {
                initiator: by_guest.clone(),
                ..Filter::default()
            },
        ),
        (
            "initiator 刘",
            Filter {
                initiator: by_staff.clone(),
                ..Filter::default()
            },
        ),
        (
            "host 刘",
            Filter {
                host: by_staff,
                ..Filter::default()
            },
        ),
        (
            "host 王",
            Filter {
                host: name("王"),
                ..Filter::default()
            },
        ),
        (
            "mode group",
            Filter {
                mode: Some(Mode::Group),
                ..Filter::default()
            },
        ),
        (
            "starts on 3 March",
            Filter {
                starts: Span {
                    from: Some(moment("2026-03-03 00:00")),
                    until: Some(moment("2026-03-03 23:59")),
                },
                ..Filter::default()
            },
        ),
        (
            "submitted before today",
            Filter {
                submitted: Span {
                    from: None,
                    until: Some(moment("2026-03-01 23:59")),
                },
                ..Filter::default()
            },
        ),
    ] {
        table.push(format!("{words} → {}", told.found(&campus, &filter).await));
    }
    let db = &told.app.ctx.db.read;
    let area = areas::find_by_name(db, "丁香水榭小区")
        .await
        .unwrap()
        .unwrap();
    let reason = reasons::all(db).await.unwrap().pop().unwrap();
    let of_area = Filter {
        area: Some(area.id),
        ..Filter::default()
    };
    let of_both = Filter {
        reason: Some(reason.id),
        keyword: Keyword::parse("张", &told.app.ctx.keys),
        ..of_area.clone()
    };
    table.push(format!(
        "the quarter → {}",
        told.found(&campus, &of_area).await
    ));
    table.push(format!(
        "{} of 张 there → {}",
        reason.name,
        told.found(&campus, &of_both).await
    ));
    assert_snapshot!(table.join("\n"), @"
    initiator 张 → unknown known rejected returned booked
    initiator 刘 → group withdrawn empty joined
    host 刘 → group withdrawn empty joined rejected returned booked
    host 王 → unknown known approved
    mode group → group
    starts on 3 March → approved
    submitted before today → -
    the quarter → unknown known
    亲友来访 of 张 there → unknown known
    ");
    told.app.finish().await;
}

#[tokio::test]
async fn a_scope_holds_in_the_query_and_a_stranger_s_visit_is_not_found() {
    let told = Told::begin().await;
    let db = &told.app.ctx.db.read;
    let (liu, wang) = (told.staff("刘明").await, told.staff("王强").await);
    let all = [liu, wang].map(Scope::Own);
    let department = staff::find(db, wang).await.unwrap().unwrap().department;
    let mut table = Vec::new();
    for (words, scopes) in [
        ("nobody", &[][..]),
        ("刘明", &all[..1]),
        ("王强", &all[1..]),
        ("both", &all),
        ("机械工程学院", &[Scope::Department(department)]),
    ] {
        let found = told.found(scopes, &Filter::default()).await;
        let mut one_by_one = Vec::new();
        for (id, word) in told.named.iter().rev() {
            if find(db, scopes, *id).await.unwrap().is_some() {
                one_by_one.push(*word);
            }
        }
        assert_eq!(said(one_by_one.into_iter()), found, "{words}");
        table.push(format!("{words}: {found}"));
    }
    assert_snapshot!(table.join("\n"), @"
    nobody: -
    刘明: group withdrawn empty joined rejected returned booked
    王强: approved
    both: group withdrawn empty joined rejected returned approved booked
    机械工程学院: approved
    ");
    told.app.finish().await;
}

/// What the domain says of every visit, and what the filters find without anything written down.
#[tokio::test]
async fn a_stage_is_what_it_is_now_whatever_was_stored() {
    let told = Told::begin().await;
    let (db, mut table) = (&told.app.ctx.db.read, Vec::new());
    for time in [
        "2026-03-02 09:00",
        "2026-03-02 11:00",
        "2026-03-02 16:00",
        "2026-03-02 16:01",
        "2026-03-03 14:10",
        "2026-03-04 09:00",
    ] {
        told.app.it_is(time);
        if time == "2026-03-03 14:10" {
            told.app.gate("G01").scan(&told.code).await;
        }
        let now = told.app.ctx.clock.now();
        let every = list(db, &[Scope::Campus], &Filter::default(), now, None, 50).await;
        let facts = visit_facts::of(db, every.unwrap(), now).await.unwrap();
        for stage in StageKind::ALL {
            let domain = facts
                .iter()
                .filter(|facts| facts.visit.stage.kind() == stage);
            let domain = said(domain.map(|facts| told.named[&facts.visit.id]));
            let filter = Filter {
                stage: Some(stage),
                ..Filter::default()
            };
            let found = told.found(&[Scope::Campus], &filter).await;
            assert_eq!(found, domain, "{} at {time}", stage.as_str());
            if found != "-" {
                table.push(format!("{time} {}: {found}", stage.as_str()));
            }
        }
    }
    assert_snapshot!(table.join("\n"), @"
    2026-03-02 09:00 inviting: open empty joined
    2026-03-02 09:00 pending: unknown group booked
    2026-03-02 09:00 approved: known approved
    2026-03-02 09:00 rejected: rejected
    2026-03-02 09:00 returned: returned
    2026-03-02 09:00 withdrawn: withdrawn
    2026-03-02 11:00 inviting: open
    2026-03-02 11:00 pending: unknown group joined booked
    2026-03-02 11:00 approved: known approved
    2026-03-02 11:00 rejected: rejected
    2026-03-02 11:00 returned: returned
    2026-03-02 11:00 withdrawn: withdrawn
    2026-03-02 11:00 lapsed: empty
    2026-03-02 16:00 pending: unknown group joined booked
    2026-03-02 16:00 approved: known approved
    2026-03-02 16:00 rejected: rejected
    2026-03-02 16:00 returned: returned
    2026-03-02 16:00 withdrawn: withdrawn
    2026-03-02 16:00 lapsed: open empty
    2026-03-02 16:01 pending: unknown
    2026-03-02 16:01 approved: known approved
    2026-03-02 16:01 rejected: rejected
    2026-03-02 16:01 withdrawn: withdrawn
    2026-03-02 16:01 lapsed: group open empty joined returned booked
    2026-03-03 14:10 pending: unknown
    2026-03-03 14:10 approved: known approved
    2026-03-03 14:10 rejected: rejected
    2026-03-03 14:10 withdrawn: withdrawn
    2026-03-03 14:10 lapsed: group open empty joined returned booked
    2026-03-04 09:00 rejected: rejected
    2026-03-04 09:00 withdrawn: withdrawn
    2026-03-04 09:00 lapsed: unknown known group open empty joined returned booked
    2026-03-04 09:00 completed: approved
    ");
    told.app.deliver().await;
    told.app.finish().await;
}

/// SQLite says how it would answer; that PostgreSQL does so too is in `benches/lists.rs`, for its plans
/// hang on how many rows there are.
#[tokio::test]
async fn no_list_of_visits_reads_all_of_them() {
    let app = App::start().await;
    let db = &app.ctx.db.read;
    let backend = db.get_database_backend();
    if app.database().is_postgres() {
        return app.finish().await;
    }
    let keyword = |text| Keyword::parse(text, &app.ctx.keys);
    let name = || NameStart::parse("张");
    let now = app.ctx.clock.now();
    let span = Span {
        from: Some(now),
        until: Some(now),
    };
    let any = Filter::default;
    let mut filters = vec![
        any(),
        Filter {
            keyword: keyword("1628957678243860481"),
            ..any()
        },
        Filter {
            keyword: keyword("13900000001"),
            ..any()
        },
        Filter {
            keyword: keyword("渝A12345"),
            ..any()
        },
        Filter {
            keyword: keyword("张"),
            ..any()
        },
        Filter {
            initiator: name(),
            ..any()
        },
        Filter {
            host: name(),
            ..any()
        },
        Filter {
            department: Some(1.into()),
            ..any()
        },
        Filter {
            area: Some(1.into()),
            ..any()
        },
        Filter {
            reason: Some(1.into()),
            ..any()
        },
        Filter {
            mode: Some(Mode::Booking),
            ..any()
        },
        Filter {
            starts: span,
            ..any()
        },
        Filter {
            submitted: span,
            ..any()
        },
    ];
    filters.extend(StageKind::ALL.map(|stage| Filter {
        stage: Some(stage),
        ..any()
    }));
    let own = [Scope::Department(1.into()), Scope::Own(2.into())];
    for (scopes, filter) in filters
        .iter()
        .flat_map(|filter| [(&[Scope::Campus][..], filter), (&own, filter)])
    {
        for page in pages(
            scopes,
            (filter, Common::default()),
            now,
            Some(VisitId::from(9)),
            20,
        ) {
            let asked = page.to_string(SqliteQueryBuilder);
            let explain = Statement::from_string(backend, format!("explain query plan {asked}"));
            for row in db.query_all_raw(explain).await.unwrap() {
                let step: String = row.try_get("", "detail").unwrap();
                // The walk through all ids, newest first, which is right when nothing is asked for.
                let walk = step.contains("(id<?)") && !asked.contains("AND");
                let whole = step.starts_with("SCAN visit") || step.contains("(id<?)");
                assert!(walk || !whole, "{step}\n{asked}");
            }
        }
    }
    app.finish().await;
}
