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
    for table in [
        "visits",
        "visitors",
        "approval_steps",
        "idempotency",
        "consents",
    ] {
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
        let answer = guest
            .post("/api/visits", &with(&form, pointer, value.clone()))
            .await;
        let said = value.map_or("left out".to_owned(), |value| value.to_string());
        let said: String = app.plain(&said).chars().take(30).collect();
        let told = answer.problem().replace("\n  ", " | ");
        let told = told.replace("422 invalid 请检查填写的内容 | ", "");
        table.push(format!("{pointer} {said} → {told}"));
    }
    // The window that is over by the server's clock.
    let past = with(
        &form,
        "/starts_at",
        Some(json!("2026-03-02T08:00:00+08:00")),
    );
    let past = with(&past, "/ends_at", Some(json!("2026-03-02T08:30:00+08:00")));
    let answer = guest.post("/api/visits", &past).await;
    table.push(format!(
        "over → {}",
        answer.problem().replace("\n  ", " | ")
    ));
    let year = with(
        &form,
        "/starts_at",
        Some(json!("2027-03-04T08:00:00+08:00")),
    );
    let year = with(&year, "/ends_at", Some(json!("2027-03-04T08:30:00+08:00")));
    let answer = guest.post("/api/visits", &year).await;
    table.push(format!(
        "in a year → {}",
        answer.problem().replace("\n  ", " | ")
    ));
    // A face whose consent is there, but which is somebody else's.
    let face = with(&form, "/visitor/face_photo", Some(json!(foreign)));
    let face = with(&face, "/consent", Some(json!(true)));
    let answer = guest.post("/api/visits", &face).await;
    table.push(format!(
        "foreign face → {}",
        answer.problem().replace("\n  ", " | ")
    ));
    assert_snapshot!(table.join("\n"), @r#"
    /host left out → host host_required 请选择被访人
    /host "刘明" → host host_required 请选择被访人
    /host "77" → host host_unknown 没有找到该被访人
    /host "[id]" → host host_unknown 没有找到该被访人
    /host 5 → host field_type 字段类型不正确
    /area "" → area area_required 请选择到访区域
    /area "77" → area area_unknown 该到访区域不存在或已停用
    /reason left out → reason reason_required 请选择来访事由
    /reason "77" → reason reason_unknown 该来访事由不存在或已停用
    /starts_at left out → starts_at time_required 请选择时间
    /starts_at "2026-03-02 14:00" → starts_at time_invalid 时间格式应为 2026-03-02T14:00:00+08:00
    /starts_at "2026-03-02T17:00:00+08:00" → ends_at window_reversed 结束时间必须晚于开始时间
    /starts_at "2026-01-02T17:00:00+08:00" → ends_at window_too_long 到访时间最长30天
    /ends_at "" → ends_at time_required 请选择时间
    /ends_at "2026-02-30T14:00:00+08:00" → ends_at time_invalid 时间格式应为 2026-03-02T14:00:00+08:00
    /note "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字 → note note_too_long 来访描述不能超过200个字
    /note ["x"] → note field_type 字段类型不正确
    /visitor left out → visitor field_type 缺少字段：visitor
    /visitor "张小雨" → visitor field_type 字段类型不正确
    /visitor/name left out → visitor.name name_required 请填写姓名
    /visitor/name "张3" → visitor.name name_invalid 姓名只能是汉字或字母，请与证件一致
    /visitor/name "张张张张张张张张张张张张张张张张张张张张张张张张张张张张张 → visitor.name name_too_long 姓名不能超过40个字
    /visitor/phone left out → visitor.phone phone_required 请填写手机号
    /visitor/phone "12345678901" → visitor.phone phone_invalid 手机号应为11位大陆手机号码
    /visitor/phone "+1 202 555 0100" → visitor.phone phone_invalid 手机号应为11位大陆手机号码
    /visitor/id_number left out → visitor.id_number id_number_required 请填写证件号
    /visitor/id_number "[id]" → visitor.id_number id_number_check 证件号校验位不正确，请检查是否输错
    /visitor/id_number "[id]" → visitor.id_number id_number_date 证件号中的出生日期不存在，请检查
    /visitor/id_number "1234" → visitor.id_number id_number_invalid 证件号格式不正确，请与证件一致
    /visitor/id_photo left out → visitor.id_photo photo_required 请上传与证件号对应的证件照
    /visitor/id_photo "77" → visitor.id_photo photo_unknown 请上传与证件号对应的证件照
    /visitor/id_photo "[id]" → visitor.id_photo photo_unknown 请上传与证件号对应的证件照
    /visitor/id_photo "[id]" → visitor.id_photo photo_unknown 请上传与证件号对应的证件照
    /visitor/face_photo "[id]" → consent consent_required 使用人脸照需要您的同意
    /visitor/face_photo "x" → visitor.face_photo photo_unknown 请重新上传人脸照
    /visitor/plate "渝A1234" → visitor.plate plate_invalid 车牌号格式不正确，例如 渝A12345 或 渝AD12345
    /visitor/plate "<script>" → visitor.plate plate_invalid 车牌号格式不正确，例如 渝A12345 或 渝AD12345
    /visitor/items "物物物物物物物物物物物物物物物物物物物物物物物物物物物物物 → visitor.items items_too_long 携带物品不能超过120个字
    /visitor/admin true → visitor.admin field_type 没有这个字段：admin
    /stage "approved" → stage field_type 没有这个字段：stage
    /consent "yes" → consent field_type 字段类型不正确
    over → 422 invalid 请检查填写的内容 | ends_at window_over 结束时间已过，请重新选择到访时间
    in a year → 422 invalid 请检查填写的内容 | starts_at window_too_far 到访时间最多可预约一年内
    foreign face → 422 invalid 请检查填写的内容 | visitor.face_photo photo_unknown 请重新上传人脸照
    "#);
    assert_nothing_is_kept(&app).await;

    let empty = guest.post("/api/visits", &json!({"visitor": {}})).await;
    assert_snapshot!(empty.problem(), @"
    422 invalid 请检查填写的内容
      host host_required 请选择被访人
      area area_required 请选择到访区域
      reason reason_required 请选择来访事由
      starts_at time_required 请选择时间
      ends_at time_required 请选择时间
      visitor.name name_required 请填写姓名
      visitor.phone phone_required 请填写手机号
      visitor.id_number id_number_required 请填写证件号
      visitor.id_photo photo_required 请上传与证件号对应的证件照
    ");
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
        app.send(body(request.header(header::CONTENT_TYPE, kind), text))
            .await
            .problem()
    };
    let json = "application/json";
    assert_snapshot!(send(json, "{".to_owned()).await, @"400 malformed 请求内容不是有效的JSON");
    assert_snapshot!(send(json, String::new()).await, @"400 malformed 请求内容不是有效的JSON");
    assert_snapshot!(send(json, format!("{form}x")).await, @"400 malformed 请求内容不是有效的JSON");
    assert_snapshot!(send(json, "[]".to_owned()).await, @"
    422 invalid 请检查填写的内容
      . field_type 字段类型不正确
    ");
    assert_snapshot!(send(json, format!("{form}{}", " ".repeat(64 * 1024))).await, @"413 too_large 请求内容过大");
    let broken = app
        .send(body(
            guest
                .request(Method::POST, "/api/visits")
                .header(header::CONTENT_TYPE, json),
            vec![b'"', 0xff, b'"'],
        ))
        .await;
    assert_snapshot!(broken.problem(), @"400 malformed 请求内容不是有效的JSON");
    let login = json_body(
        Request::post("/api/login/mini"),
        &json!({"code": "x", "admin": 1}),
    );
    assert_snapshot!(app.send(login).await.problem(), @"
    422 invalid 请检查填写的内容
      admin field_type 没有这个字段：admin
    ");
    let login = json_body(
        Request::post("/api/login/mini"),
        &json!({"code": "made up"}),
    );
    assert_snapshot!(app.send(login).await.problem(), @"401 login_code 登录已失效，请重新登录");
    assert_snapshot!(app.get("/api/nowhere").await.problem(), @"404 not_found 没有找到");
    assert_snapshot!(app.get("/api/login/mini").await.problem(), @"405 method_not_allowed 不支持该请求方式");
    let mut queries = Vec::new();
    for query in [
        "limit=x",
        "after=01",
        "limit=1&limit=2",
        "page=2",
        "pa`ge=<script>&x=1",
    ] {
        let answer = guest.get(&format!("/api/visits?{query}")).await;
        queries.push(answer.problem().split("\n  ").last().unwrap().to_owned());
    }
    assert_snapshot!(queries.join("\n"), @"");
    assert_snapshot!(guest.get("/api/hosts?q=").await.problem(), @"
    422 invalid 请检查填写的内容
      q name_required 请填写姓名
    ");
    assert_eq!(
        guest.get("/api/hosts?q=%E5%88%98").await.expect(200),
        json!([]),
        "full names only"
    );
    assert_nothing_is_kept(&app).await;
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_is_no_json_is_another_media_type() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let request = guest.request(Method::POST, "/api/visits");
        let answer = app
            .send(body(request.header(header::CONTENT_TYPE, kind), "host=1"))
            .await;
        assert_eq!(
            answer.problem(),
            "415 media_type 请求内容应为 application/json",
            "{kind}"
        );
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
    assert_snapshot!(other.get(&path).await.problem(), @"404 not_found 没有找到该申请");
    let form = other.form("刘明", FROM, UNTIL).await;
    assert_snapshot!(other.put(&path, &form).await.problem(), @"404 not_found 没有找到该申请");
    assert_snapshot!(other.withdraw(&visit).await.problem(), @"404 not_found 没有找到该申请");
    assert_snapshot!(other.get("/api/visits/01").await.problem(), @"404 not_found 没有找到");
    assert_eq!(
        other.get("/api/visits").await.expect(200)["items"],
        json!([])
    );
    let no_pass = app.get("/api/passes/AAAAAAAAAAAAAAAAAAAAAA").await;
    assert!(!no_pass.text().contains("AAAA"));
    assert_snapshot!(no_pass.problem(), @"404 not_found 没有找到");
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
    assert_snapshot!(send("id_card", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").await, @"422 invalid 请检查填写的内容 | file photo_heic 暂不支持HEIC格式，请在手机相机设置中改为“兼容性最佳”（JPEG）后重新拍照");
    assert_snapshot!(send("id_card", b"GIF89a\x01\0\x01\0").await, @"422 invalid 请检查填写的内容 | file photo_format 仅支持JPG、PNG、WebP格式的照片");
    assert_snapshot!(send("id_card", b"").await, @"422 invalid 请检查填写的内容 | file photo_required 请选择照片");
    assert_snapshot!(send("id_card", &picture(99, 300)).await, @"422 invalid 请检查填写的内容 | file photo_too_small 照片太小，看不清内容，请重新拍照");
    assert_snapshot!(send("id_card", &picture(300, 99)[..200]).await, @"422 invalid 请检查填写的内容 | file photo_broken 照片已损坏，请重新拍照");
    assert_snapshot!(send("passport", &picture(300, 200)).await, @"422 invalid 请检查填写的内容 | kind photo_kind 照片类型应为 id_card 或 face");
    assert_snapshot!(send("id_card", &vec![0; 5_000_001]).await, @"413 too_large 请求内容过大 | file photo_too_large 照片过大，请压缩后再上传");
    assert_snapshot!(send("id_card", &vec![0; 5_100_000]).await, @"413 too_large 请求内容过大");
    let no_form = json_body(guest.request(Method::POST, "/api/photos"), &json!({}));
    assert_snapshot!(app.send(no_form).await.problem(), @"400 malformed 请以表单上传照片");
    let nobody = upload(Request::post("/api/photos"), "id_card", &picture(300, 200));
    assert_snapshot!(app.send(nobody).await.problem(), @"401 unauthorized 请先登录");
    assert_eq!(count(&app, "photos").await, before);
    app.deliver().await;
    app.finish().await;
}

/// A booking with the sender's own key.
async fn book_with_key(
    app: &App,
    guest: &Guest<'_>,
    key: &str,
    form: &Value,
) -> crate::harness::Answer {
    let request = guest
        .request(Method::POST, "/api/visits")
        .header("idempotency-key", key);
    app.send(json_body(request, form)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_booking_sent_again_with_its_key_is_one_visit() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let form = guest.form("刘明", FROM, UNTIL).await;
    let first = book_with_key(&app, &guest, "k1", &form).await;
    let again = book_with_key(&app, &guest, "k1", &form).await;
    assert_eq!(
        (again.status, first.expect(201)),
        (first.status, again.json())
    );
    let other = with(&form, "/note", Some(json!("另一次")));
    assert_snapshot!(book_with_key(&app, &guest, "k1", &other).await.problem(), @"409 idempotency_key_reused 该请求编号已用于另一份申请，请刷新后重试");
    for key in ["", "a b", &"k".repeat(65)] {
        let answer = book_with_key(&app, &guest, key, &form).await;
        assert_eq!(
            answer.problem(),
            "400 malformed Idempotency-Key 应为1到64个可见字符",
            "{key:?}"
        );
    }
    // Somebody else's key of the same name is another key.
    let li = app.guest("李四").await;
    let theirs = li.form("刘明", FROM, UNTIL).await;
    let theirs = book_with_key(&app, &li, "k1", &theirs).await;
    assert_ne!(theirs.expect(201)["id"], first.json()["id"]);

    let at_once = (0..12).map(|_| book_with_key(&app, &guest, "k2", &form));
    let answers = futures::future::join_all(at_once).await;
    let ids: Vec<_> = answers
        .iter()
        .map(|a| a.expect(201)["id"].clone())
        .collect();
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
        assert_eq!(
            from(origin).await.problem(),
            "403 foreign_origin 请从本站页面提交",
            "{origin:?}"
        );
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
    let logged_out = app
        .send(body(guest.request(Method::POST, "/api/logout"), ""))
        .await;
    assert_eq!(
        (logged_out.status.as_u16(), is_in(&guest).await),
        (204, false)
    );
    assert_snapshot!(guest.get("/api/visits").await.problem(), @"401 unauthorized 请先登录");

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
    assert_eq!(
        refused.as_deref(),
        Some("429 too_often 操作过于频繁，请稍后再试")
    );
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
    assert_snapshot!(app.plain(&kept["visitors"].to_string()), @r#"[{"has_face":true,"id":"[id]","items":"笔记本电脑","name":"张小雨","pass":null,"phone":"138****0001","plate":"渝AD12345"}]"#);
    assert_eq!(count(&app, "consents").await, 1);
    let me = guest.get("/api/me").await.expect(200);
    assert_eq!(
        (&me["name"], &me["phone"]),
        (&json!("张小雨"), &json!(guest.phone))
    );
    app.deliver().await;
    app.finish().await;
}
