//! Logging in outside WeChat, told by whoever has the phone and by those who have not.

use std::fs;
use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{Method, Request, header};
use campus_pass::actions::login_codes::{ask, check};
use campus_pass::actions::outbox::forget;
use campus_pass::domain::Phone;
use campus_pass::domain::login_code::Digits;
use campus_pass::domain::message::Kind;
use campus_pass::store::budgets::Budget;
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::harness::{Answer, App, json_body, shipped_templates};

const PHONE: &str = "13912340003";

async fn post(app: &App, path: &str, json: &Value) -> Answer {
    app.send(json_body(Request::post(path), json)).await
}

async fn ask_for(app: &App, phone: &str) -> Answer {
    post(app, "/api/login/sms", &json!({ "phone": phone })).await
}

async fn try_with(app: &App, phone: &str, code: &str) -> Answer {
    let form = json!({ "phone": phone, "code": code });
    post(app, "/api/login/sms/check", &form).await
}

/// The digits in the last SMS to a phone.
fn digits(app: &App, phone: &str) -> String {
    let inbox = app.sandbox.sms_to(phone);
    let text = &inbox.last().expect("an SMS").text;
    let (_, rest) = text.split_once("验证码为").expect("a code");
    rest.chars().take(6).collect()
}

/// Asks for a code, a minute after the last, and waits for the SMS.
async fn sent(app: &App, phone: &str) -> String {
    app.later(60);
    ask_for(app, phone).await.expect(202);
    app.deliver().await;
    digits(app, phone)
}

/// Other digits than these.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// Logs in; gives the session.
async fn log_in(app: &App, phone: &str) -> String {
    let code = sent(app, phone).await;
    let entered = try_with(app, phone, &code).await;
    assert_eq!(entered.status, 204);
    entered.cookie("campus_guest").expect("a session")
}

/// As the browser asks that holds the session.
async fn get(app: &App, session: &str, path: &str) -> Answer {
    let request = Request::get(path).header(header::COOKIE, format!("campus_guest={session}"));
    app.send(request.body(axum::body::Body::empty()).unwrap())
        .await
}

async fn me(app: &App, session: &str) -> Value {
    get(app, session, "/api/me").await.expect(200)
}

async fn count(app: &App, what: &str) -> i64 {
    let db = &app.ctx.db.read;
    let text = format!("select count(*) as n from {what}");
    let asked = Statement::from_string(db.get_database_backend(), text);
    let row = db.query_one_raw(asked).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

const REFUSED: &str =
    "422 invalid 请检查填写的内容\n  code sms_code 验证码不正确或已失效，请核对或重新获取";

#[tokio::test]
async fn whoever_has_the_phone_logs_in_and_is_the_same_person_again() {
    let app = App::start().await;
    let asked = ask_for(&app, "139 1234 0003").await;
    assert_snapshot!(asked.expect(202), @r#"{"again_after":60,"lapses_after":300}"#);
    app.deliver().await;
    let code = digits(&app, PHONE);
    let inbox = app.sandbox.sms_to(PHONE);
    assert_eq!(
        inbox.last().unwrap().text,
        format!("【重工校园通】您的登录验证码为{code}，5分钟内有效，请勿告诉他人。")
    );
    let entered = try_with(&app, PHONE, &code).await;
    assert_eq!(entered.status, 204);
    let set = entered.header("set-cookie").to_owned();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Lax"),
        "{set}"
    );
    let session = entered.cookie("campus_guest").unwrap();
    let first = me(&app, &session).await;
    assert_eq!(first["phone"], PHONE);
    let again = log_in(&app, PHONE).await;
    assert_ne!(again, session);
    assert_eq!(me(&app, &again).await["id"], first["id"]);
    let other = log_in(&app, "13912340004").await;
    assert_ne!(me(&app, &other).await["id"], first["id"]);
    app.finish().await;
}

#[tokio::test]
async fn nobody_learns_whether_somebody_has_a_phone() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    guest.prove(PHONE).await;
    app.deliver().await;
    let mut told = Vec::new();
    for phone in [PHONE, "13912340004"] {
        let mut seen = Vec::new();
        for answer in [
            ask_for(&app, phone).await,
            ask_for(&app, phone).await,
            try_with(&app, phone, "000000").await,
        ] {
            let number = answer.header("x-request-id").to_owned();
            let mut headers = answer.headers.clone();
            headers.remove("x-request-id");
            let body = answer.text().replace(&number, "NUMBER");
            seen.push(format!("{} {headers:?} {body}", answer.status));
        }
        told.push(seen);
    }
    assert_eq!(told[0], told[1]);
    // It was sent to both, and opens the account of the one who has one.
    app.deliver().await;
    let code = digits(&app, PHONE);
    let session = try_with(&app, PHONE, &code).await.cookie("campus_guest");
    let id = guest.get("/api/me").await.expect(200)["id"].clone();
    assert_eq!(me(&app, &session.unwrap()).await["id"], id);
    app.finish().await;
}

