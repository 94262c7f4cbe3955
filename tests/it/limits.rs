//! What an area lets people apply for, set by the operator and told to those who ask for more.

use std::collections::BTreeMap;

use campus_pass::actions::campus::{NewLimits, set_limits};
use campus_pass::domain::limits::{Limits, Overlap};
use campus_pass::store::areas;
use futures::future::join_all;
use insta::assert_snapshot;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::harness::{App, Guest, ID_NUMBER, Visit, rfc3339, run};

const AREA: &str = "校园区域";

async fn set(app: &App, limits: NewLimits) {
    set_limits(&app.ctx, AREA, limits).await.unwrap();
}

fn no_overlap() -> NewLimits {
    NewLimits {
        overlap: Some(Overlap::Refuse),
        ..NewLimits::default()
    }
}

/// Books from and until; gives what was told.
async fn told(guest: &Guest<'_>, form: &Value, from: &str, until: &str) -> String {
    let mut form = form.clone();
    form["starts_at"] = rfc3339(from).into();
    form["ends_at"] = rfc3339(until).into();
    let answer = guest.post("/api/visits", &form).await;
    match answer.status.as_u16() {
        201 => "booked".to_owned(),
        _ => answer
            .problem()
            .replace("422 invalid 请检查填写的内容\n  ", ""),
    }
}

