//! What was kept for long enough goes, and what is one's own goes when one says so: told by visitors who come
//! back later, and by whoever looks into the database.

use axum::body::Body;
use axum::http::Method;
use campus_pass::actions::forgetting::forget_some;
use campus_pass::actions::leaving::leave;
use campus_pass::actions::photos::erase_due;
use campus_pass::actions::visits::settle_over;
use campus_pass::domain::actors::Guest as Known;
use campus_pass::ids::PersonId;
use campus_pass::store::{audit, visits};
use insta::assert_snapshot;
use metrics_exporter_prometheus::PrometheusBuilder;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::harness::{App, Guest, ID_NUMBER, KNOWN, Visit};

/// The rows of a query of one column, in its order.
async fn column(app: &App, query: &str) -> Vec<String> {
    let db = app.database().connect().await;
    let asked = Statement::from_string(db.get_database_backend(), query);
    let rows = db.query_all_raw(asked).await.unwrap();
    let read = rows.iter().map(|row| row.try_get("", "line").unwrap());
    let read = read.collect();
    db.close().await.unwrap();
    read
}

async fn count(app: &App, what: &str) -> String {
    let query = format!("select cast(count(*) as text) as line from {what}");
    column(app, &query).await.remove(0)
}

/// Everything that is due, as the job does hour by hour.
async fn forget(app: &App) {
    settle_over(&app.ctx).await.unwrap();
    while forget_some(&app.ctx).await.unwrap() {}
}

