//! The other doors of WeChat's and of the campus: single sign-on, the JS-SDK, a proven phone, the
//! mini-program's pushes, and the way out everywhere. Each against the sandbox's side of it.

use axum::body::Body;
use axum::http::{Method, Request, header};
use campus_pass::http::{Site, router};
use campus_pass::sandbox::{Answered, FaultKind, MiniPush, PageConfig, SentMessage};
use campus_pass::store::people;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::harness::{Answer, App, Delivery};

/// A browser on its way through CAS: what it holds, and where it is led.
struct Browser {
    cookie: String,
    back: String,
}

impl Browser {
    /// Goes to CAS's login page, where `userid` sits, and is about to come back.
    async fn before_coming_back(app: &App, userid: &str) -> Self {
        let started = app.get("/login/cas?to=/h5/staff").await;
        let page = started.header("location").strip_prefix(&app.base).unwrap();
        let shown = app.get(&format!("{page}&sandbox_staff={userid}")).await;
        let back = shown.header("location").strip_prefix(&app.base).unwrap();
        Self {
            cookie: started.cookie("campus_login").unwrap(),
            back: back.to_owned(),
        }
    }

    async fn come_back(&self, app: &App) -> Answer {
        let cookie = format!("campus_login={}", self.cookie);
        let back = Request::get(&self.back).header(header::COOKIE, cookie);
        app.send(back.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn staff_log_in_by_the_campuss_single_sign_on() {
    let app = App::start().await;
    let browser = Browser::before_coming_back(&app, "chenjing").await;
    let done = browser.come_back(&app).await;
    assert_eq!(done.header("location"), "/h5/staff", "{}", done.text());
    let session = done.cookie("campus_staff").unwrap();
    let list = Request::get("/api/staff/approvals?box=todo")
        .header(header::COOKIE, format!("campus_staff={session}"));
    let list = app.send(list.body(Body::empty()).unwrap()).await;
    assert_eq!(list.status, 200, "{}", list.text());
    assert_eq!(
        app.get("/readyz").await.expect(200)["channels"]["cas"],
        "up"
    );

    // The ticket is spent, though the state would still do.
    let again = browser.come_back(&app).await;
    assert_snapshot!(again.problem(), @"401 login_code 登录已失效，请重新登录");
    app.finish().await;
}

#[tokio::test]
async fn only_the_browser_that_went_to_cas_comes_back_and_in_time() {
    let app = App::start().await;
    let mut stolen = Browser::before_coming_back(&app, "chenjing").await;
    let other = Browser::before_coming_back(&app, "liuming").await;
    let own = std::mem::replace(&mut stolen.cookie, other.cookie);
    assert_snapshot!(stolen.come_back(&app).await.problem(), @"401 login_code 登录已失效，请重新登录");
    assert_snapshot!(app.get(&stolen.back).await.problem(), @"401 login_code 登录已失效，请重新登录");

    stolen.cookie = own;
    app.later(11);
    assert_snapshot!(stolen.come_back(&app).await.problem(), @"401 login_code 登录已失效，请重新登录");

    let late = Browser::before_coming_back(&app, "chenjing").await;
    app.fault("cas:p3/serviceValidate", FaultKind::Http500, Some(1));
    assert_snapshot!(late.come_back(&app).await.problem(), @"503 cas_unavailable 统一身份认证暂时没有响应，请稍后再试");
    let down = app.get("/readyz").await.expect(200)["channels"]["cas"].clone();
    assert!(down["down"].is_string(), "{down}");
    app.refusal("cas:p3/serviceValidate", "UNAUTHORIZED_SERVICE", Some(1));
    assert_snapshot!(late.come_back(&app).await.problem(), @"503 cas_unavailable 统一身份认证暂时没有响应，请稍后再试");

    app.sandbox.add_staff("nobody", "外来人员");
    let stranger = Browser::before_coming_back(&app, "nobody").await;
    assert_snapshot!(stranger.come_back(&app).await.problem(), @"403 not_staff 您的账号未登记为教职工，请联系访客管理员");
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_ours_is_signed_so_that_wechat_takes_it() {
    let app = App::start().await;
    let guest = app.stranger("张小雨").await;
    let url = format!("{}/h5/book?a=1", app.base);
    let path = |url: &str| format!("/api/jssdk?url={}", percent(url));
    let signed = guest.get(&path(&format!("{url}#top"))).await.expect(200);
    let accepts = |url: &str| {
        app.sandbox.configures(&PageConfig {
            url: url.to_owned(),
            app_id: signed["app_id"].as_str().unwrap().to_owned(),
            timestamp: signed["timestamp"].as_i64().unwrap(),
            nonce: signed["nonce"].as_str().unwrap().to_owned(),
            signature: signed["signature"].as_str().unwrap().to_owned(),
        })
    };
    assert!(accepts(&url));
    assert!(!accepts(&format!("{url}2")));
    let staff = app.approver("陈静");
    staff.get(&path(&url)).await.expect(200);

    assert_snapshot!(app.get(&path(&url)).await.problem(), @"401 unauthorized 请先登录");
    let foreign = format!("{}.evil.example/", app.base);
    assert_snapshot!(guest.get(&path(&foreign)).await.problem(), @"
    422 invalid 请检查填写的内容
      url url_foreign 只能为本站页面签名
    ");
    app.finish().await;
}

#[tokio::test]
async fn a_phone_is_proven_once_and_stays_proven_until_another_is_given() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let openid = &guest.person.openid;
    let code = |phone: &str| json!({"code": app.sandbox.phone_code(openid, phone).unwrap()});
    let prove = async |code: &Value| guest.post("/api/login/mini/phone", code).await;
    let first = code(&guest.phone);
    let told = prove(&first).await.expect(200);
    assert_eq!(told["phone"], guest.phone);
    assert_eq!(told["masked"], guest.phone.replace("0000", "****"));
    let me = guest.get("/api/me").await.expect(200);
    assert_eq!(me["phone"], guest.phone);
    let proven = async || {
        let id = me["id"].as_str().unwrap().parse::<i64>().unwrap();
        let person = people::find(&app.ctx.db.read, id.into()).await.unwrap();
        person.unwrap().phone_proven_at
    };
    assert_eq!(proven().await, Some(app.ctx.clock.now()));

    assert_snapshot!(prove(&first).await.problem(), @"422 phone_code 手机号授权已失效，请重新授权");
    assert_snapshot!(prove(&code("02161234567")).await.problem(), @"422 phone_invalid 手机号应为11位大陆手机号码");
    app.fault(
        "wxa/business/getuserphonenumber",
        FaultKind::Http500,
        Some(1),
    );
    assert_snapshot!(prove(&code(&guest.phone)).await.problem(), @"503 wechat_unavailable 微信暂时没有响应，请稍后再试");
    let visit = guest
        .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    assert!(proven().await.is_some(), "the form gave the same number");

    let form = guest
        .form("刘明", "2026-03-03 14:00", "2026-03-03 16:00")
        .await;
    let mut other = form.clone();
    other["visitor"]["phone"] = json!("13712340003");
    guest.post("/api/visits", &other).await.expect(201);
    assert_eq!(proven().await, None, "nobody vouched for this one");
    guest.withdraw(&visit).await;
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_proven_phone_goes_with_the_person_when_the_account_knows_them_too() {
    let app = App::start().await;
    let person = app.sandbox.add_person("张小雨");
    // The account's row is the older one, and stays.
    app.sandbox.follow(&person.openid).await.unwrap();
    app.later(1);
    let post = async |path: &str, code: String, token: &str| {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let body = json!({ "code": code }).to_string();
        app.send(request.body(body.into()).unwrap())
            .await
            .expect(200)
    };
    let code = app.sandbox.mini_code(&person.openid).unwrap();
    let token = post("/api/login/mini", code, "").await["token"].clone();
    let token = token.as_str().unwrap();
    let code = app
        .sandbox
        .phone_code(&person.openid, "13912340003")
        .unwrap();
    post("/api/login/mini/phone", code, token).await;
    let proven_at = app.ctx.clock.now();
    app.deliver().await;

    let known = people::find_follower(&app.ctx.db.read, &person.openid).await;
    let known = known.unwrap().unwrap();
    assert_eq!(known.names.mini_openid, Some(person.mini_openid));
    assert_eq!(known.phone_proven_at, Some(proven_at));
    let me = Request::get("/api/me").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let me = app.send(me.body(Body::empty()).unwrap()).await.expect(200);
    assert_eq!(me["phone"], "13912340003");
    app.finish().await;
}

#[tokio::test]
async fn logging_out_everywhere_ends_every_session_of_that_person_alone() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let other = app.guest("李四").await;
    let second = {
        let code = app.sandbox.mini_code(&guest.person.openid).unwrap();
        let login = Request::post("/api/login/mini").header("content-type", "application/json");
        let login = login
            .body(json!({ "code": code }).to_string().into())
            .unwrap();
        app.send(login).await.expect(200)["token"].clone()
    };
    let me = async |token: &str| {
        let bearer = format!("Bearer {token}");
        let request = Request::get("/api/me").header(header::AUTHORIZATION, bearer);
        app.send(request.body(Body::empty()).unwrap())
            .await
            .status
            .as_u16()
    };
    assert_eq!(me(second.as_str().unwrap()).await, 200);
    let out = guest.post("/api/logout/everywhere", &json!({})).await;
    assert_eq!(out.status, 204);
    for token in [guest.token.as_str(), second.as_str().unwrap()] {
        assert_eq!(me(token).await, 401);
    }
    assert_eq!(me(&other.token).await, 200);
    let again = guest.post("/api/logout/everywhere", &json!({})).await;
    assert_snapshot!(again.problem(), @"401 unauthorized 请先登录");

    let staff = app.approver("陈静");
    let foreign = staff.request(Method::POST, "/api/logout/everywhere").await;
    let mut foreign = foreign.body(Body::empty()).unwrap();
    let evil = "https://evil.example".parse().unwrap();
    foreign.headers_mut().insert(header::ORIGIN, evil);
    assert_snapshot!(app.send(foreign).await.problem(), @"403 foreign_origin 请从本站页面提交");
    let out = staff.request(Method::POST, "/api/logout/everywhere").await;
    assert_eq!(app.send(out.body(Body::empty()).unwrap()).await.status, 204);
    assert_eq!(staff.get("/api/staff/approvals?box=todo").await.status, 401);
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn what_happens_in_the_mini_program_is_taken_in() {
    let app = App::start().await;
    let openid = app.sandbox.add_person("张小雨").openid;
    let answered = |template: &str, accepts| Answered {
        template_id: template.to_owned(),
        accepts,
    };
    for push in [
        MiniPush::SubscribeMsgPopupEvent {
            list: vec![answered("t1", true), answered("t2", false)],
        },
        MiniPush::SubscribeMsgChangeEvent {
            list: vec![answered("t1", false)],
        },
        MiniPush::SubscribeMsgSentEvent {
            list: vec![SentMessage {
                template_id: "t1".to_owned(),
                msgid: "1864323726461255680".to_owned(),
                error_code: 43101,
            }],
        },
        MiniPush::Text {
            text: "你好]]>\u{2}".to_owned(),
        },
    ] {
        let pushed = app.sandbox.mini_push(&openid, &push).await.unwrap();
        let outcome = (pushed.status, pushed.reply, pushed.fault);
        assert_eq!(outcome, (200, None, None), "{push:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_mini_programs_door_reads_xml_too_and_refuses_what_is_not_wechats() {
    let app = App::start().await;
    let to = &app.settings.mini_program.original_id;
    let plain = format!(
        "<xml><ToUserName>{to}</ToUserName><FromUserName>oX</FromUserName>\
         <CreateTime>1772413200</CreateTime><MsgType>text</MsgType><Content>x</Content>\
         <MsgId>1</MsgId></xml>"
    );
    let right = Delivery::to_mini(&app, &plain);
    let taken = right.send(&app).await;
    assert_eq!((taken.status.as_u16(), taken.text()), (200, "success"));
    let echo = format!("{}&echostr=4375120948345356249", right.address(""));
    assert_eq!(app.get(&echo).await.text(), "4375120948345356249");

    let mut table = Vec::new();
    for (what, forged) in [
        (
            "another token",
            Delivery {
                token: "guessed".into(),
                ..right.clone()
            },
        ),
        (
            "stale",
            Delivery {
                timestamp: right.timestamp - 301,
                ..right.clone()
            },
        ),
        (
            "the account's",
            Delivery {
                path: "/mini",
                ..Delivery::to_account(&app, &plain)
            },
        ),
        (
            "another app id",
            Delivery {
                receive_id: "wxother".into(),
                ..right.clone()
            },
        ),
        (
            "another addressee",
            Delivery {
                plain: plain.replace("gh_", "gx_"),
                ..right.clone()
            },
        ),
    ] {
        table.push(format!("{what} | {}", forged.send(&app).await.problem()));
    }
    let bare = right.send_body(&app, "", plain.clone()).await.problem();
    table.push(format!("plaintext | {bare}"));
    let echo = echo.replace("nonce=42", "nonce=43");
    table.push(format!(
        "a forged echo | {}",
        app.get(&echo).await.problem()
    ));
    assert_snapshot!(table.join("\n"), @"
    another token | 403 signature refused
    stale | 403 stale refused
    the account's | 403 signature refused
    another app id | 403 envelope refused
    another addressee | 403 addressee refused
    plaintext | 403 mode refused
    a forged echo | 403 signature refused
    ");
    app.finish().await;
}

#[tokio::test]
async fn a_campus_without_cas_has_no_such_door() {
    let app = App::start().await;
    let mut clients = app.clients.clone();
    clients.cas = None;
    let site = Site::new(&app.settings, app.ctx.clone(), clients, TaskTracker::new());
    let router = router(site.unwrap(), None);
    let mut table = Vec::new();
    for path in ["/login/cas", "/login/cas/callback?state=s&ticket=ST-1"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = Answer::read(router.clone().oneshot(request).await.unwrap()).await;
        table.push(answer.problem());
    }
    assert_snapshot!(table.join("\n"), @"
    404 not_found 没有找到
    404 not_found 没有找到
    ");
    app.finish().await;
}

fn percent(text: &str) -> String {
    campus_pass::tencent::call::percent_encoded(text)
}