#[tokio::test]
async fn each_limit_of_an_area_tells_its_own_breach() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let form = guest
        .form("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    let limits = NewLimits {
        days_ahead: Some(7),
        days_long: Some(2),
        a_day: Some(Some(2)),
        overlap: Some(Overlap::Refuse),
    };
    set(&app, limits).await;
    let book = async |from, until| told(&guest, &form, from, until).await;
    let mut library = form.clone();
    library["area"] = app.get("/api/areas").await.expect(200)[1]["id"].clone();
    let table = [
        book("2026-03-10 09:00", "2026-03-10 10:00").await,
        book("2026-03-03 09:00", "2026-03-05 10:00").await,
        book("2026-03-09 09:00", "2026-03-10 10:00").await,
        book("2026-03-10 08:00", "2026-03-10 09:30").await,
        book("2026-03-09 08:00", "2026-03-09 09:30").await,
        book("2026-03-09 08:00", "2026-03-09 09:00").await,
        book("2026-03-04 08:00", "2026-03-04 09:00").await,
        told(&guest, &library, "2026-04-10 08:00", "2026-05-05 09:00").await,
    ];
    assert_snapshot!(table.join("\n"), @"
    starts_at area_too_far 该区域最多可提前7天预约
    ends_at area_too_long 该区域一次到访最多2天
    booked
    starts_at area_too_far 该区域最多可提前7天预约
    visitor.id_number visit_overlaps 该证件号在此时间段已有到该区域的申请，请调整到访时间
    booked
    area area_too_many_today 您今天到该区域的申请已达2份，请明天再提交
    booked
    ");
    // Tomorrow is another day, with another host: three wait with the first.
    app.it_is("2026-03-03 00:00");
    let form = guest
        .form("王强", "2026-03-04 08:00", "2026-03-04 09:00")
        .await;
    let book = async |from, until| told(&guest, &form, from, until).await;
    assert_eq!(book("2026-03-04 08:00", "2026-03-04 09:00").await, "booked");
    let today = NewLimits {
        days_ahead: Some(0),
        ..NewLimits::default()
    };
    set(&app, today).await;
    assert_snapshot!(book("2026-03-04 12:00", "2026-03-04 13:00").await, @"starts_at area_too_far 该区域只能预约当天到访");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_returned_is_corrected_on_the_day_of_its_only_application() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let limits = NewLimits {
        a_day: Some(Some(1)),
        overlap: Some(Overlap::Refuse),
        ..NewLimits::default()
    };
    set(&app, limits).await;
    let (from, until) = ("2026-03-02 14:00", "2026-03-02 16:00");
    let visit = guest.book("刘明", from, until).await;
    let form = guest.form("刘明", from, until).await;
    assert!(
        told(&guest, &form, from, until)
            .await
            .starts_with("area area_too_many_today")
    );
    let approver = app.approver("陈静");
    approver
        .decide(&visit, "return", "请补充")
        .await
        .expect(200);
    let path = format!("/api/visits/{}", visit.id);
    guest.put(&path, &form).await.expect(200);

    // Staff apply for many, and are bounded as anywhere.
    let host = app.approver("刘明");
    for _ in 0..3 {
        host.invite(2).await;
    }
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn one_document_is_in_one_visit_at_a_time_by_whichever_way_it_came() {
    let app = App::start().await;
    let (guest, other) = (app.guest("张小雨").await, app.guest("李四").await);
    let (host, approver) = (app.approver("刘明"), app.approver("陈静"));
    app.deliver().await;
    let (from, until) = ("2026-03-02 14:00", "2026-03-02 16:00");
    let first = guest.book("刘明", from, until).await;
    // As it was until now, they may.
    let second = other.book("刘明", from, until).await;
    other.withdraw(&second).await.expect(200);
    set(&app, no_overlap()).await;
    let form = other.form("刘明", from, until).await;
    let book = async || told(&other, &form, from, until).await;
    assert_snapshot!(book().await, @"visitor.id_number visit_overlaps 该证件号在此时间段已有到该区域的申请，请调整到访时间");
    let (_, link) = host.invite(3).await;
    let mut joining = other.joining();
    joining["visitor"]["id_number"] = ID_NUMBER.into();
    assert_snapshot!(other.accept_with(&link, &joining).await.problem(), @"
    422 invalid 请检查填写的内容
      visitor.id_number visit_overlaps 该证件号在此时间段已有到该区域的申请，请调整到访时间
    ");
    let photo = host.give_picture("id_card").await;
    let mut proxy = host.wanted().await;
    let visitor = |id_number: &str| json!({ "name": "赵六", "phone": "13800000999", "id_number": id_number, "id_photo": photo });
    proxy["visitors"] = json!([visitor("E99999999"), visitor("110105491231002")]);
    assert_snapshot!(host.post("/api/staff/proxies", &proxy).await.problem(), @"
    422 invalid 请检查填写的内容
      visitors[1].id_number visit_overlaps 该证件号在此时间段已有到该区域的申请，请调整到访时间
    ");

    // Approved it still counts; returned, rejected or withdrawn it does not.
    approver.decide(&first, "approve", "").await.expect(200);
    assert!(book().await.contains("visit_overlaps"));
    guest.withdraw(&first).await.expect(200);
    let taken = other.book("刘明", from, until).await;
    approver
        .decide(&taken, "return", "请补充")
        .await
        .expect(200);
    guest.book("刘明", from, until).await;
    let path = format!("/api/visits/{}", taken.id);
    assert_snapshot!(other.put(&path, &form).await.problem(), @"
    422 invalid 请检查填写的内容
      visitor.id_number visit_overlaps 该证件号在此时间段已有到该区域的申请，请调整到访时间
    ");
    // Who has joined an invitation that is open is taken as well.
    let mut later = host.wanted().await;
    later["starts_at"] = rfc3339("2026-03-02 16:00").into();
    later["ends_at"] = rfc3339("2026-03-02 18:00").into();
    later["capacity"] = 2.into();
    let made = host.post("/api/staff/invitations", &later).await;
    let (_, link) = crate::harness::invited(&made);
    other.accept_with(&link, &joining).await.expect(201);
    let form = guest.form("刘明", from, until).await;
    let told = told(&guest, &form, "2026-03-02 17:00", "2026-03-02 19:00").await;
    assert!(told.contains("visit_overlaps"), "{told}");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_over_is_in_nobodys_way_and_the_next_may_begin_as_the_last_ends() {
    let app = App::start().await;
    set(&app, no_overlap()).await;
    let guest = app.guest("张小雨").await;
    let form = guest
        .form("刘明", "2026-03-02 09:00", "2026-03-02 10:00")
        .await;
    let book = async |from, until| told(&guest, &form, from, until).await;
    assert_eq!(book("2026-03-02 09:00", "2026-03-02 10:00").await, "booked");
    assert_eq!(book("2026-03-02 10:00", "2026-03-02 11:00").await, "booked");
    let whole_day = ("2026-03-02 00:00", "2026-03-02 23:59");
    assert!(
        book(whole_day.0, whole_day.1)
            .await
            .contains("visit_overlaps")
    );
    app.it_is("2026-03-02 11:00");
    assert_eq!(book(whole_day.0, whole_day.1).await, "booked");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn an_area_from_before_has_the_limits_that_held_for_all() {
    let app = App::start().await;
    let db = app.database().connect().await;
    let old = "insert into areas (id, name, slot, open) values (1, '老校区', 9, true)";
    db.execute_unprepared(old).await.unwrap();
    let area = areas::find(&db, 1.into()).await.unwrap().unwrap();
    assert_eq!(area.limits, Limits::default());
    db.close().await.unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_eight_who_book_for_one_document_at_one_time_one_does() {
    let app = App::start().await;
    set(&app, no_overlap()).await;
    let mut guests = Vec::new();
    for n in 0..8 {
        let guest = app.stranger("张小雨").await;
        let host = if n % 2 == 0 { "刘明" } else { "王强" };
        let form = guest
            .form(host, "2026-03-02 14:00", "2026-03-02 16:00")
            .await;
        guests.push((guest, form));
    }
    let mut told_all = BTreeMap::new();
    for round in 0..20 {
        let day = format!("2026-03-{:02}", 2 + round);
        app.it_is(&format!("{day} 09:00"));
        for (guest, form) in &mut guests {
            // Yesterday's, which nobody took, is about to go.
            form["visitor"]["id_photo"] = guest.give_picture("id_card").await.into();
        }
        let start = Barrier::new(guests.len());
        let book = async |(n, (guest, form)): (usize, &(Guest<'_>, Value))| {
            let (from, until) = (format!("{day} 1{n}:00"), format!("{day} 19:00"));
            start.wait().await;
            told(guest, form, &from, &until).await
        };
        for answer in join_all(guests.iter().enumerate().map(book)).await {
            *told_all.entry(answer).or_insert(0) += 1;
        }
    }
    let refused =
        "visitor.id_number visit_overlaps 该证件号在此时间段已有到该区域的申请，请调整到访时间";
    let expected = [("booked", 20), (refused, 140)];
    assert_eq!(
        told_all,
        expected.map(|(said, n)| (said.to_owned(), n)).into()
    );
    app.ctx.db.clone().close().await;
    app.finish_without_a_database().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_sets_the_limits_of_an_area() {
    let app = App::start().await;
    let url = app.database().text();
    let area = async |arguments: &'static [&'static str]| {
        let url = url.clone();
        let ran = move || {
            let all = [&["area"], arguments].concat();
            run(&all, &[("DATABASE__URL", &url)])
        };
        tokio::task::spawn_blocking(ran).await.unwrap()
    };
    let (code, out, said) = area(&["list"]).await;
    assert_eq!(code, 0, "{said}");
    assert_snapshot!(out, @r#"
    校园区域: --days-ahead 366 --days-long 31 --a-day none --overlap allow
      --hours "always" --entries-a-day none --passback off --reentry-minutes none --exits refuse --outage refuse
    图书馆: --days-ahead 366 --days-long 31 --a-day none --overlap allow
      --hours "always" --entries-a-day none --passback off --reentry-minutes none --exits refuse --outage refuse
    丁香水榭小区: --days-ahead 366 --days-long 31 --a-day none --overlap allow
      --hours "always" --entries-a-day none --passback off --reentry-minutes none --exits refuse --outage refuse
    "#);
    let (_, out, _) = area(&[
        "set",
        AREA,
        "--days-ahead",
        "14",
        "--days-long",
        "3",
        "--a-day",
        "2",
        "--overlap",
        "refuse",
    ])
    .await;
    assert_snapshot!(out, @r#"
    校园区域: --days-ahead 14 --days-long 3 --a-day 2 --overlap refuse
      --hours "always" --entries-a-day none --passback off --reentry-minutes none --exits refuse --outage refuse
    "#);
    let (_, out, _) = area(&["set", AREA, "--a-day", "none"]).await;
    assert_snapshot!(out, @r#"
    校园区域: --days-ahead 14 --days-long 3 --a-day none --overlap refuse
      --hours "always" --entries-a-day none --passback off --reentry-minutes none --exits refuse --outage refuse
    "#);
    let (_, out, _) = area(&[
        "set",
        AREA,
        "--hours",
        "mon-fri 06:00-23:00",
        "--entries-a-day",
        "3",
        "--passback",
        "hard",
        "--reentry-minutes",
        "30",
        "--exits",
        "open",
    ])
    .await;
    assert_snapshot!(out, @r#"
    校园区域: --days-ahead 14 --days-long 3 --a-day none --overlap refuse
      --hours "mon-fri 06:00-23:00" --entries-a-day 3 --passback hard --reentry-minutes 30 --exits open --outage refuse
    "#);
    let (code, _, said) = area(&["set", "操场", "--a-day", "1"]).await;
    assert_eq!(
        (code, said.contains("there is no area of this name")),
        (1, true),
        "{said}"
    );
    for wrong in [
        &["set", AREA, "--days-ahead", "367"][..],
        &["set", AREA, "--days-long", "0"],
        &["set", AREA, "--a-day", "21"],
        &["set", AREA, "--overlap", "maybe"],
        &["set", AREA, "--hours", "weekdays"],
        &["set", AREA, "--entries-a-day", "0"],
    ] {
        assert_eq!(area(wrong).await.0, 2, "{wrong:?}");
    }
    let guest = app.guest("张小雨").await;
    let form = guest
        .form("刘明", "2026-03-17 14:00", "2026-03-17 16:00")
        .await;
    assert_snapshot!(guest.post("/api/visits", &form).await.problem(), @"
    422 invalid 请检查填写的内容
      starts_at area_too_far 该区域最多可提前14天预约
    ");
    let visit: Visit = guest
        .book("刘明", "2026-03-16 14:00", "2026-03-18 16:00")
        .await;
    assert_eq!(guest.look(&visit).await["days"], 3);
    app.deliver().await;
    app.finish().await;
}
