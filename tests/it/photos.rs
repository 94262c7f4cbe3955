//! Pictures: who sees them, how they are taken back, and that nothing of them stays.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use campus_pass::actions::photos::erase_due;
use campus_pass::store;
use image::ImageFormat;
use insta::assert_snapshot;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::harness::{Answer, App, Guest, Visit, body};

/// A visit to 刘明 with a face photo; gives it with the face's id.
async fn visit_with_a_face(guest: &Guest<'_>) -> (Visit, String) {
    let mut form = guest
        .form("刘明", "2026-03-02 10:00", "2026-03-02 16:00")
        .await;
    let face = guest.give_picture("face").await;
    form["visitor"]["face_photo"] = json!(face);
    form["consent"] = json!(true);
    let booked = guest.post("/api/visits", &form).await;
    (Visit::of(&booked.expect(201)), face)
}

async fn delete(app: &App, guest: &Guest<'_>, path: &str) -> Answer {
    let request = guest.request(Method::DELETE, path);
    app.send(body(request, "")).await
}

/// How many pictures go when the clock strikes, once what has come to its end has had its grace.
async fn erased(app: &App) -> usize {
    app.later(5 * 60 + 1);
    erase_due(&app.ctx).await.unwrap()
}

/// How many files lie under a folder.
fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let of = |path: std::path::PathBuf| if path.is_dir() { files(&path) } else { 1 };
    entries.map(|entry| of(entry.unwrap().path())).sum()
}

async fn line(app: &App, text: &str) -> String {
    let db = &app.ctx.db.read;
    let asked = Statement::from_string(db.get_database_backend(), text);
    let row = db.query_one_raw(asked).await.unwrap().unwrap();
    row.try_get("", "line").unwrap()
}

#[tokio::test]
async fn a_picture_is_shown_to_its_owner_and_to_those_who_decide_and_to_nobody_else() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, face) = visit_with_a_face(&guest).await;
    let own = format!("/api/photos/{face}");
    let shown = guest.get(&own).await;
    assert_eq!(shown.header("content-type"), "image/jpeg");
    assert_eq!(shown.header("cache-control"), "no-store");
    let drawn = image::load_from_memory_with_format(&shown.bytes, ImageFormat::Jpeg);
    assert!(drawn.is_ok(), "{}", shown.status);

    let path = format!("/api/staff/approvals/{}/photos/{face}", visit.id);
    let approver = app.approver("陈静");
    assert_eq!(approver.get(&path).await.bytes, shown.bytes);
    let detail = approver
        .get(&format!("/api/staff/approvals/{}", visit.id))
        .await;
    let visitor = &detail.expect(200)["visitors"][0];
    assert_eq!(visitor["face_photo"], json!(face));
    let card = visitor["id_photo"].as_str().unwrap().to_owned();
    let of_card = format!("/api/staff/approvals/{}/photos/{card}", visit.id);
    assert_eq!(approver.get(&of_card).await.status, 200);
    let about = format!("visit:{}", visit.id);
    let looked = store::audit::about(&app.ctx.db.read, &about).await.unwrap();
    let looked = looked.iter().filter(|line| line.contains("photo.show"));
    assert_eq!(looked.count(), 2, "each look is written down");

    let other = app.stranger("李四").await;
    let foreign = format!("/api/staff/approvals/{}/photos/{}", visit.id, other.photo);
    let refused = [
        other.get(&own).await,
        app.get(&own).await,
        app.approver("赵敏").get(&path).await,
        app.approver("刘明").get(&path).await,
        approver.get(&foreign).await,
        approver.get(&format!("/api/staff/photos/{face}")).await,
    ];
    let told: Vec<_> = refused.iter().map(Answer::problem).collect();
    assert_snapshot!(told.join("\n"), @"
    404 not_found 没有找到该照片
    401 unauthorized 请先登录
    404 not_found 没有找到该照片
    404 not_found 没有找到该照片
    404 not_found 没有找到该照片
    404 not_found 没有找到该照片
    ");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_face_photo_is_taken_back_with_the_consent_and_nothing_of_it_stays() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let (visit, face) = visit_with_a_face(&guest).await;
    app.deliver().await;
    app.approver("陈静").tap_approve(&visit).await;
    app.deliver().await;
    let folder = app.database().folder().join("photos");
    assert_eq!(files(&folder), 2);

    let own = format!("/api/photos/{face}");
    assert_eq!(delete(&app, &guest, &own).await.status, 204);
    assert_eq!(guest.look(&visit).await["visitors"][0]["has_face"], false);
    let kept = guest.get("/api/me/export").await;
    let kept = kept.expect(200)["photos"].as_array().unwrap().len();
    assert_eq!(kept, 1, "the document");
    let path = format!("/api/staff/approvals/{}/photos/{face}", visit.id);
    assert_eq!(app.approver("陈静").get(&path).await.status, 404);
    assert_eq!(erased(&app).await, 1);
    assert_eq!(files(&folder), 1, "the document stays");
    assert_eq!(delete(&app, &guest, &own).await.status, 404);
    let kept =
        "select text_version || ' ' || case when withdrawn_at is null or photo_id is not null
        then 'stands' else 'withdrawn' end as line from consents";
    assert_snapshot!(line(&app, kept).await, @"2026-11 withdrawn");
    assert_snapshot!(delete(&app, &guest, &format!("/api/photos/{}", guest.photo)).await.problem(), @"409 photo_in_use 该证件照已用于申请，不能删除");
    app.finish().await;
}

