//! What is wrong is told, field by field, and nothing of it is kept.

use axum::body::Body;
use axum::http::{Method, Request, header};
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::harness::{App, Guest, Visit, body, json_body, picture, upload};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

async fn count(app: &App, table: &str) -> i64 {
    let db = &app.ctx.db.read;
    let text = format!("select count(*) as n from {table}");
    let count = Statement::from_string(db.get_database_backend(), text);
    let row = db.query_one_raw(count).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

async fn assert_nothing_is_kept(app: &App) {
    for table in ["visits", "visitors", "approval_steps", "idempotency", "consents"] {
        assert_eq!(count(app, table).await, 0, "{table}");
    }
}

/// Sets `/visitor/phone` to a value, or takes it out.
fn with(form: &Value, pointer: &str, value: Option<Value>) -> Value {
    let mut form = form.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let fields = form.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(fields.insert(name.to_owned(), value)),
        None => drop(fields.remove(name)),
    }
    form
}

#[tokio::test]
async fn every_field_of_a_booking_tells_what_is_wrong_with_it() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let form = guest.form("刘明", FROM, UNTIL).await;
    let face = guest.give_picture("face").await;
    let foreign = app.stranger("李四").await.photo;
    let no_host = app.approver("孙丽");
    assert_eq!(no_host.userid, "sunli");
    let sunli = campus_pass::store::staff::find_by_userid(&app.ctx.db.read, "sunli").await;
    let sunli = sunli.unwrap().unwrap().id.to_string();
    let cases: Vec<(&str, Option<Value>)> = vec![
        ("/host", None),
        ("/host", Some(json!("刘明"))),
        ("/host", Some(json!("77"))),
        ("/host", Some(json!(sunli))),
        ("/host", Some(json!(5))),
        ("/area", Some(json!(""))),
        ("/area", Some(json!("77"))),
        ("/reason", None),
        ("/reason", Some(json!("77"))),
        ("/starts_at", None),
        ("/starts_at", Some(json!("2026-03-02 14:00"))),
        ("/starts_at", Some(json!("2026-03-02T17:00:00+08:00"))),
        ("/starts_at", Some(json!("2026-01-02T17:00:00+08:00"))),
        ("/ends_at", Some(json!(""))),
        ("/ends_at", Some(json!("2026-02-30T14:00:00+08:00"))),
        ("/note", Some(json!("字".repeat(201)))),
        ("/note", Some(json!(["x"]))),
        ("/visitor", None),
        ("/visitor", Some(json!("张小雨"))),
        ("/visitor/name", None),
        ("/visitor/name", Some(json!("张3"))),
        ("/visitor/name", Some(json!("张".repeat(41)))),
        ("/visitor/phone", None),
        ("/visitor/phone", Some(json!("12345678901"))),
        ("/visitor/phone", Some(json!("+1 202 555 0100"))),
        ("/visitor/id_number", None),
        ("/visitor/id_number", Some(json!("110105194912310021"))),
        ("/visitor/id_number", Some(json!("110105194902310021"))),
        ("/visitor/id_number", Some(json!("1234"))),
        ("/visitor/id_photo", None),
        ("/visitor/id_photo", Some(json!("77"))),
        ("/visitor/id_photo", Some(json!(foreign))),
        ("/visitor/id_photo", Some(json!(face))),
        ("/visitor/face_photo", Some(json!(face))),
        ("/visitor/face_photo", Some(json!("x"))),
        ("/visitor/plate", Some(json!("渝A1234"))),
        ("/visitor/plate", Some(json!("<script>"))),
        ("/visitor/items", Some(json!("物".repeat(121)))),
        ("/visitor/admin", Some(json!(true))),
        ("/stage", Some(json!("approved"))),
        ("/consent", Some(json!("yes"))),
    ];
    let mut table = Vec::new();
    for (pointer, value) in cases {
        let answer = guest.post("/api/visits", &with(&form, pointer, value.clone())).await;
        let said = value.map_or("left out".to_owned(), |value| value.to_string());
        let said: String = app.plain(&said).chars().take(30).collect();
        let told = answer.problem().replace("\n  ", " | ");
        let told = told.replace("422 invalid 请检查填写的内容 | ", "");
        table.push(format!("{pointer} {said} → {told}"));
    }
    // The window that is over by the server's clock.
    let past = with(&form, "/starts_at", Some(json!("2026-03-02T08:00:00+08:00")));
    let past = with(&past, "/ends_at", Some(json!("2026-03-02T08:30:00+08:00")));
    let answer = guest.post("/api/visits", &past).await;
    table.push(format!("over → {}", answer.problem().replace("\n  ", " | ")));
    // A face whose consent is there, but which is somebody else's.
    let face = with(&form, "/visitor/face_photo", Some(json!(foreign)));
    let face = with(&face, "/consent", Some(json!(true)));
    let answer = guest.post("/api/visits", &face).await;
    table.push(format!("foreign face → {}", answer.problem().replace("\n  ", " | ")));
    assert_snapshot!(table.join("\n"), @"");
    assert_nothing_is_kept(&app).await;

    let empty = guest.post("/api/visits", &json!({"visitor": {}})).await;
    assert_snapshot!(empty.problem(), @"");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_request_at_all_is_told_so() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let form = guest.form("刘明", FROM, UNTIL).await.to_string();
    let send = async |kind: &str, text: String| {
        let request = guest.request(Method::POST, "/api/visits");
        app.send(body(request.header(header::CONTENT_TYPE, kind), text)).await.problem()
    };
    let json = "application/json";
    assert_snapshot!(send(json, "{".to_owned()).await, @"");
    assert_snapshot!(send(json, String::new()).await, @"");
    assert_snapshot!(send(json, format!("{form}x")).await, @"");
    assert_snapshot!(send(json, "[]".to_owned()).await, @"");
    assert_snapshot!(send(json, format!("{form}{}", " ".repeat(64 * 1024))).await, @"");
    let broken = app.send(body(guest.request(Method::POST, "/api/visits").header(header::CONTENT_TYPE, json), vec![b'"', 0xff, b'"'])).await;
    assert_snapshot!(broken.problem(), @"");
    let login = json_body(Request::post("/api/login/mini"), &json!({"code": "x", "admin": 1}));
    assert_snapshot!(app.send(login).await.problem(), @"");
    let login = json_body(Request::post("/api/login/mini"), &json!({"code": "made up"}));
    assert_snapshot!(app.send(login).await.problem(), @"");
    assert_snapshot!(app.get("/api/nowhere").await.problem(), @"");
    assert_snapshot!(app.get("/api/login/mini").await.problem(), @"");
    assert_snapshot!(guest.get("/api/visits?limit=x").await.problem(), @"");
    assert_snapshot!(guest.get("/api/hosts?q=").await.problem(), @"");
    assert_eq!(guest.get("/api/hosts?q=%E5%88%98").await.expect(200), json!([]), "full names only");
    assert_nothing_is_kept(&app).await;
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_is_no_json_is_another_media_type() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = guest.request(Method::POST, "/api/visits");
        let answer = app.send(body(request.header(header::CONTENT_TYPE, kind), "host=1")).await;
        assert_eq!(answer.problem(), "415 media_type 请求内容应为 application/json", "{kind}");
    }
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_strangers_visit_is_not_found() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    let other = app.guest("李四").await;
    let path = format!("/api/visits/{}", visit.id);
    assert_snapshot!(other.get(&path).await.problem(), @"");
    let form = other.form("刘明", FROM, UNTIL).await;
    assert_snapshot!(other.put(&path, &form).await.problem(), @"");
    assert_snapshot!(other.withdraw(&visit).await.problem(), @"");
    assert_snapshot!(other.get("/api/visits/01").await.problem(), @"");
    assert_eq!(other.get("/api/visits").await.expect(200)["items"], json!([]));
    let no_pass = app.get("/api/passes/AAAAAAAAAAAAAAAAAAAAAA").await;
    assert!(!no_pass.text().contains("AAAA"));
    assert_snapshot!(no_pass.problem(), @"");
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_is_no_usable_picture_is_told_why() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let before = count(&app, "photos").await;
    let send = async |kind: &str, file: &[u8]| {
        let request = upload(guest.request(Method::POST, "/api/photos"), kind, file);
        app.send(request).await.problem().replace("\n  ", " | ")
    };
    assert_snapshot!(send("id_card", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").await, @"");
    assert_snapshot!(send("id_card", b"GIF89a\x01\0\x01\0").await, @"");
    assert_snapshot!(send("id_card", b"").await, @"");
    assert_snapshot!(send("id_card", &picture(99, 300)).await, @"");
    assert_snapshot!(send("id_card", &picture(300, 99)[..200]).await, @"");
    assert_snapshot!(send("passport", &picture(300, 200)).await, @"");
    assert_snapshot!(send("id_card", &vec![0; 5_000_001]).await, @"");
    assert_snapshot!(send("id_card", &vec![0; 5_100_000]).await, @"");
    let no_form = json_body(guest.request(Method::POST, "/api/photos"), &json!({}));
    assert_snapshot!(app.send(no_form).await.problem(), @"");
    let nobody = upload(Request::post("/api/photos"), "id_card", &picture(300, 200));
    assert_snapshot!(app.send(nobody).await.problem(), @"");
    assert_eq!(count(&app, "photos").await, before);
    app.deliver().await;
    app.finish().await;
}

/// A booking with the sender's own key.
async fn book_with_key(app: &App, guest: &Guest<'_>, key: &str, form: &Value) -> crate::harness::Answer {
    let request = guest.request(Method::POST, "/api/visits").header("idempotency-key", key);
    app.send(json_body(request, form)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_booking_sent_again_with_its_key_is_one_visit() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let form = guest.form("刘明", FROM, UNTIL).await;
    let first = book_with_key(&app, &guest, "k1", &form).await;
    let again = book_with_key(&app, &guest, "k1", &form).await;
    assert_eq!((again.status, first.expect(201)), (first.status, again.json()));
    let other = with(&form, "/note", Some(json!("另一次")));
    assert_snapshot!(book_with_key(&app, &guest, "k1", &other).await.problem(), @"");
    for key in ["", "a b", &"k".repeat(65)] {
        let answer = book_with_key(&app, &guest, key, &form).await;
        assert_eq!(answer.problem(), "400 malformed Idempotency-Key 应为1到64个可见字符", "{key:?}");
    }
    // Somebody else's key of the same name is another key.
    let li = app.guest("李四").await;
    let theirs = li.form("刘明", FROM, UNTIL).await;
    let theirs = book_with_key(&app, &li, "k1", &theirs).await;
    assert_ne!(theirs.expect(201)["id"], first.json()["id"]);

    let at_once = (0..12).map(|_| book_with_key(&app, &guest, "k2", &form));
    let answers = futures::future::join_all(at_once).await;
    let ids: Vec<_> = answers.iter().map(|a| a.expect(201)["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(count(&app, "visits").await, 3);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_somebody_else_cannot_use_the_cookie() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    let path = format!("/api/visits/{}/withdraw", visit.id);
    let from = async |origin: Option<&str>| {
        let cookie = format!("campus_guest={}", guest.token);
        let mut request = Request::post(&path).header(header::COOKIE, cookie);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        app.send(json_body(request, &json!({}))).await
    };
    for origin in [Some("https://evil.example"), Some("null"), None] {
        assert_eq!(from(origin).await.problem(), "403 foreign_origin 请从本站页面提交", "{origin:?}");
    }
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    from(Some(&app.base)).await.expect(200);
    assert_eq!(guest.look(&visit).await["stage"], "withdrawn");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_session_ends_by_log_out_by_idleness_and_by_age() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let is_in = async |guest: &Guest<'_>| guest.get("/api/me").await.status == 200;
    let logged_out = app.send(body(guest.request(Method::POST, "/api/logout"), "")).await;
    assert_eq!((logged_out.status.as_u16(), is_in(&guest).await), (204, false));
    assert_snapshot!(guest.get("/api/visits").await.problem(), @"");

    let idle = app.guest("李四").await;
    app.later(7 * 86_400 - 1);
    assert!(is_in(&idle).await, "used within the week");
    app.later(7 * 86_400 - 1);
    assert!(is_in(&idle).await, "and that kept it alive");
    app.later(7 * 86_400);
    assert!(!is_in(&idle).await, "a week without use");

    let busy = app.guest("王五").await;
    for _ in 0..5 {
        app.later(6 * 86_400 - 10);
        assert!(is_in(&busy).await);
    }
    app.later(60);
    assert!(!is_in(&busy).await, "thirty days, whatever happens");
    let forged = app.send(
        Request::get("/api/me")
            .header(header::AUTHORIZATION, "Bearer CANARY")
            .body(Body::empty())
            .unwrap(),
    );
    let forged = forged.await;
    assert!(!forged.text().contains("CANARY"));
    assert_eq!(forged.problem(), "401 unauthorized 请先登录");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn somebody_who_searches_for_names_is_slowed_down() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut refused = None;
    for _ in 0..40 {
        let answer = guest.get("/api/hosts?q=%E5%88%98%E6%98%8E").await;
        if answer.status != 200 {
            refused = Some(answer.problem());
            break;
        }
    }
    assert_eq!(refused.as_deref(), Some("429 too_often 操作过于频繁，请稍后再试"));
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_visit_with_everything_in_it_keeps_everything() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut form = guest.form("刘明", FROM, UNTIL).await;
    form["note"] = json!("送样品\n到实验室");
    form["consent"] = json!(true);
    form["visitor"]["face_photo"] = json!(guest.give_picture("face").await);
    form["visitor"]["plate"] = json!("渝ad12345");
    form["visitor"]["items"] = json!("笔记本\u{2}电脑");
    form["visitor"]["phone"] = json!(format!("+86 {}", guest.phone));
    let booked = guest.post("/api/visits", &form).await.expect(201);
    let visit = Visit::of(&booked);
    let kept = guest.look(&visit).await;
    assert_eq!(kept["note"], "送样品\n到实验室");
    assert_snapshot!(app.plain(&kept["visitors"].to_string()), @"");
    assert_eq!(count(&app, "consents").await, 1);
    let me = guest.get("/api/me").await.expect(200);
    assert_eq!((&me["name"], &me["phone"]), (&json!("张小雨"), &json!(guest.phone)));
    app.deliver().await;
    app.finish().await;
}