/// A visitor with everything that one can give, who came and went.
async fn visited(app: &App, guest: &Guest<'_>) -> Visit {
    let (from, until) = ("2026-03-02 09:00", "2026-03-02 16:00");
    let mut form = guest.form("刘明", from, until).await;
    form["visitor"]["face_photo"] = guest.give_picture("face").await.into();
    form["visitor"]["plate"] = "渝AD12345".into();
    form["visitor"]["items"] = "笔记本电脑".into();
    form["note"] = "面试".into();
    form["consent"] = true.into();
    let visit = Visit::of(&guest.post("/api/visits", &form).await.expect(201));
    app.deliver().await;
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    let code = guest.code(&visit).await;
    assert!(app.gate("G01").scan(&code).await.contains(r#""r":"ok""#));
    app.deliver().await;
    visit
}

#[tokio::test]
async fn a_visit_loses_what_is_personal_and_keeps_what_is_not() {
    let figures = PrometheusBuilder::new().install_recorder().unwrap();
    let app = App::start().await;
    let mut guest = app.guest("张小雨").await;
    app.approver("吴敏")
        .list("phone", &guest.phone, "notify")
        .await;
    let visit = visited(&app, &guest).await;
    guest.register(KNOWN).await;
    app.deliver().await;
    let before = guest.look(&visit).await;

    // Half a year and a day later it is as before, but for what is open, which is never touched.
    app.it_is("2026-08-29 12:00");
    let open = Visit::of(&{
        let admin = app.approver("刘明");
        let mut form = admin.wanted().await;
        form["starts_at"] = "2026-08-30T09:00:00+08:00".into();
        form["ends_at"] = "2026-08-30T10:00:00+08:00".into();
        form["capacity"] = 2.into();
        admin
            .post("/api/staff/invitations", &form)
            .await
            .expect(201)
    });
    forget(&app).await;
    let kept = "select name as line from visitors order by id";
    assert_eq!(column(&app, kept).await, ["张小雨", "张小雨"]);

    app.it_is("2026-09-01 12:00");
    forget(&app).await;
    let all = "select coalesce(name, '') || '|' || phone_sealed || phone_hash || phone_mask || '|' || \
        coalesce(id_sealed, '') || coalesce(id_hash, '') || coalesce(id_mask, '') || '|' || \
        coalesce(plate, '') || coalesce(items, '') || '|' || \
        coalesce(cast(coalesce(person_id, id_photo_id, face_photo_id) as text), '') as line \
        from visitors order by id";
    assert_eq!(column(&app, all).await, ["已清除||||", "已清除||||"]);
    let typed = "select name || '|' || phone_sealed || '|' || house as line from registrations";
    assert_eq!(column(&app, typed).await, ["已清除||0"]);
    assert_eq!(count(&app, "visits where note is not null").await, "0");

    // The visit itself is there, as it was.
    let id = visit.id.parse::<i64>().unwrap().into();
    let stored = visits::find(&app.ctx.db.read, id).await.unwrap().unwrap();
    assert_eq!(stored.stage.as_str(), "completed");
    let stays = [
        "id",
        "area",
        "reason",
        "starts_at",
        "ends_at",
        "submitted_at",
        "host",
    ];
    guest.token = log_in(&app, &guest).await;
    let after = guest.look(&visit).await;
    for field in stays {
        assert_eq!(after[field], before[field], "{field}");
    }
    let told: Vec<_> = after["visitors"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["name"], &told[0]["plate"]),
        (&json!("已清除"), &Value::Null)
    );
    // The pictures end with it: two given by the guest, both erased after their grace.
    app.later(3600);
    assert_eq!(erase_due(&app.ctx).await.unwrap(), 2);
    assert_eq!(count(&app, "photos").await, "0");

    // The rest goes each in its own time: scans, messages with their receipts and cards, logins, keys.
    assert_ne!(count(&app, "passages").await, "0");
    let owed = "outbox where state = 'sent'";
    assert_ne!(count(&app, owed).await, "0");
    app.it_is("2026-09-10 12:00");
    forget(&app).await;
    for gone in ["passages", owed, "receipts", "cards"] {
        assert_eq!(count(&app, gone).await, "0", "{gone}");
    }
    assert_ne!(count(&app, "audit").await, "0");
    assert_ne!(count(&app, "blacklist_hits").await, "0");
    app.it_is("2027-03-10 12:00");
    let entry = column(&app, "select cast(id as text) as line from blacklist").await;
    app.approver("吴敏")
        .lift(&json!({ "id": entry[0] }))
        .await
        .expect(200);
    forget(&app).await;
    assert_eq!(count(&app, "blacklist_hits").await, "0");
    assert_eq!(count(&app, "blacklist").await, "1", "it was lifted today");
    app.it_is("2028-04-10 12:00");
    forget(&app).await;
    for gone in ["blacklist", "audit where what <> 'x'", "sessions"] {
        assert_eq!(count(&app, gone).await, "0", "{gone}");
    }
    // And of the visit that was open then, nobody had joined it.
    assert_eq!(count(&app, "visits").await, "3", "{}", open.id);
    let figures = figures.render();
    let figures = figures
        .lines()
        .filter(|line| line.starts_with("campus_pass_forgotten_total"));
    let mut figures: Vec<_> = figures.collect();
    figures.sort_unstable();
    assert_snapshot!(figures.join("\n"), @r#"
    campus_pass_forgotten_total{kind="audit"} 14
    campus_pass_forgotten_total{kind="blacklist"} 1
    campus_pass_forgotten_total{kind="blacklist_hits"} 3
    campus_pass_forgotten_total{kind="idempotency"} 0
    campus_pass_forgotten_total{kind="messages"} 17
    campus_pass_forgotten_total{kind="passages"} 1
    campus_pass_forgotten_total{kind="sessions"} 6
    campus_pass_forgotten_total{kind="visits"} 3
    "#);
    app.deliver().await;
    app.finish().await;
}

async fn log_in(app: &App, guest: &Guest<'_>) -> String {
    let code = app.sandbox.mini_code(&guest.person.openid).unwrap();
    let request = axum::http::Request::post("/api/login/mini");
    let request = crate::harness::json_body(request, &json!({ "code": code }));
    let session = app.send(request).await.expect(200);
    session["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_open_visit_keeps_everything_however_old_its_messages_are() {
    let app = App::with(&[
        ("RETENTION__MESSAGES_DAYS", "1"),
        ("RETENTION__VISITS_DAYS", "1"),
    ])
    .await;
    let guest = app.guest("张小雨").await;
    let visit = guest
        .book("刘明", "2026-09-01 09:00", "2026-09-01 10:00")
        .await;
    app.deliver().await;
    let sent = count(&app, "outbox where state = 'sent'").await;
    assert_ne!(sent, "0");
    app.it_is("2026-08-01 09:00");
    forget(&app).await;
    assert_eq!(
        count(&app, "outbox where visit_id is not null").await,
        sent_about(&app).await
    );
    assert_eq!(count(&app, "cards").await, "1");
    let name = "select name as line from visitors";
    assert_eq!(column(&app, name).await, ["张小雨"]);
    // Decided after half a year; only its card is too old to be changed, as WeCom has it (72 hours).
    app.approver("陈静")
        .decide(&visit, "reject", "来访已取消")
        .await
        .expect(200);
    app.deliver().await;
    app.finish_owing(&["card_settled/0: refused with 40058: unknown"])
        .await;
}

async fn sent_about(app: &App) -> String {
    count(app, "outbox where visit_id is not null and state = 'sent'").await
}

#[tokio::test]
async fn one_takes_along_what_is_one_s_own_and_nothing_of_another() {
    let app = App::start().await;
    let (guest, friend) = (app.guest("张小雨").await, app.guest("李四海").await);
    let (visit, link) = guest.invite("刘明", 2).await;
    friend.accept(&link).await.expect(201);
    app.deliver().await;
    app.approver("陈静")
        .decide(&visit, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    let own = guest.get("/api/me/export").await;
    assert_eq!(own.header("cache-control"), "no-store");
    let own = own.expect(200);
    assert_eq!(
        (&own["account"]["name"], &own["account"]["phone"]),
        (&json!("张小雨"), &json!(guest.phone))
    );
    assert_eq!(own["account"]["mini_openid"].as_str().unwrap().len(), 28);
    let told = own["visits"][0]["visitors"].as_array().unwrap();
    assert_eq!(
        (
            &told[0]["name"],
            &told[0]["phone"],
            &told[0]["id_number"],
            &told[0]["id_photo"]
        ),
        (
            &json!("张小雨"),
            &json!(guest.phone),
            &json!(ID_NUMBER),
            &json!(guest.photo)
        )
    );
    assert_eq!(
        (&told[1]["name"], &told[1]["id_photo"]),
        (&json!("李**"), &Value::Null)
    );
    assert_eq!(own["photos"][0]["id"], json!(guest.photo));
    assert_eq!(own["sessions"].as_array().unwrap().len(), 1);
    let kinds = own["messages"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds
        .map(|message| format!("{} {}", message["kind"], message["state"]))
        .collect();
    assert_snapshot!(kinds.join("\n"), @r#"
    "follower_seen" "sent"
    "pass_issued" "sent"
    "pass_issued" "sent"
    "visit_approved" "sent"
    "#);
    let text = own.to_string();
    for others in [
        "李四海",
        friend.phone.as_str(),
        friend.photo.as_str(),
        friend.token.as_str(),
        &friend.person.openid,
    ] {
        assert!(!text.contains(others), "{others} is another's: {text}");
    }
    // The friend sees the visit that they are in, and of it only themselves.
    let theirs = friend.get("/api/me/export").await.expect(200);
    let seen = &theirs["visits"][0];
    assert_eq!(
        (&seen["begun"], seen["visitors"].as_array().unwrap().len()),
        (&json!(false), 1)
    );
    assert!(!theirs.to_string().contains("张小雨"), "{theirs}");
    assert_eq!(app.get("/api/me/export").await.status, 401);
    app.finish().await;
}

#[tokio::test]
async fn whoever_leaves_is_forgotten_at_once_and_comes_again_as_somebody_new() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let friend = app.guest("李四海").await;
    let past = visited(&app, &guest).await;
    // One place in another's visit, one of one's own, and one more that waits.
    let (others, link) = friend.invite("王强", 2).await;
    guest.accept(&link).await.expect(201);
    app.deliver().await;
    app.approver("赵敏")
        .decide(&others, "approve", "")
        .await
        .expect(200);
    app.deliver().await;
    let code = guest.link().replace("/p/", "/api/passes/");
    let code = app.get(&code).await.expect(200)["code"]
        .as_str()
        .unwrap()
        .to_owned();
    app.it_is("2026-03-02 14:05");
    let (undecided, link) = friend.invite("刘明", 2).await;
    guest.accept(&link).await.expect(201);
    app.deliver().await;
    let waiting = guest
        .book("刘明", "2026-03-03 09:00", "2026-03-03 16:00")
        .await;
    app.deliver().await;
    app.approver("陈静")
        .decide(&waiting, "approve", "")
        .await
        .expect(200);
    let owed = "outbox where state = 'due' and to_kind in ('person', 'visitor')";
    assert_ne!(count(&app, owed).await, "0", "that they may come");
    let me = guest.get("/api/me").await.expect(200)["id"].clone();

    let form = |confirm: &str| json!({ "confirm": confirm });
    let refused = guest.post("/api/me/delete", &form("好")).await;
    assert_snapshot!(refused.problem(), @"
    422 invalid 请检查填写的内容
      confirm confirm_required 请输入“注销”以确认
    ");
    // Whoever reads English is told to type English, and may.
    let left = guest.post("/api/me/delete", &form("delete")).await;
    assert_eq!(left.status, 204, "{}", left.text());
    assert_eq!(count(&app, owed).await, "0");
    assert_eq!(guest.get("/api/me").await.status, 401);
    assert_eq!(
        guest.post("/api/me/delete", &form("注销")).await.status,
        401
    );
    // Once more, by a request that was under way.
    let id: PersonId = me.as_str().unwrap().parse().unwrap();
    leave(&app.ctx, &Known { id }).await.unwrap();

    assert!(
        app.gate("G01")
            .scan(&code)
            .await
            .contains(r#""r":"revoked""#)
    );
    let stages = "select stage as line from visits order by id";
    assert_eq!(
        column(&app, stages).await,
        ["withdrawn", "approved", "pending", "withdrawn"]
    );
    let names = "select name as line from visitors order by id";
    assert_eq!(
        column(&app, names).await,
        ["已清除", "李四海", "已清除", "李四海", "已清除", "已清除"]
    );
    let people = "select coalesce(name, '') || coalesce(phone_sealed, '') || coalesce(mini_openid, '') || \
        coalesce(oa_openid, '') || coalesce(unionid, '') as line from people order by id";
    assert_eq!(column(&app, people).await[0], "");
    assert_eq!(
        count(&app, "consents where withdrawn_at is null").await,
        "0"
    );
    // Who is forgotten gets no pass from whoever approves later.
    app.approver("陈静")
        .decide(&undecided, "approve", "")
        .await
        .expect(200);
    let passes = format!("passes where visit_id = {}", undecided.id);
    let passes = count(&app, &passes).await;
    assert_eq!(passes, "1", "the friend's");
    // What was owed to them is not sent any more.
    let (sms, chat) = (guest.sms().len(), guest.templates().len());
    app.deliver().await;
    assert_eq!((guest.sms().len(), guest.templates().len()), (sms, chat));
    app.later(3600);
    assert!(erase_due(&app.ctx).await.unwrap() >= 2);
    let lines = audit::about(&app.ctx.db.read, &format!("person:{id}"))
        .await
        .unwrap();
    let lines: Vec<_> = lines.iter().map(|line| app.plain(line)).collect();
    assert_snapshot!(lines.join("\n"), @"person:[id] person.leave ");

    // The friend's own place and visit stand, and the host's department sees no name.
    assert_eq!(friend.look(&others).await["stage"], "approved");
    for visit in [&past, &waiting] {
        let seen = app
            .approver("陈静")
            .get(&format!("/api/staff/approvals/{}", visit.id))
            .await;
        assert!(!seen.text().contains("张小雨"), "{}", seen.text());
    }
    let again = log_in(&app, &guest).await;
    let request = axum::http::Request::builder()
        .method(Method::GET)
        .uri("/api/me");
    let request = request.header("authorization", format!("Bearer {again}"));
    let new = app
        .send(request.body(Body::empty()).unwrap())
        .await
        .expect(200);
    assert_ne!(new["id"], me);
    assert_eq!((&new["name"], &new["phone"]), (&Value::Null, &Value::Null));
    app.finish().await;
}