#[tokio::test]
async fn whoever_holds_the_link_of_a_pass_takes_back_the_face_that_a_host_gave() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let mut form = host.wanted().await;
    let face = host.give_picture("face").await;
    form["consent"] = json!(true);
    form["visitors"] = json!([{
        "name": "李四", "phone": "13800000777", "id_number": "11010519491231002X",
        "id_photo": host.give_picture("id_card").await, "face_photo": face,
    }]);
    let booked = host.post("/api/staff/proxies", &form).await;
    let visit = Visit::of(&booked.expect(201));
    app.deliver().await;
    app.approver("陈静").tap_approve(&visit).await;
    app.deliver().await;
    let sms = app.sandbox.sms_to("13800000777").pop().unwrap().text;
    let token = sms.split("/p/").nth(1).unwrap();
    let token = token.split(' ').next().unwrap();

    let path = format!("/api/passes/{token}/face");
    let forged = format!("/api/passes/x{token}/face");
    let delete = async |path: &str| {
        let request = axum::http::Request::delete(path);
        app.send(body(request, "")).await.status
    };
    assert_eq!(delete(&forged).await, 404);
    let page = format!("/api/passes/{token}");
    assert_eq!(app.get(&page).await.expect(200)["has_face"], true);
    assert_eq!(delete(&path).await, 204);
    assert_eq!(app.get(&page).await.expect(200)["has_face"], false);
    assert_eq!(delete(&path).await, 404, "there is none any more");
    let of_host = host.get(&format!("/api/staff/photos/{face}")).await;
    assert_eq!(of_host.status, 404, "nobody sees it from here on");
    assert_eq!(erased(&app).await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_picture_that_no_visitor_has_goes_after_a_day_and_one_in_use_stays() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest
        .book("刘明", "2026-03-03 14:00", "2026-03-03 16:00")
        .await;
    let unused = guest.give_picture("id_card").await;
    let folder = app.database().folder().join("photos");
    app.later(24 * 3600 - 5 * 60 - 1);
    assert_eq!(erased(&app).await, 0);
    assert_eq!(erased(&app).await, 1);
    assert_eq!(files(&folder), 1);
    let mut form = guest
        .form("刘明", "2026-03-03 14:00", "2026-03-03 16:00")
        .await;
    form["visitor"]["id_photo"] = json!(unused);
    assert_snapshot!(guest.post("/api/visits", &form).await.problem(), @"
    422 invalid 请检查填写的内容
      visitor.id_photo photo_unknown 请上传与证件号对应的证件照
    ");

    // The document is another one after the correction.
    app.deliver().await;
    let approver = app.approver("陈静");
    approver
        .decide(&visit, "return", "证件照不清楚")
        .await
        .expect(200);
    form["visitor"]["id_photo"] = json!(guest.give_picture("id_card").await);
    let path = format!("/api/visits/{}", visit.id);
    guest.put(&path, &form).await.expect(200);
    assert_eq!(files(&folder), 2);
    assert_eq!(erased(&app).await, 1);
    assert_eq!(
        guest
            .get(&format!("/api/photos/{}", guest.photo))
            .await
            .status,
        404
    );
    app.later(48 * 3600);
    assert_eq!(erased(&app).await, 0);
    app.deliver().await;
    app.finish().await;
}

/// A bucket that keeps what it is given, and notes who gave it.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<HashMap<String, Bytes>>>);

impl Shelf {
    /// As S3 answers `PutObject`, `GetObject` and `DeleteObjects`; signatures are the library's own affair.
    fn answer(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        given: Bytes,
    ) -> (StatusCode, HeaderMap, Bytes) {
        let signed = headers["authorization"].to_str().unwrap();
        let ours = "AWS4-HMAC-SHA256 Credential=the-id/";
        assert!(
            signed.starts_with(ours) && signed.contains("/cn-test/s3/"),
            "{signed}"
        );
        assert!(!signed.contains("the-key"));
        let mut kept = self.0.lock().unwrap();
        let (status, found) = match *method {
            Method::PUT => {
                kept.insert(uri.path().to_owned(), given);
                (StatusCode::OK, Bytes::new())
            }
            Method::GET => match kept.get(uri.path()) {
                Some(found) => (StatusCode::OK, found.clone()),
                None => (StatusCode::NOT_FOUND, Bytes::new()),
            },
            // DeleteObjects, which names them in its body.
            _ => {
                let asked = String::from_utf8(given.to_vec()).unwrap();
                let key = asked.split("<Key>").nth(1).unwrap();
                let key = key.split("</Key>").next().unwrap();
                assert!(
                    kept.remove(&format!("/pictures/{key}")).is_some(),
                    "{asked}"
                );
                let done =
                    format!("<DeleteResult><Deleted><Key>{key}</Key></Deleted></DeleteResult>");
                (StatusCode::OK, Bytes::from(done))
            }
        };
        let mut headers = HeaderMap::new();
        headers.insert("etag", "\"1\"".parse().unwrap());
        headers.insert(
            "last-modified",
            "Mon, 02 Mar 2026 01:00:00 GMT".parse().unwrap(),
        );
        (status, headers, found)
    }
}

#[tokio::test]
async fn pictures_may_lie_sealed_in_a_bucket() {
    let shelf = Shelf::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let bucket = Router::new()
        .fallback(
            async |State(shelf): State<Shelf>,
                   method: Method,
                   uri: Uri,
                   headers: HeaderMap,
                   given: Bytes| { shelf.answer(&method, &uri, &headers, given) },
        )
        .with_state(shelf.clone());
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, bucket).await.unwrap() });

    let app = App::with(&[
        ("PHOTOS__STORAGE", "s3"),
        ("PHOTOS__S3__ENDPOINT", &endpoint),
        ("PHOTOS__S3__REGION", "cn-test"),
        ("PHOTOS__S3__BUCKET", "pictures"),
        ("PHOTOS__S3__ACCESS_KEY_ID", "the-id"),
        ("PHOTOS__S3__SECRET_ACCESS_KEY", "the-key"),
    ])
    .await;
    let guest = app.guest("张小雨").await;
    let path = format!("/api/photos/{}", guest.photo);
    let shown = guest.get(&path).await;
    assert_eq!(shown.status, 200);
    {
        let kept = shelf.0.lock().unwrap();
        let (name, sealed) = kept.iter().next().unwrap();
        assert!(
            name.starts_with("/pictures/") && name.ends_with(&guest.photo),
            "{name}"
        );
        assert_eq!(sealed.len(), shown.bytes.len() + 12 + 16, "nonce and tag");
        assert!(!sealed.windows(4).any(|four| four == &shown.bytes[..4]));
    }
    assert_eq!(delete(&app, &guest, &path).await.status, 204);
    assert_eq!(erased(&app).await, 1);
    assert!(shelf.0.lock().unwrap().is_empty());
    app.deliver().await;
    app.finish().await;
}