#[tokio::test]
async fn a_code_works_once_for_five_minutes_and_only_the_last_of_a_phone() {
    let app = App::start().await;
    let refused = async |phone: &str, code: &str| {
        let answer = try_with(&app, phone, code).await;
        assert_eq!(answer.cookie("campus_guest"), None);
        assert_eq!(answer.problem(), REFUSED);
    };
    // Never asked for.
    refused(PHONE, "123456").await;
    let code = sent(&app, PHONE).await;
    refused(PHONE, &wrong(&code)).await;
    refused("13912340004", &code).await;
    app.later(299);
    assert_eq!(try_with(&app, PHONE, &code).await.status, 204);
    refused(PHONE, &code).await;
    let late = sent(&app, PHONE).await;
    app.later(300);
    refused(PHONE, &late).await;
    let older = sent(&app, PHONE).await;
    let newer = sent(&app, PHONE).await;
    assert_ne!(older, newer);
    refused(PHONE, &older).await;
    assert_eq!(try_with(&app, PHONE, &newer).await.status, 204);
    let faulty = try_with(&app, "1391234", "12").await;
    assert_snapshot!(faulty.problem(), @r"
    422 invalid 请检查填写的内容
      phone phone_invalid 手机号应为11位大陆手机号码
      code code_invalid 验证码应为6位数字
    ");
    app.finish().await;
}

#[tokio::test]
async fn five_wrong_guesses_end_a_code_for_whoever_has_the_right_one_too() {
    let app = App::start().await;
    for guesses in [4, 5] {
        let code = sent(&app, PHONE).await;
        for _ in 0..guesses {
            let answer = try_with(&app, PHONE, &wrong(&code)).await;
            assert_eq!(answer.problem(), REFUSED);
        }
        let right = try_with(&app, PHONE, &code).await;
        assert_eq!(right.status == 204, guesses < 5, "after {guesses}");
    }
    app.finish().await;
}

#[tokio::test]
async fn codes_are_bounded_by_minute_number_address_and_in_all() {
    let app = App::with(&[("SMS__DAILY_TOTAL", "2000")]).await;
    let spent = "429 too_often 操作过于频繁，请稍后再试";
    ask_for(&app, PHONE).await.expect(202);
    assert_eq!(ask_for(&app, PHONE).await.problem(), spent);
    for _ in 1..10 {
        app.later(60);
        ask_for(&app, PHONE).await.expect(202);
    }
    app.later(60);
    assert_eq!(ask_for(&app, PHONE).await.problem(), spent);
    // What was refused took nothing: the address has had ten of its two hundred.
    let from = |text: &str| text.parse::<IpAddr>().unwrap();
    let phone = |n: u32| Phone::parse(&format!("1380000{n:04}")).unwrap();
    for n in 10..200 {
        let left = ask(&app.ctx, &phone(n), from("127.0.0.1")).await.unwrap();
        assert_eq!(left, Budget::Left, "{n}");
    }
    let asked = async |n, address: IpAddr| ask(&app.ctx, &phone(n), address).await.unwrap();
    assert_eq!(asked(200, from("127.0.0.1")).await, Budget::Spent);
    // One who has an address of IPv6 has all that begin alike.
    assert_eq!(asked(201, from("2001:db8::1")).await, Budget::Left);
    for n in 202..401 {
        let address = from(&format!("2001:db8::{n:x}"));
        assert_eq!(asked(n, address).await, Budget::Left);
    }
    assert_eq!(asked(401, from("2001:db8::ffff")).await, Budget::Spent);
    // A quarter of the day's SMS: five hundred, of which four hundred are gone.
    for n in 500..600 {
        assert_eq!(asked(n, from("10.0.0.1")).await, Budget::Left, "{n}");
    }
    assert_eq!(asked(600, from("10.0.0.2")).await, Budget::Spent);
    app.it_is("2026-03-03 09:00");
    assert_eq!(asked(601, from("10.0.0.2")).await, Budget::Left);
    // What was not sent while it was good is not sent any more.
    app.deliver().await;
    assert_eq!(app.sandbox.sms_to("13800000600").len(), 0);
    assert_eq!(app.sandbox.sms_to("13800000500").len(), 0);
    assert_eq!(app.sandbox.sms_to("13800000601").len(), 1);
    app.finish().await;
}

/// Lets eight try at the same moment; gives how many got in.
async fn eight(app: &App, typed: impl Fn(usize) -> String) -> usize {
    let barrier = Arc::new(Barrier::new(8));
    let mut tries = JoinSet::new();
    for n in 0..8 {
        let (ctx, barrier) = (app.ctx.clone(), barrier.clone());
        let typed = Digits::parse(&typed(n)).unwrap();
        tries.spawn(async move {
            barrier.wait().await;
            let token = check(&ctx, &Phone::parse(PHONE).unwrap(), &typed).await;
            token.unwrap().is_some()
        });
    }
    tries
        .join_all()
        .await
        .into_iter()
        .filter(|got| *got)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_eight_who_have_a_code_at_once_one_gets_in_and_of_eight_guesses_five_count() {
    let app = App::start().await;
    for _ in 0..5 {
        let code = sent(&app, PHONE).await;
        assert_eq!(eight(&app, |_| code.clone()).await, 1);
    }
    assert_eq!(count(&app, "people").await, 1);
    let code = sent(&app, PHONE).await;
    let guess = wrong(&code);
    assert_eq!(eight(&app, |_| guess.clone()).await, 0);
    assert_eq!(count(&app, "login_codes where tries = 5").await, 1);
    assert_eq!(try_with(&app, PHONE, &code).await.problem(), REFUSED);
    app.finish().await;
}

/// Books by the session, for a phone, and gives the visit's id.
async fn book(app: &App, session: &str, phone: &str) -> String {
    // The form of somebody in WeChat, but for the picture, which is one's own.
    let pattern = app.guest("李四").await;
    let mut form = pattern
        .form("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    let request = |method, path: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, format!("campus_guest={session}"))
            .header(header::ORIGIN, &app.base)
    };
    let picture = crate::harness::upload(
        request(Method::POST, "/api/photos"),
        "id_card",
        &crate::harness::picture(300, 200),
    );
    let picture = app.send(picture).await.expect(201);
    form["visitor"]["id_photo"] = picture["id"].clone();
    form["visitor"]["phone"] = phone.into();
    let booked = request(Method::POST, "/api/visits");
    let booked = app.send(json_body(booked, &form)).await.expect(201);
    booked["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_books_for_another_number_is_still_found_by_their_own() {
    let app = App::start().await;
    let session = log_in(&app, PHONE).await;
    let visit = book(&app, &session, "13912340099").await;
    app.deliver().await;
    assert_eq!(me(&app, &session).await["phone"], PHONE);
    let again = log_in(&app, PHONE).await;
    get(&app, &again, &format!("/api/visits/{visit}"))
        .await
        .expect(200);
    // And nobody by the number that was only typed.
    let other = log_in(&app, "13912340099").await;
    let stranger = get(&app, &other, &format!("/api/visits/{visit}")).await;
    assert_eq!(stranger.status, 404);
    app.finish().await;
}

#[tokio::test]
async fn what_was_done_by_a_phone_is_theirs_in_wechat_once_it_proves_the_phone() {
    let app = App::start().await;
    let session = log_in(&app, PHONE).await;
    let visit = book(&app, &session, PHONE).await;
    let guest = app.guest("张小雨").await;
    let path = format!("/api/visits/{visit}");
    assert_eq!(guest.get(&path).await.status, 404);
    guest.prove(PHONE).await;
    guest.get(&path).await.expect(200);
    // Both logins are one person's by now.
    let mine = guest.get("/api/me").await.expect(200);
    assert_eq!(me(&app, &session).await["id"], mine["id"]);
    let again = log_in(&app, PHONE).await;
    assert_eq!(me(&app, &again).await["id"], mine["id"]);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn who_leaves_is_forgotten_and_their_phone_is_somebody_new() {
    let app = App::start().await;
    let session = log_in(&app, PHONE).await;
    let first = me(&app, &session).await["id"].clone();
    let leave = Request::post("/api/me/delete")
        .header(header::COOKIE, format!("campus_guest={session}"))
        .header(header::ORIGIN, &app.base);
    let left = app
        .send(json_body(leave, &json!({ "confirm": "注销" })))
        .await;
    assert!(left.status.is_success(), "{}", left.text());
    assert_eq!(get(&app, &session, "/api/me").await.status, 401);
    assert_eq!(count(&app, "people where phone_hash is not null").await, 0);
    let again = log_in(&app, PHONE).await;
    assert_ne!(me(&app, &again).await["id"], first);
    app.finish().await;
}

#[tokio::test]
async fn codes_are_forgotten_a_quarter_of_an_hour_later() {
    let app = App::start().await;
    sent(&app, PHONE).await;
    app.later(14 * 60);
    forget(&app.ctx).await.unwrap();
    assert_eq!(count(&app, "login_codes").await, 1);
    app.later(61);
    forget(&app.ctx).await.unwrap();
    assert_eq!(count(&app, "login_codes").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn the_sms_of_a_login_knows_what_it_says_it_knows() {
    for fact in Kind::LoginCode.facts() {
        let folder = shipped_templates(fact, "login_code", |text| {
            text.replace("{login_code}", "00")
                .replace("{minutes}", &format!("{{{fact}}}"))
        });
        let app = App::with(&[("SERVER__MESSAGE_TEMPLATES", folder.to_str().unwrap())]).await;
        ask_for(&app, PHONE).await.expect(202);
        app.deliver().await;
        // The sandbox, as the gateway does, refuses a place that stays empty.
        assert_eq!(app.sandbox.sms_to(PHONE).len(), 1, "{fact}");
        app.finish().await;
        fs::remove_dir_all(folder).unwrap();
    }
}
